"""The kinds that say nothing of keep-alives (design 4.3): handshake, data, acknowledgments."""

import numpy as np

from analyzer import kinds
from analyzer.sequence import advance, highest, precedes
from analyzer.track.kernels.probes import window_closed
from analyzer.track.kernels.steps import step


@step
def sequence_end(segment):
    """The sequence number after the segment; SYN and FIN count one (RFC 9293 3.4)."""
    count = np.int64(segment.length)
    if segment.control & kinds.FLAG_SYN:
        count += 1
    if segment.control & kinds.FLAG_FIN:
        count += 1
    return advance(np.int64(segment.seq), count)


@step
def completes_handshake(flow, sender, segment):
    """Whether this is the first segment that acknowledges the peer's SYN-ACK."""
    y = flow.side[1 - sender]
    return (
        not flow.marks & kinds.FLOW_ESTABLISHED
        and y.marks & kinds.SIDE_SYN_ACK != 0
        and segment.control & (kinds.FLAG_ACK | kinds.FLAG_RST) == kinds.FLAG_ACK
        and precedes(np.int64(y.base_seq), np.int64(segment.ack))
    )


@step
def fills_hole(x, segment):
    """Octets of the segment's payload that the capture had skipped before."""
    if not x.marks & kinds.SIDE_HOLE:
        return 0
    left = highest(np.int64(segment.seq), np.int64(x.hole_left))
    right = sequence_end(segment)
    if precedes(np.int64(x.hole_right), right):
        right = np.int64(x.hole_right)
    return advance(right, -left) if precedes(left, right) else 0


@step
def data_kind(x, segment):
    """The label of payload of side `x`: new ground, ground skipped before, or neither."""
    if not x.marks & kinds.SIDE_NEXT or precedes(np.int64(x.next_seq), sequence_end(segment)):
        return kinds.DATA
    return kinds.OUT_OF_ORDER if fills_hole(x, segment) > 0 else kinds.RETRANSMISSION


@step
def ack_kind(x, y, segment):
    """The label of a segment of side `x` without payload, SYN, FIN or RST."""
    if segment.window == 0 and not window_closed(x):
        return kinds.ZERO_WINDOW
    seq = np.int64(segment.seq)
    ack = np.int64(segment.ack)
    next_seq = np.int64(x.next_seq)
    known = x.marks & kinds.SIDE_NEXT != 0
    acknowledges = segment.control & kinds.FLAG_ACK != 0
    told_before = y.marks & kinds.SIDE_ACKED != 0
    if known and precedes(seq, next_seq):
        return kinds.OLD_ACK
    if not acknowledges or not told_before:
        return kinds.ACK
    if precedes(ack, np.int64(y.acked)):
        return kinds.OLD_ACK
    if ack == y.acked:
        if segment.window != x.window or not x.marks & kinds.SIDE_WINDOW:
            return kinds.WINDOW_UPDATE
        if seq == next_seq:
            return kinds.DUP_ACK
    return kinds.ACK


@step
def other_kind(flow, sender, segment):
    """The label of a segment that is no RST, no probe and no answer to one."""
    x = flow.side[sender]
    if segment.control & kinds.FLAG_SYN:
        if segment.control & kinds.FLAG_ACK:
            return kinds.SYN_ACK
        return kinds.SYN_RETRANSMISSION if x.marks & kinds.SIDE_BARE_SYN else kinds.SYN
    if completes_handshake(flow, sender, segment):
        return kinds.HANDSHAKE_ACK
    if segment.control & kinds.FLAG_FIN:
        return kinds.FIN
    if segment.length > 0:
        return data_kind(x, segment)
    return ack_kind(x, flow.side[1 - sender], segment)
