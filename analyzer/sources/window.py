"""The piece of a stream that is in memory at the moment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

LARGEST = 1 << 25  # bytes; twice the largest block that is ever stored (`pcapng`)


class StreamError(Exception):
    """A stream broke off; `str()` is one clause for people. What came before it is good."""


class Stream(Protocol):
    """What a window reads from: a file, a pipe, or what is inside a compressed one."""

    def readinto(self, view: memoryview) -> int:
        """Fill `view` from its start; bytes written, 0 only at the end. May raise StreamError."""
        ...

    def close(self) -> None: ...


class Window:
    """`data[start:end]` is what was read and not yet used; `data[0]` is byte `origin` of the stream.

    The array is used again and again. It grows only while one record fills all of it, and only
    as bytes really arrive: no length in a file ever sizes it.

    leaving: called with the bytes before `start` just before they are gone, in the order of the stream:
    for who copies it.
    """

    __slots__ = ("data", "end", "failure", "leaving", "origin", "start", "stream")

    def __init__(self, stream: Stream, size: int) -> None:
        self.stream = stream
        self.data: NDArray[np.uint8] = np.empty(size, np.uint8)
        self.start = 0
        self.end = 0
        self.origin = 0
        self.failure = ""
        self.leaving: Callable[[NDArray[np.uint8]], None] | None = None

    @property
    def offset(self) -> int:
        """Where `start` is in the stream."""
        return self.origin + self.start

    def more(self) -> bool:
        """Read on behind `end`; False at the end of the stream, `failure` says if it broke off.

        Moves what is held to the front: offsets into `data` are void afterwards.
        """
        if self.start:
            if self.leaving is not None:
                self.leaving(self.data[: self.start])
            held = self.end - self.start
            self.data[:held] = self.data[self.start : self.end]
            self.origin += self.start
            self.start, self.end = 0, held
        if self.end == len(self.data) and not self._grow():
            return False
        try:
            count = self.stream.readinto(self.data.data[self.end :])
        except StreamError as error:
            self.failure = str(error)
            return False
        self.end += count
        return count > 0

    def reserve(self, size: int) -> None:
        """Make room for `size` bytes."""
        if len(self.data) < size:
            larger = np.empty(size, np.uint8)
            larger[: self.end] = self.data[: self.end]
            self.data = larger

    def want(self, count: int) -> bool:
        """Whether at least `count` bytes are held, after reading on where needed."""
        while self.end - self.start < count:
            if not self.more():
                return False
        return True

    def take(self, count: int) -> bytes:
        """A copy of the first `count` bytes held (fewer, where fewer are)."""
        return self.data[self.start : min(self.start + count, self.end)].tobytes()

    def skip(self, count: int) -> bool:
        """Pass over `count` bytes without storing them; False if the stream ends before."""
        while count > self.end - self.start:
            count -= self.end - self.start
            self.start = self.end
            if not self.more():
                return False
        self.start += count
        return True

    def close(self) -> None:
        self.stream.close()

    def _grow(self) -> bool:
        if len(self.data) >= LARGEST:
            self.failure = f"a record of more than {LARGEST} bytes"
            return False
        self.reserve(2 * len(self.data))
        return True
