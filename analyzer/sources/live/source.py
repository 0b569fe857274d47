"""A live source: frames as they come, an end when we wish, and what was lost."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Iterator

from analyzer.errors import Damage
from analyzer.sources.base import Chunk, FileSource, Source
from analyzer.sources.inputs import PipeInput
from analyzer.sources.live.complaints import ending
from analyzer.sources.live.growing import GrowingInput
from analyzer.sources.live.interfaces import is_up
from analyzer.sources.live.process import ENDS_S, CaptureProcess

WATCH_S = 0.5  # how often the interface and the drops are asked for
SETTLES_S = 1.0  # at most, our choice: who has pressed a key waits for it
MOST_NOTICES = 100  # that nobody fetched


class LiveSource(Source):
    """A stream that goes on until `stop`, the end of its writer, or damage.

    Frames are read by the very readers of files. Between them it may wait for as long as none arrives.
    """

    def __init__(self, reader: FileSource, opened: PipeInput | GrowingInput) -> None:
        self.facts = reader.facts
        self.compressed = reader.compressed
        self.reader = reader
        self.opened = opened
        self._notices: deque[str] = deque(maxlen=MOST_NOTICES)
        self.trouble = ""
        """Why nothing can be seen just now; "": nothing is known that would hinder it."""

    @property
    def size(self) -> int | None:
        return None

    @property
    def consumed(self) -> int:
        return self.reader.consumed

    def chunks(self) -> Iterator[Chunk]:
        for chunk in self.reader.chunks():
            self.untimed = self.reader.untimed
            yield chunk
        self._ended()

    def stop(self) -> None:
        """Have `chunks` end soon, after what has arrived. From any thread, and more than once."""
        self.opened.stop()

    def drops(self) -> int | None:
        """Frames lost so far before they reached us; None where nobody has told (yet)."""
        return self.facts.dropped

    def notices(self) -> list[str]:
        """What happened since the last call that does not end the capture, a clause each."""
        said = []
        with contextlib.suppress(IndexError):
            while True:
                said.append(self._notices.popleft())
        return said

    def close(self) -> None:
        self.stop()
        self.reader.close()

    def _ended(self) -> None:
        """The stream has ended: note what is to be said of it."""
        if isinstance(self.opened, GrowingInput):
            self.facts.damages += [Damage(-1, each) for each in self.opened.lost]


class CaptureSource(LiveSource):
    """What a capture program sees, through its pipe or from the files that it writes.

    interface: whose state is watched. The capture ends with its program; `stop` ends both.
    """

    def __init__(
        self, reader: FileSource, opened: PipeInput | GrowingInput, process: CaptureProcess, interface: str
    ) -> None:
        super().__init__(reader, opened)
        self.process = process
        self.interface = interface
        self._stop = threading.Event()
        self._closing = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="keepalive-keeper", daemon=True)
        self._keeper.start()

    def stop(self) -> None:
        self._stop.set()

    def drops(self) -> int | None:
        known = self.process.dropped
        return sum(known.values()) if known else self.facts.dropped

    def close(self) -> None:
        self._closing.set()
        self._stop.set()
        self.opened.stop()
        self._keeper.join()
        self.reader.close()

    def _keep(self) -> None:
        """Watch the interface and the program; end the program when asked to."""
        up = True
        while self.process.running() and not self._stop.wait(WATCH_S):
            self.process.tell()
            was_up, known = up, is_up(self.interface)
            up = was_up if known is None else known  # one that is removed is not up again
            if up != was_up:
                how = "is up again" if up else "went down: nothing can be seen until it is up"
                notice = f"{self.interface}: the interface {how}"
                self.trouble = "" if up else notice
                self._notices.append(notice)
        if self.process.running():
            self.process.tell()
            self._settle()
        nobody_reads = self._closing.is_set() and self.process.output is not None
        self.process.end(0 if nobody_reads else ENDS_S)
        if isinstance(self.opened, GrowingInput):
            self.opened.finish()

    def _settle(self) -> None:
        """Wait while frames that were seen before are still on their way; on a busy link that has no end."""
        deadline = time.monotonic() + SETTLES_S
        known = -1
        while known != self.consumed and time.monotonic() < deadline and not self._closing.is_set():
            known = self.consumed
            self._closing.wait(self.process.backend.settle_s)

    def _ended(self) -> None:
        self._keeper.join()
        status = self.process.wait()
        dropped = self.process.dropped
        for interface in self.facts.interfaces:
            if interface.dropped is None and dropped:
                interface.dropped = sum(dropped.values())
                break
        if not self._stop.is_set():
            reason = ending(self.process.said, status, self.process.backend.name)
            self.facts.damages.append(Damage(-1, reason))
        super()._ended()
