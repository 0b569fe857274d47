"""The naive reference: design sections 4 and 5 in plain Python, slow and literal.

Written from the text alone. It shares no code with the package; a random
conversation labelled by both must come out the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from .naive_answer import answer_kind, reset_kind
from .naive_hearing import can_accept, idle_before
from .naive_kind import completes_handshake, other_kind
from .naive_marks import marks_of
from .naive_probe import (
    is_tentative,
    probe_kind,
    prove_by_answer,
    prove_by_giving_up,
    repeats_tentative,
)
from .naive_state import ANSWERS, DUPLICATE_NS, PROBES, Flow, Row, Side, update
from .naive_talk import carries_payload
from .naive_verdict import decide
from .segment import ACK, RST, SYN, Endpoint, IcmpError, Record, Segment, following


@dataclass
class Labels:
    """Everything the reference says of one capture: final, as at its end."""

    rows: list[Row] = field(default_factory=list)
    flows: list[Flow] = field(default_factory=list)

    def kinds(self) -> dict[int, str]:
        return {row.frame: row.kind for row in self.rows}


def label(
    records: Iterable[Record], *, end_ns: int | None = None, dedup_window_ns: int = DUPLICATE_NS
) -> Labels:
    """Label the records of one capture, in frame order. `end_ns` is the time of its last frame."""
    labels = Labels()
    current: dict[frozenset[Endpoint], Flow] = {}
    last_ns = 0
    earlier: dict[frozenset[Endpoint], Flow] = {}
    for record in records:
        last_ns = record.time_ns
        ends = frozenset((record.sender, record.receiver))
        if isinstance(record, IcmpError):
            labels.rows.append(_icmp_row(record, current.get(ends)))
            continue
        flow = current.get(ends)
        duplicate = flow is not None and _is_duplicate(record, flow, dedup_window_ns)
        if flow is None or (not duplicate and _begins_anew(record, flow)):
            if flow is not None:
                earlier[ends] = flow
            flow = _new_flow(record, len(labels.flows))
            current[ends] = flow
            labels.flows.append(flow)
        labels.rows.append(_take(flow, earlier.get(ends), record, duplicate))
    _measure_gaps(labels.flows)
    decide(labels.flows, last_ns if end_ns is None else end_ns)
    return labels


def _icmp_row(error: IcmpError, flow: Flow | None) -> Row:
    row = Row(error.frame, error.time_ns, "icmp_error")
    if flow is not None:
        row.flow = row.stream = flow.number
        flow.rows.append(row)
    return row


def _is_duplicate(segment: Segment, flow: Flow, window_ns: int) -> bool:
    sender, _ = flow.sides_of(segment)
    return any(_is_copy(segment, earlier, window_ns) for earlier in sender.recent)


def _is_copy(segment: Segment, earlier: Segment, window_ns: int) -> bool:
    def header(each: Segment) -> tuple[int | None, ...]:
        return each.seq, each.ack, each.length, each.flags, each.window, each.ip_id or 0

    same = header(segment) == header(earlier)
    if same and not segment.ip_id:
        same = segment.checksum == earlier.checksum
    return same and abs(segment.time_ns - earlier.time_ns) <= window_ns


def _begins_anew(segment: Segment, flow: Flow) -> bool:
    """4.4: a SYN without ACK on a known 4-tuple. With RST it is no SYN."""
    if not segment.has(SYN) or segment.flags & (ACK | RST):
        return False
    if flow.closed or flow.reset:
        return True
    x, _ = flow.sides_of(segment)
    return x.base is not None and x.base != segment.seq


def _note_base(record: Record, flow: Flow) -> None:
    """Initial sequence numbers as Wireshark 4.0 keeps them; also of a header that an ICMP error quotes."""
    if isinstance(record, IcmpError):
        return
    x, y = flow.sides_of(record)
    if x.base is None:
        x.base = record.seq if record.has(SYN) else following(record.seq, -1)
    if y.base is None and record.has(ACK):
        y.base = following(record.ack, -1)


def _new_flow(segment: Segment, number: int) -> Flow:
    """Who is the client: section 3."""
    client, server = segment.sender, segment.receiver
    if segment.has(SYN) and not segment.has(RST):
        swap = segment.has(ACK)
    else:
        swap = client[1] < server[1]
    if swap:
        client, server = server, client
    return Flow(number, Side(client, "client"), Side(server, "server"))


def _take(flow: Flow, old: Flow | None, segment: Segment, duplicate: bool) -> Row:
    """Label one segment and let the flow learn from it."""
    x, y = flow.sides_of(segment)
    row = Row(segment.frame, segment.time_ns, "duplicate", flow.number, flow.number, x.word, segment=segment)
    if not duplicate:
        _note_base(segment, flow)
    if not duplicate and old is not None and (word := _of_the_old(flow, old, segment)):
        row.kind = word
        row.of_the_old = True
        x.last = segment
        x.recent.append(segment)
    elif not duplicate:
        row.kind = _kind(flow, row, x, y)
        row.accepted = can_accept(row, x)
        row.tentative = bool(x.tentative) and x.tentative[-1] is row
        row.marks = marks_of(row, x)
        row.new_payload = carries_payload(row)
        if completes_handshake(segment, y):
            flow.handshake_done = True
        update(flow, row, x, y)
    flow.rows.append(row)
    return row


def _of_the_old(flow: Flow, old: Flow, segment: Segment) -> str | None:
    """Section 5: the old peer's challenge ACK during a handshake, and the RST that answers it.

    They speak of the connection that the 4-tuple had before, and change nothing of this one.
    """
    x, y = flow.sides_of(segment)
    was_x, was_y = old.sides_of(segment)
    if segment.has(RST):
        return "reset" if flow.challenged and segment.seq == was_x.next_seq else None
    in_handshake = x.last_syn is None and y.last_syn is not None
    if not in_handshake or not segment.is_bare_ack or segment.ack != was_y.next_seq:
        return None
    flow.challenged = True
    return "ack"


def _kind(flow: Flow, row: Row, x: Side, y: Side) -> str:
    segment = row.wire
    if segment.has(RST):
        prove_by_giving_up(row, x, y)
        x.tentative.clear()
        return reset_kind(row, x, y)
    opens = not flow.handshake_done and completes_handshake(segment, y)  # then it is no mid-connection
    tentative = is_tentative(row, x, y) and not opens
    if not repeats_tentative(segment, x):
        x.tentative.clear()  # X sends something else
    kind = None if tentative else probe_kind(row, x, y)
    if kind is None:
        prove_by_answer(row, y, x)
    answer = answer_kind(row, kind, y)
    row.idle_ns = idle_before(flow, row, x, y)
    if kind in PROBES:
        x.add_probe(row)
    elif tentative and answer is None and row.answers is None:
        x.tentative.append(row)
    return kind or answer or other_kind(flow, row, x, y)


def _measure_gaps(flows: list[Flow]) -> None:
    """`gap_s` of section 7, by the final labels."""
    for flow in flows:
        previous: int | None = None
        activity: int | None = None
        probed: dict[str | None, int] = {}
        for row in flow.rows:
            if row.kind in PROBES:
                marks = [mark for mark in (activity, probed.get(row.sender)) if mark is not None]
                since = max(marks, default=None)
                probed[row.sender] = row.time_ns
            else:
                since = previous
            row.gap_ns = None if since is None else row.time_ns - since
            if row.kind in ("duplicate", "icmp_error"):
                continue
            previous = row.time_ns
            if row.kind not in PROBES and row.kind not in ANSWERS:
                activity = row.time_ns
