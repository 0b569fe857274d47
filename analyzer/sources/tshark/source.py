"""Captures of which tshark tells, frame by frame."""

from __future__ import annotations

import contextlib
import subprocess
import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, cast

import numpy as np

from analyzer.errors import Damage, MissingToolError, UnreadableError
from analyzer.facts import CaptureFacts, Rows
from analyzer.records import FRAME, rows
from analyzer.sources.base import CHUNK_FRAMES, LEFT_OUT, Chunk, Source
from analyzer.sources.inputs import named
from analyzer.sources.tshark.fields import PREFERENCES, WORDS, Said, number, said, time_ns
from analyzer.sources.tshark.rebuilt import Rebuilt, rebuilt

HOW_TO_GET = "apt install tshark, brew install wireshark, or https://www.wireshark.org/download.html"
ITS_NAME = "tshark: "  # before an error; a page on its options may follow
NO_COMPLAINT = "Running as user"


class RebuiltSource(Source):
    """A capture of frames of which tshark, or a library that asks it, says the fields.

    Frames that are left out, by a display filter, are counted as such: frame numbers stay Wireshark's.
    """

    def __init__(self, path: str, frames: Iterable[Said], chunk_frames: int = CHUNK_FRAMES) -> None:
        self.facts = CaptureFacts(path, "read by tshark", files=[path])
        self.chunk_frames = chunk_frames
        self.stopped = False
        self.aggregates = 0  # frames with more than one segment
        self._said = frames

    @property
    def size(self) -> int | None:
        return None  # tshark does not tell how far it has read

    @property
    def consumed(self) -> int:
        return 0

    def stop(self) -> None:
        self.stopped = True

    def close(self) -> None:
        self.stop()

    def chunks(self) -> Iterator[Chunk]:
        waiting: list[tuple[int, int, int, Rebuilt]] = []  # number, time, interface, frame
        before = 0
        for each in self._said:
            if self.stopped:
                return
            waiting.append(self._taken(each))
            if len(waiting) == self.chunk_frames:
                yield from self._chunks(waiting, before)
                before = waiting[-1][0]
                waiting = []
        if waiting:
            yield from self._chunks(waiting, before)
        if self.aggregates:
            what = f"{self.aggregates} frames hold several segments each, of which the last was read"
            self.facts.damages.append(Damage(-1, what))

    def _taken(self, frame: Said) -> tuple[int, int, int, Rebuilt]:
        try:
            plain = rebuilt(frame)
            self.aggregates += plain.segments > 1
            place = number(frame["frame.interface_id"], 0)
            return int(frame["frame.number"][0]), time_ns(frame["frame.time_epoch"][0]), place, plain
        except (ValueError, OSError, IndexError) as error:
            raise UnreadableError(
                f"{named(self.facts.path)}: tshark says what makes no sense: {error}"
            ) from None

    def _chunks(self, taken: Sequence[tuple[int, int, int, Rebuilt]], before: int) -> Iterator[Chunk]:
        """These frames, and stubs for the frames that are missing between their numbers."""
        numbers = np.array([number for number, *_ in taken])
        if before and numbers[0] <= before or (np.diff(numbers) <= 0).any():
            raise UnreadableError(f"{named(self.facts.path)}: frame numbers do not rise")
        buffer = np.frombuffer(b"".join(plain.data for *_, plain in taken), np.uint8).copy()
        lengths = np.array([len(plain.data) for *_, plain in taken])
        frames = rows(len(taken), FRAME)
        frames.time_ns = [time for _, time, *_ in taken]
        frames.offset = np.cumsum(lengths) - lengths
        frames.captured = lengths
        frames.original = [plain.original for *_, plain in taken]
        frames.link_type = [plain.link_type for *_, plain in taken]
        frames.interface = [min(place, 0xFFFF) for _, _, place, _ in taken]
        gaps = np.diff(numbers, prepend=before) - 1
        done = 0
        for place in np.flatnonzero(gaps).tolist():
            if place > done:
                yield Chunk(buffer, cast(Rows, frames[done:place]))
            yield from self._left_out(int(gaps[place]), int(frames.time_ns[place]))
            done = place
        yield Chunk(buffer, cast(Rows, frames[done:]))

    def _left_out(self, count: int, time_ns: int) -> Iterator[Chunk]:
        stubs = rows(min(count, self.chunk_frames), FRAME)
        stubs.time_ns = time_ns
        stubs.link_type = LEFT_OUT
        for done in range(0, count, self.chunk_frames):
            some = stubs[: min(count - done, self.chunk_frames)]
            yield Chunk(np.zeros(1, np.uint8), cast(Rows, some))


class TsharkSource(RebuiltSource):
    """A file as tshark reads it; `words` are further arguments, such as a display filter.

    Raises MissingToolError without tshark, UnreadableError where it cannot read the file at all.
    """

    def __init__(
        self,
        path: str,
        chunk_frames: int = CHUNK_FRAMES,
        words: Sequence[str] = (),
        program: str = "tshark",
    ) -> None:
        command = [program, "-n", *words, *PREFERENCES, "-r", path, *WORDS]
        try:
            self._process = subprocess.Popen(
                command,
                stdin=None if path == "-" else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                errors="replace",
            )
        except FileNotFoundError:
            missing = "tshark is not installed" if program == "tshark" else f"there is no {program}"
            raise MissingToolError(f"{missing}; to get it: {HOW_TO_GET}") from None
        except OSError as error:
            raise UnreadableError(f"tshark does not start: {error.strerror or error}") from None
        self._error = self._last = ""  # what it says is wrong, and whatever it said last
        assert self._process.stdout and self._process.stderr
        self._listener = threading.Thread(target=self._listen, args=(self._process.stderr,), daemon=True)
        self._listener.start()
        self._output = self._process.stdout
        super().__init__(path, self._lines(), chunk_frames)
        try:
            self._first = self._output.readline()
        except BaseException:  # interrupted: with a display filter it may take long until one comes
            self.close()
            raise
        if not self._first and (complaint := self._complaint()):
            self.close()
            raise UnreadableError(f"{named(path)}: tshark could not read it: {complaint}")

    def stop(self) -> None:
        super().stop()
        with contextlib.suppress(OSError):
            self._process.kill()

    def close(self) -> None:
        if self._process.returncode is None:
            self.stop()
            self._process.wait()
        self._listener.join()
        self._output.close()

    def _lines(self) -> Iterator[Said]:
        line = self._first
        while line.endswith("\n"):  # it may die in the middle of one
            try:
                yield said(line)
            except ValueError:
                raise UnreadableError(f"{named(self.facts.path)}: tshark says what was not asked") from None
            line = self._output.readline()
        if not self.stopped and (complaint := self._complaint()):
            self.facts.damages.append(Damage(-1, complaint))

    def _listen(self, stream: IO[str]) -> None:
        with stream:
            for line in stream:
                if line.startswith(ITS_NAME):
                    self._error = line.removeprefix(ITS_NAME).strip()
                elif line.strip() and not line.startswith(NO_COMPLAINT):
                    self._last = line.strip()

    def _complaint(self) -> str:
        """What it complained of at its end, "" for nothing."""
        status = self._process.wait()
        self._listener.join()
        if not status:
            return ""
        how = f"exit status {status}" if status > 0 else f"it was ended by signal {-status}"
        return self._error or self._last or how
