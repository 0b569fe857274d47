"""The blocks of pcapng files that we write (draft-ietf-opsawg-pcapng), and the words of those that we read.

`order` is a byte order as of `struct`: "<" or ">".
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analyzer.facts import Interface, Rows
from analyzer.sources.blocks import (
    BYTE_ORDER_MAGIC,
    COMMENT,
    END_OF_OPTIONS,
    IF_FCSLEN,
    IF_TSRESOL,
    ISB_ENDTIME,
    ISB_IFDROP,
    ISB_IFRECV,
    ISB_STARTTIME,
)
from analyzer.sources.kernels import (
    ENHANCED_PACKET,
    INTERFACE_BLOCK,
    NO_LINK,
    OLD_PACKET,
    SECTION_HEADER,
    STATISTICS,
)

PACKET_HEADER = 28  # bytes before the frame, of enhanced and of old packet blocks
SIMPLE_HEADER = 12
EPB_FLAGS = 2
MOST_FLAGGED_FCS = 15  # bytes: epb_flags has four bits for them
LONGEST_COMMENT = 4000  # bytes; our choice: what a person still reads in Wireshark's packet list

IN_MICROSECONDS, IN_NANOSECONDS = 6, 9  # if_tsresol, the negative power of 10


def padded(size: Any) -> Any:
    """The next multiple of 4, of a number or of an array."""
    return size + 3 & ~3


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    """A block with its two lengths; `body` is padded."""
    body += bytes(-len(body) % 4)
    total = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + total + body + total


def option(code: int, value: bytes, order: str = "<") -> bytes:
    """One option, padded."""
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def options(parts: Iterable[bytes], order: str = "<") -> bytes:
    """A list of options with its end; nothing where there are none."""
    whole = b"".join(parts)
    return whole + option(END_OF_OPTIONS, b"", order) if whole else b""


def comment(text: str, order: str = "<") -> bytes:
    """opt_comment, cut where it is very long."""
    return option(
        COMMENT, text.encode("utf-8", "replace")[:LONGEST_COMMENT].decode("utf-8", "ignore").encode(), order
    )


def section_header(order: str = "<") -> bytes:
    """A section of unspecified length, without options."""
    return block(SECTION_HEADER, struct.pack(order + "IHHq", BYTE_ORDER_MAGIC, 1, 0, -1), order)


def interface_description(interface: Interface, resolution: int, fcs: int = 0) -> bytes:
    """Link type, snap length, resolution of times and FCS length (bytes); nothing that was a text."""
    known = [option(IF_TSRESOL, bytes([resolution]))]
    if fcs:
        known.append(option(IF_FCSLEN, bytes([fcs * 8])))  # the specification wants bits
    body = struct.pack("<HHI", interface.link_type, 0, interface.snap_length)
    return block(INTERFACE_BLOCK, body + options(known))


def statistics(number: int, interface: Interface, end_ns: int) -> bytes:
    """An interface statistics block with counts and times of the capturing; nothing where none is known."""
    times = ((ISB_STARTTIME, interface.started_ns), (ISB_ENDTIME, interface.stopped_ns))
    counts = ((ISB_IFRECV, interface.received), (ISB_IFDROP, interface.dropped))
    known = [
        option(code, struct.pack("<II", *divmod(ns, 1 << 32)))
        for code, ns in times
        if ns is not None and ns >= 0
    ]
    known += [option(code, struct.pack("<Q", count)) for code, count in counts if count is not None]
    if not known:
        return b""
    body = struct.pack("<III", number, *divmod(max(end_ns, 0), 1 << 32))
    return block(STATISTICS, body + options(known))


def fcs_flags(fcs: int) -> list[bytes]:
    """epb_flags of a frame with so many bytes of FCS."""
    return [option(EPB_FLAGS, struct.pack("<I", fcs << 5))] if 0 < fcs <= MOST_FLAGGED_FCS else []


Place = tuple[int, int]
"""Number of an interface in its section, and time in its ticks."""


def enhanced_packet(place: Place, data: bytes, original: int, order: str = "<", known: bytes = b"") -> bytes:
    """An enhanced packet block. known: its list of options."""
    interface, ticks = place
    head = struct.pack(order + "IIIII", interface, *divmod(ticks, 1 << 32), len(data), original)
    return block(ENHANCED_PACKET, head + data + bytes(-len(data) % 4) + known, order)


def place_of(head: bytes, order: str) -> Place:
    """Where and when, by the header of an enhanced or old packet block."""
    kind, _total, interface, high, low = struct.unpack_from(order + "IIIII", head)
    if kind == OLD_PACKET:
        (interface,) = struct.unpack_from(order + "H", head, 8)
    return interface, high << 32 | low


def ticks_of(time_ns: int, interface: np.record) -> int:
    """A time in ticks of an interface (`sources.blocks.INTERFACE`); the earliest that is not before it."""
    ns = max(time_ns - int(interface.offset_ns), 0)
    if interface.shift >= 0:
        ticks = -(-(ns << int(interface.shift)) // 10**9)
    elif interface.factor:
        ticks = -(-ns // int(interface.factor))
    else:
        ticks = ns * int(interface.divisor)
    return min(ticks, (1 << 64) - 1)


def numbers_at(buffer: NDArray[np.uint8], at: NDArray[np.int64], order: str) -> NDArray[np.int64]:
    """The 32-bit numbers at these indices, which must lie in the buffer."""
    octets = np.ascontiguousarray(buffer[at[:, None] + np.arange(4)])
    values: NDArray[np.int64] = octets.view(order + "u4")[:, 0].astype(np.int64)
    return values


class Records:
    """Where the blocks of a chunk's frames lie in its buffer. begin, end: int64 by frame.

    kinds: uint8 by frame, what carries it: ENHANCED (or an old packet block, which looks the same),
    SIMPLE, or NUMBERED, which is no frame but has a number.
    """

    ENHANCED, SIMPLE, NUMBERED = 0, 1, 2

    def __init__(self, buffer: NDArray[np.uint8], frames: Rows, order: str) -> None:
        offset = np.ascontiguousarray(frames.offset)
        before = numbers_at(
            buffer, np.maximum(offset - 4, 0), order
        )  # original length, or another block's end
        bare = (frames.link_type == NO_LINK) & (frames.captured == 0) & (frames.original == 0)
        numbered = bare & ((offset < SIMPLE_HEADER) | (before != 0))
        # 8 before the frame stands its captured length, or a simple block's length: that plus 16 at least
        length = numbers_at(buffer, np.maximum(offset - 8, 0), order)
        self.kinds = np.select(
            [numbered, length == frames.captured], [self.NUMBERED, self.ENHANCED], self.SIMPLE
        ).astype(np.uint8)
        self.begin = offset - np.array([PACKET_HEADER, SIMPLE_HEADER, 0])[self.kinds]
        self.end = self.begin + padded(numbers_at(buffer, self.begin + 4, order))
