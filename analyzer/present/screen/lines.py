"""Widgets that show lines: a bar of a few, and a view to scroll through many."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from analyzer.present.paper import Line
from analyzer.present.screen.strips import strip


class Bar(Widget):
    """As many lines as `draw` gives for a width."""

    DEFAULT_CSS = "Bar { width: 1fr; height: auto; }"

    def __init__(self, draw: Callable[[int], Sequence[Line]], name: str) -> None:
        super().__init__(id=name)
        self._draw = draw
        self._lines: Sequence[Line] = ()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._draw(width))

    def redraw(self) -> None:
        """Show what there is to show now."""
        lines = self._draw(self.size.width)
        self.refresh(layout=len(lines) != len(self._lines))
        self._lines = lines

    def render_line(self, y: int) -> Strip:
        if y == 0 or y >= len(self._lines):
            self._lines = self._draw(self.size.width)
        line = self._lines[y] if y < len(self._lines) else []
        return strip(line, self.size.width, self.visual_style.rich_style)


class LinesView(ScrollView, can_focus=True, inherit_bindings=False):
    """Lines to scroll through; a view of their end stays there when they grow."""

    DEFAULT_CSS = """
    LinesView { width: 1fr; height: 1fr; overflow-x: hidden; overflow-y: scroll;
                scrollbar-size-vertical: 1; }
    """

    def __init__(self, lines: Sequence[Line] = (), at_end: bool = False) -> None:
        super().__init__()
        self.lines = lines
        self._at_end = at_end

    def on_mount(self) -> None:
        self.show(self.lines)

    def show(self, lines: Sequence[Line]) -> None:
        """Show other lines, from where the view stands."""
        stay = self._at_end if not self.lines else self.scroll_offset.y >= self.max_scroll_y
        follow = self._at_end and stay
        self.lines = lines
        self.virtual_size = Size(self.scrollable_content_region.width, len(lines))
        self.refresh()
        if follow:
            self.call_after_refresh(self.scroll_end, animate=False)

    def render_line(self, y: int) -> Strip:
        place = y + self.scroll_offset.y
        line = self.lines[place] if place < len(self.lines) else []
        return strip(line, self.scrollable_content_region.width, self.visual_style.rich_style)

    def action_up(self) -> None:
        self.scroll_relative(y=-1, animate=False)

    def action_down(self) -> None:
        self.scroll_relative(y=1, animate=False)
