"""Damaged frames, and a program that decodes them: run it compiled, interpreted and with checks.

`python -m decode.fuzzing SEED COUNT FILE` writes the rows to FILE. Each frame fills a buffer of its
own, so that NUMBA_BOUNDSCHECK=1 notices the first octet read past a frame.
"""

from __future__ import annotations

import random
import sys
from typing import Any

import numba
import numpy as np
from scapy.layers.inet import IP
from scapy.layers.l2 import ARP

from analyzer import records
from analyzer.decode import Decoder

from .support import MAC, Frame
from .test_icmp_arp import QUOTED6, error4, error6, quote
from .test_links import SAMPLES as LINK_SAMPLES
from .test_network import EXTENSIONS, SEGMENT, ip4, ip6
from .test_tcp_header import SACK, TIMESTAMPS, with_options
from .test_tunnels import SAMPLES as TUNNEL_SAMPLES

TELLING = (0, 1, 2, 3, 4, 6, 8, 0x11, 0x2F, 0x3A, 0x45, 0x46, 0x60, 0x7F, 0x80, 0x81, 0xFF)
"""Values that mean something in some header."""


def valid_frames() -> list[Frame]:
    """One frame of every sort that the decoder knows."""
    frames = [Frame(data, link_type) for link_type, data in LINK_SAMPLES.values()]
    frames += [Frame(data) for data in TUNNEL_SAMPLES.values()]
    frames += [Frame(ip6(header + SEGMENT, number)) for number, header in EXTENSIONS.values()]
    frames += [Frame(with_options(b"\x01\x01" + TIMESTAMPS + b"\x01\x01" + SACK, b"x"))] * 4
    frames += [
        Frame(with_options(b"\x02\x04\x05\xb4\x04\x02\x01\x03\x03\x07\x1e\x04\x00\x01\x22\x02\x01\x00"))
    ]
    frames += [Frame(error4(quote())), Frame(error6(quote(ip=QUOTED6)))]
    frames += [Frame(bytes(MAC / ARP(op=operation, psrc="10.0.0.1"))) for operation in (1, 2)]
    frames += [Frame(ip6(SEGMENT, 50)), Frame(ip6(SEGMENT, 17)), Frame(SEGMENT, 105)]
    frames += [Frame(ip4(bytes(IP(proto=4, len=0)) * 40 + SEGMENT, 4)), Frame(ip4(frag=2))]
    return frames


def damage(frame: Frame, dice: random.Random) -> Frame:
    """The frame with some octets changed, perhaps cut, its lengths perhaps untrue."""
    data = bytearray(frame.data)
    for _ in range(dice.choice((0, 1, 1, 2, 3, 8))):
        data[dice.randrange(min(len(data), 110))] = dice.choice((*TELLING, dice.randrange(256)))
    original = len(data)
    if dice.random() < 0.4:
        data = data[: dice.randrange(len(data) + 1)]
    if dice.random() < 0.1:
        original = dice.choice((0, 60, 1514, 1 << 31, (1 << 32) - 1))
    return Frame(bytes(data), frame.link_type, original, fcs=dice.choice((0, 0, 0, 4, 255)))


def damaged_frames(seed: int, count: int) -> list[Frame]:
    """The same `count` frames for the same seed."""
    dice = random.Random(seed)
    valid = valid_frames()
    return [damage(dice.choice(valid), dice) for _ in range(count)]


@numba.njit
def one_past_the_end(array: Any) -> Any:
    """What a bounds check must object to."""
    return array[np.uint64(len(array))]


def checks_bounds() -> bool:
    """Whether numba's bounds checks are at work in this process."""
    try:
        one_past_the_end(np.zeros(3, np.uint8))
    except IndexError:
        return True
    return False


def main(seed: int, count: int, path: str) -> None:
    """Decode damaged frames one by one and keep the rows."""
    decoder = Decoder(1)
    table = records.rows(1, records.FRAME)
    rows = []
    for number, frame in enumerate(damaged_frames(seed, count), start=1):
        table[0] = (number, 0, len(frame.data), frame.original, frame.link_type, 0, frame.fcs)
        buffer = np.frombuffer(bytearray(frame.data), np.uint8)
        rows.append(decoder.decode(buffer, table, number).copy())
    np.savez(path, rows=np.concatenate(rows), counts=decoder.counts, checked=checks_bounds())


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
