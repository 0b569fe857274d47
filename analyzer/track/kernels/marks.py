"""What diagnosis reads off single segments: the marks of a row, for which it is kept (design 10)."""

import numpy as np

from analyzer import kinds
from analyzer.sequence import advance
from analyzer.track.kernels.probes import window_closed
from analyzer.track.kernels.steps import step

OPENS_OR_ENDS = kinds.FLAG_SYN | kinds.FLAG_FIN | kinds.FLAG_RST


@step
def has_probe_shape(x, segment):
    """Whether Wireshark would call a segment of side `x` a keep-alive: at most one octet, at next_seq - 1."""
    return (
        segment.length <= 1
        and x.marks & kinds.SIDE_NEXT != 0
        and segment.control & OPENS_OR_ENDS == 0
        and advance(np.int64(segment.seq), 1) == x.next_seq
    )


@step
def marks_of(flow, sender, segment, kind):
    """kinds.EVENT_* of a labelled segment that is no duplicate, before it moves its flow's state on."""
    x = flow.side[sender]
    marks = 0
    mistakable = kind == kinds.RETRANSMISSION or kind == kinds.OLD_ACK or kind == kinds.ZERO_WINDOW_PROBE
    if mistakable and has_probe_shape(x, segment):
        marks = kinds.EVENT_PROBE_SHAPE
    if segment.window == 0 or x.window == 0:
        if segment.control & kinds.FLAG_RST == 0 and (segment.window == 0) != window_closed(x):
            marks |= kinds.EVENT_CLOSES if segment.window == 0 else kinds.EVENT_REOPENS
    return marks
