"""The screen of all connections."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input

from analyzer import kinds
from analyzer.news import SORTS, Wish
from analyzer.present.paper import Line
from analyzer.present.screen.columns import verdict_style
from analyzer.present.screen.dialogs import FilterDialog, OrderDialog
from analyzer.present.screen.head import detail, head
from analyzer.present.screen.keys import TABLE_KEYS, bottom
from analyzer.present.screen.lines import Bar
from analyzer.present.screen.state import State
from analyzer.present.screen.table import ConnectionTable
from analyzer.present.urgency import VERDICT_ORDER
from analyzer.wording import number

TURNED = frozenset(("life_s",))
"""Orders of which the other end is what people look for: the longest silence first."""

PROBLEMS = frozenset(
    code for code, severity in enumerate(kinds.VERDICT_SEVERITY) if severity == kinds.PROBLEM
)


class Main(Screen[None]):
    """Totals, the table, the selected connection, the keys."""

    DEFAULT_CSS = """
    Main { layout: vertical; }
    Main > #searching { display: none; height: 1; }
    #searching > #prompt { width: 7; }
    #searching > Input { width: 1fr; height: 1; border: none; padding: 0; }
    """
    BINDINGS = [
        # the search before all else, for the keys after it are its own already
        Binding(key.keys, key.action, priority=key.action == "search")
        for key in TABLE_KEYS
    ]

    class Changed(Message):
        """Something else is wanted. soon: at once."""

        def __init__(self, soon: bool) -> None:
            super().__init__()
            self.soon = soon

    def __init__(self, state: State, clock_s: Callable[[], float]) -> None:
        super().__init__()
        self._state = state
        self.table = ConnectionTable(state, clock_s)
        self._totals = Bar(lambda width: list(head(state, width)), "head")
        self._selected = Bar(self._detail, "detail")
        self._keys = Bar(lambda width: [bottom(TABLE_KEYS, width)], "keys")
        self._input = Input(placeholder="address, address:port or process", compact=True)
        prompt = Bar(lambda width: [[("Search", "title")]], "prompt")
        self._search_line = Horizontal(prompt, self._input, id="searching")

    def compose(self) -> ComposeResult:
        yield from (self._totals, self.table, self._selected, self._search_line, self._keys)

    def on_mount(self) -> None:
        self.table.focus()

    def arrived(self) -> None:
        """A new board is in the state."""
        self.table.arrived()
        self.tick()

    def tick(self) -> None:
        """Time has passed."""
        self._totals.redraw()
        self._selected.redraw()
        self.table.refresh()

    def _detail(self, width: int) -> Sequence[Line]:
        selection = self.table.selection
        if selection.place is None:
            return [[("Up and Down select a connection, Enter opens it", "faint")], []]
        row = self._state.row_of(selection.flow)
        if row is None or self._state.board is None:
            return [[], []]
        return detail(self._state.board, row, width)

    @on(ConnectionTable.Moved)
    def _moved(self) -> None:
        self._selected.redraw()
        self.post_message(self.Changed(soon=not self.table.covered()))

    @on(ConnectionTable.Ordered)
    def _ordered(self, message: ConnectionTable.Ordered) -> None:
        self._order(message.sort)

    def _wish(self, wish: Wish) -> None:
        """Wish for others, or in another order."""
        if wish == self._state.wish:
            return
        self._state.wish = wish
        self.table.fit_anew()
        if self.table.selection.place is None:
            self.table.scroll_home(animate=False)
        self.tick()
        self.post_message(self.Changed(soon=True))

    def _order(self, sort: str | None) -> None:
        if sort == self._state.wish.sort:
            self.action_reverse()
        elif sort is not None:
            self._wish(replace(self._state.wish, sort=sort, descending=sort in TURNED))

    def action_sort(self) -> None:
        self.app.push_screen(OrderDialog(SORTS, self._state.wish.sort), self._order)

    def action_reverse(self) -> None:
        self._wish(replace(self._state.wish, descending=not self._state.wish.descending))

    def action_filter(self) -> None:
        totals = self._state.board.totals.verdicts if self._state.board else ()
        lines: dict[int, Line] = {}
        for code in VERDICT_ORDER:
            count = number(totals[code]) if code < len(totals) else ""
            lines[code] = [
                (f"{kinds.VERDICT_WORDS[code]:<18}", verdict_style(code)),
                (f"{count:>12}", "faint"),
            ]
        dialog = FilterDialog(lines, PROBLEMS, self._state.wish.verdicts)
        self.app.push_screen(dialog, self._filtered)

    def _filtered(self, verdicts: frozenset[int] | None) -> None:
        if verdicts is not None:
            self._wish(replace(self._state.wish, verdicts=verdicts))

    @property
    def searching(self) -> bool:
        """Whether a search is being typed."""
        return self._search_line.display

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a search is typed, its key is a letter like others."""
        return not (action == "search" and self.searching)

    def _search(self, searching: bool) -> None:
        """Begin or end typing."""
        self._search_line.display = searching
        self._keys.display = not searching
        self.set_focus(self._input if searching else self.table)

    def action_search(self) -> None:
        self._input.value = self._state.wish.search
        self._search(True)

    @on(Input.Changed)
    def _typed(self, message: Input.Changed) -> None:
        if self.searching:
            self._wish(replace(self._state.wish, search=message.value.strip()))

    @on(Input.Submitted)
    def _typed_to_the_end(self) -> None:
        self._search(False)

    def action_back(self) -> None:
        """Give up one thing after the other."""
        wish = self._state.wish
        if self.searching or wish.search:
            self._search(False)
            self._wish(replace(wish, search=""))
        elif wish.verdicts:
            self._wish(replace(wish, verdicts=frozenset()))
        else:
            self.table.deselect()

    def action_open(self) -> None:
        if self.table.selection.place is None:
            self.table.select(self.table.top)
        if self.table.selection.flow >= 0:
            self.table.post_message(ConnectionTable.Opened())

    def action_up(self) -> None:
        self.table.step(-1)

    def action_down(self) -> None:
        self.table.step(1)

    def action_page_up(self) -> None:
        self._page(-1)

    def action_page_down(self) -> None:
        self._page(1)

    def _page(self, pages: int) -> None:
        """A page of rows: the view goes, with the selection if there is one."""
        by = pages * self.table.rows
        if self.table.selection.place is None:
            self.table.scroll_to(y=self.table.top + by, animate=False)
        else:
            self.table.step(by)

    def action_top(self) -> None:
        self.table.select(0)

    def action_bottom(self) -> None:
        self.table.select(self._state.passing - 1)
