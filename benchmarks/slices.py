"""The first frames of a capture, for tools that would take hours on all of it."""

import mmap
import shutil
import struct
from collections.abc import Iterator
from pathlib import Path

PCAP_MAGICS = {0xA1B2C3D4, 0xA1B23C4D}
PCAPNG_MAGIC, BYTE_ORDER = 0x0A0D0D0A, 0x1A2B3C4D
PACKET_BLOCKS = {2, 3, 6}  # obsolete, simple, enhanced


def frame_ends(data: bytes | mmap.mmap) -> Iterator[int]:
    """Offset behind each complete frame of a pcap or pcapng file, in either byte order."""
    for order in "<>":
        (magic,) = struct.unpack_from(f"{order}I", data, 0)
        if magic in PCAP_MAGICS:
            yield from _records(data, order)
            return
    if magic != PCAPNG_MAGIC:
        raise ValueError("neither pcap nor pcapng")
    yield from _blocks(data)


def _records(data: bytes | mmap.mmap, order: str) -> Iterator[int]:
    captured = struct.Struct(f"{order}I")
    at = 24
    while at + 16 <= len(data):
        at += 16 + captured.unpack_from(data, at + 8)[0]
        if at > len(data):
            return
        yield at


def _blocks(data: bytes | mmap.mmap) -> Iterator[int]:
    order, at = "<", 0
    while at + 12 <= len(data):
        if struct.unpack_from("<I", data, at)[0] == PCAPNG_MAGIC:
            order = "<" if struct.unpack_from("<I", data, at + 8)[0] == BYTE_ORDER else ">"
        kind, length = struct.unpack_from(f"{order}II", data, at)
        at += length
        if length < 12 or at > len(data):
            return
        if kind in PACKET_BLOCKS:
            yield at


def count_frames(path: Path) -> int:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return sum(1 for _ in frame_ends(data))


def write_slice(path: Path, count: int, out: Path) -> int:
    """Writes the first `count` frames, or all if there are fewer; returns how many."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        written, end = 0, 0
        for written, end in enumerate(frame_ends(data), start=1):  # noqa: B007 (both used behind the loop)
            if written == count:
                break
        if not written:
            raise ValueError(f"{path.name} has no frames")
        with out.open("wb") as target:
            target.write(data[:end])
    return written


def warm(path: Path) -> None:
    """Reads a file once, so that it is in the page cache."""
    with path.open("rb") as file, open("/dev/null", "wb") as nowhere:
        shutil.copyfileobj(file, nowhere, 1 << 20)
