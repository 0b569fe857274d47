"""The live screen as a whole: what comes from the feed goes to what is shown."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace

from textual import on
from textual.app import App
from textual.binding import Binding
from textual.filter import LineFilter, Monochrome, NoColor
from textual.message import Message
from textual.theme import Theme

from analyzer.present.screen.dialogs import Help
from analyzer.present.screen.feed import Feed
from analyzer.present.screen.keys import OPENED_KEYS, TABLE_KEYS
from analyzer.present.screen.main import Main
from analyzer.present.screen.opened import Opened
from analyzer.present.screen.pulling import Pulled, Puller, Request
from analyzer.present.screen.state import State
from analyzer.present.screen.table import ConnectionTable

TICK_S = 1.0
HELD = 10_000  # rows that stand still while paused

TERMINAL = Theme(
    name="terminal",
    ansi=True,
    primary="ansi_default",
    secondary="ansi_default",
    warning="ansi_default",
    error="ansi_default",
    success="ansi_default",
    accent="ansi_default",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    variables={
        "ansi-background": "ansi_default",
        "ansi-foreground": "ansi_default",
        "border-blurred": "ansi_default",
        "block-cursor-background": "ansi_default",
        "block-cursor-foreground": "ansi_default",
        "input-cursor-background": "ansi_default",
        "input-cursor-foreground": "ansi_default",
        "input-cursor-text-style": "reverse",
        "input-selection-background": "ansi_default",
        "input-selection-foreground": "ansi_default",
        "screen-selection-background": "ansi_default",
        "screen-selection-foreground": "ansi_default",
    },
)
"""The terminal's own ground and letters: the colours of `present.paper` read on dark and on light ones."""

THEMES = (TERMINAL.name, "textual-dark", "textual-light")


class LiveApp(App[None]):
    """Connections of now.

    clock_s: seconds of a clock that only goes forward. notice: what is to be said beside them; "": nothing.
    """

    ENABLE_COMMAND_PALETTE = False
    BINDINGS = [Binding("ctrl+c", "quit", priority=True, show=False)]
    CSS = "Screen { scrollbar-size-vertical: 1; }"

    class Arrived(Message):
        """Something came from the feed."""

        def __init__(self, pulled: Pulled) -> None:
            super().__init__()
            self.pulled = pulled

    def __init__(
        self,
        feed: Feed,
        title: str = "",
        clock: str = "relative",
        clock_s: Callable[[], float] = time.monotonic,
        notice: Callable[[], str] = str,
    ) -> None:
        super().__init__(ansi_color=None)
        self.no_color = bool(os.environ.get("NO_COLOR"))  # as `present.paper`: an empty one asks for nothing
        self.title = "keepalive live"
        self.animation_level = "none"
        self.register_theme(TERMINAL)
        self.theme = TERMINAL.name
        self.error: Exception | None = None
        self.state = State(title)
        self._clock = clock
        self._clock_s = clock_s
        self._notice = notice
        self._puller = Puller(feed, self._came)
        self.main = Main(self.state, clock_s)

    async def on_mount(self) -> None:
        await self.push_screen(self.main)
        self._puller.start()
        self.set_interval(TICK_S, self.tick)
        for each in closing_signals():
            with suppress(NotImplementedError, RuntimeError, ValueError):  # not on Windows, nor in a thread
                asyncio.get_running_loop().add_signal_handler(each, self.exit)

    def on_unmount(self) -> None:
        self._puller.close()

    def get_line_filters(self) -> Sequence[LineFilter]:
        """No colour at all where none is wanted; Textual would turn colours into greys."""
        others = [each for each in super().get_line_filters() if not isinstance(each, NoColor | Monochrome)]
        return [*others, NoColor()] if self.no_color else others

    def _came(self, pulled: Pulled) -> None:
        """Called in the puller's thread."""
        self.post_message(self.Arrived(pulled))

    def tick(self) -> None:
        """Countdowns go on between boards."""
        self.state.notice = self._notice()
        self.main.tick()
        if isinstance(self.screen, Opened):
            self.screen.tick()

    @property
    def opened(self) -> Opened | None:
        """The connection that is opened."""
        return next((each for each in self.screen_stack if isinstance(each, Opened)), None)

    def request(self) -> Request:
        """What is wanted now: rows around the view, or while paused all that are to stand still."""
        first, count = self.main.table.window()
        if self.state.paused:
            first = max(0, self.main.table.top - HELD // 2) if self.state.passing > HELD else 0
            count = HELD
        selected = self.main.table.selection.flow
        wish = replace(self.state.wish, first=first, count=count, selected=selected)
        opened = self.opened
        if opened is None:
            return Request(wish, clock=self._clock)
        return Request(wish, opened.flow, opened.width, opened.whole, opened.clock)

    def _ask(self, soon: bool) -> None:
        self._puller.ask(self.request(), soon)

    @on(Arrived)
    def _arrived(self, message: Arrived) -> None:
        pulled = message.pulled
        if pulled.error is not None:
            self.error = pulled.error
            self.exit()
            return
        self.state.board = pulled.board
        self.state.answered = pulled.request.wish
        self.state.came_s = self._clock_s()
        self.state.failure = pulled.failure
        if pulled.failure is not None:
            self._puller.rest(True)
        self.main.arrived()
        opened = self.opened
        if opened is not None and opened.flow == pulled.request.opened:
            opened.arrived(pulled.lines)

    @on(Main.Changed)
    def _changed(self, message: Main.Changed) -> None:
        self._ask(message.soon)

    @on(ConnectionTable.Opened)
    def _open(self) -> None:
        if self.opened is None:
            opened = Opened(self.main.table.selection.flow, self.state, self._clock, self._clock_s)
            self.push_screen(opened, lambda _: self._ask(soon=False))
            self._ask(soon=True)

    @on(Opened.Changed)
    def _redraw(self) -> None:
        if self.opened is not None:
            self._clock = self.opened.clock
        self._ask(soon=True)

    def on_resize(self) -> None:
        self._ask(soon=True)

    def action_pause(self) -> None:
        """Hold everything still, or go on."""
        self.state.paused = not self.state.paused
        self._puller.rest(self.state.paused or self.state.failure is not None)
        self._ask(soon=True)
        self.tick()

    def action_help(self) -> None:
        """The keys of what is shown."""
        self.push_screen(Help(OPENED_KEYS if isinstance(self.screen, Opened) else TABLE_KEYS))

    def action_next_theme(self) -> None:
        """Another ground."""
        self.theme = THEMES[(THEMES.index(self.theme) + 1) % len(THEMES)]


def closing_signals() -> list[signal.Signals]:
    """Signals on which the screen closes, so that the terminal is left in order."""
    return [signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]


@contextmanager
def _signals_kept() -> Iterator[None]:
    """The event loop takes signal handlers away: give them back."""
    before = [(each, signal.getsignal(each)) for each in closing_signals()]
    try:
        yield
    finally:
        for each, handler in before:
            with suppress(ValueError):  # not the main thread
                signal.signal(each, handler)


def run_screen(feed: Feed, title: str = "", clock: str = "relative", notice: Callable[[], str] = str) -> None:
    """Show what the feed gives until the user quits, or SIGTERM comes.

    title: what is watched. clock: how an opened connection shows times, a mode of `present.Clock`.
    notice: what is to be said beside the connections; "": nothing.
    What the feed raises is raised again when the terminal is in order.
    """
    app = LiveApp(feed, title, clock, notice=notice)
    with _signals_kept():
        app.run()
    if app.error is not None:
        raise app.error
