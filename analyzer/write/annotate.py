"""A copy of a capture with comments on its frames, as pcapng.

Of a pcapng file everything else stays byte for byte; a pcap file becomes one section with one
interface. A comment goes before the options that a packet has, since a list that breaks off would
hide what stands behind it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO

import numpy as np
from numpy.typing import NDArray

from analyzer.records import FRAME, rows
from analyzer.sources.base import Chunk, FileSource
from analyzer.sources.pcap import PcapSource
from analyzer.sources.pcapng import PcapngSource
from analyzer.write import blocks
from analyzer.write.copying import Copy
from analyzer.write.kernels import OVERHEAD, enhanced_packets

Comments = Iterator[tuple[int, Sequence[str]]]
"""Frame number and comments on it, by rising number."""


@dataclass
class Annotated:
    """frames: in the copy. commented: of these, with comments of ours. simple: frames in simple packet
    blocks, which cannot bear the comment that was meant for them."""

    frames: int = 0
    commented: int = 0
    simple: int = 0


def annotate(source: FileSource, comments: Comments, out: IO[bytes]) -> Annotated:
    """Write a source that was just opened to `out`; what is damaged ends the copy there."""
    pending = Pending(comments)
    if isinstance(source, PcapSource):
        return _from_pcap(source, pending, out)
    assert isinstance(source, PcapngSource)
    return _from_pcapng(source, pending, out)


class Pending:
    """The comments that are still to be written."""

    def __init__(self, comments: Comments) -> None:
        self._comments = comments
        self._next = next(comments, None)

    def among(self, first: int, count: int) -> Iterator[tuple[int, Sequence[str]]]:
        """Those on `count` frames from number `first` on: place among these, texts."""
        while self._next is not None and self._next[0] < first + count:
            frame, texts = self._next
            yield frame - first, texts
            self._next = next(self._comments, None)


def _from_pcapng(source: PcapngSource, pending: Pending, out: IO[bytes]) -> Annotated:
    done = Annotated()
    copy = Copy(source, out)
    for chunk in source.chunks():
        wanted = list(pending.among(done.frames + 1, len(chunk.frames)))
        if wanted:
            records = blocks.Records(chunk.buffer, chunk.frames, source.order)
            for place, texts in wanted:
                if records.kinds[place] == records.ENHANCED:
                    block = chunk.buffer[records.begin[place] : records.end[place]].tobytes()
                    copy.until(int(records.begin[place]))
                    copy.put(commented(block, texts, source.order))
                    copy.past(int(records.end[place]))
                    done.commented += 1
                else:
                    done.simple += 1
        done.frames += len(chunk.frames)
    copy.finish()
    return done


def commented(block: bytes, texts: Sequence[str], order: str) -> bytes:
    """An enhanced or old packet block with these comments before the options that it has."""
    total, captured = (struct.unpack_from(order + "I", block, at)[0] for at in (4, 20))
    options_at = blocks.PACKET_HEADER + blocks.padded(captured)
    existing = block[options_at:-4]
    ours = b"".join(blocks.comment(text, order) for text in texts)
    if not existing:
        ours = blocks.options([ours], order)
    length = struct.pack(order + "I", total + len(ours))
    return block[:4] + length + block[8:options_at] + ours + existing + length


def _from_pcap(source: PcapSource, pending: Pending, out: IO[bytes]) -> Annotated:
    done = Annotated()
    tick_ns = source.variant.tick_ns
    resolution = blocks.IN_NANOSECONDS if tick_ns == 1 else blocks.IN_MICROSECONDS
    fcs = int(source.pattern[0].fcs)
    out.write(blocks.section_header())
    out.write(blocks.interface_description(source.facts.interfaces[0], resolution, fcs))
    for chunk in source.chunks():
        sizes = np.zeros(len(chunk.frames), np.int64)
        lists = []
        for place, texts in pending.among(done.frames + 1, len(chunk.frames)):
            lists.append(blocks.options(map(blocks.comment, texts)))
            sizes[place] = len(lists[-1])
        out.write(as_packets(chunk, tick_ns, b"".join(lists), sizes))
        done.commented += len(lists)
        done.frames += len(chunk.frames)
    return done


def prepare_writing() -> None:
    """Compile the kernel that makes pcapng of pcap."""
    nothing = Chunk(np.zeros(0, np.uint8), rows(0, FRAME))
    as_packets(nothing, 1, b"", np.zeros(0, np.int64))


def as_packets(chunk: Chunk, tick_ns: int, options: bytes, sizes: NDArray[np.int64]) -> memoryview:
    """The frames of a chunk as enhanced packet blocks. options: the option lists of all; sizes: of each."""
    body = blocks.padded(chunk.frames.captured.astype(np.int64))
    out = np.empty(int((body + sizes + OVERHEAD).sum()), np.uint8)
    listed = np.frombuffer(bytearray(options), np.uint8)  # writable, as the buffer is: one signature
    starts = np.concatenate((np.zeros(1, np.int64), np.cumsum(sizes)))
    written = enhanced_packets(chunk.buffer, chunk.frames, tick_ns, listed, starts, out)
    return out[:written].data
