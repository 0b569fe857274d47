"""TCP states as a host walks through them, segment by segment (RFC 9293 figure 5), plain and slow.

For connections whose beginning was captured. What is sent counts as heard at once.
"""

from __future__ import annotations

from .naive_state import SECOND, Flow, Row
from .segment import ACK, FIN, RST, SYN, Endpoint, ahead

TIME_WAIT_NS = 60 * SECOND
States = dict[Endpoint, str]

SENT_FIN = {"ESTABLISHED": "FIN-WAIT-1", "CLOSE-WAIT": "LAST-ACK"}
HEARD_FIN = {"FIN-WAIT-2": "TIME-WAIT"}
ACKED_FIN = {"ESTABLISHED": "CLOSE-WAIT", "FIN-WAIT-1": "CLOSING"}
FIN_WAS_ACKED = {"FIN-WAIT-1": "FIN-WAIT-2", "CLOSING": "TIME-WAIT", "LAST-ACK": "CLOSED"}


def states_at(flow: Flow, at_ns: int, successor: Flow | None = None) -> States:
    """The states of both ends, by endpoint; an end that has no connection yet is not in it."""
    rows = [row for row in flow.rows if row.segment is not None and row.kind != "duplicate"]
    before = [row for row in rows if row.time_ns <= at_ns]
    ends: States = {}
    fins: dict[Endpoint, int] = {}
    over = False
    for row in before:
        if row.wire.has(RST):
            over = True
        elif not over:
            step(flow, row, ends, fins)
    if before and len(rows) and not any(row.wire.sender == flow.server.endpoint for row in rows):
        ends.setdefault(flow.server.endpoint, "UNKNOWN")
    if at_ns >= max(row.time_ns for row in rows) + TIME_WAIT_NS:
        ends = {end: "CLOSED" if state == "TIME-WAIT" else state for end, state in ends.items()}
    if over:
        ends = ended(flow, rows, at_ns)
    return ends | replaced(successor, at_ns)


def step(flow: Flow, row: Row, ends: States, fins: dict[Endpoint, int]) -> None:
    segment = row.wire
    x, y = (side.endpoint for side in flow.sides_of(segment))
    if segment.has(SYN):
        ends.setdefault(x, "SYN-RECEIVED" if segment.has(ACK) else "SYN-SENT")
        return
    if row.kind == "handshake_ack":
        ends[x] = ends[y] = "ESTABLISHED"
    if segment.has(ACK) and y in fins and not ahead(fins[y], segment.ack):
        ends[y] = FIN_WAS_ACKED.get(ends[y], ends[y])
        ends[x] = ACKED_FIN.get(ends[x], ends[x])
        if y in fins and x in fins and ends[y] == "FIN-WAIT-2":
            ends[y] = "TIME-WAIT"
    if segment.has(FIN) and x not in fins:
        fins[x] = segment.end
        ends[x] = SENT_FIN[ends[x]]
        ends[y] = HEARD_FIN.get(ends[y], ends[y])


def ended(flow: Flow, rows: list[Row], at_ns: int) -> States:
    """After the first RST."""
    reset = next(row for row in rows if row.wire.has(RST))
    x, y = flow.sides_of(reset.wire)
    ends = {x.endpoint: "CLOSED", y.endpoint: "CLOSED"}
    if flow.verdict == "peer_dead":
        ends[y.endpoint] = "UNKNOWN"
    return ends


def replaced(successor: Flow | None, at_ns: int) -> States:
    """Ends that the next connection of the same two sockets has taken over."""
    if successor is None:
        return {}
    begun = [row for row in successor.rows if row.time_ns <= at_ns and row.kind != "duplicate"]
    taken: States = {}
    if begun:
        taken[begun[0].wire.sender] = "CLOSED"
    for row in begun:
        if row.kind == "syn_ack":
            taken[row.wire.sender] = "CLOSED"
    return taken
