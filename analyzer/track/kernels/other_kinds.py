"""The kinds that say nothing of keep-alives (design 4.3): handshake, data, acknowledgments."""

import numpy as np
from numba import njit

from analyzer import kinds
from analyzer.sequence import advance, highest, precedes
from analyzer.track.kernels.probes import window_closed


@njit(nogil=True)
def sequence_end(segment):
    """The sequence number after the segment; SYN and FIN count one (RFC 9293 3.4)."""
    count = np.int64(segment.length)
    if segment.flags & kinds.FLAG_SYN:
        count += 1
    if segment.flags & kinds.FLAG_FIN:
        count += 1
    return advance(np.int64(segment.seq), count)


@njit(nogil=True)
def completes_handshake(flow, sender, segment):
    """Whether this is the client's first ACK of the server's SYN."""
    y = flow.side[1 - sender]
    return (
        not flow.flags & kinds.FLOW_ESTABLISHED
        and sender == flow.client
        and segment.flags & kinds.FLAG_ACK != 0
        and y.flags & kinds.SIDE_SYN != 0
        and precedes(np.int64(y.base_seq), np.int64(segment.ack))
    )


@njit(nogil=True)
def fills_hole(x, segment):
    """Octets of the segment's payload that the capture had skipped before."""
    if not x.flags & kinds.SIDE_HOLE:
        return 0
    left = highest(np.int64(segment.seq), np.int64(x.hole_left))
    right = sequence_end(segment)
    if precedes(np.int64(x.hole_right), right):
        right = np.int64(x.hole_right)
    return advance(right, -left) if precedes(left, right) else 0


@njit(nogil=True)
def data_kind(x, segment):
    """The label of payload of side `x`: new ground, ground skipped before, or neither."""
    if not x.flags & kinds.SIDE_NEXT or precedes(np.int64(x.next_seq), sequence_end(segment)):
        return kinds.DATA
    return kinds.OUT_OF_ORDER if fills_hole(x, segment) > 0 else kinds.RETRANSMISSION


@njit(nogil=True)
def ack_kind(x, y, segment):
    """The label of a segment of side `x` without payload, SYN, FIN or RST."""
    if segment.window == 0 and not window_closed(x):
        return kinds.ZERO_WINDOW
    seq = np.int64(segment.seq)
    ack = np.int64(segment.ack)
    next_seq = np.int64(x.next_seq)
    known = x.flags & kinds.SIDE_NEXT != 0
    acknowledges = segment.flags & kinds.FLAG_ACK != 0
    told_before = y.flags & kinds.SIDE_ACKED != 0
    if known and seq == next_seq and acknowledges and told_before and ack == y.acked:
        return kinds.DUP_ACK if segment.window == x.window else kinds.WINDOW_UPDATE
    if known and precedes(seq, next_seq):
        return kinds.OLD_ACK
    if acknowledges and told_before and precedes(ack, np.int64(y.acked)):
        return kinds.OLD_ACK
    return kinds.ACK


@njit(nogil=True)
def other_kind(flow, sender, segment):
    """The label of a segment that is no RST, no probe and no answer to one."""
    x = flow.side[sender]
    if segment.flags & kinds.FLAG_SYN:
        if segment.flags & kinds.FLAG_ACK:
            return kinds.SYN_ACK
        return kinds.SYN if x.syn_count == 0 else kinds.SYN_RETRANSMISSION
    if completes_handshake(flow, sender, segment):
        return kinds.HANDSHAKE_ACK
    if segment.flags & kinds.FLAG_FIN:
        return kinds.FIN
    if segment.length > 0:
        return data_kind(x, segment)
    return ack_kind(x, flow.side[1 - sender], segment)
