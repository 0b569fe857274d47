"""The connections to scroll through; only those in view are ever asked for."""

from __future__ import annotations

from collections.abc import Callable

from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from analyzer.present.paper import Line
from analyzer.present.screen.columns import heading, layout, row_line, wanted
from analyzer.present.screen.selection import Selection, into_view, moved, scrolled, settled
from analyzer.present.screen.state import State
from analyzer.present.screen.strips import strip

HEADING = 1  # line above the rows


class ConnectionTable(ScrollView, can_focus=True, inherit_bindings=False):
    """A heading, and below it the rows of a board that are in view."""

    DEFAULT_CSS = """
    ConnectionTable { width: 1fr; height: 1fr; overflow-x: hidden; overflow-y: scroll;
                      scrollbar-size-vertical: 1; }
    """

    class Moved(Message):
        """Other rows are in view, or another connection is selected."""

    class Opened(Message):
        """The selected connection is to be opened."""

    class Ordered(Message):
        """A heading was clicked. sort: a field of `Wish.sort`."""

        def __init__(self, sort: str) -> None:
            super().__init__()
            self.sort = sort

    def __init__(self, state: State, clock_s: Callable[[], float]) -> None:
        super().__init__()
        self._state = state
        self._clock_s = clock_s
        self._wanted: dict[str, int] = {}
        self.selection = Selection()

    @property
    def top(self) -> int:
        """The first place in view."""
        return int(self.scroll_offset.y)

    @property
    def columns(self) -> int:
        """How wide a row is: without the scrollbar."""
        return max(1, self.scrollable_content_region.width)

    @property
    def rows(self) -> int:
        """How many rows fit."""
        return max(1, self.size.height - HEADING)

    def window(self) -> tuple[int, int]:
        """The places to ask for, from which and how many: what is in view, and a page on either side."""
        return max(0, self.top - self.rows), 3 * self.rows

    def covered(self) -> bool:
        """Whether all rows in view are known."""
        last = min(self.top + self.rows, self._state.passing) - 1
        return last < 0 or None not in (self._state.row_at(self.top), self._state.row_at(last))

    def arrived(self) -> None:
        """A new board: show it, with the same connection selected."""
        if self._state.board is not None:
            for name, width in wanted(self._state.board).items():
                self._wanted[name] = max(width, self._wanted.get(name, 0))
        before, self.selection = self.selection, settled(self.selection, self._state)
        top = scrolled(self.top, self.rows, before, self.selection)
        self.virtual_size = Size(self.columns, self._state.passing + HEADING)
        self._go(top)
        self.refresh()
        if before != self.selection:
            self.post_message(self.Moved())

    def fit_anew(self) -> None:
        """Forget how wide the columns were: other connections are wanted."""
        self._wanted.clear()

    def select(self, place: int) -> None:
        """Select what stands at a place, and bring it into view."""
        self.selection = moved(place, self._state)
        if self.selection.place is not None:
            self._go(into_view(self.top, self.rows, self.selection.place))
        self.refresh()
        self.post_message(self.Moved())

    def deselect(self) -> None:
        """Select nothing."""
        self.selection = Selection()
        self.refresh()
        self.post_message(self.Moved())

    def step(self, by: int) -> None:
        """Select what stands so many places below; with nothing selected, the first in view."""
        place = self.selection.place
        self.select(self.top if place is None else place + by)

    def _go(self, top: int) -> None:
        if top != self.top:
            self.scroll_to(y=top, animate=False, force=True)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            self.post_message(self.Moved())

    def on_resize(self) -> None:
        self.virtual_size = Size(self.columns, self._state.passing + HEADING)
        self.post_message(self.Moved())

    def on_click(self, event: events.Click) -> None:
        if event.y < HEADING:
            x = 0
            for column, width in layout(self.columns, self._wanted):
                if x <= event.x < x + width and column.sort:
                    self.post_message(self.Ordered(column.sort))
                x += width + 1
            return
        place = self.top + event.y - HEADING
        if place < self._state.passing:
            self.select(place)
            if event.chain > 1:
                self.post_message(self.Opened())

    def render_line(self, y: int) -> Strip:
        width = self.columns
        columns = layout(width, self._wanted)
        ground = self.visual_style.rich_style
        if y < HEADING:
            return strip(heading(columns, self._state.wish), width, ground)
        place = self.top + y - HEADING
        row = self._state.row_at(place)
        line: Line = []
        if row is not None and self._state.board is not None:
            line = row_line(self._state.board, row, columns, self._state.elapsed_s(self._clock_s()))
        elif place < self._state.passing:
            line = [("…", "faint")]
        elif y == HEADING + 1 and not self._state.passing:
            line = [(self._nothing(), "faint")]
        return strip(line, width, ground, selected=place == self.selection.place and bool(line))

    def _nothing(self) -> str:
        if self._state.board is None:
            return ""
        if self._state.answered.search or self._state.answered.verdicts:
            return "  no connection is like that: Esc shows all again"
        return "  no TCP connection yet"
