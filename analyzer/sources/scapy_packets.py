"""Packets of scapy, as the pcapng file that they would make; no file is written for our own decoder."""

from __future__ import annotations

import io
import struct
import tempfile
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from analyzer.errors import UnreadableError, UsageError
from analyzer.sources.base import Source
from analyzer.sources.inputs import Input
from analyzer.sources.opening import read_source

NAME = "scapy packets"
SECOND_NS = 1_000_000_000
LATEST_NS = (1 << 63) - 1  # in the year 2262
SECTION, INTERFACE, PACKET = 0x0A0D0D0A, 1, 6  # block types, draft-ietf-opsawg-pcapng
UNDISSECTED = 147  # LINKTYPE_USER0
SNAP_LENGTH = 1 << 18  # octets that are kept of a packet, as dumpcap does
NANOSECONDS = struct.pack("<HHB3xHH", 9, 1, 9, 0, 0)  # if_tsresol, end of options


def open_packets(packets: Iterable[Any], reader: str) -> Source:
    """The packets as a source; reader: who takes them apart (`held.READERS`)."""
    if not reader:
        source: Source = read_source(Pieces(blocks_of(packets)), NAME)
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
    """The blocks of a pcapng file, with an interface for each link type.

    Raises UsageError for what is no packet that could be in a capture, UnreadableError for one that
    cannot be written.
    """
    yield _block(SECTION, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    interfaces: dict[int, int] = {}
    for number, packet in enumerate(packets, start=1):
        link_type = link_type_of(packet)
        if link_type not in interfaces:
            interfaces[link_type] = len(interfaces)
            yield _block(INTERFACE, struct.pack("<HHI", link_type, 0, 0) + NANOSECONDS)
        yield _packet(packet, number, interfaces[link_type])
    if list(interfaces) == [UNDISSECTED]:
        raise UsageError("analyze: scapy knows the link layer of none of these packets: hand over the file")


def _packet(packet: Any, number: int, interface: int) -> bytes:
    """The block of a packet, the `number`th."""
    try:
        data = bytes(packet)
    except Exception as error:  # whatever a packet that somebody put together raises
        raise UnreadableError(f"{NAME}: packet {number} has no bytes: {error}") from None
    try:
        time_ns = _time_ns(packet.time)
    except (ValueError, OverflowError, ArithmeticError):
        raise UnreadableError(
            f"{NAME}: packet {number} has no time that a capture can have: {packet.time!r:.40}"
        ) from None
    original = max(getattr(packet, "wirelen", None) or 0, len(data))
    data = data[:SNAP_LENGTH]
    padded = data.ljust(-(-len(data) // 4) * 4, b"\0")
    head = (interface, time_ns >> 32, time_ns & 0xFFFFFFFF, len(data), original)
    return _block(PACKET, struct.pack("<IIIII", *head) + padded)


def _time_ns(time_s: Any) -> int:
    """Nanoseconds of seconds since the epoch. Raises ValueError where a capture cannot have them.

    Scapy's decimals are exact; a float of today is a quarter of a microsecond wide.
    """
    if isinstance(time_s, float):
        time_ns = round(time_s * 1_000_000) * 1000
    elif isinstance(time_s, int | Decimal):
        time_ns = int(time_s * SECOND_NS)
    else:
        raise ValueError(time_s)
    if not 0 <= time_ns <= LATEST_NS:
        raise ValueError(time_s)
    return time_ns


def link_type_of(packet: Any) -> int:
    """The LINKTYPE_ value of a packet's first layer.

    Raw bytes are what scapy could not take apart: too short, or of a link type that it does not know;
    they count as frames that are not decoded. Raises UsageError where the first layer is no link layer.
    """
    from scapy.config import conf
    from scapy.packet import Raw

    if type(packet) is Raw:
        return UNDISSECTED
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


class Pieces(Input):
    """A capture whose pieces are made while it is read."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__(io.RawIOBase(), None)
        self.gathers = False  # it waits for nobody
        self._pieces = pieces
        self._rest = b""

    def _read(self, view: memoryview) -> int:
        """Fill `view`: a chunk of many frames costs hardly more than one of a few."""
        done = 0
        while done < len(view) and not self.stopped:
            self._rest = self._rest or next(self._pieces, b"")
            if not self._rest:
                break
            count = min(len(view) - done, len(self._rest))
            view[done : done + count] = self._rest[:count]
            self._rest = self._rest[count:]
            done += count
        return done
