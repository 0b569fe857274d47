"""The bytes of a capture on their way into another file: copied in large pieces, left out or replaced."""

from __future__ import annotations

from typing import IO

import numpy as np
from numpy.typing import NDArray

from analyzer.sources.base import FileSource


class Copy:
    """Follows the window of a source that is being read; what was not dealt with is copied.

    Indices count from the start of the window's data, as those of the frames of a chunk do. They
    must rise.
    """

    def __init__(self, source: FileSource, out: IO[bytes], begin: int = 0) -> None:
        """Begin with the bytes at index `begin`."""
        self._source = source
        self._window = source.window
        self._out = out
        self._at = begin
        self._window.leaving = self._before_they_leave

    def until(self, index: int) -> None:
        """Copy up to here."""
        if index > self._at:
            self._out.write(self._window.data[self._at : index].data)
            self._at = index

    def past(self, index: int) -> None:
        """Leave out up to here."""
        self._at = max(self._at, index)

    def put(self, content: bytes) -> None:
        """Write this."""
        self._out.write(content)

    def finish(self) -> None:
        """Copy the rest, as far as it is good: nothing of a record that is cut short or damaged."""
        self._window.leaving = None
        self.until(self._window.start)
        beyond = self._window.origin + self._at - self._source.good
        if (
            beyond > 0 and self._out.seekable()
        ):  # a block larger than the window, copied before its end failed
            self._out.seek(-beyond, 1)
            self._out.truncate()

    def _before_they_leave(self, data: NDArray[np.uint8]) -> None:
        if self._at < len(data):
            self._out.write(data[self._at :].data)
        self._at = max(self._at - len(data), 0)
