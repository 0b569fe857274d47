"""pcapng files: sections of blocks (draft-ietf-opsawg-pcapng).

The kernel walks packets and whatever is passed over; it comes back here for the rare blocks.
Simple packets have no time: they get that of the packet before them, which keeps frames in
order, and are counted in `untimed`. Wireshark shows them without one.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np

from analyzer.errors import Damage, UnreadableError
from analyzer.facts import CaptureFacts, Rows
from analyzer.records import as_records, rows
from analyzer.sources import blocks, kernels
from analyzer.sources.base import CUT_SHORT, Chunk, FileSource
from analyzer.sources.inputs import Input, named
from analyzer.sources.window import Window

MAGIC = kernels.SECTION_HEADER.to_bytes(4, "big")  # reads the same from both ends

KEPT = frozenset(
    (
        kernels.INTERFACE_BLOCK,
        kernels.STATISTICS,
        kernels.ENHANCED_PACKET,
        kernels.OLD_PACKET,
        kernels.SIMPLE_PACKET,
        kernels.JOURNAL,
        kernels.EVENT,
        kernels.EVENT_2,
        kernels.LARGE_EVENT_2,
        kernels.CUSTOM,
        kernels.CUSTOM_KEPT_HERE,
    )
)
"""Blocks that must be in memory; all others may be larger than it."""

LEAST_BODY = {kernels.INTERFACE_BLOCK: 8, kernels.STATISTICS: 12}
MOST_INTERFACES = 1 << 16  # FRAME.interface has 16 bits
MOST_COMMENTS = 1000  # our choice: a capture cannot fill the memory with them

REASONS = {
    kernels.TOO_LONG: "record length beyond any sense",
    kernels.BAD_LENGTH: "block length beyond any sense",
    kernels.MISMATCH: "the two lengths of a block differ",
    kernels.NO_INTERFACE: "packet of an interface that was not described",
}


class PcapngSource(FileSource):
    """A pcapng file whose first bytes are in the window. Raises UnreadableError for a bad header."""

    def __init__(self, facts: CaptureFacts, opened: Input, window: Window, chunk_frames: int) -> None:
        super().__init__(facts, opened, window, chunk_frames)
        self.order = "<"
        self.section_start = 0  # index of the section's first interface in the capture
        self.table = rows(8, blocks.INTERFACE)
        self.interfaces = self.table[:0]  # of the section, as far as they were described
        self.previous = np.zeros(2, np.int64)
        if not self._section():
            reason = facts.damages[-1].reason if facts.damages else "cut short in the section header"
            raise UnreadableError(f"{named(facts.path)}: {window.failure or reason}")

    def chunks(self) -> Iterator[Chunk]:
        try:
            for chunk in super().chunks():
                self.untimed = int(self.previous[1])
                yield chunk
        finally:
            self._note_drops()

    def walk(self, frames: Rows) -> tuple[int, int, int]:
        window = self.window
        found: tuple[int, int, int] = kernels.walk_pcapng(
            window.data,
            window.start,
            window.end,
            int(self.order == ">"),
            self.interfaces,
            self.previous,
            frames,
        )
        return found

    def resolve(self, status: int) -> bool:
        if status in REASONS:
            return self.damage(REASONS[status])
        kind, size = self._kind_and_size()
        if kind == kernels.SECTION_HEADER:
            if self._section():
                return True
            if not self.facts.damages:
                self.note_end()
            return False
        body = self.window.take(size)[8:-4]
        if len(body) < LEAST_BODY[kind]:
            return self.damage(REASONS[kernels.BAD_LENGTH])
        if kind == kernels.INTERFACE_BLOCK and not self._interface(body):
            return False
        if kind == kernels.STATISTICS:
            self._statistics(body)
        self.window.start += size
        return True

    def advance(self) -> bool:
        """As inherited, but a block that nobody reads is not stored if it is larger than the window."""
        window = self.window
        if window.end - window.start >= 12:
            kind, size = self._kind_and_size()
            if kind not in KEPT and size > len(window.data):
                return self._pass_over(size)
        return window.more()

    def _kind_and_size(self) -> tuple[int, int]:
        kind, total = struct.unpack(self.order + "II", self.window.take(8))
        return kind, total + 3 & ~3

    def _pass_over(self, size: int) -> bool:
        window = self.window
        offset = window.offset
        (total,) = struct.unpack(self.order + "I", window.take(8)[4:])
        if window.skip(size - 4) and window.want(4):
            if struct.unpack(self.order + "I", window.take(4)) == (total,):
                window.start += 4
                return True
            reason = REASONS[kernels.MISMATCH]
        elif window.failure:
            return False
        else:
            reason = CUT_SHORT
        self.facts.damages.append(Damage(offset, reason))
        return False

    def _section(self) -> bool:
        """Read the section header at the window's start and begin its section; False ends the capture."""
        window = self.window
        if not window.want(16):
            return False
        order = blocks.ORDERS.get(window.take(12)[8:])
        if order is None:
            return self.damage("damaged section header: no byte order")
        total, _magic, major, minor = struct.unpack(order + "IIHH", window.take(16)[4:])
        size = total + 3 & ~3
        if total < 28 or total > kernels.LONGEST_KEPT:
            return self.damage(REASONS[kernels.BAD_LENGTH])
        if major != 1:
            return self.damage(f"pcapng version {major}.{minor} is not supported")
        if not window.want(size):
            return False
        block = window.take(size)
        if struct.unpack(order + "I", block[-4:]) != (total,):
            return self.damage(REASONS[kernels.MISMATCH])
        self._note_drops()
        self.order = order
        self.section_start = len(self.facts.interfaces)
        self.table = rows(8, blocks.INTERFACE)
        self.interfaces = self.table[:0]
        self._comment(blocks.comments(block[24:-4], order))
        window.start += size
        return True

    def _interface(self, body: bytes) -> bool:
        number = len(self.facts.interfaces)
        if number == MOST_INTERFACES:
            return self.damage(f"more than {MOST_INTERFACES} interfaces")
        described = blocks.interface_description(body, self.order, number)
        self.facts.interfaces.append(described.interface)
        count = len(self.interfaces)
        if count == len(self.table):
            self.table = as_records(np.concatenate((self.table, self.table)))
        self.table[count] = described.row[0]
        self.interfaces = self.table[: count + 1]
        self._comment(described.comments)
        return True

    def _statistics(self, body: bytes) -> None:
        told = blocks.statistics(body, self.order, self.interfaces)
        if told.number < len(self.interfaces):  # Wireshark lets a stray one pass, too
            interface = self.facts.interfaces[self.section_start + told.number]
            interface.received, interface.dropped = told.received, told.dropped
            interface.started_ns, interface.stopped_ns = told.started_ns, told.stopped_ns

    def _comment(self, comments: list[str]) -> None:
        self.facts.comments += comments[: MOST_COMMENTS - len(self.facts.comments)]

    def _note_drops(self) -> None:
        """Drops told by packets count where no statistics block told the whole number."""
        for row in self.interfaces:
            interface = self.facts.interfaces[row.number]
            if row.tells_drops and interface.dropped is None:
                interface.dropped = int(row.dropped)
