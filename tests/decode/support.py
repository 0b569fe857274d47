"""Frames for the decoder: from bytes, from capture files; and what tshark says of them."""

from __future__ import annotations

import gzip
import ipaddress
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from struct import pack
from typing import Any

import numpy as np
from scapy.layers.l2 import Ether
from scapy.utils import RawPcapNgReader, RawPcapReader

from analyzer import kinds, records
from analyzer.decode import Decoder

ETHERNET = 1
MAC = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
"""With both addresses: without, scapy asks the network for them."""
GAP = b"\xa5" * 9
"""What lies between frames in the buffer: reading it would show."""


@dataclass(frozen=True)
class Frame:
    """One captured frame. original: octets on the wire, None for all of `data`."""

    data: bytes
    link_type: int = ETHERNET
    original: int | None = None
    time_ns: int = 0
    interface: int = 0
    fcs: int = 0


def lay_out(frames: Iterable[Frame]) -> tuple[Any, Any]:
    """Buffer and FRAME rows, as a source would hand them over."""
    listed = list(frames)
    buffer = bytearray(GAP)
    table = records.rows(len(listed), records.FRAME)
    for index, frame in enumerate(listed):
        original = len(frame.data) if frame.original is None else frame.original
        table[index] = (
            frame.time_ns,
            len(buffer),
            len(frame.data),
            original,
            frame.link_type,
            frame.interface,
            frame.fcs,
        )
        buffer += frame.data + GAP
    return np.frombuffer(buffer, np.uint8), table


def decode(*frames: Frame | bytes) -> tuple[Any, Decoder]:
    """The rows of some frames, numbered from 1, and the decoder that counted them."""
    decoder = Decoder(len(frames))
    buffer, table = lay_out(f if isinstance(f, Frame) else Frame(f) for f in frames)
    return decoder.decode(buffer, table, 1), decoder


def status_of(frame: Frame | bytes) -> str:
    """The status of one frame as a word."""
    _, decoder = decode(frame)
    assert decoder.counts.sum() == 1
    return kinds.STATUS_WORDS[int(decoder.counts.argmax())]


def address(high: Any, low: Any) -> str:
    """An address as people write it."""
    whole = ipaddress.IPv6Address(int(high) << 64 | int(low))
    return str(whole.ipv4_mapped or whole)


def source_of(row: Any) -> str:
    return address(row.source_high, row.source_low)


def destination_of(row: Any) -> str:
    return address(row.destination_high, row.destination_low)


def reporter_of(row: Any) -> str:
    return address(row.reporter_high, row.reporter_low)


def capture_frames(path: Path) -> list[Frame]:
    """The frames of a pcap or pcapng file, read by scapy."""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        magic = file.read(4)
    if magic == b"\x0a\x0d\x0d\x0a":
        with RawPcapNgReader(str(path)) as reader:
            return [
                Frame(data, meta.linktype, meta.wirelen if meta.wirelen is not None else len(data))
                for data, meta in reader
            ]
    with RawPcapReader(str(path)) as reader:
        return [Frame(data, reader.linktype & 0xFFFF, meta.wirelen) for data, meta in reader]


def write_pcap(path: Path, frames: Sequence[Frame]) -> None:
    """A microsecond pcap file with the link type of the first frame."""
    with path.open("wb") as file:
        file.write(pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 1 << 18, frames[0].link_type))
        for number, frame in enumerate(frames):
            original = len(frame.data) if frame.original is None else frame.original
            file.write(pack("<IIII", 1000 + number, 0, len(frame.data), original) + frame.data)


def ask_tshark(program: str, path: Path, fields: Sequence[str], *options: str) -> list[dict[str, str]]:
    """What tshark says of each frame; of a field that occurs several times, the innermost."""
    command = [program, "-n", "-r", str(path), "-T", "fields", "-E", "occurrence=l", "-E", "separator=|"]
    command += [*options, *(word for field in fields for word in ("-e", field))]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [dict(zip(fields, line.split("|"), strict=True)) for line in output.splitlines()]
