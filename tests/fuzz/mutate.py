"""Damaged captures: real ones with bytes changed, cut, repeated, moved; and bytes without any sense.

    python -m tests.fuzz.mutate SEED SECONDS FILE…
    python -m tests.fuzz.mutate SEED --digest COUNT FILE…

Analyzes such captures for a while, in a process of its own, and prints how many. It ends with a
traceback as soon as the analyzer raises what it should not. Or analyzes so many, and prints a
digest of all results.
"""

from __future__ import annotations

import hashlib
import json
import random
import struct
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

from analyzer import kinds
from analyzer.errors import KeepaliveError
from analyzer.pipeline import Diagnosis, Outcome, analyze, warm_up
from analyzer.rules import Options, Rules
from tests.track.support import bits

LARGEST = 20_000
"""Bytes of a real capture that are used, so that many are tried in little time."""

FEW_FRAMES = 6_000
"""The same for what runs interpreted."""

TELLING = (0, 1, 2, 3, 4, 5, 6, 15, 16, 19, 20, 27, 28, 40, 59, 60, 127, 128, 254, 255)
"""Byte values at which lengths, offsets, versions and types change their meaning."""

WORDS = (0, 1, 4, 8, 11, 12, 20, 28, 32, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFF)
MAGICS = tuple(
    bytes.fromhex(magic)
    for magic in (
        *("a1b2c3d4", "d4c3b2a1", "a1b23c4d", "4d3cb2a1", "0a0d0d0a", "a1b2cd34", "34cdb2a1"),
        *("1f8b0800", "28b52ffd", "04224d18", "fd377a58", "4d5a0000"),
    )
)

Change = Callable[[random.Random, bytearray], None]


def set_bytes(chance: random.Random, data: bytearray) -> None:
    for _ in range(chance.choice((1, 1, 2, 5, 20))):
        data[chance.randrange(len(data))] = chance.choice((chance.randrange(256), chance.choice(TELLING)))


def flip_bit(chance: random.Random, data: bytearray) -> None:
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def set_word(chance: random.Random, data: bytearray) -> None:
    """A 32 bit number, often on a boundary: lengths of records and blocks."""
    if len(data) >= 4:
        place = chance.randrange(len(data) - 3) & ~3
        struct.pack_into(chance.choice("<>") + "I", data, place, chance.choice(WORDS))


def set_half_word(chance: random.Random, data: bytearray) -> None:
    """A 16 bit number: lengths of packets, types of links and protocols."""
    if len(data) >= 2:
        place = chance.randrange(len(data) - 1)
        struct.pack_into(">H", data, place, chance.choice((0, 1, 4, 20, 0x0800, 0x86DD, 0x8100, 0xFFFF)))


def cut(chance: random.Random, data: bytearray) -> None:
    del data[chance.randrange(1, len(data) + 1) :]


def drop(chance: random.Random, data: bytearray) -> None:
    begin = chance.randrange(len(data))
    del data[begin : begin + chance.choice((1, 2, 4, 16, 100))]


def insert(chance: random.Random, data: bytearray) -> None:
    begin = chance.randrange(len(data) + 1)
    data[begin:begin] = chance.randbytes(chance.choice((1, 2, 4, 16)))


def repeat(chance: random.Random, data: bytearray) -> None:
    """A stretch once more somewhere else."""
    begin = chance.randrange(len(data))
    stretch = data[begin : begin + chance.choice((4, 40, 100, 500))]
    place = chance.randrange(len(data) + 1)
    data[place:place] = stretch


def link_type(chance: random.Random, data: bytearray) -> None:
    """Of a pcap file: the same frames read as another link's."""
    if len(data) >= 24:
        types = (
            0,
            1,
            9,
            12,
            14,
            50,
            101,
            104,
            105,
            108,
            113,
            127,
            192,
            228,
            229,
            276,
            chance.randrange(65536),
        )
        struct.pack_into("<I", data, 20, chance.choice(types))


def magic(chance: random.Random, data: bytearray) -> None:
    data[:4] = chance.choice(MAGICS)


CHANGES: tuple[Change, ...] = (
    *(set_bytes,) * 6,
    *(set_word,) * 3,
    *(set_half_word,) * 3,
    *(flip_bit, cut, drop, insert, repeat, link_type, magic),
)


def mutated(chance: random.Random, seeds: list[bytes]) -> bytes:
    """One damaged capture, or now and then bytes of pure chance behind a magic number."""
    if chance.random() < 0.05:
        return chance.choice(MAGICS) + chance.randbytes(chance.choice((0, 3, 20, 24, 40, 300, 3000)))
    data = bytearray(chance.choice(seeds))
    for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
        if data:
            chance.choice(CHANGES)(chance, data)
    return bytes(data)


def seeds_of(paths: list[str]) -> list[bytes]:
    """The beginnings of real captures."""
    return [Path(path).read_bytes()[:LARGEST] for path in paths]


def check(outcome: Outcome) -> int:
    """Everything that people may ask of a result; how many captures came of it."""
    diagnosis = Diagnosis(Rules())
    for _, error in outcome.failures:
        assert isinstance(error, KeepaliveError)
        assert len(str(error).splitlines()) == 1, str(error)
    for capture in outcome.captures:
        chosen = np.arange(len(capture.flows))
        assert len(diagnosis.summarize(capture, chosen)) == len(chosen)
        for reason in diagnosis.reasons(capture, chosen):
            assert len(reason.splitlines()) == 1, reason
        assert all(len(str(damage).splitlines()) == 1 for damage in capture.facts.damages)
        assert sum(capture.verdicts) == len(capture.flows)
        assert set(capture.flows.verdict.tolist()) <= set(range(len(kinds.VERDICT_WORDS)))
        assert capture.packets is not None
        frames = [int(frame) for batch in capture.packets.batches() for frame in batch.frame]
        assert frames == sorted(frames)
        assert not frames or 1 <= frames[0] and frames[-1] <= capture.frames
        assert capture.tcp_segments <= capture.frames
    return len(outcome.captures)


def try_for(seconds: float, seed: int, paths: list[str], at_most: int = sys.maxsize) -> Counter[str]:
    """Analyze damaged captures until time is up; how they fared."""
    chance = random.Random(seed)
    seeds = seeds_of(paths)
    count: Counter[str] = Counter()
    until = time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "damaged"
        while time.monotonic() < until and count["tried"] < at_most:
            path.write_bytes(mutated(chance, seeds))
            began = time.monotonic()
            try:
                read = check(analyze([str(path)], Options(packets=True)))
            except Exception:
                kept = Path(tempfile.gettempdir()) / f"keepalive-fuzz-{seed}-{count['tried']}"
                kept.write_bytes(path.read_bytes())
                print(f"what failed is kept in {kept}", file=sys.stderr)  # noqa: T201
                raise
            assert time.monotonic() - began < 30, "far too slow for so small a file"
            count["tried"] += 1
            count["read" if read else "refused"] += 1
    return count


def digest(seed: int, count: int, paths: list[str]) -> str:
    """Of every result of so many damaged captures, each cut to a few frames."""
    chance = random.Random(seed)
    seeds = [content[:FEW_FRAMES] for content in seeds_of(paths)]
    state = hashlib.sha256()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "damaged"
        for _ in range(count):
            path.write_bytes(mutated(chance, seeds))
            outcome = analyze([str(path)], Options(packets=True))
            for capture in outcome.captures:
                said = capture.frames, capture.tcp_segments, capture.skipped, capture.facts.damages
                state.update(repr(said).encode() + bits(capture.flows) + bits(capture.find_probing(None)[0]))
                assert capture.packets is not None
                for batch in capture.packets.batches():
                    state.update(bits(batch))
    return state.hexdigest()


def main() -> None:
    seed, seconds, *paths = sys.argv[1:]
    if seconds == "--digest":
        print(digest(int(seed), int(paths[0]), paths[1:]))  # noqa: T201
        return
    warm_up()  # compiling takes longer than trying
    print(json.dumps(try_for(float(seconds), int(seed), paths)))  # noqa: T201


if __name__ == "__main__":
    main()
