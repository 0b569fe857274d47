"""The tables of tracking: many flows, a full table, events in memory and on disk."""

from __future__ import annotations

import gc
import warnings
from typing import Any

import numpy as np
import pytest

from analyzer import kinds
from analyzer.facts import Rows
from analyzer.records import PROBING, SEGMENT, as_records, rows
from analyzer.rules import Rules
from analyzer.track import Tracker, state
from analyzer.track.state import FIRST_BUCKETS
from tests.helpers.timeline import timeline

from .support import bits, labelled, table, track

MAPPED = 0xFFFF_0000_0000
MANY = 60_000


def acknowledgments(tuples: np.ndarray[Any, Any], choice: np.ndarray[Any, Any], ipv6: bool = False) -> Rows:
    """A data segment for each choice of a 4-tuple, back and forth in turns.

    tuples: int[n, 3], client's number, client's port, server's number.
    """
    made = rows(len(choice), SEGMENT)
    made.frame = np.arange(1, len(choice) + 1)
    made.time_ns = 1_700_000_000_000_000_000 + np.arange(len(choice)) * 1000
    client, port, server = tuples[choice].T
    back = np.arange(len(choice)) % 2 == 1
    base = MAPPED if not ipv6 else 0
    made.source_low = base + np.where(back, server, client)
    made.destination_low = base + np.where(back, client, server)
    if ipv6:
        made.source_high = made.destination_high = 0x20010DB8 << 32
    made.source_port = np.where(back, 443, port)
    made.destination_port = np.where(back, port, 443)
    made.control, made.window, made.ttl = kinds.FLAG_ACK | kinds.FLAG_PSH, 1000, 64
    made.length, made.seq = 10, np.arange(len(choice)) * 10
    return made


def some_tuples(count: int) -> np.ndarray[Any, Any]:
    """Distinct 4-tuples, many of which share addresses or ports."""
    number = np.arange(count)
    return np.stack([0x0A000000 + number % 251, 1024 + number // 251, 0xC0000000 + number % 7], axis=1)


@pytest.mark.parametrize("ipv6", [False, True], ids=["ipv4", "ipv6"])
def test_many_flows_are_those_of_a_dict(ipv6: bool) -> None:
    """More flows than the hash begins with, so that it grows several times."""
    assert MANY > 2 * FIRST_BUCKETS
    chance = np.random.default_rng(7)
    choice = np.concatenate([chance.permutation(MANY), chance.integers(0, MANY, MANY)])
    segments = acknowledgments(some_tuples(MANY), choice, ipv6)
    tracker = Tracker(Rules(), all_packets=True)
    for begin in range(0, len(segments), 7919):
        tracker.track(as_records(segments[begin : begin + 7919].copy()))
    tracker.finish()

    stream_of: dict[int, int] = {}
    expected = [stream_of.setdefault(each, len(stream_of)) for each in choice.tolist()]
    assert table(tracker).flow.tolist() == expected
    assert tracker.flows.frames.tolist() == np.bincount(expected).tolist()
    assert tracker.segments == len(choice)
    assert tracker.untracked == 0


def test_ports_swapped_or_shared_make_another_flow() -> None:
    story = timeline("""
        0  a>b  PA  0+5:0
        1  b>a  PA  0+5:5
        2  c>b  PA  0+5:0
        3  d>e  PA  0+5:0
        4  e>d  PA  0+5:5
    """, endpoints={
        "a": ("10.0.0.1", 1000), "b": ("10.0.0.2", 2000), "c": ("10.0.0.1", 2000),
        "d": ("10.0.0.2", 1000), "e": ("10.0.0.1", 2000),
    })  # fmt: skip
    assert [row.flow for row in labelled(track(story.records))] == [0, 0, 1, 2, 2]


def test_ipv4_is_not_its_mapped_neighbour() -> None:
    """The same low halves under another prefix are other hosts."""
    story = timeline("0 a>b PA 0+5:0\n1 c>d PA 0+5:0\n2 b>a PA 0+5:5", endpoints={
        "a": ("10.0.0.1", 1), "b": ("10.0.0.2", 2),
        "c": ("64:ff9b::ffff:a00:1", 1), "d": ("64:ff9b::ffff:a00:2", 2),
    })  # fmt: skip
    assert [row.flow for row in labelled(track(story.records))] == [0, 1, 0]


def test_a_host_that_talks_to_itself_on_one_port() -> None:
    """Both endpoints are equal: one flow, and every segment is of its first side."""
    story = timeline("0 a>a S 0\n0.1 a>a SA 0:1\n0.2 a>a A 1:1", endpoints={"a": ("127.0.0.1", 5000)})
    tracker = track(story.records)
    assert [row.flow for row in labelled(tracker)] == [0, 0, 0]
    assert tracker.flows.frames.tolist() == [3]


def test_full_table_counts_what_it_cannot_hold_and_is_right_about_the_rest() -> None:
    choice = np.tile(np.arange(25), 4)
    segments = acknowledgments(some_tuples(25), choice)
    full, roomy = Tracker(Rules(), all_packets=True, most_flows=10), Tracker(Rules(), all_packets=True)
    for tracker in (full, roomy):
        tracker.track(as_records(segments.copy()))
        tracker.finish()
    assert len(full.flows) == 10
    assert full.untracked == 60
    assert full.segments == 100
    for flow in (*full.flows, *roomy.flows):
        flow.side["recent"] = 0  # a number among all segments that were tracked
    assert bits(full.flows) == bits(roomy.flows[:10])
    assert bits(table(full)) == bits(table(roomy)[table(roomy).flow < 10])


def test_full_table_still_begins_no_new_use_of_a_4_tuple() -> None:
    story = timeline("0 c>s S 0\n0.1 s>c RA 0:1\n5 c>s S 7000\n5.1 s>c SA 0:7001")
    tracker = track(story.records, most_flows=1)
    assert len(tracker.flows) == 1
    assert tracker.untracked == 1  # the SYN; its answer falls to what the 4-tuple was before
    assert tracker.flows.frames.tolist() == [3]


@pytest.mark.parametrize("in_memory", [0, 1, 99, 100, 1000])
def test_events_on_disk_are_those_in_memory(in_memory: int) -> None:
    segments = acknowledgments(some_tuples(5), np.arange(500) % 5)
    spilling = Tracker(Rules(), all_packets=True, events_in_memory=in_memory)
    keeping = Tracker(Rules(), all_packets=True)
    for begin in range(0, 500, 50):
        for tracker in (spilling, keeping):
            tracker.track(as_records(segments[begin : begin + 50].copy()))
    spilling.finish()
    keeping.finish()
    events = spilling.events(only_events=False)
    assert len(events) == 500
    assert bits(table(spilling)) == bits(table(keeping))
    assert bits(spilling.flows) == bits(keeping.flows)
    assert (spilling._store._folder is not None) == (in_memory < 500)


def test_no_events_at_all() -> None:
    tracker = track([])
    assert len(tracker.events(only_events=False)) == len(tracker.events(only_events=True)) == 0
    assert list(tracker.events(only_events=False).batches()) == []
    assert len(tracker.flows) == tracker.segments == tracker.untracked == 0


def test_scarce_memory_makes_every_table_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    """A flow may need a row of each table, so none may be smaller than that of flows (ulimit -v)."""

    def scarce(count: int, dtype: np.dtype[Any]) -> Rows:
        if dtype is PROBING and count > 1 << 17:
            raise MemoryError
        return rows(count, dtype)

    monkeypatch.setattr(state, "rows", scarce)
    tables = state.State(Rules(), most_flows=1 << 18)
    assert len(tables.probings) >= len(tables.flows)
    assert len(tables.talks) >= len(tables.flows)


def test_events_on_disk_go_without_a_warning() -> None:
    tracker = track(timeline("0 c>s S 0\n1 c>s S 0").records, events_in_memory=0)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        del tracker
        gc.collect()
    assert not [str(warning.message) for warning in said]
