"""An extract whose addresses are renamed and whose payload is gone: written anew from the frames alone.

Nothing of the file is copied: no name, comment, secret or description can come along. Times, link
types, snap lengths and what the capturing program lost stay, since verdicts rest on them.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import IO, NamedTuple

import numpy as np

from analyzer.sources.base import FileSource
from analyzer.sources.pcap import FCS_PRESENT, PcapSource
from analyzer.write import blocks
from analyzer.write.anonymize import Names, anonymized
from analyzer.write.extract import Choice, Wanted
from analyzer.write.marks import mark

MAGIC = {1000: 0xA1B2C3D4, 1: 0xA1B23C4D}
SECOND_NS = 1_000_000_000
LARGEST = (1 << 32) - 1


class Frame(NamedTuple):
    """A FRAME row, for a step of Python each."""

    time_ns: int
    offset: int
    captured: int
    original: int
    link_type: int
    interface: int
    fcs: int


class PcapOut:
    """A pcap file with the resolution of the one that is read."""

    def __init__(self, source: PcapSource, out: IO[bytes]) -> None:
        self._out = out
        self._tick_ns = source.variant.tick_ns
        pattern, [interface] = source.pattern[0], source.facts.interfaces
        fcs = FCS_PRESENT | int(pattern.fcs) // 2 << 28 if pattern.fcs else 0
        network = interface.link_type | fcs
        out.write(struct.pack("<IHHiIII", MAGIC[self._tick_ns], 2, 4, 0, 0, interface.snap_length, network))

    def frame(self, frame: Frame, data: bytes, original: int) -> None:
        """Write a frame with the time of this one."""
        seconds, rest = divmod(frame.time_ns, SECOND_NS)
        head = struct.pack("<IIII", min(seconds, LARGEST), rest // self._tick_ns, len(data), original)
        self._out.write(head + data)

    def describe(self) -> None:
        """All is said in the file's header."""

    def finish(self) -> None:
        """There is nothing behind the frames."""


class PcapngOut:
    """A pcapng file of one section, in nanoseconds."""

    def __init__(self, source: FileSource, out: IO[bytes]) -> None:
        self._out = out
        self._facts = source.facts
        self._described = 0
        self._latest_ns = 0
        out.write(blocks.section_header())

    def describe(self) -> None:
        """Describe the interfaces that are new."""
        for interface in self._facts.interfaces[self._described :]:
            self._out.write(blocks.interface_description(interface, blocks.IN_NANOSECONDS))
            self._described += 1

    def frame(self, frame: Frame, data: bytes, original: int) -> None:
        """Write a frame with the interface, time and FCS length of this one."""
        time_ns = max(frame.time_ns, 0)
        self._latest_ns = max(self._latest_ns, time_ns)
        known = blocks.options(blocks.fcs_flags(frame.fcs))
        place = frame.interface, time_ns
        self._out.write(blocks.enhanced_packet(place, data, original, known=known))

    def finish(self) -> None:
        """Tell what the interfaces lost."""
        self.describe()
        for number, interface in enumerate(self._facts.interfaces):
            self._out.write(blocks.statistics(number, interface, self._latest_ns))


def extract_anonymized(
    source: FileSource, wanted: Wanted, out: IO[bytes], hosts: Iterable[bytes] = ()
) -> Choice:
    """As `extract.extract`, with other addresses and without payload.

    hosts: addresses of 4 or 16 octets, to be named first, in this order.
    """
    choice, names = Choice(wanted), Names(hosts)
    writer = PcapOut(source, out) if isinstance(source, PcapSource) else PcapngOut(source, out)
    for chunk in source.chunks():
        chosen, marks = choice.among(chunk.frames)
        writer.describe()
        places = sorted({*np.flatnonzero(chosen).tolist(), *marks})
        for place, row in zip(places, chunk.frames[places].tolist(), strict=True):
            frame = Frame(*row)
            original = max(frame.original, frame.captured)
            if place in marks:
                data, original = mark(frame.link_type, original, frame.fcs)
            else:
                octets = chunk.buffer[frame.offset : frame.offset + frame.captured].tobytes()
                data = anonymized(octets, original, frame.link_type, frame.fcs, names)
            writer.frame(frame, data, original)
    writer.finish()
    return choice
