"""The selected connection stays selected."""

from __future__ import annotations

from analyzer.news import Wish
from analyzer.present.screen.selection import UNKNOWN, Selection, into_view, moved, scrolled, settled
from analyzer.present.screen.state import State
from tests.helpers.boards import Row, board_of


def state_of(flows: list[int], first: int = 0, passing: int = 100, selected: int = -1, at: int = -1) -> State:
    board = board_of([Row(flow) for flow in flows], passing=passing, selected_at=at)
    return State(board=board, answered=Wish(first=first, selected=selected))


def test_a_move_selects_what_stands_there() -> None:
    state = state_of([70, 71, 72], first=10)
    assert moved(11, state) == Selection(11, 71)
    assert moved(50, state) == Selection(50, UNKNOWN)
    assert moved(-4, state) == Selection(0, UNKNOWN)
    assert moved(1000, state) == Selection(99, UNKNOWN)
    assert moved(0, state_of([], passing=0)) == Selection()


def test_what_was_not_known_yet_is_known_with_its_board() -> None:
    assert settled(Selection(11), state_of([70, 71], first=10)) == Selection(11, 71)


def test_it_goes_where_its_connection_goes() -> None:
    assert settled(Selection(3, 71), state_of([70, 71], first=10)) == Selection(11, 71)
    assert settled(Selection(3, 71), state_of([5, 6], selected=71, at=88)) == Selection(88, 71)


def test_a_board_that_was_not_asked_for_it_says_nothing_of_it() -> None:
    assert settled(Selection(3, 71), state_of([5, 6], selected=9)) == Selection(3, 71)


def test_where_its_connection_left_the_next_one_is_selected() -> None:
    assert settled(Selection(1, 71), state_of([5, 6], selected=71)) == Selection(1, 6)
    assert settled(Selection(9, 71), state_of([5, 6], passing=2, selected=71)) == Selection(1, 6)
    assert settled(Selection(0, 71), state_of([], passing=0, selected=71)) == Selection()


def test_nothing_stays_nothing() -> None:
    assert settled(Selection(), state_of([5, 6])) == Selection()


def test_the_view_goes_with_a_selection_that_was_in_it() -> None:
    assert scrolled(10, 5, Selection(12, 1), Selection(40, 1)) == 36
    assert scrolled(10, 5, Selection(12, 1), Selection(3, 1)) == 3
    assert scrolled(10, 5, Selection(12, 1), Selection(14, 1)) == 10
    assert scrolled(10, 5, Selection(80, 1), Selection(3, 1)) == 10
    assert scrolled(10, 5, Selection(), Selection()) == 10
    assert into_view(0, 1, 7) == 7
