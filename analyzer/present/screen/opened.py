"""One connection opened: its timeline and findings, as `keepalive analyze --flow` shows them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.message import Message
from textual.screen import Screen

from analyzer.present.paper import Line
from analyzer.present.screen.head import pulse, status_of
from analyzer.present.screen.keys import OPENED_KEYS, bottom
from analyzer.present.screen.lines import Bar, LinesView
from analyzer.present.screen.state import State
from analyzer.present.words import cells

CLOCKS = ("relative", "utc", "local")
LEFT = "left memory: this is its last"
GONE = "This connection is not in memory any more."


class Opened(Screen[None]):
    """The lines of one connection; they grow while it lives."""

    DEFAULT_CSS = "Opened { layout: vertical; }"
    BINDINGS = [Binding(key.keys, key.action) for key in OPENED_KEYS]

    class Changed(Message):
        """It is to be drawn another way."""

    def __init__(self, flow: int, state: State, clock: str, clock_s: Callable[[], float]) -> None:
        super().__init__()
        self.flow = flow
        self.whole = False
        self.clock = clock
        self._state = state
        self._clock_s = clock_s
        self._left = False
        self._pulse = Bar(self._head, "pulse")
        self._view = LinesView(at_end=True)

    def compose(self) -> ComposeResult:
        yield from (self._pulse, self._view)
        yield Bar(lambda width: [bottom(OPENED_KEYS, width)], "keys")

    @property
    def width(self) -> int:
        """How wide the timeline is to be drawn."""
        return max(20, self.app.size.width - 1)

    def arrived(self, lines: list[Line] | None) -> None:
        """What is known now; None: nothing any more."""
        self._left = lines is None
        view = self._view
        if lines is not None:
            view.show(lines)
        elif not view.lines:
            view.show([[(GONE, "warning")]])
        self.tick()

    def tick(self) -> None:
        """Time has passed."""
        self._pulse.redraw()

    def _head(self, width: int) -> Sequence[Line]:
        status = status_of(self._state, max(10, width // 2))
        row = self._state.row_of(self.flow)
        parts: Line = [(f"Connection {self.flow}", "title")]
        if self._left:
            parts.append((LEFT, "warning"))
        elif row is not None and self._state.board is not None:
            parts += pulse(self._state.board, row, self._state.elapsed_s(self._clock_s()))
        line: Line = []
        used = 0
        for text, style in parts:
            if line and used + 2 + cells(text) + 2 + cells(status[0]) > width:
                break
            line += [("  " if line else "", ""), (text, style)]
            used += cells(text) + (2 if used else 0)
        return [[*line, (" " * max(1, width - used - cells(status[0])), ""), status]]

    def action_back(self) -> None:
        self.dismiss()

    def action_whole(self) -> None:
        self.whole = not self.whole
        self.post_message(self.Changed())

    def action_clock(self) -> None:
        self.clock = CLOCKS[(CLOCKS.index(self.clock) + 1) % len(CLOCKS)]
        self.post_message(self.Changed())

    def action_up(self) -> None:
        self._view.action_up()

    def action_down(self) -> None:
        self._view.action_down()

    def action_page_up(self) -> None:
        self._view.scroll_page_up(animate=False)

    def action_page_down(self) -> None:
        self._view.scroll_page_down(animate=False)

    def action_top(self) -> None:
        self._view.scroll_home(animate=False)

    def action_bottom(self) -> None:
        self._view.scroll_end(animate=False)
