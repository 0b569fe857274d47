"""Timelines and conversations through tracking, in a shape that tests can look at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from analyzer import kinds
from analyzer.diagnose import decide
from analyzer.facts import Rows
from analyzer.records import EVENT, as_records
from analyzer.rules import Rules
from analyzer.track import Tracker
from analyzer.track.events import IN_MEMORY
from tests.helpers.columns import segment_rows
from tests.helpers.segment import Endpoint, Record
from tests.helpers.timeline import Scenario, timeline

OPENING = """
    0.000  c>s  S   0    mss=1460 ws=7 sackok  = syn
    0.010  s>c  SA  0:1  mss=1400 ws=9 sackok  = syn_ack
    0.011  c>s  A   1:1                        = handshake_ack
"""
"""Frames 1 to 3 of most stories."""


@dataclass
class Row:
    """One labelled frame, in words; times in seconds, None where there is none."""

    frame: int
    kind: str
    flow: int | None
    answers: int | None
    gap_s: float | None
    rtt_s: float | None


def track(
    records: Iterable[Record],
    *,
    cuts: Iterable[int] = (),
    rules: Rules | None = None,
    most_flows: int = 1000,
    events_in_memory: int = IN_MEMORY,
    seed: int | None = None,
    all_packets: bool = True,
) -> Tracker:
    """Track records to the end. cuts: where the input is cut into batches; seed: of the flow hash."""
    rows = segment_rows(records)
    tracker = Tracker(
        rules or Rules(), all_packets=all_packets, most_flows=most_flows, events_in_memory=events_in_memory
    )
    if seed is not None:
        tracker._state.tracker[0].seed = seed
    edges = [0, *sorted(cut for cut in cuts if 0 < cut < len(rows)), len(rows)]
    for begin, end in zip(edges[:-1], edges[1:], strict=True):
        tracker.track(as_records(rows[begin:end].copy()))
    tracker.finish()
    return tracker


def labelled(tracker: Tracker, *, only_events: bool = False) -> list[Row]:
    """Final rows in frame order."""
    return [row for batch in tracker.events(only_events=only_events).batches() for row in map(_row, batch)]


def _row(event: Any) -> Row:
    def seconds(nanoseconds: int) -> float | None:
        return None if nanoseconds == kinds.MISSING else int(nanoseconds) / 1e9

    beside = event.sender == kinds.NO_SENDER  # its `answers` and `rtt_ns` hold an address
    return Row(
        int(event.frame),
        kinds.KIND_WORDS[event.kind],
        None if event.flow == kinds.NO_FLOW else int(event.flow),
        None if beside else int(event.answers) or None,
        seconds(event.gap_ns),
        None if beside or not event.answers else seconds(event.rtt_ns),
    )


@dataclass
class Told:
    """A timeline that went through tracking and verdicts, its expected labels checked."""

    scenario: Scenario
    tracker: Tracker
    rows: list[Row]

    @property
    def flow(self) -> Any:
        """The only FLOW row."""
        (flow,) = self.tracker.flows
        return flow

    @property
    def client(self) -> Any:
        return self.flow.side[self.flow.client]

    @property
    def server(self) -> Any:
        return self.flow.side[1 - self.flow.client]

    @property
    def verdicts(self) -> list[str]:
        return [kinds.VERDICT_WORDS[verdict] for verdict in self.tracker.flows.verdict]

    def row(self, frame: int) -> Row:
        return next(row for row in self.rows if row.frame == frame)


def tell(
    text: str,
    *,
    initial: Mapping[str, int] | None = None,
    endpoints: Mapping[str, Endpoint] | None = None,
    end: float | None = None,
    rules: Rules | None = None,
) -> Told:
    """Track a timeline, and assert that every frame is labelled as it says.

    end: the second at which the capture ends; its last frame's if not given.
    """
    scenario = timeline(text, initial=initial, endpoints=endpoints)
    tracker = track(scenario.records, rules=rules)
    rows = labelled(tracker)
    assert not scenario.problems(rows)
    end_ns = max(record.time_ns for record in scenario.records)
    if end is not None:
        end_ns = timeline(f"{end} c>s A 0").records[0].time_ns
    decide(tracker.flows, tracker.probings, end_ns, rules or Rules())
    return Told(scenario, tracker, rows)


def table(tracker: Tracker, *, only_events: bool = False) -> Rows:
    """All final EVENT rows as one array."""
    batches = list(tracker.events(only_events=only_events).batches())
    return as_records(np.concatenate([np.zeros(0, EVENT), *batches]))


def bits(array: Any) -> bytes:
    """The fields of a structured array, without the padding between them, whose content is anything."""
    if array.dtype.names is None:
        return np.ascontiguousarray(array).tobytes()
    return b"".join(bits(array[name]) for name in array.dtype.names)


def result_bits(tracker: Tracker) -> tuple[bytes, ...]:
    """Everything that tracking hands on, to be compared bit by bit."""
    packets, events = table(tracker), table(tracker, only_events=True)
    return tuple(map(bits, (tracker.flows, tracker.probings, tracker.talks, packets, events)))
