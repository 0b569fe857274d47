"""The rare blocks of a pcapng file: section header, interface description and statistics.

Read in Python, one at a time; the packets between them are the kernel's. An option list that
breaks off is read as far as it goes: its block's two lengths agree, so the packets are good.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from analyzer.facts import Interface, Rows
from analyzer.records import rows
from analyzer.sources.kernels import LATEST_NS

INTERFACE = np.dtype(
    [
        ("factor", "<i8"),  # ns in a tick, 0 where a tick is shorter
        ("offset_ns", "<i8"),  # if_tsoffset, ns
        ("shift", "<i8"),  # ticks are 2 ** -shift s, or -1: see factor and divisor
        ("fast_high", "<i8"),  # below this high word, ticks times factor is within LATEST_NS
        ("divisor", "<u8"),  # ticks in a ns, where factor is 0
        ("dropped", "<i8"),  # frames lost before others, summed over the packets
        ("snap_length", "<u4"),  # bytes, 0 = unlimited
        ("link_type", "<u2"),
        ("number", "<u2"),  # index into the capture's interfaces
        ("fcs", "u1"),  # bytes
        ("tells_drops", "u1"),  # 1: some packet said how many were lost before it
    ],
    align=True,
)
"""An interface as `walk_pcapng` needs it."""

BYTE_ORDER_MAGIC = 0x1A2B3C4D
ORDERS = {BYTE_ORDER_MAGIC.to_bytes(4, "little"): "<", BYTE_ORDER_MAGIC.to_bytes(4, "big"): ">"}

END_OF_OPTIONS, COMMENT = 0, 1
IF_NAME, IF_DESCRIPTION, IF_TSRESOL, IF_FILTER, IF_FCSLEN, IF_TSOFFSET = 2, 3, 9, 11, 13, 14
ISB_STARTTIME, ISB_ENDTIME, ISB_IFRECV, ISB_IFDROP, ISB_OSDROP = 2, 3, 4, 5, 7
UNKNOWN_COUNT = (1 << 64) - 1  # what dumpcap writes where the system does not tell

FIRST_CAPTURES_NS = 315_532_800 * 10**9  # 1980: TCP had no captures yet, so an earlier time is a misreading

LONGEST_TEXT = 4096  # bytes of a name or comment that are kept; our choice


@dataclass(frozen=True)
class Description:
    """An interface description block: what is shown of it, what the kernel needs, its comments."""

    interface: Interface
    row: Rows
    comments: list[str]


def options(body: bytes, order: str) -> Iterator[tuple[int, bytes]]:
    """Yield code and value of each option, until the end or an option that does not fit."""
    at = 0
    while at + 4 <= len(body):
        code, length = struct.unpack_from(order + "HH", body, at)
        if code == END_OF_OPTIONS or at + 4 + length > len(body):
            return
        yield code, body[at + 4 : at + 4 + length]
        at += 4 + (length + 3 & ~3)


def comments(body: bytes, order: str) -> list[str]:
    """The comments among a block's options."""
    return [_text(value) for code, value in options(body, order) if code == COMMENT]


def interface_description(body: bytes, order: str, number: int) -> Description:
    """Read an interface description block's body; `number` is its index in the capture."""
    link_type, _reserved, snap_length = struct.unpack_from(order + "HHI", body)
    interface = Interface(link_type, snap_length)
    row = rows(1, INTERFACE)
    row[0].link_type, row[0].snap_length, row[0].number = link_type, snap_length, number
    known: dict[int, bytes] = {}
    for code, value in options(body[8:], order):
        known.setdefault(code, value)  # of options that may occur once, the first counts
    interface.name = _text(known.get(IF_NAME, b""))
    interface.description = _text(known.get(IF_DESCRIPTION, b""))
    interface.filter = _filter(known.get(IF_FILTER, b""))
    row[0].fcs = _fcs_bytes(known.get(IF_FCSLEN, b""))
    if len(offset := known.get(IF_TSOFFSET, b"")) == 8:
        (seconds,) = struct.unpack(order + "q", offset)
        row[0].offset_ns = max(min(seconds * 10**9, LATEST_NS), -LATEST_NS)
    resolution = known.get(IF_TSRESOL, b"")
    _set_resolution(row[0], resolution[0] if len(resolution) == 1 else 6)
    return Description(interface, row, comments(body[8:], order))


@dataclass(frozen=True)
class Statistics:
    """An interface statistics block: `number` of the interface in its section; the rest as in `Interface`."""

    number: int
    received: int | None
    dropped: int | None
    started_ns: int | None
    stopped_ns: int | None


def statistics(body: bytes, order: str, interfaces: Any) -> Statistics:
    """Read an interface statistics block's body. interfaces: INTERFACE rows of the section."""
    (number,) = struct.unpack_from(order + "I", body)
    counts: dict[int, int] = {}
    times: dict[int, int] = {}
    for code, value in options(body[12:], order):
        if len(value) != 8:
            continue
        if code in (ISB_STARTTIME, ISB_ENDTIME) and number < len(interfaces):
            high, low = struct.unpack(order + "II", value)  # two words in either byte order, as of packets
            times.setdefault(code, moment_ns(high << 32 | low, interfaces[number]))
        elif (count := struct.unpack(order + "Q", value)[0]) != UNKNOWN_COUNT:
            counts.setdefault(code, count)
    drops = [counts[code] for code in (ISB_IFDROP, ISB_OSDROP) if code in counts]
    return Statistics(
        number,
        counts.get(ISB_IFRECV),
        sum(drops) if drops else None,
        times.get(ISB_STARTTIME),
        times.get(ISB_ENDTIME),
    )


def moment_ns(ticks: int, interface: np.record) -> int:
    """When an interface began or ended to capture.

    In ticks of the interface; but dumpcap writes microseconds whatever the resolution (seen with 4.0.17),
    which read as nanoseconds falls in January 1970.
    """
    by_resolution = nanoseconds(ticks, interface)
    as_microseconds = ticks * 1000
    if by_resolution < FIRST_CAPTURES_NS <= as_microseconds <= LATEST_NS:
        return as_microseconds
    return by_resolution


def nanoseconds(ticks: int, interface: np.record) -> int:
    """Ticks of an interface's clock as ns since the epoch, within what a time may be."""
    if interface.shift >= 0:
        ns = ticks * 10**9 >> int(interface.shift)
    elif interface.factor:
        ns = ticks * int(interface.factor)
    else:
        ns = ticks // int(interface.divisor)
    return max(min(ns + int(interface.offset_ns), LATEST_NS), -LATEST_NS)


def _set_resolution(row: np.record, resolution: int) -> None:
    """`resolution` is if_tsresol: ticks are 10 ** -r s, or 2 ** -r s with the highest bit set."""
    exponent = resolution & 0x7F
    row.shift, row.factor, row.divisor = -1, 0, 1
    if resolution & 0x80:
        row.shift = exponent
    elif exponent <= 9:
        row.factor = 10 ** (9 - exponent)
        row.fast_high = LATEST_NS // 10 ** (9 - exponent) >> 32
    elif exponent <= 28:
        row.divisor = 10 ** (exponent - 9)
    else:
        row.shift = 127  # all 64 bits of ticks are less than a ns


def _fcs_bytes(value: bytes) -> int:
    """if_fcslen is in bits, but its example in the specification is 4: files have both units."""
    if len(value) != 1:
        return 0
    return value[0] // 8 if value[0] >= 16 else value[0]


def _filter(value: bytes) -> str:
    """if_filter: 0 and the filter as text; anything else is BPF code."""
    return _text(value[1:]) if value[:1] == b"\0" else ""


def _text(value: bytes) -> str:
    return value[:LONGEST_TEXT].decode("utf-8", "replace").rstrip("\0")
