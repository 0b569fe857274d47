"""Files, pipes and standard input as plain streams of bytes, with errors in plain words."""

from __future__ import annotations

import io
import os
import select
import stat
import sys
import threading
import time

from analyzer.errors import UnreadableError
from analyzer.sources.window import StreamError

STANDARD_INPUT = "-"
GATHER_S = 0.02  # our choice: a pipe hands out 64 KiB at a time, a fuller buffer is worth this wait


class Input:
    """An open file, pipe or standard input; read once from front to back, never sought.

    size: bytes of a regular file, None for everything else. consumed: bytes read so far.
    stopped: its end was our wish, so a record that is not whole is no damage.
    """

    stopped = False

    def __init__(self, handle: io.RawIOBase, size: int | None) -> None:
        self.handle = handle
        self.size = size
        self.consumed = 0
        self.gathers = size is None and sys.platform != "win32"  # select knows only sockets there

    def readinto(self, view: memoryview) -> int:
        """Fill `view`; of a pipe, as much as arrives in the next moment. 0 only at the end."""
        if self.stopped:
            return 0
        try:
            count = self._read(view)
            if self.gathers and count:
                count = self._gather(view, count)
        except OSError as error:
            raise StreamError(f"reading failed: {error.strerror or error}") from error
        self.consumed += count
        return count

    def stop(self) -> None:
        """Have the stream end here, from any thread."""
        self.stopped = True

    def finish(self) -> None:
        """Wait for no more than there is by now, where that may grow."""

    def close(self) -> None:
        self.handle.close()

    def _read(self, view: memoryview) -> int:
        while (count := self.handle.readinto(view)) is None:  # somebody made the pipe non-blocking
            select.select([self.handle], [], [])
        return count

    def _gather(self, view: memoryview, count: int) -> int:
        deadline = time.monotonic() + GATHER_S
        while count < len(view) and self._ready(deadline - time.monotonic()):
            arrived = self._read(view[count:])
            if not arrived:
                break
            count += arrived
        return count

    def _ready(self, wait_s: float) -> bool:
        try:
            return bool(select.select([self.handle], [], [], max(wait_s, 0.0))[0]) and wait_s > 0
        except ValueError:  # a descriptor beyond what select can hold
            self.gathers = False
            return False


class PipeInput(Input):
    """A pipe that `stop` ends at once, also while nothing arrives (not on Windows: at what arrives next)."""

    def __init__(self, handle: io.FileIO) -> None:
        super().__init__(handle, None)
        self._lock = threading.Lock()
        self._woken, self._wake = os.pipe()

    def stop(self) -> None:
        """Have the stream end here. May be called from any thread, and after `close`."""
        with self._lock:
            if not self.stopped:
                self.stopped = True
                os.write(self._wake, b".")

    def close(self) -> None:
        self.stop()
        with self._lock:
            super().close()
            if self._wake >= 0:
                os.close(self._woken)
                os.close(self._wake)
                self._woken = self._wake = -1

    def _read(self, view: memoryview) -> int:
        try:
            if hasattr(select, "poll") and not self.stopped:
                waiting = select.poll()
                waiting.register(self.handle, select.POLLIN)
                waiting.register(self._woken, select.POLLIN)
                waiting.poll()
            return 0 if self.stopped else super()._read(view)
        except ValueError:  # it was closed meanwhile
            if not self.stopped:
                raise
            return 0


def named(path: str) -> str:
    """How messages call it."""
    return "standard input" if path == STANDARD_INPUT else path


def open_input(path: str) -> Input:
    """Open `path` ("-": standard input). Raises UnreadableError with one line for people."""
    if path == STANDARD_INPUT:
        return _input(standard_input())
    try:
        if os.path.isdir(path):
            raise UnreadableError(f"{path}: this is a folder, not a file")
        handle = io.FileIO(path)
    except (OSError, ValueError) as error:
        raise UnreadableError(f"{path}: {plain(error)}") from error
    return _input(handle)


def _input(handle: io.FileIO) -> Input:
    status = os.fstat(handle.fileno())
    return Input(handle, status.st_size) if stat.S_ISREG(status.st_mode) else PipeInput(handle)


def standard_input() -> io.FileIO:
    """Standard input as a stream of bytes. Raises UnreadableError where it is a terminal."""
    try:
        handle = io.FileIO(0, closefd=False)
        terminal = handle.isatty()
    except OSError as error:
        raise UnreadableError(f"standard input: {plain(error)}") from error
    if terminal:
        raise UnreadableError(
            "standard input is a terminal: pipe a capture into it, as in `tcpdump -w - | keepalive …`"
        )
    return handle


def plain(error: OSError | ValueError) -> str:
    """What went wrong, as people would say it."""
    if isinstance(error, FileNotFoundError):
        return "no such file"
    if isinstance(error, PermissionError):
        return "no permission to read it"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror[:1].lower() + error.strerror[1:]
    return str(error)
