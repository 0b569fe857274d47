"""What is shown at a moment."""

from __future__ import annotations

from analyzer.news import Wish
from analyzer.present.screen.state import State
from tests.helpers.boards import Row, board_of


def test_time_passes_until_pause_or_end() -> None:
    assert State(came_s=10).elapsed_s(12.5) == 2.5
    assert State(came_s=10).elapsed_s(9) == 0
    assert State(came_s=10, paused=True).elapsed_s(12.5) == 0
    assert State(came_s=10, failure="").elapsed_s(12.5) == 0


def test_places_are_those_of_the_wish_that_was_answered() -> None:
    state = State(board=board_of([Row(30), Row(31)], passing=9), answered=Wish(first=4))
    assert [state.row_at(place) for place in range(3, 7)] == [None, 0, 1, None]
    assert state.row_of(31) == 1
    assert state.row_of(32) is None
    assert state.passing == 9


def test_before_the_first_board_nothing_is_known() -> None:
    assert State().row_at(0) is None
    assert State().row_of(0) is None
    assert State().passing == 0
