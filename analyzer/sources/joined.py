"""Several files as one capture: in time order, merged where their times overlap.

The order is mergecap's: at each step the file whose next frame is earliest, the last named of
those that are equal; frames of one file stay in their order even where its clock went back. In a
ring, the first of equals comes first, unlike mergecap: names tell which was written first, and
back-to-back frames of one microsecond are common where dumpcap changes files.

That is a merge on the highest time so far in each file, which makes the keys ascend, so whole runs
are cut and sorted at once. A file is opened when the merge reaches its first frame and closed
behind its last: a ring of 1000 files needs one or two open at a time.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import cast

import numpy as np
from numpy.typing import NDArray

from analyzer.errors import Damage, KeepaliveError, UnreadableError
from analyzer.facts import CaptureFacts, Rows
from analyzer.records import FRAME, as_records, rows
from analyzer.sources.base import CHUNK_BYTES, CHUNK_FRAMES, Chunk, Source
from analyzer.sources.inputs import named
from analyzer.sources.opening import open_source

BEFORE_ALL = -(1 << 63)
MOST_INTERFACES = 1 << 16  # FRAME.interface has 16 bits; later ones are counted as the last
PEEK_BYTES = 1 << 14
LEAST_BYTES, LEAST_FRAMES = 1 << 16, 1 << 10  # of a buffer, where very many files overlap

Opener = Callable[[str, int, int], Source]
"""Opens a file, with a buffer of so many bytes, for so many frames a chunk."""

Place = tuple[int, int]  # a frame's key: highest time of its file so far, rank of the file


@dataclass(slots=True, eq=False)
class Member:
    """One file of the capture, and where the merge stands in it."""

    path: str
    rank: int  # decides between equal times
    start: Place  # of its first frame
    size: int | None
    source: Source | None = None
    pending: Iterator[Chunk] = field(default_factory=lambda: iter(()))
    buffer: NDArray[np.uint8] = field(default_factory=lambda: np.empty(0, np.uint8))
    frames: Rows = field(default_factory=lambda: rows(0, FRAME))  # of the current chunk, not merged yet
    keys: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    latest: int = BEFORE_ALL  # highest time so far
    numbers: NDArray[np.uint16] = field(default_factory=lambda: np.empty(0, np.uint16))

    @property
    def bound(self) -> Place:
        """Every frame that is still to be read has a place behind this one."""
        return int(self.keys[-1]), self.rank

    def count_up_to(self, place: Place) -> int:
        """How many frames of the current chunk come no later than `place`."""
        key, rank = place
        return int(np.searchsorted(self.keys, key, "right" if self.rank <= rank else "left"))

    def drop(self, count: int) -> None:
        """The first `count` frames of the current chunk were merged."""
        self.frames, self.keys = cast(Rows, self.frames[count:]), self.keys[count:]


class JoinedSource(Source):
    """A capture in several files. Raises UnreadableError if none of them can be read.

    A file that cannot be read or is damaged is noted in `facts.damages`; the others are merged.
    """

    def __init__(
        self,
        path: str,
        files: Sequence[str],
        chunk_bytes: int = CHUNK_BYTES,
        chunk_frames: int = CHUNK_FRAMES,
        ring: bool = False,
        opener: Opener = open_source,
    ) -> None:
        self.opener = opener
        self.facts = CaptureFacts(path, files=list(files))
        self.chunk_bytes = chunk_bytes
        self.chunk_frames = chunk_frames
        self.done = 0  # bytes of the files that were closed
        self.active: list[Member] = []
        members, errors = [], []
        for index, file in enumerate(files):
            try:
                members.append(self._peek(file, index if ring else -index))
            except KeepaliveError as error:
                errors.append(error)
        if not members:
            raise errors[0] if errors else UnreadableError(f"{path}: no files")
        self.facts.damages += [Damage(-1, str(error)) for error in errors]
        self.waiting = deque(sorted(members, key=lambda member: member.start))
        sizes = [member.size for member in members]
        self.total = None if None in sizes else sum(size or 0 for size in sizes)

    @property
    def size(self) -> int | None:
        return self.total

    @property
    def consumed(self) -> int:
        return self.done + sum(member.source.consumed for member in self.active if member.source)

    def stop(self) -> None:
        for member in (*self.active, *self.waiting):
            if member.source:
                member.source.stop()

    def close(self) -> None:
        for member in (*self.active, *self.waiting):
            if member.source:
                member.source.close()

    def chunks(self) -> Iterator[Chunk]:
        while self.active or self.waiting:
            if not self.active:
                self._begin(self.waiting.popleft())
                continue
            limit = min(member.bound for member in self.active)
            if self.waiting and self.waiting[0].start < limit:
                self._begin(self.waiting.popleft())
                continue
            counts = [(member, member.count_up_to(limit)) for member in self.active]
            parts = [(member, count) for member, count in counts if count]
            yield _passed(*parts[0]) if len(parts) == 1 else _merged(parts)
            for member, count in parts:
                member.drop(count)
                if not len(member.frames):
                    self._next_chunk(member)

    def _peek(self, path: str, rank: int) -> Member:
        """Find out when a file begins. What cannot be opened twice (a pipe) stays open."""
        if os.path.isfile(path):
            with self.opener(path, min(PEEK_BYTES, self.chunk_bytes), 1) as source:
                chunk = next(source.chunks(), None)
                first = int(chunk.frames.time_ns[0]) if chunk else BEFORE_ALL
                self.compressed |= source.compressed
                return Member(path, rank, (first, rank), source.size)
        member = Member(path, rank, (BEFORE_ALL, rank), None)
        member.source = self.opener(path, self.chunk_bytes, self.chunk_frames)
        member.pending = member.source.chunks()
        self.compressed |= member.source.compressed
        if self._take(member):
            member.start = int(member.keys[0]), rank
        return member

    def _begin(self, member: Member) -> None:
        """Open the next file; into smaller buffers when many are open already."""
        if not member.source:
            share = max(1, len(self.active) // 8)
            try:
                member.source = self.opener(
                    member.path,
                    min(self.chunk_bytes, max(self.chunk_bytes // share, LEAST_BYTES)),
                    min(self.chunk_frames, max(self.chunk_frames // share, LEAST_FRAMES)),
                )
            except KeepaliveError as error:  # it was there a moment ago: dumpcap deletes its oldest file
                self.facts.damages.append(Damage(-1, str(error)))
                self.done += member.size or 0
                return
            member.pending = member.source.chunks()
        self.active.append(member)
        self.active.sort(key=lambda each: each.rank)
        if not len(member.frames):
            self._next_chunk(member)

    def _next_chunk(self, member: Member) -> None:
        """Go on in a file; at its end, close it and keep what it told."""
        if self._take(member) or not member.source:
            return
        self.active.remove(member)
        member.source.close()
        facts = member.source.facts
        self.done += member.source.consumed if member.size is None else member.size
        self.untimed += member.source.untimed
        self.facts.comments += facts.comments
        self.facts.damages += [
            Damage(each.offset, f"{named(member.path)}: {each.reason}") for each in facts.damages
        ]

    def _take(self, member: Member) -> bool:
        """Fetch the next chunk of a file; False at its end."""
        assert member.source
        chunk = next(member.pending, None)
        self._number_interfaces(member, member.source.facts)
        if chunk is None:
            return False
        member.buffer, member.frames = chunk.buffer, chunk.frames
        if len(member.numbers):
            own = np.minimum(chunk.frames.interface, len(member.numbers) - 1)
            member.frames.interface[:] = member.numbers[own]
        member.keys = np.maximum(np.maximum.accumulate(chunk.frames.time_ns), member.latest)
        member.latest = int(member.keys[-1])
        return True

    def _number_interfaces(self, member: Member, facts: CaptureFacts) -> None:
        """Give the interfaces that a file described meanwhile their numbers in the capture."""
        if facts.format not in self.facts.format.split(" + "):
            self.facts.format += f" + {facts.format}" if self.facts.format else facts.format
        known = len(member.numbers)
        if known == len(facts.interfaces):
            return
        new = facts.interfaces[known:]
        first = len(self.facts.interfaces)
        self.facts.interfaces += new[: MOST_INTERFACES - first]
        numbers = np.minimum(np.arange(first, first + len(new)), MOST_INTERFACES - 1)
        member.numbers = np.concatenate((member.numbers, numbers.astype(np.uint16)))


def _passed(member: Member, count: int) -> Chunk:
    """Frames that no other file's come between: where they lie."""
    return Chunk(member.buffer, cast(Rows, member.frames[:count]))


def _merged(parts: list[tuple[Member, int]]) -> Chunk:
    """Frames of several files in order; the stretch of each buffer that holds them is copied."""
    pieces, stretches, keys, at = [], [], [], 0
    for member, count in parts:
        frames = cast(Rows, member.frames[:count].copy())
        first, last = int(frames[0].offset), frames[-1]
        stretch = member.buffer[first : int(last.offset) + int(last.captured)]
        frames.offset += at - first
        at += len(stretch)
        pieces.append(frames)
        stretches.append(stretch)
        keys.append(member.keys[:count])
    order = np.argsort(np.concatenate(keys), kind="stable")  # parts are by rank: that decides ties
    return Chunk(np.concatenate(stretches), as_records(np.concatenate(pieces)[order]))
