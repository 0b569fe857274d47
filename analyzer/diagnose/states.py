"""The TCP state of each end at the capture's end, inferred (RFC 9293 3.3.2 and 3.6)."""

from __future__ import annotations

from typing import Any

from analyzer import kinds

CLOSED, LISTEN, SYN_SENT, SYN_RECEIVED, ESTABLISHED = range(5)
FIN_WAIT_1, FIN_WAIT_2, CLOSE_WAIT, CLOSING, LAST_ACK, TIME_WAIT, NOT_KNOWN = range(5, 12)


def end_states(flow: Any, end_ns: int, time_wait_ns: int) -> tuple[int, int]:
    """Indexes into kinds.STATE_WORDS for side 0 and side 1 of a FLOW row.

    end_ns: when the capture ended. What a RST did to a host that the capture shows no answer of
    is not known: a peer that is dead or cut off has not heard it.
    """
    verdict = flow.verdict
    if verdict == kinds.CLOSED and flow.marks & kinds.FLOW_RESET:
        return CLOSED, CLOSED  # a RST ends TIME-WAIT and LAST-ACK, too (RFC 9293 3.10.7.4)
    if verdict in (kinds.REFUSED, kinds.RESET_VERDICT, kinds.MIDDLEBOX_RESET, kinds.PEER_REBOOTED):
        return CLOSED, CLOSED
    if verdict == kinds.PEER_DEAD:
        gone = CLOSED if flow.marks & kinds.FLOW_RESET else ESTABLISHED
        return (gone, NOT_KNOWN) if flow.decided_by == 0 else (NOT_KNOWN, gone)
    if verdict == kinds.HALF_CLOSED and flow.marks & kinds.FLOW_RESET:
        return CLOSED, CLOSED
    return side_state(flow, 0, end_ns, time_wait_ns), side_state(flow, 1, end_ns, time_wait_ns)


def side_state(flow: Any, index: int, end_ns: int, time_wait_ns: int) -> int:
    """The state of one side that no RST ended."""
    x, y = flow.side[index], flow.side[1 - index]
    sent_fin, peer_fin = bool(x.marks & kinds.SIDE_FIN), bool(y.marks & kinds.SIDE_FIN)
    fin_acked, peer_fin_acked = bool(x.marks & kinds.SIDE_FIN_ACKED), bool(y.marks & kinds.SIDE_FIN_ACKED)
    if sent_fin and peer_fin:
        if flow.first_closer == 1 - index:
            return CLOSED if fin_acked else LAST_ACK
        if not fin_acked:
            return CLOSING if peer_fin_acked else FIN_WAIT_1
        return TIME_WAIT if end_ns - x.last_time < time_wait_ns else CLOSED
    if sent_fin:
        return FIN_WAIT_2 if fin_acked else FIN_WAIT_1
    if peer_fin:
        return CLOSE_WAIT if peer_fin_acked else ESTABLISHED
    if not x.marks & kinds.SIDE_SENT:
        return NOT_KNOWN
    if x.marks & kinds.SIDE_TALKED or flow.marks & kinds.FLOW_ESTABLISHED:
        return ESTABLISHED
    return SYN_SENT if index == flow.client else SYN_RECEIVED
