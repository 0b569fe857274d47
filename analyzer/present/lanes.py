"""What a connection was doing when: its lane in a picture of many.

A lane is drawn from the events, which leave data out: where the pauses between data are not known,
the connection counts as active. Each pause that an event ended is known, and so is each probe.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from analyzer import kinds
from analyzer.kinds import VERDICT_WORDS

ACTIVE, IDLE, PROBING, DEAD, CLOSED = range(5)
PHASE_WORDS = ("active", "idle", "probing", "dead", "closed")
"""idle: silent, or probed and answered. probing: unanswered so far. dead: given up, or silent to the end."""

ANSWERED, LONE, REPLY, RST, SYN, FIN, ERROR = range(7)
MARK_WORDS = ("probe", "unanswered probe", "reply", "RST", "SYN", "FIN", "ICMP error")

PAUSE_NS = 1_000_000_000  # a pause this long is idle: as timelines tell silence
SAME_NS = 1_000  # gaps are seconds in floating point
BEGINS_ANEW = (*kinds.RESETS, kinds.SYN, kinds.SYN_ACK)
MOST = 48  # phases and marks of one connection: more than a lane has room for; our choice

_MARKS = {
    kinds.KEEPALIVE_PROBE: LONE,
    kinds.ZERO_WINDOW_PROBE: LONE,
    kinds.KEEPALIVE_REPLY: REPLY,
    kinds.ZERO_WINDOW_REPLY: REPLY,
    kinds.KEEPALIVE_RESET: RST,
    kinds.KEEPALIVE_TIMEOUT: RST,
    kinds.RESET: RST,
    kinds.SYN: SYN,
    kinds.SYN_RETRANSMISSION: SYN,
    kinds.FIN: FIN,
    kinds.ICMP: ERROR,
}
_TAILS = {  # what a connection is after its last segment
    kinds.PEER_DEAD: DEAD,
    kinds.PROBING: PROBING,
    kinds.STALLED: PROBING,
    kinds.HALF_CLOSED: IDLE,
    kinds.OPEN: IDLE,
    kinds.ALIVE: IDLE,
    kinds.UNKNOWN: IDLE,
}
TAILS = tuple(_TAILS.get(code, CLOSED) for code in range(len(VERDICT_WORDS)))
"""The phase from the last segment to the end of the capture, by verdict code."""


class Event(NamedTuple):
    """What of a row of the events table a lane shows. answers: frame of the probe, MISSING for none."""

    frame: int
    time_ns: int
    kind: int
    gap_s: float
    answers: int


@dataclass(frozen=True)
class Lane:
    """phases: (phase, from when, in ns), the last one until the last segment. marks: (mark, when)."""

    phases: tuple[tuple[int, int], ...]
    marks: tuple[tuple[int, int], ...]


def lane(events: Sequence[Event], start_ns: int, end_ns: int, verdict: int, heard_ns: int) -> Lane:
    """The lane of one connection. heard_ns: its last sign of life, MISSING if none is known."""
    answered = {event.answers for event in events}
    changes = [(ACTIVE, start_ns), *_changes(events, end_ns, answered)]
    if verdict == kinds.NO_ANSWER:
        changes = [(PROBING, start_ns)]
    elif verdict == kinds.STALLED and heard_ns != kinds.MISSING:
        changes.append((PROBING, heard_ns))
    marks = tuple((_mark(event, answered), event.time_ns) for event in events if event.kind in _MARKS)
    return Lane(_in_order(changes, start_ns, end_ns), marks)


def _mark(event: Event, answered: set[int]) -> int:
    if event.kind in kinds.PROBES and event.frame in answered:
        return ANSWERED
    return _MARKS[event.kind]


def _changes(events: Sequence[Event], end_ns: int, answered: set[int]) -> Iterator[tuple[int, int]]:
    """Each phase that an event begins, or shows to have begun before it."""
    waiting = False
    before_ns = kinds.MISSING
    for event in events:
        gap_ns = 0 if event.gap_s != event.gap_s else round(event.gap_s * 1e9)
        silent_ns = event.time_ns - gap_ns
        if not waiting:
            if before_ns != kinds.MISSING and silent_ns - before_ns > SAME_NS:
                yield ACTIVE, before_ns  # something was sent since, which is no event
            if gap_ns >= PAUSE_NS:
                yield IDLE, silent_ns
        before_ns = event.time_ns
        if event.kind in kinds.PROBES:
            lone = event.frame not in answered
            if lone or not waiting:
                yield PROBING if lone else IDLE, event.time_ns
            waiting |= lone
        elif event.kind in (kinds.KEEPALIVE_REPLY, kinds.ZERO_WINDOW_REPLY):
            waiting = False
            yield IDLE, event.time_ns
        elif event.kind in BEGINS_ANEW or event.answers != kinds.MISSING or not waiting:
            waiting = waiting and event.kind == kinds.KEEPALIVE_TIMEOUT
            yield PROBING if waiting else ACTIVE, event.time_ns
    if not waiting and before_ns != kinds.MISSING and end_ns - before_ns > SAME_NS:
        yield ACTIVE, before_ns


def _in_order(changes: list[tuple[int, int]], start_ns: int, end_ns: int) -> tuple[tuple[int, int], ...]:
    """Within the connection's time, no phase twice in a row, and at most `MOST`: short ones give way."""
    kept: list[tuple[int, int]] = []
    for phase, since_ns in changes:
        since_ns = min(max(since_ns, start_ns), end_ns)
        while kept and kept[-1][1] >= since_ns:
            kept.pop()
        if not kept or kept[-1][0] != phase:
            kept.append((phase, since_ns))
    if len(kept) > MOST:
        spans = [after[1] - before[1] for before, after in pairwise([*kept, (CLOSED, end_ns)])]
        longest = sorted(range(1, len(kept)), key=lambda place: -spans[place])[: MOST - 1]
        kept = [kept[place] for place in sorted({0, *longest})]
    return tuple(each for place, each in enumerate(kept) if not place or kept[place - 1][0] != each[0])
