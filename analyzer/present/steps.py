"""A connection's segments as the steps of its story: what is told one by one, what is summed up.

People want to see how the connection began, every pause, every probe that stayed without an
answer, and the end; a thousand data segments or answered probes say no more than one line does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from analyzer import kinds
from analyzer.tables.labelled import Segment

CHATTER = frozenset(
    (
        kinds.DATA,
        kinds.RETRANSMISSION,
        kinds.OUT_OF_ORDER,
        kinds.WINDOW_UPDATE,
        kinds.DUP_ACK,
        kinds.ACK,
        kinds.OLD_ACK,
        kinds.DUPLICATE,
    )
)

PAUSE_S = 1.0  # silence that is drawn as such, and that ends a burst of data
RETRY_S = 0.2  # data sent again after this long is a timeout: Linux TCP_RTO_MIN
TELL_CHATTER = 3  # so many segments of data are told one by one
TELL_BURSTS = 8
TELL_EXCHANGES = 4  # answered probes
TELL_LONE = 8  # probes without an answer
TELL_STEPS = 300  # in all
KEEP_FIRST = 3  # where there are more: this part of them from the beginning, the rest from the end

BURST, EXCHANGE, LONE, OTHER = "burst", "exchange", "lone", "other"


@dataclass(frozen=True)
class Step:
    """Segments that are told together; `told`: one by one, else summed up as of their kind."""

    kind: str
    segments: tuple[Segment, ...]
    told: bool = True
    bursts: int = 1
    longest_pause_s: float = 0.0

    @property
    def start_ns(self) -> int:
        return self.segments[0].time_ns

    @property
    def end_ns(self) -> int:
        return self.segments[-1].time_ns


def steps(segments: list[Segment], whole: bool = False, most: int = TELL_STEPS) -> list[Step]:
    """The story of one connection, in at most so many steps. whole: tell every segment."""
    if whole:
        return [Step(OTHER, (segment,)) for segment in segments]
    answered = {segment.answers for segment in segments if segment.answers}
    told: list[Step] = []
    for kind, group in groupby(_units(segments, answered), key=lambda step: step.kind):
        told += FOLDERS[kind](list(group))
    return _shortened(told, most)


def is_lone(segment: Segment, answered: set[int]) -> bool:
    """Whether it is a probe that nothing answers."""
    return segment.kind in kinds.PROBES and segment.frame not in answered


def _units(segments: list[Segment], answered: set[int]) -> Iterator[Step]:
    """Bursts of data, exchanges of probe and answer, and single segments of any other kind."""
    at = 0
    while at < len(segments):
        kind, end = OTHER, at + 1
        if segments[at].kind in kinds.PROBES:
            end = _exchange_end(segments, at, answered)
            kind = EXCHANGE if end > at + 1 else LONE if is_lone(segments[at], answered) else OTHER
        elif _chats(segments, at):
            kind = BURST
            while end < len(segments) and _chats(segments, end) and _pause(segments, end) < PAUSE_S:
                end += 1
        yield Step(kind, tuple(segments[at:end]))
        at = end


def _pause(segments: list[Segment], at: int) -> float:
    return (segments[at].time_ns - segments[at - 1].time_ns) / 1e9


def _chats(segments: list[Segment], at: int) -> bool:
    segment = segments[at]
    if segment.kind == kinds.RETRANSMISSION and at and _pause(segments, at) >= RETRY_S:
        return False
    return segment.kind in CHATTER and not segment.answers


def _exchange_end(segments: list[Segment], at: int, answered: set[int]) -> int:
    """One past the answers to the probes that begin at `at`, crossing probes and copies included."""
    waiting: set[int] = set()
    for place in range(at, min(at + 12, len(segments))):
        segment = segments[place]
        if segment.kind == kinds.DUPLICATE:
            continue
        if segment.kind in kinds.PROBES and segment.frame in answered:
            waiting.add(segment.frame)
        elif segment.answers in waiting and segment.kind in (kinds.KEEPALIVE_REPLY, kinds.ZERO_WINDOW_REPLY):
            waiting.discard(segment.answers)
        else:
            break
        if not waiting:
            return _past_copies(segments, place + 1)
    return at + 1


def _past_copies(segments: list[Segment], at: int) -> int:
    while at < len(segments) and segments[at].kind == kinds.DUPLICATE and _pause(segments, at) < PAUSE_S:
        at += 1
    return at


def _fold(kind: str, group: list[Step]) -> Step:
    pauses = [(after.start_ns - before.end_ns) / 1e9 for before, after in zip(group, group[1:], strict=False)]
    segments = tuple(segment for step in group for segment in step.segments)
    return Step(kind, segments, told=False, bursts=len(group), longest_pause_s=max(pauses, default=0.0))


def _burst(step: Step) -> Step:
    return replace(step, told=len(step.segments) <= TELL_CHATTER)


def _bursts(group: list[Step]) -> list[Step]:
    if len(group) <= TELL_BURSTS:
        return [_burst(step) for step in group]
    return [_burst(group[0]), _fold(BURST, group[1:-2]), *(_burst(step) for step in group[-2:])]


def _exchanges(group: list[Step]) -> list[Step]:
    if len(group) <= TELL_EXCHANGES:
        return group
    return [*group[:2], _fold(EXCHANGE, group[2:-1]), group[-1]]


def _lone(group: list[Step]) -> list[Step]:
    if len(group) <= TELL_LONE:
        return group
    return [*group[:3], _fold(LONE, group[3:-3]), *group[-3:]]


def _all(group: list[Step]) -> list[Step]:
    return group


FOLDERS = {BURST: _bursts, EXCHANGE: _exchanges, LONE: _lone, OTHER: _all}


def _shortened(told: list[Step], most: int) -> list[Step]:
    """Leave out the middle of a story that is still too long."""
    if len(told) <= most:
        return told
    first = most // KEEP_FIRST
    last = len(told) - (most - first)
    return [*told[:first], _fold(OTHER, told[first:last]), *told[last:]]
