"""What the screen shows at a moment."""

from __future__ import annotations

from dataclasses import dataclass

from analyzer.news import Board, Wish


@dataclass
class State:
    """What was asked for, what came, and when.

    title: what is watched. board: the latest one, None before the first; it came at came_s, in seconds
    of a clock that only goes forward, and answers `answered`. wish: what is asked for now.
    paused: nothing is to change. failure: why the capture ended, None while it goes on.
    notice: what is to be said of it just now, "" nothing.
    """

    title: str = ""
    board: Board | None = None
    came_s: float = 0.0
    answered: Wish = Wish()
    wish: Wish = Wish()
    paused: bool = False
    failure: str | None = None
    notice: str = ""

    def elapsed_s(self, now_s: float) -> float:
        """What has passed since the board was made: nothing while paused, or after the end."""
        if self.paused or self.failure is not None:
            return 0.0
        return max(0.0, now_s - self.came_s)

    def row_at(self, place: int) -> int | None:
        """The row of the board for the connection at a place of those that pass; None: not known yet."""
        row = place - self.answered.first
        return row if self.board is not None and 0 <= row < len(self.board) else None

    def row_of(self, flow: int) -> int | None:
        """The row of the board for a connection's number."""
        if self.board is None:
            return None
        rows = (self.board.flow == flow).nonzero()[0]
        return int(rows[0]) if len(rows) else None

    @property
    def passing(self) -> int:
        """How many connections there are to scroll through."""
        return 0 if self.board is None else self.board.passing
