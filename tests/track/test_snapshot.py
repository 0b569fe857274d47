"""Snapshots: finished and judged, while tracking goes on as if there were none."""

from __future__ import annotations

import random

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer import kinds
from analyzer.diagnose import decide
from analyzer.facts import Rows
from analyzer.records import EVENT, as_records
from analyzer.rules import Rules
from analyzer.track import BoundedTracker, Snapshot
from tests.helpers.columns import segment_rows
from tests.helpers.segment import Record

from .leaving import batches, crowds, part_bits, track_leaving
from .support import bits, result_bits, track

examples = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))


def labels(snapshot: Snapshot) -> Rows:
    found = list(snapshot.events(only_events=False).batches())
    return as_records(np.concatenate([np.zeros(0, EVENT), *found]))


def snapshot_bits(snapshot: Snapshot) -> tuple[bytes, ...]:
    found = labels(snapshot)
    only = list(snapshot.events(only_events=True).batches())
    only_events = np.concatenate([np.zeros(0, EVENT), *only])
    return tuple(map(bits, (snapshot.flows, snapshot.probings, snapshot.talks, found, only_events)))


@examples
@given(crowds(), st.sets(st.integers(1, 100), max_size=6))
def test_snapshots_say_what_is_known_by_then_and_change_nothing(crowd: list[Record], cuts: set[int]) -> None:
    tracker = BoundedTracker(Rules(), all_packets=True)
    seen = 0
    for batch in batches(crowd, cuts):
        tracker.track(batch)
        seen += len(batch)
        snapshot = tracker.snapshot()
        snapshot.finish()
        plain = track(crowd[:seen])
        compact = plain.flows, plain.probings, plain.talks
        assert [bits(flow.side) for flow in snapshot.flows] == [bits(flow.side) for flow in compact[0]]
        for name in ("ack_count", "data_count", "previous", "frames"):
            assert snapshot.flows[name].tolist() == compact[0][name].tolist()
        assert snapshot_bits(snapshot)[3:] == result_bits(plain)[3:]
        decide(snapshot.flows, snapshot.probings, int(batch.time_ns[-1]), Rules())
        decide(plain.flows, plain.probings, int(batch.time_ns[-1]), Rules())
        assert snapshot.flows.verdict.tolist() == plain.flows.verdict.tolist()
    tracker.finish()
    assert result_bits(tracker) == result_bits(track(crowd))


@examples
@given(crowds(), st.integers(0, 2**32))
def test_a_snapshot_of_some_is_part_of_that_of_all(crowd: list[Record], seed: int) -> None:
    chance = random.Random(seed)
    tracker = track_leaving(crowd, [20, 40], chance).tracker
    chosen = np.array([row for row in range(len(tracker.flows)) if chance.random() < 0.5], np.int64)
    everything, some = tracker.snapshot(), tracker.snapshot(chosen)
    everything.finish()
    some.finish()
    assert some.numbers.tolist() == tracker.numbers[chosen].tolist()
    assert len(some.flows) == len(chosen)
    for flow, row in zip(some.flows, chosen.tolist(), strict=True):
        whole = everything.flows[row]
        assert part_bits(flow, "previous", "probing", "talk") == part_bits(
            whole, "previous", "probing", "talk"
        )
        for name, mine, theirs in (
            ("previous", some.flows, everything.flows),
            ("probing", some.probings, everything.probings),
            ("talk", some.talks, everything.talks),
        ):
            if name == "previous" and int(whole.previous) - 1 not in chosen:
                assert flow.previous == 0
                continue
            assert (flow[name] == 0) == (whole[name] == 0)
            if flow[name]:
                one, other = mine[flow[name] - 1], theirs[whole[name] - 1]
                links = ("previous", "probing", "talk", "owner")
                assert part_bits(one, *links) == part_bits(other, *links)
    assert [some.flows[owner].probing for owner in some.probings.owner] == [*range(1, len(some.probings) + 1)]
    rows = np.append(chosen, kinds.NO_FLOW)
    theirs = [part_bits(event, "flow") for event in labels(everything) if event.flow in rows]
    assert [part_bits(event, "flow") for event in labels(some)] == theirs
    assert all(event.flow == kinds.NO_FLOW or event.flow < len(chosen) for event in labels(some))


def test_a_snapshot_of_nothing() -> None:
    tracker = BoundedTracker(Rules())
    tracker.track(segment_rows([]))
    for snapshot in (tracker.snapshot(), tracker.snapshot(np.zeros(0, np.int64))):
        snapshot.finish()
        assert len(snapshot.flows) == len(snapshot.numbers) == len(labels(snapshot)) == 0
