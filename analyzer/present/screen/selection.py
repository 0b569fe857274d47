"""Which connection is selected: by its number, so that it stays selected when the order changes."""

from __future__ import annotations

from dataclasses import dataclass

from analyzer.present.screen.state import State

UNKNOWN = -1


@dataclass(frozen=True)
class Selection:
    """place: among the connections that pass, None: nothing is selected. flow: its number.

    flow is UNKNOWN until a board with that place has come.
    """

    place: int | None = None
    flow: int = UNKNOWN


def moved(place: int, state: State) -> Selection:
    """The selection of what stands at a place, or at the nearest one there is."""
    if not state.passing:
        return Selection()
    place = max(0, min(place, state.passing - 1))
    row = state.row_at(place)
    if row is None or state.board is None:
        return Selection(place)
    return Selection(place, int(state.board.flow[row]))


def settled(selection: Selection, state: State) -> Selection:
    """The selection on a new board: the same connection, wherever it stands now.

    Where it does not pass any more, what stands in its place.
    """
    if selection.place is None or state.board is None:
        return selection
    if selection.flow == UNKNOWN:
        return moved(selection.place, state)
    asked = state.answered.selected == selection.flow
    if asked and state.board.selected_at >= 0:
        return Selection(state.board.selected_at, selection.flow)
    row = state.row_of(selection.flow)
    if row is not None:
        return Selection(state.answered.first + row, selection.flow)
    return moved(selection.place, state) if asked else selection


def scrolled(top: int, height: int, before: Selection, after: Selection) -> int:
    """The first row to show: the view goes with a selection that was in it.

    top: the first row shown until now, of `height`.
    """
    if before.place is None or after.place is None or not top <= before.place < top + height:
        return top
    return into_view(top, height, after.place)


def into_view(top: int, height: int, place: int) -> int:
    """The first row to show, so that a place is among those shown."""
    return max(0, min(max(top, place - height + 1), place))
