"""Late segments of connections that ended and left: they found no flow, and hide no new one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analyzer import kinds
from analyzer.rules import Rules
from analyzer.track import BoundedTracker, Tracker
from tests.helpers.columns import segment_rows
from tests.helpers.timeline import timeline

from .support import table

CLOSED = """
    0.0  c>s  S   0
    0.1  s>c  SA  0:1
    0.2  c>s  A   1:1
    1.0  c>s  PA  1+100:1
    1.1  s>c  PA  1+50:101
    2.0  c>s  FA  101:51
    2.1  s>c  FA  51:102
    2.2  c>s  A   102:52
"""
RESET = """
    0.0  c>s  S   0
    0.1  s>c  SA  0:1
    0.2  c>s  A   1:1
    1.0  c>s  R   1
"""
SILENT = """
    0.0  c>s  S   0
    0.1  s>c  SA  0:1
    0.2  c>s  A   1:1
"""
FRESH = {"c": 3_000_000_000, "s": 4_000_000_000}
"""Initial sequence numbers of a new connection."""


def left(text: str, most_flows: int = 8, **ends: tuple[str, int]) -> BoundedTracker:
    """A tracker whose flows have all left."""
    tracker = BoundedTracker(Rules(), most_flows=most_flows, all_packets=True)
    more(tracker, text, **ends)
    tracker.retire(np.ones(len(tracker.flows), np.bool_))
    return tracker


def more(tracker: BoundedTracker, text: str, initial: Any = None, **ends: tuple[str, int]) -> None:
    tracker.track(segment_rows(timeline(text, initial=initial, endpoints=ends).records))


LATE = {
    "the last FIN again": "3 s>c FA 51:102",
    "an acknowledgment": "3 c>s A 102:52",
    "data again": "3 c>s PA 1+100:1",
    "a reset": "3 s>c R 52",
    "a reset with another number": "3 s>c RA 500000:0",
    "a probe": "7200 c>s A 101:52",
    "the answer to one": "7200 s>c A 52:102",
    "a SYN-ACK again": "3 s>c SA 0:1",
}


@pytest.mark.parametrize("text", LATE.values(), ids=LATE)
def test_a_late_segment_founds_no_flow(text: str) -> None:
    tracker = left(CLOSED)
    more(tracker, text)
    assert (len(tracker.flows), tracker.late, tracker.untracked, tracker.segments) == (0, 1, 0, 9)
    assert len(tracker.fresh()) == 0


NEW = {
    "a SYN": "200 c>s S 0",
    "a SYN of the other side": "200 s>c S 0",
    "a SYN-ACK whose SYN was lost": "200 s>c SA 0:1",
    "data whose handshake was lost": "200 c>s PA 1+5:1",
    "an acknowledgment whose handshake was lost": "200 s>c A 1:1",
}


@pytest.mark.parametrize("text", NEW.values(), ids=NEW)
@pytest.mark.parametrize("before", [CLOSED, RESET], ids=["closed", "reset"])
def test_a_new_connection_on_the_4_tuple_is_a_flow(before: str, text: str) -> None:
    tracker = left(before)
    more(tracker, text, FRESH)
    assert (len(tracker.flows), tracker.late) == (1, 0)
    assert tracker.numbers.tolist() == [1]


def test_a_syn_with_the_old_number_is_a_flow() -> None:
    """As it is while the old connection is still in the table (design 4.4)."""
    tracker = left(CLOSED)
    more(tracker, "200 c>s S 0")
    assert (len(tracker.flows), tracker.late) == (1, 0)


def test_one_who_goes_on_with_new_data_behind_a_reset_is_a_flow() -> None:
    tracker = left(RESET)
    more(tracker, "200 s>c PA 1+5:1")
    assert (len(tracker.flows), tracker.late) == (1, 0)


@pytest.mark.parametrize("text", [RESET.replace("R   1", "PA 1+5:1"), SILENT], ids=["talking", "silent"])
def test_what_did_not_end_leaves_no_tombstone(text: str) -> None:
    tracker = left(text)
    more(tracker, "3 s>c A 1:1")
    assert (len(tracker.flows), tracker.late) == (1, 0)


def test_other_4_tuples_are_not_late() -> None:
    tracker = left(CLOSED)
    for ends in ({"c": ("10.0.0.1", 40001)}, {"s": ("10.0.0.2", 444)}, {"s": ("10.0.0.3", 443)}):
        more(tracker, "3 s>c FA 51:102", None, **ends)
    more(tracker, "3 c>s FA 101:51", None, c=("10.0.0.1", 443), s=("10.0.0.2", 40000))
    assert (len(tracker.flows), tracker.late) == (4, 0)


def test_a_tombstone_goes_when_the_4_tuple_is_used_again() -> None:
    """When the new connection leaves without having ended, what it sends then founds a flow."""
    tracker = left(CLOSED)
    more(tracker, SILENT.replace("0.", "200."))
    tracker.retire(np.ones(1, np.bool_))
    more(tracker, "300 s>c A 1:1")
    assert (len(tracker.flows), tracker.late) == (1, 0)


def test_of_two_uses_of_a_4_tuple_the_latest_counts() -> None:
    again = timeline(CLOSED, initial=FRESH).records
    tracker = BoundedTracker(Rules(), most_flows=8)
    more(tracker, CLOSED)
    tracker.track(segment_rows(again))
    assert len(tracker.flows) == 2
    tracker.retire(np.ones(2, np.bool_))
    more(tracker, "3 c>s A 102:52", FRESH)
    assert (len(tracker.flows), tracker.late) == (0, 1)
    more(tracker, "3 c>s A 102:52")
    assert (len(tracker.flows), tracker.late) == (1, 1)


def test_the_older_use_leaves_no_tombstone_beside_the_newer() -> None:
    tracker = BoundedTracker(Rules(), most_flows=8)
    more(tracker, CLOSED)
    more(tracker, SILENT, FRESH)
    tracker.retire(np.array([True, False]))
    tracker.retire(np.array([True]))
    more(tracker, "3 c>s A 102:52")
    assert (len(tracker.flows), tracker.late) == (1, 0)


def test_a_connection_with_itself_leaves_a_tombstone_too() -> None:
    ends = {"a": ("127.0.0.1", 5000)}
    tracker = left("0 a>a S 0\n0.1 a>a RA 0:1", **ends)
    more(tracker, "1 a>a R 1", None, **ends)
    assert (len(tracker.flows), tracker.late) == (0, 1)


def test_numbers_near_the_wrap() -> None:
    initial = {"c": 2**32 - 3, "s": 2**32 - 20}
    tracker = BoundedTracker(Rules(), most_flows=8)
    more(tracker, CLOSED, initial)
    tracker.retire(np.ones(1, np.bool_))
    more(tracker, "3 s>c FA 51:102\n3.1 c>s A 102:52\n3.2 c>s PA 1+100:1", initial)
    assert (len(tracker.flows), tracker.late) == (0, 3)


@pytest.mark.parametrize("control", [0, kinds.FLAG_ACK], ids=["eight octets", "more"])
def test_an_icmp_error_that_quotes_a_late_segment_has_no_flow(control: int) -> None:
    """A quote of a whole header founds a flow elsewhere, as a stream in Wireshark."""
    tracker = left(CLOSED)
    quote = segment_rows(timeline("3 icmp c>s 101").records)
    quote.control, quote.ack = control, 2_000_052
    tracker.track(quote)
    assert (len(tracker.flows), tracker.late) == (0, int(control != 0))
    assert table(tracker).kind.tolist()[-1] == kinds.ICMP
    assert table(tracker).flow.tolist()[-1] == kinds.NO_FLOW


def test_the_oldest_tombstones_go_for_new_ones() -> None:
    """Room for eight, all in one group."""
    tracker = BoundedTracker(Rules(), most_flows=4)
    for number in range(10):
        more(tracker, CLOSED, None, c=("10.0.0.1", 1000 + number))
        tracker.retire(np.ones(1, np.bool_))
    for number in range(10):
        more(tracker, "3 c>s A 102:52", None, c=("10.0.0.1", 1000 + number))
    assert tracker.late == 8
    assert tracker.flows.port.max(axis=1).tolist() == [1000, 1001]


def test_file_tracking_has_none() -> None:
    assert len(Tracker(Rules())._state.tombstones) == 0
