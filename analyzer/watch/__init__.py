"""A capture that goes on: what is new, what was told, and what is shown of it now, in bounded memory."""

from analyzer.watch.boards import Boards
from analyzer.watch.processes import Processes
from analyzer.watch.searching import Search
from analyzer.watch.watching import Watch

__all__ = ["Boards", "Processes", "Search", "Watch"]
