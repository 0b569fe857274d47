"""Packets of scapy, as the pcapng file that they would make; no file is written for our own decoder."""

from __future__ import annotations

import io
import struct
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from analyzer.errors import UnreadableError, UsageError
from analyzer.sources.base import Source
from analyzer.sources.inputs import Input
from analyzer.sources.opening import read_source

NAME = "scapy packets"
SECOND_NS = 1_000_000_000
SECTION, INTERFACE, PACKET = 0x0A0D0D0A, 1, 6  # block types, draft-ietf-opsawg-pcapng
NANOSECONDS = struct.pack("<HHB3xHH", 9, 1, 9, 0, 0)  # if_tsresol, end of options


def open_packets(packets: Iterable[Any], reader: str) -> Source:
    """The packets as a source; reader: who takes them apart (`held.READERS`)."""
    if not reader:
        opened = Input(Pieces(blocks_of(packets)), None)
        opened.gathers = False  # it waits for nobody
        source: Source = read_source(opened, NAME)
    else:
        source = _through_tshark(packets)
    source.facts.format = NAME if not reader else f"{NAME}, read by tshark"
    source.facts.path = NAME
    return source


def _through_tshark(packets: Iterable[Any]) -> Source:
    from analyzer.sources.tshark import TsharkSource

    class Temporary(TsharkSource):
        """The file goes when it has been read."""

        def close(self) -> None:
            super().close()
            folder.cleanup()

    folder = tempfile.TemporaryDirectory(prefix="keepalive-")
    path = Path(folder.name) / "packets.pcapng"
    try:
        with path.open("wb") as stream:
            stream.writelines(blocks_of(packets))
        return Temporary(str(path))
    except BaseException:
        folder.cleanup()
        raise


def blocks_of(packets: Iterable[Any]) -> Iterator[bytes]:
    """The blocks of a pcapng file, with an interface for each link type."""
    yield _block(SECTION, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    interfaces: dict[int, int] = {}
    for number, packet in enumerate(packets, start=1):
        link_type = link_type_of(packet)
        if link_type not in interfaces:
            interfaces[link_type] = len(interfaces)
            yield _block(INTERFACE, struct.pack("<HHI", link_type, 0, 0) + NANOSECONDS)
        try:
            data, time_ns = bytes(packet), int(packet.time * SECOND_NS)
        except Exception as error:  # whatever a packet that somebody put together raises
            raise UnreadableError(f"{NAME}: packet {number} has no bytes: {error}") from None
        original = max(getattr(packet, "wirelen", None) or 0, len(data))
        place, high, low = interfaces[link_type], time_ns >> 32, time_ns & 0xFFFFFFFF
        padded = data.ljust(-(-len(data) // 4) * 4, b"\0")
        yield _block(PACKET, struct.pack("<IIIII", place, high, low, len(data), original) + padded)


def link_type_of(packet: Any) -> int:
    """The LINKTYPE_ value of a packet's first layer. Raises UsageError where scapy knows none."""
    from scapy.config import conf

    known = conf.l2types.layer2num
    for each in type(packet).__mro__:
        if each in known:
            return int(known[each])
    raise UsageError(
        f"analyze: scapy packets that begin with {type(packet).__name__}: a link layer or IP is wanted"
    )


def _block(kind: int, body: bytes) -> bytes:
    length = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + length + body + length


class Pieces(io.RawIOBase):
    """A stream whose pieces are made while it is read."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, view: Any) -> int:
        """Fill `view` with what the next piece has; 0 only at the end."""
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = piece
        count = min(len(view), len(self._rest))
        view[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count
