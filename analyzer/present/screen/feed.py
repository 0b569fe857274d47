"""What the screen is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from analyzer.news import Board, Wish
    from analyzer.present.timeline import Connection


class Feed(Protocol):
    """A capture that goes on. The screen calls it from a thread of its own, a few times a second."""

    def board(self, wish: Wish) -> Board:
        """The connections of now, as wished for; quick."""
        ...

    def connection(self, flow: int) -> Connection | None:
        """All that is known of the connection with this number; None: it left memory."""
        ...

    def failure(self) -> str | None:
        """Why the capture ended ("": as asked, or its source ended); None: it goes on."""
        ...
