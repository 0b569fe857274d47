"""The thread that asks the feed, so that the screen never waits for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from analyzer.news import Board, Wish
from analyzer.present.paper import Line
from analyzer.present.screen.feed import Feed
from analyzer.present.screen.folding import folded
from analyzer.present.timeline import timeline
from analyzer.present.words import Clock

EVERY_S = 0.5  # between two boards: as often as an eye follows. Our choice.
REST = 4  # times as long as the last answer took is left to the capture


@dataclass(frozen=True)
class Request:
    """What is wanted. opened: the number of a connection, drawn `width` columns wide; None: none.

    whole: its timeline sums nothing up. clock: how it shows times, a mode of `Clock`.
    """

    wish: Wish
    opened: int | None = None
    width: int = 80
    whole: bool = False
    clock: str = "relative"


@dataclass(frozen=True, eq=False)
class Pulled:
    """What came. lines: of the opened connection, None where none is or it left memory.

    failure: why the capture ended, None while it goes on. error: the feed itself broke.
    """

    request: Request
    board: Board | None = None
    lines: list[Line] | None = None
    failure: str | None = None
    error: Exception | None = None


def pull(feed: Feed, request: Request) -> Pulled:
    """Ask for everything once; the end is asked for first, so that what comes after it is final."""
    failure = feed.failure()
    board = feed.board(request.wish)
    lines = None
    if request.opened is not None:
        connection = feed.connection(request.opened)
        if connection is not None:
            clock = Clock(request.clock, board.totals.start_ns)
            drawn = timeline(connection, clock, request.width, request.whole)
            lines = list(folded(drawn, request.width))
    return Pulled(request, board, lines, failure)


class Puller(threading.Thread):
    """Pulls now and then, and at once when asked. tell: called in this thread with what came."""

    def __init__(self, feed: Feed, tell: Callable[[Pulled], None], every_s: float = EVERY_S) -> None:
        super().__init__(name="keepalive-screen", daemon=True)
        self._feed = feed
        self._tell = tell
        self._every_s = every_s
        self._changed = threading.Condition()
        self._request = Request(Wish())
        self._soon = True
        self._resting = False
        self._over = False

    def ask(self, request: Request, soon: bool) -> None:
        """From now on this is wanted; soon: at once."""
        with self._changed:
            self._request = request
            self._soon |= soon
            if soon:
                self._changed.notify()

    def rest(self, resting: bool) -> None:
        """While resting nothing is pulled but what is asked for at once."""
        with self._changed:
            self._resting = resting
            self._changed.notify()

    def close(self) -> None:
        """Ask no more; returns when the last answer is there, or after two seconds."""
        with self._changed:
            self._over = True
            self._changed.notify()
        if self.is_alive():
            self.join(2)

    def run(self) -> None:
        wait_s = 0.0
        while (request := self._next(wait_s)) is not None:
            began_s = time.monotonic()
            try:
                pulled = pull(self._feed, request)
            except Exception as error:  # whatever it is, the screen has to close and the command to tell it
                self._tell(Pulled(request, error=error))
                return
            self._tell(pulled)
            wait_s = max(self._every_s, REST * (time.monotonic() - began_s))

    def _next(self, wait_s: float) -> Request | None:
        """What to pull next, once it is time; None: it is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._over or self._soon, wait_s)
            while self._resting and not self._soon and not self._over:
                self._changed.wait()
            self._soon = False
            return None if self._over else replace(self._request)
