"""What a segment that goes over old ground repeats: a probe, or an octet that was lost (design 4.1)."""

import numpy as np

from analyzer import kinds
from analyzer.sequence import precedes
from analyzer.track.kernels.steps import aside, step


@step
def is_pushed_octet(segment):
    """Whether a segment has one octet and PSH: data, or a probe as Solaris sends it."""
    return segment.length == 1 and segment.control & kinds.FLAG_PSH != 0


@aside
def repeats_probe(flow, probings, sender, segment):
    """Whether a segment has the sequence number and length of its side's last probe, one of old ground."""
    if flow.probing == 0:
        return False
    own = probings[flow.probing - 1].side[sender]
    return (
        own.kind != kinds.NO_KIND
        and own.at_next == 0
        and segment.seq == own.last_seq
        and segment.length == own.last_length
    )


@aside
def is_pushed_probe(flow, probings, sender, segment, pushed_probe_ns):
    """Whether an octet with PSH at next_seq - 1 is a probe, no lost octet that is sent again.

    pushed_probe_ns: so long after its side's last segment no retransmission timeout fires first.
    """
    x = flow.side[sender]
    if not x.marks & kinds.SIDE_ACKED or precedes(np.int64(x.acked), np.int64(x.next_seq)):
        return False
    if x.marks & kinds.SIDE_SENT and segment.time_ns - x.last_time >= pushed_probe_ns:
        return True
    return repeats_probe(flow, probings, sender, segment)
