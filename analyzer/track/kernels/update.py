"""How a segment moves its flow's state on, once it has its label (design 4).

A RST changes no sequence number, window or FIN; a duplicate never gets here.
"""

import numpy as np

from analyzer import kinds
from analyzer.sequence import advance, precedes
from analyzer.track.kernels.measures import note_network
from analyzer.track.kernels.other_kinds import fills_hole, sequence_end
from analyzer.track.kernels.probes import is_probe
from analyzer.track.kernels.steps import aside, step

ONCE = kinds.SIDE_FIN | kinds.SIDE_FIN_ACKED | kinds.SIDE_ACKED | kinds.SIDE_HOLE | kinds.SIDE_OFFERED
SECOND = 1e-9


@step
def note_base(x, y, segment):
    """Initial sequence numbers as Wireshark 4.0 sets them: they tell 4-tuple reuse (design 4.4)."""
    if not x.marks & kinds.SIDE_BASE:
        syn = segment.control & kinds.FLAG_SYN != 0
        x.base_seq = np.int64(segment.seq) if syn else advance(np.int64(segment.seq), -1)
        x.marks |= kinds.SIDE_BASE
    if segment.control & kinds.FLAG_ACK and not y.marks & kinds.SIDE_BASE:
        y.base_seq = advance(np.int64(segment.ack), -1)
        y.marks |= kinds.SIDE_BASE


@aside
def note_syn(flow, sender, segment):
    """A SYN sets its sender's next_seq anew and forgets what was acknowledged (design 4.4)."""
    x = flow.side[sender]
    if x.marks & kinds.SIDE_SENT:  # its numbers may fall back, and so do those it acknowledges
        x.marks |= kinds.SIDE_DISORDER
        flow.side[1 - sender].marks |= kinds.SIDE_DISORDER
    x.marks = (np.int64(x.marks) & ~ONCE) | kinds.SIDE_SYN | kinds.SIDE_NEXT
    if segment.control & kinds.FLAG_ACK:
        x.marks |= kinds.SIDE_SYN_ACK
    else:
        x.marks |= kinds.SIDE_BARE_SYN
    x.next_seq = sequence_end(segment)
    x.base_seq = segment.seq
    if x.syn_count == 0:
        x.bytes += segment.length  # RFC 7413
    x.pending_since = 0
    if x.syn_count < 255:
        x.syn_count += 1
    if x.syn_count > 1:
        flow.marks |= kinds.FLOW_SYN_RETRIED
    x.mss = segment.mss
    x.window_scale = segment.window_scale
    x.options = segment.options
    if segment.options & kinds.OPTION_USER_TIMEOUT:
        x.user_timeout = segment.user_timeout
    if not flow.marks & kinds.FLOW_CLIENT_KNOWN:
        flow.client = 1 - sender if segment.control & kinds.FLAG_ACK else sender
        flow.marks |= kinds.FLOW_CLIENT_KNOWN


@step
def set_next(x, end):
    """Move next_seq on."""
    x.next_seq = end
    x.marks = np.int64(x.marks) & ~kinds.SIDE_OFFERED


@aside
def open_hole(x, left, right):
    """Remember octets that the capture has not shown; of several gaps the latest is kept."""
    if not x.marks & kinds.SIDE_HOLE or x.hole_right != left:  # else it grows
        x.hole_left = left
    x.hole_right = right
    x.marks |= kinds.SIDE_HOLE


@aside
def shrink_hole(x, segment):
    """The segment showed octets at an edge of the hole, or in it."""
    left = np.int64(segment.seq)
    right = sequence_end(segment)
    if precedes(np.int64(x.hole_left), left) and precedes(right, np.int64(x.hole_right)):
        x.hole_left = right  # in the middle: what lies before stays unseen, as most often
    elif precedes(np.int64(x.hole_left), left):
        x.hole_right = left
    else:
        x.hole_left = right
    if not precedes(np.int64(x.hole_left), np.int64(x.hole_right)):
        x.marks = np.int64(x.marks) & ~kinds.SIDE_HOLE


@step
def note_sequence(x, segment, kind):
    """Advance next_seq over what was sent, and count payload octets once."""
    end = sequence_end(segment)
    length = np.int64(segment.length)
    if not x.marks & kinds.SIDE_NEXT:
        x.next_seq = end
        x.marks |= kinds.SIDE_NEXT
        x.bytes += length
        return
    if is_probe(kind):  # it repeats old ground, or offers an octet to a closed window
        if segment.length == 1 and segment.seq == x.next_seq:
            x.marks |= kinds.SIDE_OFFERED
        return
    next_seq = np.int64(x.next_seq)
    filled = fills_hole(x, segment) if length > 0 else 0
    if filled > 0:
        x.bytes += filled
        shrink_hole(x, segment)
    if not precedes(next_seq, end):
        return
    seq = np.int64(segment.seq)
    if precedes(next_seq, seq):
        open_hole(x, next_seq, seq)
        x.bytes += length
    elif length > 0:
        x.bytes += max(
            0, min(length, advance(end, -next_seq) - (1 if segment.control & kinds.FLAG_FIN else 0))
        )
    if not x.marks & kinds.SIDE_ACKED or not precedes(np.int64(x.acked), next_seq):
        x.pending_since = segment.time_ns  # everything before was acknowledged
    set_next(x, end)


@step
def note_acknowledgment(x, segment):
    """The peer of `x` acknowledged: `acked` and, after frames the capture lost, next_seq move on."""
    ack = np.int64(segment.ack)
    advanced = not x.marks & kinds.SIDE_ACKED or precedes(np.int64(x.acked), ack)
    x.retransmissions = 0
    if not advanced:
        return
    x.acked = ack
    x.marks |= kinds.SIDE_ACKED
    if not x.marks & kinds.SIDE_NEXT:
        x.next_seq = ack
        x.marks |= kinds.SIDE_NEXT
        return
    if precedes(np.int64(x.next_seq), ack):
        unseen = np.int64(x.next_seq)
        if x.marks & kinds.SIDE_OFFERED:
            unseen = advance(unseen, 1)
        if precedes(unseen, ack):
            open_hole(x, unseen, ack)
        set_next(x, ack)
    if not precedes(ack, np.int64(x.next_seq)):
        if x.marks & kinds.SIDE_FIN and not x.marks & kinds.SIDE_FIN_ACKED:
            x.marks |= kinds.SIDE_FIN_ACKED
            x.fin_acked_time = segment.time_ns
    elif x.pending_since != 0:
        x.pending_since = segment.time_ns  # progress: the rest waits since now


@aside
def note_fin(flow, x, y, segment):
    """A FIN of side `x`; the second one closes, and crosses the first unless it acknowledges that."""
    if y.marks & kinds.SIDE_FIN and not flow.marks & kinds.FLOW_CLOSED:
        flow.marks |= kinds.FLOW_CLOSED
        heard = segment.control & kinds.FLAG_ACK != 0 and not precedes(
            np.int64(segment.ack), np.int64(y.next_seq)
        )
        if not heard and not y.marks & kinds.SIDE_FIN_ACKED and flow.first_closer < kinds.CROSSED:
            flow.first_closer += kinds.CROSSED
    x.marks |= kinds.SIDE_FIN


@step
def note_seen(flow, sender, segment):
    """The side sent something, now."""
    x = flow.side[sender]
    x.marks = (np.int64(x.marks) & ~kinds.SIDE_LAST_PROBE) | kinds.SIDE_SENT
    if segment.time_ns < x.last_time:
        x.marks |= kinds.SIDE_DISORDER
    x.last_time = segment.time_ns
    flow.last_sender = sender


@step
def note_pause(x, y):
    """Side `x` speaks again: its silence was survived up to what the peer sent last meanwhile.

    Beyond that only `x` has spoken, perhaps to nobody.
    """
    if x.marks & y.marks & kinds.SIDE_SENT:
        pause_s = (y.last_time - x.last_time) * SECOND
        if pause_s > x.longest_pause_s:
            x.longest_pause_s = pause_s


@step
def update(flow, sender, segment, kind):
    """Move the state of both sides on by one labelled segment."""
    x = flow.side[sender]
    y = flow.side[1 - sender]
    reset = segment.control & kinds.FLAG_RST != 0
    note_base(x, y, segment)
    if reset:
        flow.marks |= kinds.FLOW_RESET
    else:
        if segment.control & kinds.FLAG_SYN:
            note_syn(flow, sender, segment)
        else:
            x.marks |= kinds.SIDE_TALKED
            note_sequence(x, segment, kind)
            if kind == kinds.RETRANSMISSION and x.retransmissions < 255:
                x.retransmissions += 1
        if segment.control & kinds.FLAG_FIN:
            note_fin(flow, x, y, segment)
        if segment.control & kinds.FLAG_ACK:
            note_acknowledgment(y, segment)
        x.window = segment.window
        x.marks |= kinds.SIDE_WINDOW
        note_pause(x, y)
        note_network(x, segment)
    if flow.first_closer == kinds.NO_SENDER and segment.control & (kinds.FLAG_RST | kinds.FLAG_FIN):
        flow.first_closer = sender
    note_seen(flow, sender, segment)
    if is_probe(kind):
        x.marks |= kinds.SIDE_LAST_PROBE
