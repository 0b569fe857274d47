"""When a verdict is told: at once if a frame decided it, else once it has held; once."""

from __future__ import annotations

import numpy as np

from analyzer import kinds
from analyzer.facts import Rows
from analyzer.records import FLOW, rows
from analyzer.watch.told import Told

SETTLED_NS = 500


def at(*times_ns: int) -> Rows:
    """FLOW rows whose latest segments came then."""
    flows = rows(len(times_ns), FLOW)
    flows.side["last_time"][:, 1] = times_ns
    return flows


def verdicts(*codes: int) -> np.ndarray:
    return np.array(codes, np.uint8)


def say(told: Told, now_ns: int) -> list[bool]:
    """Whose verdict is due, and mark these as told."""
    due = told.due(now_ns, SETTLED_NS)
    told.rows.verdict[due] = told.rows.now[due]
    return due.tolist()


def test_what_a_frame_decided_is_told_at_once_and_once() -> None:
    told = Told()
    told.note(verdicts(kinds.PEER_DEAD, kinds.CLOSED), at(1000, 1000))
    assert say(told, 1000) == [True, True]
    assert say(told, 9000) == [False, False]


def test_what_the_next_segment_may_change_is_told_when_it_has_held() -> None:
    told = Told()
    told.note(verdicts(kinds.PROBING), at(1000))
    assert say(told, 1499) == [False]
    told.note(verdicts(kinds.PROBING), at(1400))  # more segments, the same verdict
    assert say(told, 1500) == [True]
    told.note(verdicts(kinds.ALIVE), at(1600))
    assert say(told, 1700) == [False]
    told.note(verdicts(kinds.PROBING), at(1800))  # back before anybody heard of it
    assert say(told, 9000) == [False]


def test_a_verdict_that_came_with_an_old_segment_has_held_already() -> None:
    told = Told()
    told.note(verdicts(kinds.HALF_CLOSED), at(1000))
    assert say(told, 3000) == [True]


def test_a_healthy_connection_is_not_told_of_again_and_again() -> None:
    told = Told()
    told.note(verdicts(kinds.UNKNOWN), at(0))
    assert say(told, 5000) == [False]
    told.note(verdicts(kinds.ALIVE), at(6000))
    assert say(told, 7000) == [True]
    told.note(verdicts(kinds.OPEN), at(6000))
    assert say(told, 9000) == [False]
    told.note(verdicts(kinds.STALLED), at(9000))
    assert say(told, 9999) == [True]
    told.note(verdicts(kinds.OPEN), at(11000))
    assert say(told, 12000) == [True]


def test_what_was_told_is_taken_back_where_nothing_is_known_after_all() -> None:
    """Of one direction: a SYN alone looks unanswered, until what follows shows that it was answered."""
    told = Told()
    told.note(verdicts(kinds.NO_ANSWER), at(0))
    assert say(told, 1000) == [True]
    told.note(verdicts(kinds.UNKNOWN), at(1100))
    assert say(told, 2000) == [True]
    assert say(told, 9000) == [False]


def test_rows_come_and_go_with_those_of_the_flow_table() -> None:
    told = Told()
    told.note(verdicts(kinds.CLOSED, kinds.RESET), at(0, 0))
    told.rows.marks[1] = 5
    say(told, 0)
    told.keep(np.array([False, True]))
    told.note(verdicts(kinds.RESET, kinds.REFUSED), at(0, 0))
    assert say(told, 0) == [False, True]
    assert told.rows.marks.tolist() == [5, 0]
