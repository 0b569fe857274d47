"""Capture files made byte by byte, and what a source reads from them, as plain tuples."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import NamedTuple

from analyzer.errors import Damage
from analyzer.sources import Source, open_source

FRAME = bytes(range(12)) + b"\x08\x00" + b"E" + bytes(45)  # 60 bytes of Ethernet

SECTION, INTERFACE, OLD, SIMPLE, NAMES, STATISTICS, ENHANCED = 0x0A0D0D0A, 1, 2, 3, 4, 5, 6


class Read(NamedTuple):
    """One frame as it was read."""

    time_ns: int
    data: bytes
    original: int
    link_type: int
    interface: int
    fcs: int


def read_frames(source: Source) -> list[Read]:
    """Every frame of a source; each must lie inside its chunk's buffer, and no chunk may be empty."""
    found = []
    for chunk in source.chunks():
        assert len(chunk.frames) > 0
        for row in chunk.frames:
            start, end = int(row.offset), int(row.offset) + int(row.captured)
            assert 0 <= start <= end <= len(chunk.buffer)
            found.append(
                Read(
                    int(row.time_ns),
                    chunk.buffer[start:end].tobytes(),
                    int(row.original),
                    int(row.link_type),
                    int(row.interface),
                    int(row.fcs),
                )
            )
    return found


def read(path: Path | str, chunk_bytes: int = 1 << 16, chunk_frames: int = 1000) -> tuple[list[Read], Source]:
    """The frames of a file, and its source, closed."""
    with open_source(str(path), chunk_bytes, chunk_frames) as source:
        return read_frames(source), source


def damages(source: Source) -> list[tuple[int, str]]:
    """Offset and reason of each damage."""
    return [(each.offset, each.reason) for each in source.facts.damages]


def only_damage(source: Source) -> Damage:
    (damage,) = source.facts.damages
    return damage


def padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def pcap_header(
    magic: int = 0xA1B2C3D4,
    order: str = "<",
    version: tuple[int, int] = (2, 4),
    snap_length: int = 65535,
    network: int = 1,
) -> bytes:
    return struct.pack(order + "IHHiIII", magic, *version, 0, 0, snap_length, network)


def record(
    data: bytes = FRAME,
    seconds: int = 1,
    fraction: int = 0,
    order: str = "<",
    captured: int | None = None,
    original: int | None = None,
    extra: bytes = b"",
) -> bytes:
    """A pcap record; `extra` is what patched libpcaps put behind the lengths."""
    lengths = (len(data) if length is None else length for length in (captured, original))
    return struct.pack(order + "IIII", seconds, fraction, *lengths) + extra + data


def block(
    kind: int, body: bytes = b"", order: str = "<", total: int | None = None, trailing: int | None = None
) -> bytes:
    """A pcapng block; `total` and `trailing` replace its two lengths."""
    body = padded(body)
    total = 12 + len(body) if total is None else total
    trailing = total if trailing is None else trailing
    return struct.pack(order + "II", kind, total) + body + struct.pack(order + "I", trailing)


def option(code: int, value: bytes, order: str = "<") -> bytes:
    return struct.pack(order + "HH", code, len(value)) + padded(value)


def section(
    order: str = "<", options: bytes = b"", length: int = -1, version: tuple[int, int] = (1, 0)
) -> bytes:
    return block(SECTION, struct.pack(order + "IHHq", 0x1A2B3C4D, *version, length) + options, order)


def interface(order: str = "<", link_type: int = 1, snap_length: int = 0, options: bytes = b"") -> bytes:
    return block(INTERFACE, struct.pack(order + "HHI", link_type, 0, snap_length) + options, order)


def packet(
    data: bytes = FRAME,
    ticks: int = 1_000_000,
    number: int = 0,
    order: str = "<",
    captured: int | None = None,
    original: int | None = None,
    options: bytes = b"",
) -> bytes:
    """An enhanced packet block."""
    captured, original = (len(data) if length is None else length for length in (captured, original))
    head = struct.pack(order + "IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, captured, original)
    return block(ENHANCED, head + padded(data) + options, order)


def old_packet(
    data: bytes = FRAME, ticks: int = 1_000_000, number: int = 0, drops: int = 0xFFFF, order: str = "<"
) -> bytes:
    head = struct.pack(order + "HHIIII", number, drops, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data))
    return block(OLD, head + padded(data), order)


def simple_packet(data: bytes = FRAME, original: int | None = None, order: str = "<") -> bytes:
    return block(SIMPLE, struct.pack(order + "I", len(data) if original is None else original) + data, order)


def statistics(number: int = 0, options: bytes = b"", order: str = "<") -> bytes:
    return block(STATISTICS, struct.pack(order + "III", number, 0, 0) + options, order)
