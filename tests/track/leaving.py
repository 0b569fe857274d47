"""Conversations through tracking from which flows leave, beside tracking from which none do."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from hypothesis import strategies as st

from analyzer import kinds
from analyzer.facts import Rows
from analyzer.records import SEGMENT, as_records, rows
from analyzer.rules import SECOND_NS, Rules
from analyzer.track import BoundedTracker
from tests.helpers.columns import segment_rows
from tests.helpers.segment import Record
from tests.helpers.strategies import conversations
from tests.helpers.timeline import START_NS, timeline

from .support import bits

Tuple4 = frozenset[tuple[int, int, int]]


def tuple_of(flow: Any) -> Tuple4:
    """The 4-tuple of a FLOW row, whichever side it names first."""
    return frozenset(
        (int(flow.address_high[side]), int(flow.address_low[side]), int(flow.port[side])) for side in (0, 1)
    )


def _elsewhere(record: Record) -> Record:
    """The same between other hosts."""
    for here, there in (("10.0.0", "10.9.9"), ("db8", "db9")):
        record = replace(record, src=record.src.replace(here, there), dst=record.dst.replace(here, there))
    return record


@st.composite
def crowds(draw: st.DrawFn) -> list[Record]:
    """Two conversations at a time: up to six connections."""
    one, other = draw(conversations(icmp=True)), draw(conversations(icmp=True))
    merged = sorted([*one, *map(_elsewhere, other)], key=lambda record: record.time_ns)
    return [replace(record, frame=frame) for frame, record in enumerate(merged, start=1)]


@dataclass
class Told:
    """What came of a bounded run. left: 4-tuples of flows that left. rows: by frame, as told last."""

    tracker: BoundedTracker
    left: set[Tuple4] = field(default_factory=set)
    corrected: set[int] = field(default_factory=set)
    rows: dict[int, Any] = field(default_factory=dict)
    numbers: dict[int, int] = field(default_factory=dict)
    first_frames: dict[int, int] = field(default_factory=dict)
    frames_left: int = 0

    def take(self) -> None:
        """Take what is new, and check that it is."""
        tracker = self.tracker
        numbers = tracker.numbers
        assert np.all(np.diff(numbers) > 0)
        for number, flow in zip(numbers.tolist(), tracker.flows, strict=True):
            assert self.first_frames.setdefault(number, int(flow.first_frame)) == flow.first_frame
        for event in tracker.fresh():
            assert event.frame not in self.rows
            self._keep(event, numbers)
        for event in tracker.proven():
            before = self.rows[int(event.frame)]
            assert (event.kind, event.gap_ns) != (before.kind, before.gap_ns)
            assert event.frame not in self.corrected
            self.corrected.add(int(event.frame))
            self._keep(event, numbers)

    def _keep(self, event: Any, numbers: Any) -> None:
        self.rows[int(event.frame)] = event
        if event.flow < len(numbers):
            self.numbers[int(event.frame)] = int(numbers[event.flow])

    def retire(self, leaving: Any) -> None:
        """Have flows leave, and note which."""
        for flow in self.tracker.flows[leaving]:
            self.left.add(tuple_of(flow))
            self.frames_left += int(flow.frames)
        self.tracker.retire(leaving)


def batches(conversation: Iterable[Record], cuts: Iterable[int]) -> Iterator[Rows]:
    """SEGMENT rows, cut before these positions."""
    segments = segment_rows(conversation)
    edges = [0, *sorted(cut for cut in cuts if 0 < cut < len(segments)), len(segments)]
    for begin, end in zip(edges[:-1], edges[1:], strict=True):
        yield as_records(segments[begin:end].copy())


def track_leaving(conversation: Iterable[Record], cuts: Iterable[int], chance: random.Random) -> Told:
    """Track it all; at the cuts, some flows leave by chance."""
    told = Told(BoundedTracker(Rules(), all_packets=True, most_flows=50, most_events=10_000))
    for batch in batches(conversation, cuts):
        told.tracker.track(batch)
        told.take()
        told.retire(np.array([chance.random() < 0.25 for _ in told.tracker.flows], np.bool_))
    told.take()
    return told


def track_crowded(conversation: Iterable[Record], cuts: Iterable[int], most_flows: int) -> Told:
    """Track it all in a table that is too small."""

    def make_room(tracker: BoundedTracker) -> None:
        told.take()
        latest_ns = int(tracker.flows.side["last_time"].max())
        told.retire(tracker.leaving(latest_ns, 1))

    told = Told(
        BoundedTracker(
            Rules(), all_packets=True, most_flows=most_flows, most_events=10_000, make_room=make_room
        )
    )
    for batch in batches(conversation, cuts):
        told.tracker.track(batch)
        assert len(told.tracker.flows) <= most_flows
        told.take()
    return told


def syns(begin: int, count: int, apart_ns: int) -> Rows:
    """SYNs of as many distinct 4-tuples."""
    made = rows(count, SEGMENT)
    number = np.arange(begin, begin + count)
    made.frame, made.time_ns = number + 1, START_NS + 10 * SECOND_NS + number * apart_ns
    made.source_low = 0xFFFF_0000_0000 + 0x0B000000 + number // 50_000
    made.source_port = 1024 + number % 50_000
    made.destination_low, made.destination_port = 0xFFFF_0000_0000 + 0x0A000002, 443
    made.control, made.seq, made.window, made.ttl = kinds.FLAG_SYN, number * 7919 % 2**32, 1000, 64
    return made


def story(text: str, most_flows: int = 8) -> BoundedTracker:
    """A timeline, tracked in a small table."""
    tracker = BoundedTracker(Rules(), most_flows=most_flows, all_packets=True)
    tracker.track(segment_rows(timeline(text).records))
    return tracker


def part_bits(row: Any, *without: str) -> bytes:
    """The fields of one row but some."""
    names = [name for name in row.dtype.names if name not in without]
    return b"".join(bits(np.asarray(row[name])) for name in names)
