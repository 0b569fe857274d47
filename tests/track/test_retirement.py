"""Flows that leave: what stays is as if none had, and who leaves first."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer import kinds
from analyzer.records import SEGMENT, as_records, rows
from analyzer.rules import SECOND_NS, Rules
from analyzer.track import BoundedTracker, Tracker
from analyzer.track.state import FIRST_BUCKETS
from tests.helpers.columns import segment_rows
from tests.helpers.segment import Record
from tests.helpers.timeline import START_NS, timeline

from .leaving import crowds, part_bits, story, syns, track_crowded, track_leaving, tuple_of
from .support import bits, result_bits, table, track

examples = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
cut_places = st.sets(st.integers(1, 150), max_size=12)


def parts_of(tracker: Tracker) -> dict[int, tuple[bytes, ...]]:
    """By the first frame of a flow: all that is known of it, without what depends on its row."""
    found = {}
    events = table(tracker)
    for row, flow in enumerate(tracker.flows):
        flow.side["recent"] = 0  # a number among all segments that were tracked
        parts = [part_bits(flow, "previous", "probing", "talk")]
        parts.append(b"".join(part_bits(event, "flow") for event in events[events.flow == row]))
        if flow.probing:
            assert tracker.probings[flow.probing - 1].owner == row
            parts.append(part_bits(tracker.probings[flow.probing - 1], "owner"))
        if flow.talk:
            parts.append(bits(tracker.talks[flow.talk - 1]))
        if flow.previous:
            parts.append(bits(tracker.flows[flow.previous - 1].first_frame))
        found[int(flow.first_frame)] = tuple(parts)
    return found


@examples
@given(crowds(), cut_places, st.integers(0, 2**32))
def test_who_stays_is_as_if_nobody_had_left(crowd: list[Record], cuts: set[int], seed: int) -> None:
    """Flows, probings, talks and labels; of 4-tuples none of whose flows has left."""
    told = track_leaving(crowd, cuts, random.Random(seed))
    told.tracker.finish()
    plain = track(crowd, cuts=cuts)
    stayed = {int(flow.first_frame) for flow in plain.flows if tuple_of(flow) not in told.left}
    expected = {first: parts for first, parts in parts_of(plain).items() if first in stayed}
    found = {first: parts for first, parts in parts_of(told.tracker).items() if first in stayed}
    assert found == expected


@examples
@given(crowds(), cut_places, st.integers(0, 2**32))
def test_what_was_told_and_corrected_is_the_end_result(
    crowd: list[Record], cuts: set[int], seed: int
) -> None:
    """Of every row of the flows that stay, under one and the same number."""
    told = track_leaving(crowd, cuts, random.Random(seed))
    final = {int(event.frame): event for event in table(told.tracker)}
    for frame, event in final.items():
        assert part_bits(told.rows[frame], "flow") == part_bits(event, "flow")
        if event.flow != kinds.NO_FLOW:
            assert told.numbers[frame] == told.tracker.numbers[event.flow]


@examples
@given(crowds(), cut_places)
def test_nobody_leaves_where_there_is_room(crowd: list[Record], cuts: set[int]) -> None:
    bounded = BoundedTracker(Rules(), all_packets=True)
    for begin in range(0, len(crowd), 7):
        bounded.track(segment_rows(crowd[begin : begin + 7]))
    assert bounded.numbers.tolist() == list(range(len(bounded.flows)))
    bounded.finish()
    assert result_bits(bounded) == result_bits(track(crowd))


@examples
@given(crowds(), cut_places, st.integers(1, 4))
def test_every_segment_is_accounted_for(crowd: list[Record], cuts: set[int], most_flows: int) -> None:
    """In a table that is too small, the others' segments are in flows, or late, or of flows that left."""
    told = track_crowded(crowd, cuts, most_flows)
    tracker = told.tracker
    assert tracker.untracked == 0
    assert int(tracker.flows.frames.sum()) + told.frames_left + tracker.late == tracker.segments
    assert tracker.room == most_flows - len(tracker.flows)
    assert sum(tracker.retired.values()) + len(tracker.flows) == len(told.first_frames)


# Who leaves first


ESTABLISHED = "0 c>s S 0\n0.1 s>c SA 0:1\n0.2 c>s A 1:1\n"
PROBED = ESTABLISHED + "10 c>s A 0:1\n10.1 s>c A 1:1\n"
KINDS = {
    "unanswered": "0 c>s S 0",
    "one_sided": "0 c>s PA 0+5:0\n1 c>s PA 5+5:0",
    "ended": ESTABLISHED + "1 c>s FA 1:1\n1.1 s>c FA 1:2\n1.2 c>s A 2:2",
    "unprobed": ESTABLISHED + "1 c>s PA 1+5:1\n1.1 s>c A 1:6",
    "probed": PROBED,
}


def crowd_of(texts: list[str]) -> list[Record]:
    """A connection for each, from ports of their own, in order of time."""
    records: list[Record] = []
    for number, text in enumerate(texts):
        records += timeline(text, endpoints={"c": ("10.0.0.1", 1000 + number)}).records
    return sorted(records, key=lambda record: record.time_ns)


def bounded(texts: list[str]) -> BoundedTracker:
    tracker = BoundedTracker(Rules(), most_flows=50)
    tracker.track(segment_rows(crowd_of(texts)))
    return tracker


def ports(tracker: BoundedTracker, chosen: Any) -> list[int]:
    """Of the clients, from 0."""
    return sorted(tracker.flows.port[chosen].max(axis=1).tolist())


@pytest.mark.parametrize("why", KINDS)
def test_why_a_flow_leaves_is_counted(why: str) -> None:
    tracker = bounded([KINDS[why]])
    tracker.retire(np.ones(1, np.bool_))
    assert tracker.retired == {word: int(word == why) for word in kinds.LEFT_WORDS}
    assert len(tracker.flows) == 0


@pytest.mark.parametrize("text", [
    "0 c>s S 0\n0.1 s>c RA 0:1",
    ESTABLISHED + "1 s>c R 1",
    PROBED + "20 c>s A 0:1\n20.1 s>c R 1",
], ids=["refused", "reset", "rebooted"])  # fmt: skip
def test_what_frames_decided_has_ended(text: str) -> None:
    tracker = bounded([text])
    tracker.retire(np.ones(1, np.bool_))
    assert tracker.retired["ended"] == 1


def test_the_order_in_which_they_leave() -> None:
    """Whatever their places in the table; the silent longest first."""
    order = [why for why in kinds.LEFT_WORDS for _ in range(3)]
    places = random.Random(3).sample(range(len(order)), len(order))
    tracker = bounded([KINDS[order[place]] for place in places])
    by_port = np.argsort(tracker.flows.port.max(axis=1))
    now_ns = START_NS + 20 * SECOND_NS
    for wanted in range(0, len(order) + 1, 3):
        leaving = tracker.leaving(now_ns, wanted)[by_port]
        assert [place < wanted for place in places] == leaving.tolist()
    assert tracker.leaving(now_ns, 100).all()


def test_of_one_kind_the_silent_longest_leave() -> None:
    heard = [7, 3, 9, 1, 5]
    tracker = bounded([ESTABLISHED + f"{at} c>s PA 1+5:1\n{at}.5 s>c A 1:6" for at in heard])
    last = tracker.flows.side["last_time"].max(axis=1)
    leaving = tracker.leaving(START_NS + 20 * SECOND_NS, 2)
    assert sorted(last[leaving]) == sorted(last)[:2]


def test_what_ended_leaves_after_two_minutes_and_nothing_else_does() -> None:
    tracker = bounded(list(KINDS.values()))
    ended_ns = START_NS + 1_200_000_000
    assert not tracker.leaving(ended_ns + Rules().left_ns - 1).any()
    tracker.retire(tracker.leaving(ended_ns + Rules().left_ns))
    assert tracker.retired["ended"] == 1
    assert len(tracker.flows) == len(KINDS) - 1
    assert not tracker.leaving(ended_ns + 10**15).any()


def test_a_connection_whose_4_tuple_was_begun_anew_has_ended() -> None:
    tracker = story(ESTABLISHED + "50 c>s S 7000\n50.1 s>c SA 9000:7001\n50.2 c>s A 7001:9001")
    begun_ns = START_NS + 50 * SECOND_NS
    assert tracker.flows.previous.tolist() == [0, 1]
    assert tracker.leaving(begun_ns + Rules().left_ns - 1).tolist() == [False, False]
    tracker.retire(tracker.leaving(begun_ns + Rules().left_ns))
    assert tracker.flows.previous.tolist() == [0]
    assert tracker.numbers.tolist() == [1]
    more = segment_rows(timeline("200 c>s PA 7001+5:9001\n200.1 s>c A 9001:7006").records)
    tracker.track(more)
    assert tracker.flows.frames.tolist() == [5]
    assert tracker.late == 0


# Room


def test_a_table_that_nobody_empties_counts_what_it_cannot_hold() -> None:
    asked = []
    tracker = BoundedTracker(Rules(), most_flows=2, make_room=lambda tracker: asked.append(tracker.room))
    for _ in range(2):
        tracker.track(segment_rows(crowd_of(["0 c>s S 0"] * 5)))
    assert asked == [0, 0]
    assert len(tracker.flows) == 2
    assert tracker.untracked == 6
    assert tracker.flows.frames.tolist() == [2, 2]


def test_what_is_fresh_is_there_when_room_is_made() -> None:
    """Before a row moves: so nothing of the flows that leave goes untold."""
    frames = []

    def make_room(tracker: BoundedTracker) -> None:
        fresh = tracker.fresh()
        assert set(fresh.flow.tolist()) <= set(range(len(tracker.flows)))
        frames.extend(fresh.frame.tolist())
        tracker.retire(np.ones(len(tracker.flows), np.bool_))

    tracker = BoundedTracker(Rules(), most_flows=3, make_room=make_room)
    crowd = crowd_of([f"{number} c>s S 0" for number in range(20)])
    for number, record in enumerate(crowd, start=1):
        object.__setattr__(record, "frame", number)
    tracker.track(segment_rows(crowd))
    frames.extend(tracker.fresh().frame.tolist())
    assert frames == list(range(1, 21))
    assert tracker.retired["unanswered"] + len(tracker.flows) == 20


def acknowledged(connections: Any, time_ns: int) -> Any:
    """A probe of every established connection, and its answer."""
    made = rows(2 * len(connections), SEGMENT)
    for offset, seq in ((0, 1_000_000), (1, 2_000_001)):
        part = as_records(made[offset::2])
        part.time_ns, part.seq, part.ack = time_ns + offset, seq, 2_000_001 if offset == 0 else 1_000_001
        ends = ("source", "destination") if offset == 0 else ("destination", "source")
        for end, low, port in zip(ends, (1, 2), (connections, 443), strict=True):
            part[f"{end}_low"] = 0xFFFF_0000_0000 + 0x0A000000 + low
            part[f"{end}_port"] = port
    made.control, made.window, made.ttl = kinds.FLAG_ACK, 1000, 64
    return made


@pytest.mark.parametrize(
    ("flood", "most_flows"),
    [(200_000, 5_000), pytest.param(5_000_000, 100_000, marks=pytest.mark.slow)],
)
def test_a_syn_flood_evicts_no_established_connection(flood: int, most_flows: int) -> None:
    """Not even those that were silent since before it; and those that probe are told on and on."""
    count = 1000
    tracker = BoundedTracker(Rules(), most_flows=most_flows)
    tracker.track(segment_rows(crowd_of([ESTABLISHED] * count)))
    tracker.fresh()
    batch, probed = 16_384, np.arange(1000, 1000 + count // 2)
    replies = 0
    for begin in range(0, flood, batch):
        tracker.track(syns(begin, min(batch, flood - begin), 10_000))
        tracker.track(acknowledged(probed, START_NS + 10 * SECOND_NS + (begin + batch) * 10_000))
        replies += int((tracker.fresh().kind == kinds.KEEPALIVE_REPLY).sum())
        assert len(tracker.flows) <= most_flows
    assert len(tracker._state.buckets) <= 2 * most_flows + FIRST_BUCKETS
    assert tracker.untracked == 0
    assert tracker.retired["unanswered"] == sum(tracker.retired.values())
    assert sum(tracker.retired.values()) + len(tracker.flows) == count + flood
    assert tracker.numbers[:count].tolist() == list(range(count))
    assert replies == len(probed) * -(-flood // batch)
    assert len(tracker.events(only_events=True)) <= 250_000 * 5 // 4 + (1 << 16)
