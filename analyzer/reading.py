"""Reading and decoding, one step ahead of tracking, in a thread of their own.

The kernels release the interpreter lock, so a second core halves the waiting; the order of the
batches, and with it every result, stays the same.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass

from analyzer import kinds
from analyzer.decode import Decoder
from analyzer.facts import Rows
from analyzer.records import SEGMENT, rows
from analyzer.sources import Source

AHEAD = 2  # batches that wait to be tracked: more would leave the processor's caches
PATIENCE_S = 2  # for a thread that is to end; our choice: who interrupts us does not want to wait


@dataclass(slots=True)
class Batch:
    """What one chunk of frames gave.

    segments: SEGMENT rows; of files valid until `AHEAD` further batches were taken. frames: so far, in the
    capture. start_ns, end_ns: earliest and latest time of the chunk. consumed: bytes read so far.
    """

    segments: Rows
    frames: int
    start_ns: int
    end_ns: int
    consumed: int


def decoded(source: Source, decoder: Decoder, *, reuse: bool = True) -> Iterator[Batch]:
    """Decode a source chunk by chunk. reuse: the rows of a batch are those of an earlier one."""
    frames = 0
    pool = [rows(0, SEGMENT)] * (AHEAD + 2)  # one being tracked, AHEAD waiting, one being filled
    turn = 0
    for chunk in source.chunks():
        turn = (turn + 1) % len(pool)
        if len(pool[turn]) < len(chunk.frames) or not reuse:
            pool[turn] = rows(len(chunk.frames), SEGMENT)
        segments = decoder.decode(chunk.buffer, chunk.frames, frames + 1, pool[turn])
        frames += len(chunk.frames)
        times = chunk.frames.time_ns
        yield Batch(segments, frames, int(times.min()), int(times.max()), source.consumed)


class ReadAhead:
    """Iterates over the batches of a source while a thread prepares the next ones."""

    def __init__(self, source: Source, decoder: Decoder, most_segments: int = 0) -> None:
        """most_segments: that may wait, in any number of batches; 0: `AHEAD` batches may."""
        self._source = source
        self._batches = decoded(source, decoder, reuse=not most_segments)
        self._most_segments = most_segments
        self._waiting = 0  # segments
        self._taken = threading.Condition()
        self._ready: queue.Queue[Batch | BaseException | None] = queue.Queue(0 if most_segments else AHEAD)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keepalive-reader", daemon=True)

    def _run(self) -> None:
        try:
            for batch in self._batches:
                if not self._offer(batch):
                    return
            self._offer(None)
        except BaseException as error:  # handed over: it is raised where the batches are taken
            self._offer(error)

    def _offer(self, item: Batch | BaseException | None) -> bool:
        if self._most_segments and isinstance(item, Batch):
            with self._taken:
                self._taken.wait_for(lambda: self._waiting < self._most_segments or self._stop.is_set())
                self._waiting += len(item.segments)
        while not self._stop.is_set():
            try:
                self._ready.put(item, timeout=0.1)
                return True
            except queue.Full:
                continue
        return False

    def __iter__(self) -> Iterator[Batch]:
        return (batch for batch in self.batches() if batch is not None)

    def batches(self, wait_s: float | None = None) -> Iterator[Batch | None]:
        """The batches; None whenever none came for `wait_s` seconds, if that is given."""
        self._thread.start()
        try:
            while True:
                try:
                    item = self._ready.get(timeout=wait_s)
                except queue.Empty:
                    yield None
                    continue
                if item is None:
                    return
                if isinstance(item, BaseException):
                    raise item
                if self._most_segments:
                    with self._taken:
                        self._waiting -= len(item.segments)
                        self._taken.notify()
                yield item
        finally:
            self._end()

    def _end(self) -> None:
        """Have the thread end, so that the source can be closed: nobody reads from it any more.

        It is not waited for longer than that: it may be compiling, or read a silent pipe of Windows.
        """
        self._stop.set()
        with self._taken:
            self._taken.notify()
        self._source.stop()
        self._thread.join(PATIENCE_S)


def earliest(known_ns: int, time_ns: int) -> int:
    """The earlier of two times of which the first may be MISSING."""
    return time_ns if known_ns == kinds.MISSING else min(known_ns, time_ns)
