"""When a RST is a prober's own giving up (design 4.2)."""

from analyzer import kinds
from analyzer.track.kernels.hearing import heard_nothing, heard_since
from analyzer.track.kernels.steps import aside, step


@step
def keeps_its_place(x, segment):
    """Whether a RST has the shape of giving up: RST+ACK at the next sequence number."""
    return segment.control & kinds.FLAG_ACK != 0 and segment.seq == x.next_seq


@aside
def gave_up(x, y, own, segment, counters):
    """Whether a RST of side `x` ends its own probing (design 4.2, giving up).

    own: its PROBE_SIDE; y: the peer. The second form also holds where the capture has answers, or
    no segment of the peer's at all, if it is sure that none reached the prober.
    """
    if heard_since(own, segment):
        return False
    since = segment.time_ns - own.last_time
    spacing = own.spacing_ns
    if own.waiting > 0 and y.marks & kinds.SIDE_SENT:
        slack_ns = 2 * counters.give_up_slack_ns
        allowed = slack_ns if spacing == kinds.MISSING else slack_ns + 3 * spacing
        if 2 * since <= allowed:
            return True
    return (
        keeps_its_place(x, segment)
        and x.marks & kinds.SIDE_LAST_PROBE != 0
        and spacing != kinds.MISSING
        and spacing > 0
        and segment.window == x.window
        and abs(since - spacing) * 10 <= spacing
        and heard_nothing(y, own, segment, counters.timer_late_ns)
    )
