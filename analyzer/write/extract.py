"""The frames of a capture that matter, in its own format: the rest of the file as it stands.

Of a pcapng file all blocks stay but the frames that were not chosen, and records that have a number
without being frames. Simple packets become enhanced ones: which time they have depends on those that
are gone.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import IO

import numpy as np
from numpy.typing import NDArray

from analyzer.facts import Rows
from analyzer.sources.base import Chunk, FileSource
from analyzer.sources.kernels import NO_LINK
from analyzer.sources.pcap import PcapSource
from analyzer.sources.pcapng import PcapngSource
from analyzer.write import blocks
from analyzer.write.copying import Copy
from analyzer.write.marks import mark

Part = tuple[int, int, bytes]
"""A stretch of a chunk's buffer, begin and end, and what stands in its place."""


@dataclass(frozen=True)
class Wanted:
    """frames: bool by frame number; [0] is no frame. moments_ns: times that stay, by a mark where no
    frame of that time was chosen."""

    frames: NDArray[np.bool_]
    moments_ns: frozenset[int]


class Choice:
    """Which frames of each chunk to write, and which to mark. read, written: frames so far."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._open = set(wanted.moments_ns)
        self.read = 0
        self.written = 0

    def among(self, frames: Rows) -> tuple[NDArray[np.bool_], set[int]]:
        """Of the next frames, who is chosen, and the places of those that become marks."""
        chosen = np.zeros(len(frames), np.bool_)
        known = self._wanted.frames[self.read + 1 : self.read + 1 + len(frames)]
        chosen[: len(known)] = known
        marks = set()
        for moment in sorted(self._open):
            places = np.flatnonzero((frames.time_ns == moment) & (frames.link_type != NO_LINK))
            if len(places):
                self._open.discard(moment)
                if not chosen[places].any():
                    marks.add(int(places[-1]))
        self.read += len(frames)
        self.written += int(chosen.sum())
        return chosen, marks


def extract(source: FileSource, wanted: Wanted, out: IO[bytes]) -> Choice:
    """Write the chosen frames of a source that was just opened; what is damaged ends the extract there."""
    choice = Choice(wanted)
    begin = 0
    if isinstance(source, PcapSource):
        out.write(source.header)
        begin = source.window.start
    copy = Copy(source, out, begin)
    for chunk in source.chunks():
        chosen, marks = choice.among(chunk.frames)
        if isinstance(source, PcapSource):
            parts = _pcap_parts(source, chunk, chosen, marks)
        else:
            assert isinstance(source, PcapngSource)
            parts = _pcapng_parts(source, chunk, chosen, marks)
        for start, end, content in parts:
            copy.until(start)
            copy.put(content)
            copy.past(end)
    copy.finish()
    return choice


def _pcap_parts(source: PcapSource, chunk: Chunk, chosen: NDArray[np.bool_], marks: set[int]) -> list[Part]:
    """What of a chunk of a pcap file is not copied."""
    begin = chunk.frames.offset - source.record_header
    end = chunk.frames.offset + chunk.frames.captured
    order = ">" if source.big_endian else "<"
    others = []
    for place in marks:
        frame = chunk.frames[place]
        octets, original = mark(int(frame.link_type), int(frame.original), int(frame.fcs))
        header = bytearray(chunk.buffer[begin[place] : frame.offset].tobytes())
        lengths = (original, len(octets)) if source.swapped == 1 else (len(octets), original)
        struct.pack_into(order + "II", header, 8, *lengths)
        others.append((int(begin[place]), int(end[place]), bytes(header) + octets))
    return sorted(_left_out(begin, end, ~chosen & ~_mask(marks, len(chosen))) + others)


def _pcapng_parts(
    source: PcapngSource, chunk: Chunk, chosen: NDArray[np.bool_], marks: set[int]
) -> list[Part]:
    """What of a chunk of a pcapng file is not copied."""
    records = blocks.Records(chunk.buffer, chunk.frames, source.order)
    converted = set(np.flatnonzero(chosen & (records.kinds == records.SIMPLE)).tolist())
    others = []
    for place in marks | converted:
        frame = chunk.frames[place]
        head = chunk.buffer[records.begin[place] : records.end[place]].tobytes()[: blocks.PACKET_HEADER]
        interface, ticks = 0, blocks.ticks_of(int(frame.time_ns), source.interfaces[0])
        if records.kinds[place] == records.ENHANCED:
            interface, ticks = blocks.place_of(head, source.order)
        if place in marks:
            octets, original = mark(int(frame.link_type), int(frame.original), int(frame.fcs))
        else:
            octets = chunk.buffer[frame.offset : frame.offset + frame.captured].tobytes()
            original = int(frame.original)
        packet = blocks.enhanced_packet((interface, ticks), octets, original, source.order)
        others.append((int(records.begin[place]), int(records.end[place]), packet))
    left_out = ~chosen & ~_mask(marks, len(chosen))
    return sorted(_left_out(records.begin, records.end, left_out) + others)


def _mask(places: set[int], count: int) -> NDArray[np.bool_]:
    mask = np.zeros(count, np.bool_)
    mask[list(places)] = True
    return mask


def _left_out(begin: NDArray[np.int64], end: NDArray[np.int64], which: NDArray[np.bool_]) -> list[Part]:
    """These records as few stretches: one where they follow each other."""
    places = np.flatnonzero(which)
    first = np.ones(len(places), np.bool_)
    first[1:] = begin[places[1:]] != end[places[:-1]]
    last = np.append(first[1:], True)[: len(places)]
    return [
        (start, stop, b"")
        for start, stop in zip(begin[places[first]].tolist(), end[places[last]].tolist(), strict=True)
    ]
