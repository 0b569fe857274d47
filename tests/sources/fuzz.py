"""Mutate small captures and read them: nothing but UnreadableError may come of it.

Run in a process of its own, with NUMBA_BOUNDSCHECK=1 and a cache folder of its own:
`python -m sources.fuzz SECONDS SEED`, from the tests folder. Prints how many files were read.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import random
import struct
import sys
import tempfile
import time
from pathlib import Path

import lz4.frame
import numba
import numpy as np
import zstandard

from analyzer.errors import UnreadableError
from analyzer.sources import open_source

from .files import (
    FRAME,
    Read,
    block,
    interface,
    old_packet,
    option,
    packet,
    pcap_header,
    read_frames,
    record,
    section,
    simple_packet,
    statistics,
)

TELLING = (0, 1, 2, 3, 6, 8, 11, 12, 16, 28, 31, 32, 60, 64, 0x7FFF, 0xFFFF, 262144, 262145, 1 << 24, 1 << 27)
TELLING += (0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFF, 0x0A0D0D0A, 0x1A2B3C4D, 0xBAD)


def pcapng(order: str) -> bytes:
    """A section with a bit of everything."""
    drops = option(4, struct.pack(order + "Q", 3), order)
    extras = (
        option(9, b"\x09", order) + option(2, b"eth0", order) + option(14, struct.pack(order + "q", 5), order)
    )
    return (
        section(order, options=option(1, b"comment", order))
        + interface(order, options=extras)
        + interface(order, snap_length=40, options=option(9, b"\xa0", order))
        + packet(FRAME, 1 << 40, 0, order, options=option(1, b"c", order) + drops)
        + packet(FRAME[:33], (1 << 63) + 5, 1, order)
        + old_packet(FRAME, 7, 1, 2, order)
        + simple_packet(FRAME, None, order)
        + block(0x777, bytes(500), order)
        + block(0xBAD, bytes(16), order)
        + statistics(0, option(5, struct.pack(order + "Q", 9), order), order)
        + packet(FRAME, 8, 0, order)
    )


def seeds() -> list[bytes]:
    """What is mutated: both formats and byte orders, and each compression once."""
    records = b"".join(record(FRAME[: i * 9], 1_700_000_000 + i) for i in range(7))
    plain = [
        pcap_header() + records,
        pcap_header(order=">") + b"".join(record(order=">", seconds=i) for i in range(5)),
        pcap_header(0xA1B23C4D, version=(2, 3)) + records,
        pcap_header(0xA1B2CD34) + record(extra=bytes(8)) * 4,
        pcapng("<"),
        pcapng(">") + pcapng("<"),
    ]
    packed = [
        gzip.compress(plain[0]) + gzip.compress(plain[4]),
        zstandard.ZstdCompressor().compress(plain[4] * 3),
        lz4.frame.compress(plain[4]),
        lzma.compress(plain[4]),
        bz2.compress(plain[0]),
    ]
    return plain * 3 + packed


def mutate(data: bytes, chance: random.Random) -> bytes:
    """A few changes: bytes, whole words with telling values, cuts, repeats."""
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 3, 8))):
        at = chance.randrange(len(changed) + 1)
        kind = chance.randrange(7)
        if kind == 0 and at < len(changed):
            changed[at] ^= 1 << chance.randrange(8)
        elif kind <= 3:
            word = chance.choice(TELLING) + chance.choice((0, 0, 0, -1, 1, 4))
            at -= at % chance.choice((1, 4))
            changed[at : at + 4] = (word & 0xFFFFFFFF).to_bytes(4, chance.choice(("little", "big")))
        elif kind == 4:
            del changed[at:]
        elif kind == 5:
            del changed[at : at + chance.randrange(1, 50)]
        else:
            start = chance.randrange(len(changed) + 1)
            changed[at:at] = changed[start : start + chance.randrange(1, 200)]
    return bytes(changed)


def outcome(path: Path, chunk_bytes: int, chunk_frames: int) -> tuple[list[Read], str] | str:
    """What reading gives; read_frames checks that every frame lies in its buffer."""
    try:
        with open_source(str(path), chunk_bytes, chunk_frames) as source:
            return read_frames(source), str(source.facts)
    except UnreadableError as error:
        assert len(str(error).splitlines()) == 1
        return str(error)


@numba.njit
def reach(numbers: np.ndarray, index: int) -> int:
    return numbers[index]


def bounds_are_checked() -> bool:
    """The canary: a kernel that reads beyond its array must raise."""
    try:
        reach(np.zeros(3, np.int64), 3)
    except IndexError:
        return True
    return False


def main(seconds: float, seed: int) -> None:
    assert bounds_are_checked(), "NUMBA_BOUNDSCHECK is not in force"
    chance = random.Random(seed)
    originals = seeds()
    files = 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mutated"
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            data = mutate(chance.choice(originals), chance)
            path.write_bytes(data)
            try:
                first = outcome(path, 1 << 16, 1000)
                assert first == outcome(path, chance.choice((1, 13, 100, 1000)), chance.choice((1, 2, 50)))
            except BaseException:
                kept = Path(tempfile.gettempdir()) / f"keepalive-fuzz-{os.getpid()}"
                kept.write_bytes(data)
                print(f"after {files} files, seed {seed}: {kept}", file=sys.stderr)  # noqa: T201
                raise
            files += 1
    print(files)  # noqa: T201


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]))
