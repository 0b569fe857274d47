"""What a prober has heard of its peer: it restarts its timer, and shows in the timestamps it echoes."""

import numpy as np

from analyzer import kinds
from analyzer.sequence import precedes
from analyzer.track.kernels.other_kinds import sequence_end
from analyzer.track.kernels.probes import is_probe
from analyzer.track.kernels.steps import aside, step


@aside
def note_heard(flow, probings, sender, segment, kind):
    """The peer of `sender` has heard it, unless the segment lies behind what it acknowledged.

    Such a segment is dropped and restarts no keepalive timer (RFC 9293 3.10.7.4; Linux takes the
    time where it processes the acknowledgment). So is a probe, also one with an octet: simpler,
    and never too early.
    """
    x = flow.side[sender]
    end = sequence_end(segment)
    old = x.marks & kinds.SIDE_ACKED != 0 and precedes(end, np.int64(x.acked))
    reset = segment.control & kinds.FLAG_RST != 0
    if not (old or reset or is_probe(kind) or kind == kinds.TENTATIVE):
        probings[flow.probing - 1].side[1 - sender].heard_time = segment.time_ns


@step
def heard_since(own, segment):
    """Whether a RST echoes a later timestamp than its sender's last probe: something reached it since.

    A host echoes the TSval of the last acceptable segment it received (RFC 7323 4.3).
    """
    timed = segment.options & kinds.OPTION_TIMESTAMPS != 0 and own.unheard > 0
    return timed and segment.tsecr != own.tsecr


@step
def is_interval(own, timer_late_ns):
    """Whether the last spacing is too short for the keepalive time: nothing had answered.

    A prober that is answered waits for the keepalive time, which is no shorter than the silences
    before its runs, less what a timer may be late.
    """
    spacing = np.int64(own.spacing_ns)
    return own.idle_ns != kinds.MISSING and spacing + spacing // 8 + timer_late_ns < own.idle_ns


@aside
def heard_nothing(y, own, segment, timer_late_ns):
    """Whether no answer of side `y` reached the prober, captured or not; with timestamps, they tell.

    Then its last two probes, as the RST, echo one and the same TSval, older than the last answer's.
    """
    echoes = segment.options & kinds.OPTION_TIMESTAMPS != 0
    if not y.marks & kinds.SIDE_SENT:
        return own.unheard >= 2 and echoes
    if own.answer_timed and own.unheard > 0:
        return own.unheard >= 2 and precedes(np.int64(own.tsecr), np.int64(own.answer_tsval))
    if own.answer_timed and echoes and not precedes(np.int64(segment.tsecr), np.int64(own.answer_tsval)):
        return False
    return is_interval(own, timer_late_ns)
