"""Design 4.3: the kinds that are neither probe nor answer, in the order of its list."""

from __future__ import annotations

from .naive_state import Flow, Row, Side, fills_hole
from .segment import ACK, FIN, RST, SYN, Segment, ahead


def completes_handshake(segment: Segment, y: Side) -> bool:
    """Whether a segment of X acknowledges the SYN of Y's SYN-ACK."""
    if segment.has(RST) or not segment.has(ACK) or y.offered is None:
        return False
    return segment.ack == y.offered or ahead(segment.ack, y.offered)


def other_kind(flow: Flow, row: Row, x: Side, y: Side) -> str:
    """The label of a segment of X that 4.1 and 4.2 left over. RSTs never come here."""
    segment = row.wire
    if segment.has(SYN):
        if segment.has(ACK):
            return "syn_ack"
        return "syn_retransmission" if segment.seq in x.syns else "syn"
    if not flow.handshake_done and completes_handshake(segment, y):
        return "handshake_ack"
    if segment.has(FIN):
        return "fin"
    if segment.length:
        return _payload_kind(segment, x)
    return _empty_kind(segment, x, y)


def _payload_kind(segment: Segment, x: Side) -> str:
    if x.next_seq is None or ahead(segment.end, x.next_seq):
        return "data"
    return "out_of_order" if fills_hole(segment, x) else "retransmission"


def _empty_kind(segment: Segment, x: Side, y: Side) -> str:
    """A segment without payload, SYN, FIN and RST. `y.acked` is the highest ACK that X has sent."""
    if segment.window == 0 and x.window != 0:
        return "zero_window"
    behind = x.next_seq is not None and ahead(x.next_seq, segment.seq)
    if segment.has(ACK) and y.acked is not None and ahead(y.acked, segment.ack):
        behind = True
    same_ack = segment.has(ACK) and segment.ack == y.acked
    if not behind and same_ack and segment.window != x.window:
        return "window_update"
    if not behind and same_ack and segment.seq == x.next_seq:
        return "dup_ack"
    return "old_ack" if behind else "ack"
