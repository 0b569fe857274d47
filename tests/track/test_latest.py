"""The latest events: a bounded number of them, told once and corrected once."""

from __future__ import annotations

import numpy as np
import pytest

from analyzer import kinds
from analyzer.facts import Rows
from analyzer.records import EVENT, FLOW, PROBING, as_records, rows
from analyzer.rules import SECOND_NS, Rules
from analyzer.track import BoundedTracker, without_packets
from analyzer.track.latest import LatestEvents
from analyzer.track.state import EVENT_ROOM
from tests.helpers.columns import segment_rows
from tests.helpers.timeline import timeline

from .leaving import syns
from .support import bits, table, track


def numbered(begin: int, count: int) -> Rows:
    made = rows(count, EVENT)
    made.frame = np.arange(begin, begin + count)
    made.flow = kinds.NO_FLOW
    return made


def make_room(store: LatestEvents, count: int, *ended: bool) -> Rows:
    """As a tracker does."""
    return store.make_room(count, np.array(ended, bool)) if store.is_full_with(count) else numbered(0, 0)


def test_events_of_flows_that_ended_go_before_older_ones() -> None:
    store = LatestEvents(100_000)
    store.append(numbered(0, 50_000))
    for begin in (50_000, 100_000):
        store.append(numbered(begin, 50_000))
        store.held.flow[begin:] = np.arange(50_000) % 2  # of two flows; the second has ended
    gone = make_room(store, 20_000, False, True)
    assert gone.frame.tolist() == [*range(20_000), *range(50_001, 150_000, 2)]
    assert len(store) == 80_000
    assert (np.diff(store.held.frame) > 0).all()


@pytest.mark.parametrize("most", [0, 1, 100_000])
def test_the_oldest_go(most: int) -> None:
    store = LatestEvents(most)
    for begin in range(0, 40 * 30_000, 30_000):
        gone = make_room(store, 30_000)
        store.append(numbered(begin, 30_000))
        assert most <= len(store) + len(gone) or begin < most
        assert len(store) <= most + max(most // 4, EVENT_ROOM)
        frames = store.held.frame
        assert frames.tolist() == list(range(begin + 30_000 - len(store), begin + 30_000))
        assert len(store) >= min(most, begin + 30_000)


@pytest.mark.parametrize("most", [10, 28_000])
def test_every_row_is_told_once_unless_it_went_untold(most: int) -> None:
    store = LatestEvents(most)
    told = []
    for turn in range(40):
        make_room(store, 7000)
        store.append(numbered(turn * 7000, 7000))
        if turn % 4 == 3:
            told += store.fresh(rows(0, FLOW), rows(0, PROBING)).frame.tolist()
    assert told == sorted(set(told))
    assert (len(told) == 280_000) == (most == 28_000)


def test_what_goes_is_counted_as_what_it_seemed() -> None:
    """Of tentative segments: in the flow, which would else count them at the end."""
    text = "0 c>s A 0:0\n1 c>s A 0:0\n2 c>s A 0:0"
    small = BoundedTracker(Rules(), most_events=0)
    small.track(segment_rows(timeline(text).records))
    assert small.flows.ack_count[0] == small.flows.dup_ack_count[0] == 0
    small.track(syns(0, EVENT_ROOM, 1000))
    for _ in range(2):
        assert (small.flows.ack_count[0], small.flows.dup_ack_count[0]) == (1, 2)
        small.finish()


IDLE = """
    0    c>s  A  0:0
    75   c>s  A  0:0
"""
ANSWER = "150 c>s A 0:0\n150.1 s>c A 0:1"


def test_a_probe_that_shows_late_is_told_as_an_acknowledgment_then_corrected() -> None:
    tracker = BoundedTracker(Rules())
    records = timeline(IDLE + ANSWER).records
    tracker.track(segment_rows(records[:2]))
    assert [kinds.KIND_WORDS[kind] for kind in tracker.fresh().kind] == ["ack", "dup_ack"]
    assert len(without_packets(tracker.fresh())) == 0
    assert len(tracker.proven()) == 0
    tracker.track(segment_rows(records[2:]))
    fresh = tracker.fresh()
    assert [kinds.KIND_WORDS[kind] for kind in fresh.kind] == ["keepalive_probe", "keepalive_reply"]
    assert fresh.answers.tolist() == [0, 3]
    proven = tracker.proven()
    assert proven.frame.tolist() == [1, 2]
    assert {kinds.KIND_WORDS[kind] for kind in proven.kind} == {"keepalive_probe"}
    assert len(tracker.proven()) == 0
    tracker.finish()
    assert bits(np.concatenate([proven, fresh])) == bits(table(tracker))


def test_what_stays_an_acknowledgment_is_not_corrected() -> None:
    tracker = BoundedTracker(Rules())
    records = timeline(IDLE + "80 c>s PA 1+5:0\n81 s>c A 0:6").records
    for record in records:
        tracker.track(segment_rows([record]))
        tracker.fresh()
        assert len(tracker.proven()) == 0


def test_a_probe_whose_gap_hung_on_the_peer_s_is_corrected() -> None:
    """What the peer sent before was no activity, but a probe too."""
    tracker = BoundedTracker(Rules())
    records = timeline("0 s>c A 0:1\n10 c>s A 0:0\n11 c>s A 1:1").records
    tracker.track(segment_rows(records[:2]))
    told = tracker.fresh()
    assert [kinds.KIND_WORDS[kind] for kind in told.kind] == ["ack", "keepalive_probe"]
    assert told.gap_ns.tolist() == [kinds.MISSING, 10 * SECOND_NS]
    tracker.track(segment_rows(records[2:]))
    proven = tracker.proven()
    assert [kinds.KIND_WORDS[kind] for kind in proven.kind] == ["keepalive_probe", "keepalive_probe"]
    assert proven.gap_ns.tolist() == [kinds.MISSING, kinds.MISSING]
    assert bits(proven) == bits(table(tracker)[:2])


def test_corrections_follow_flows_that_move() -> None:
    ends = {"a": ("10.0.0.9", 1), "b": ("10.0.0.2", 2)}
    records = timeline("0 a>b S 0\n" + IDLE.replace("0    c", "0.5  c") + ANSWER, endpoints=ends).records
    tracker = BoundedTracker(Rules())
    tracker.track(segment_rows(records[:3]))
    assert tracker.fresh().flow.tolist() == [0, 1, 1]
    tracker.retire(np.array([True, False]))
    tracker.track(segment_rows(records[3:]))
    assert tracker.proven().flow.tolist() == [0, 0]
    assert tracker.numbers.tolist() == [1]


def test_a_copy_is_handed_out() -> None:
    tracker = BoundedTracker(Rules())
    tracker.track(segment_rows(timeline("0 c>s S 0").records))
    fresh = tracker.fresh()
    fresh.kind[:] = kinds.RESET
    assert table(tracker).kind.tolist() == [kinds.SYN]
    assert bits(table(tracker)) == bits(as_records(table(track(timeline("0 c>s S 0").records))))
