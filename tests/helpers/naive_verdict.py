"""Design section 5: what became of each connection.

`flow.verdict` is the reading taken here; `flow.verdicts` adds what another fair
reader of the text may say, where it leaves something open.
"""

from __future__ import annotations

from .naive_state import PROBES, SECOND, Flow, Row
from .segment import ACK, FIN, RST, SYN, Endpoint, Segment, ahead

INITIAL_TTLS = (32, 64, 128, 255)
STALLED_TRIES = 3
STALLED_NS = 5 * SECOND


def decide(flows: list[Flow], end_ns: int) -> None:
    """Give every flow of a capture its verdict."""
    successors: dict[frozenset[Endpoint], Flow] = {}
    for flow in reversed(flows):
        ends = frozenset(side.endpoint for side in flow.sides)
        found = _verdicts(flow, successors.get(ends), end_ns)
        flow.verdict, flow.verdicts = found[0], frozenset(found)
        successors[ends] = flow


def _verdicts(flow: Flow, successor: Flow | None, end_ns: int) -> list[str]:
    """The verdict first, then those that are as fair."""
    rows = [row for row in flow.rows if row.segment is not None and row.kind != "duplicate"]
    early = _of_the_opening(flow, rows)
    if early:
        return [early]
    by_frames = _by_frames(flow, rows, successor)
    if flow.closed:
        reset_first = any(_fins(rows[:at]) < 2 for at, row in enumerate(rows) if row.wire.has(RST))
        taken_back = _fins(rows) < 2  # by a SYN in the same flow
        if taken_back:
            return ["closed", *(by_frames or _by_the_end(flow, rows, end_ns))]
        return by_frames + ["closed"] if reset_first else ["closed"]
    return by_frames or _by_the_end(flow, rows, end_ns)


def _of_the_opening(flow: Flow, rows: list[Row]) -> str | None:
    """`refused` and `no_answer`: nothing but SYNs of one side, then perhaps the peer's RST."""
    senders: set[str | None] = set()
    for row in rows:
        segment = row.wire
        if segment.has(RST):
            answered = len(senders) == 1 and row.sender not in senders and row.frame > flow.ignored_until
            return "refused" if answered else None
        if not segment.has(SYN) or segment.has(ACK):
            return None
        senders.add(row.sender)
    return "no_answer" if len(senders) == 1 else None


def _fins(rows: list[Row]) -> int:
    """How many sides have sent a FIN."""
    return len(_goodbyes(rows))


def _goodbyes(rows: list[Row]) -> set[str | None]:
    """The sides that have sent a FIN; a later SYN of a side takes it back (4.4)."""
    gone: set[str | None] = set()
    for row in rows:
        if row.wire.has(RST):
            continue
        if row.wire.has(SYN):
            gone.discard(row.sender)
        if row.wire.has(FIN):
            gone.add(row.sender)
    return gone


def _by_frames(flow: Flow, rows: list[Row], successor: Flow | None) -> list[str]:
    """The second group: the first frame that decides, or a FIN of one side only."""
    resets = [at for at, row in enumerate(rows) if row.wire.has(RST) and not row.of_the_old]
    reset_at = next((at for at in resets if rows[at].frame > flow.ignored_until), None)
    if reset_at is not None:
        return [_of_reset(rows[:reset_at], rows[reset_at])]
    if successor is not None and _challenge_was_reset(successor):
        return ["peer_rebooted"]
    return ["half_closed"] if _fins(rows) == 1 else []


def _of_reset(before: list[Row], row: Row) -> str:
    own = [each.wire for each in before if each.sender == row.sender and not each.wire.has(RST)]
    seen = {hops(segment) for segment in own}
    said_goodbye = _goodbyes(before)
    if seen and hops(row.wire) not in seen and not _set_its_own_ttl(own[-1], row.wire):
        return "middlebox_reset"
    if row.kind == "keepalive_reset" and row.sender not in said_goodbye:
        return "peer_rebooted"
    if row.kind == "keepalive_timeout":
        return "peer_dead"
    return "half_closed" if len(said_goodbye) == 1 else "reset"


def hops(segment: Segment) -> int:
    """Distance to the sender, as its TTL tells."""
    return min(ttl for ttl in INITIAL_TTLS if ttl >= segment.ttl) - segment.ttl


def _set_its_own_ttl(last: Segment, reset: Segment) -> bool:
    """Whether a socket's own TTL explains why its kernel's RST seems to come from nearer."""
    return (last.ttl <= 32 or hops(last) > 30) and hops(reset) <= hops(last)


def _challenge_was_reset(successor: Flow) -> bool:
    """The old peer acknowledged the old numbers of the side that began anew, and that side sent a RST."""
    return any(row.of_the_old and row.wire.has(RST) for row in successor.rows)


def _by_the_end(flow: Flow, rows: list[Row], end_ns: int) -> list[str]:
    """No frame decided: what the end of the capture leaves."""
    if len({row.sender for row in rows}) == 1:
        return ["unknown"]  # of a side that was never captured, silence tells nothing
    silent = _unanswered(flow, rows, end_ns)
    stalled = _stalled(flow, rows)
    found = []
    for verdict, is_sure in (*silent, *stalled):
        found.append(verdict)
        if is_sure:
            return found
    return found + _open(flow, rows, end_ns)


Readings = list[tuple[str, bool]]
"""Verdicts that apply, each with whether no other reading is fair."""


def _unanswered(flow: Flow, rows: list[Row], end_ns: int) -> Readings:
    """`peer_dead` by silence, and `probing`."""
    dead: Readings = []
    probing: Readings = []
    for side in flow.sides:
        if not side.waiting:
            continue
        last = side.waiting[-1]
        later = rows[rows.index(last) + 1 :]
        alone = not any(row.sender != side.word and row.kind not in PROBES for row in later)
        probing.append(("probing", alone))
        if len(side.waiting) >= 2:
            spacing = last.time_ns - side.waiting[-2].time_ns
            if end_ns - last.time_ns > 2 * spacing:
                dead.append(("peer_dead", alone))
    return dead + probing


def _stalled(flow: Flow, rows: list[Row]) -> Readings:
    """Data that was sent again and again. Sure only if the peer was silent all the while."""
    found: Readings = []
    for side in flow.sides:
        outstanding = side.acked is None or (side.next_seq is not None and ahead(side.next_seq, side.acked))
        if not side.tries or not outstanding or side.unacked_ns is None or side.last_try_ns is None:
            continue
        long = side.last_try_ns - side.unacked_ns >= STALLED_NS
        peer_times = [row.time_ns for row in rows if row.sender != side.word]
        silent = bool(peer_times) and max(peer_times) <= side.unacked_ns
        if side.tries >= STALLED_TRIES or long:
            found.append(("stalled", silent))
        elif side.last is not None and side.last.time_ns - side.unacked_ns >= STALLED_NS:
            found.append(("stalled", False))  # it was new data that went on unanswered for so long
    return found


def _open(flow: Flow, rows: list[Row], end_ns: int) -> list[str]:
    """`alive`, `open`, `unknown`."""
    both_seen = len({row.sender for row in rows}) == 2
    begun = any(row.wire.has(SYN) for row in rows)
    if not both_seen:
        return ["unknown"]
    if not begun or flow.handshake_done:
        return _alive_or_open(flow, rows, end_ns)
    beyond = {row.sender for row in rows if not row.wire.has(SYN)}
    if beyond:  # the capture lost a part of the handshake
        return ["unknown", *_alive_or_open(flow, rows, end_ns)]
    return ["unknown"]


def _alive_or_open(flow: Flow, rows: list[Row], end_ns: int) -> list[str]:
    if any(side.probes for side in flow.sides) and not _has_stopped(flow, rows, end_ns):
        return ["alive"]  # answered, for nothing waits
    silent = end_ns - min(_last_times(rows).values())
    allowed = 2 * _longest_survived(rows)
    if abs(silent - allowed) * 1_000_000 <= allowed:
        return ["alive", "open"]  # to the precision that a pause is kept with
    return ["alive" if silent <= allowed else "open"]


def _has_stopped(flow: Flow, rows: list[Row], end_ns: int) -> bool:
    """Whether the side that probed last is long overdue: it never waited half as long, as far as seen."""
    prober = max((side for side in flow.sides if side.probes), key=lambda side: side.probes[-1].time_ns)
    heard = max((row.time_ns for row in rows if row.sender != prober.word), default=end_ns)
    waits = [wait for wait in (prober.idle_ns, prober.spacing_ns) if wait is not None]
    return bool(waits) and end_ns - heard > 2 * max(0, *waits)


def _last_times(rows: list[Row]) -> dict[str | None, int]:
    return {row.sender: row.time_ns for row in rows}


def _longest_survived(rows: list[Row]) -> int:
    """A side's silence, once it speaks again, was survived up to the other side's last word meanwhile.

    A RST ends none.
    """
    longest = 0
    last: dict[str | None, int] = {}
    for row in rows:
        others = [time_ns for sender, time_ns in last.items() if sender != row.sender]
        if row.sender in last and others and not row.wire.has(RST):
            longest = max(longest, others[0] - last[row.sender])
        last[row.sender] = row.time_ns
    return longest
