"""Files that are still being written, read as one stream whose end is not there yet."""

from __future__ import annotations

import io
import os
import re
import struct
import threading

from analyzer.errors import UnreadableError
from analyzer.sources.blocks import ORDERS
from analyzer.sources.discover import RING_NAME
from analyzer.sources.inputs import Input, plain
from analyzer.sources.kernels import INTERFACE_BLOCK, SECTION_HEADER
from analyzer.sources.pcap import MAGICS, VARIANTS
from analyzer.sources.window import StreamError

POLL_S = 0.1  # how often a file is looked at; our choice: its writer flushes no more often
HEAD_BYTES = 1 << 16  # more than describes some interfaces, each with its filter


class GrowingInput(Input):
    """A file that is still being written, and of a dumpcap ring the files after it.

    At the end it waits for more, until `finish` or `stop`. Each file of a ring begins with the same blocks;
    where one only repeats the first file's they are left out, and so the ring is one capture with one
    section. Raises UnreadableError if the file cannot be opened.
    """

    def __init__(self, path: str) -> None:
        try:
            super().__init__(io.FileIO(path), None)
        except (OSError, ValueError) as error:
            raise UnreadableError(f"{path}: {plain(error)}") from error
        self.gathers = False
        self.path = path
        self.lost: list[str] = []
        """What of the ring was gone before it was read: we were too slow for it."""
        self._finished = False
        self._wake = threading.Event()
        self._first = b""  # what the first file begins with, at most HEAD_BYTES
        self._head = b""  # what each later one should begin with
        self._ahead: bytes | None = None  # of a file just begun, as far as its head is not known to be whole

    def stop(self) -> None:
        """Have the stream end here. May be called from any thread."""
        self.stopped = True
        self._wake.set()

    def finish(self) -> None:
        """Nobody writes any more, or that does not matter: have the stream end where the last file does."""
        self._finished = True
        self._wake.set()

    def readinto(self, view: memoryview) -> int:
        while not self.stopped:
            finished = self._finished
            try:
                count = self._take(view)
                following = None if count else self._next_file()
                if following:  # what was written since has to come first
                    count = self._take(view)
                    if not count:
                        self._go_on(following)
                        continue
                elif not count:
                    self._look_for_changes()
            except OSError as error:
                raise StreamError(f"reading failed: {error.strerror or error}") from error
            if count or finished:
                self.consumed += count
                return count
            self._wake.wait(POLL_S)
        return 0

    def _take(self, view: memoryview) -> int:
        """Read what is there; of the head of a later file, nothing."""
        if self._ahead is None:
            count = self._read(view)
            if len(self._first) < HEAD_BYTES and self.consumed < HEAD_BYTES:
                self._first += bytes(view[:count])
            return count
        wanted = len(self._head)
        if len(self._ahead) < wanted:
            self._ahead += self.handle.read(wanted - len(self._ahead)) or b""
        if len(self._ahead) < wanted and not self._finished:
            return 0
        ahead, self._ahead = self._ahead, None
        if ahead == self._head:
            return self._read(view)
        if ahead[:4] in MAGICS:
            raise StreamError(f"{self.path} is a capture of another kind than the files before it")
        view[: len(ahead)] = ahead  # a window has more room than that
        return len(ahead)

    def _go_on(self, path: str) -> None:
        """Begin the next file of the ring."""
        self._head = self._head or head_of(self._first)
        if (skipped := _number(path) - _number(self.path) - 1) > 0:
            self.lost.append(f"{skipped} files of the ring were deleted before they were read")
        try:
            following = io.FileIO(path)
        except FileNotFoundError:  # it was there a moment ago
            return
        self.handle.close()
        self.handle, self.path, self._ahead = following, path, b""

    def _next_file(self) -> str | None:
        """The file that the ring goes on with, if it has been begun."""
        folder, name = os.path.split(self.path)
        present = RING_NAME.fullmatch(name)
        if present is None:
            return None
        names = (RING_NAME.fullmatch(each) for each in os.listdir(folder or "."))
        same = present["stem"], present["ending"]
        of_ring = (each for each in names if each and (each["stem"], each["ending"]) == same)
        later = [each for each in of_ring if _place(each) > _place(present)]
        return os.path.join(folder, min(later, key=_place).string) if later else None

    def _look_for_changes(self) -> None:
        status = os.fstat(self.handle.fileno())
        if status.st_size < self.handle.tell():
            raise StreamError("the file was made shorter while it was followed")
        try:
            named = os.stat(self.path)
        except FileNotFoundError:
            return  # its writer may still have it open
        if (named.st_dev, named.st_ino) != (status.st_dev, status.st_ino):
            raise StreamError("another file took its place while it was followed")


def head_of(data: bytes) -> bytes:
    """What stands before the first frame of a capture: its header, or section header and interfaces."""
    if data[:4] in MAGICS:
        return data[: VARIANTS[MAGICS[data[:4]]].file_header]
    order = ORDERS.get(data[8:12], "<")
    at, wanted = 0, SECTION_HEADER
    while at + 8 <= len(data):
        kind, length = struct.unpack_from(order + "II", data, at)
        if kind != wanted or length < 12 or at + length > len(data):
            break
        at, wanted = at + length, INTERFACE_BLOCK
    return data[:at]


def _number(path: str) -> int:
    name = RING_NAME.fullmatch(os.path.basename(path))
    return int(name["number"]) if name else 0


def _place(name: re.Match[str]) -> tuple[str, int]:
    """Where a file stands in its ring: its number begins anew at 100,000."""
    return name["time"], int(name["number"])
