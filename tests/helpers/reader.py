"""A capture file → segments, without the package: scapy splits the file into frames, the rest is here.

Ethernet with VLAN tags, Linux cooked, BSD loopback and raw IP; IPv4, IPv6 with
extension headers, IP in IP; TCP, and the ICMP errors that quote it. What it
does not know it leaves out: it reads captures for tests, not every capture.
"""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .segment import IcmpError, Record, Segment

ETHERNET, NULL, LOOP, SLL, SLL2 = 1, 0, 108, 113, 276
RAW_IP = (12, 14, 101, 228, 229)
VLAN_TAGS = (0x8100, 0x88A8, 0x9100)
IP_TYPES = (0x0800, 0x86DD)
TCP, ICMP, ICMPV6 = 6, 1, 58
ICMP_ERRORS = (3, 4, 11, 12)
ICMPV6_ERRORS = (1, 2, 3, 4)


@dataclass
class Capture:
    """The records of a file in frame order, and the frames whose time bounds it."""

    records: list[Record] = field(default_factory=list)
    frames: int = 0
    start_ns: int = 0
    end_ns: int = 0
    """Time of the last frame of the file, of whatever protocol."""


@dataclass(frozen=True)
class Packet:
    """One IP packet: what its header says, and the bytes after it that were captured."""

    src: str
    dst: str
    protocol: int
    ttl: int
    ip_id: int | None
    length: int
    """Bytes after the header on the wire, captured or not."""
    payload: bytes


def read(path: Path | str) -> Capture:
    """Read a pcap or pcapng file."""
    capture = Capture()
    for number, (time_ns, link, raw, wire_length) in enumerate(_frames(path), start=1):
        if number == 1:
            capture.start_ns = time_ns
        capture.frames, capture.end_ns = number, time_ns
        start = _network_start(link, raw)
        if start is None:
            continue
        record = _record(number, time_ns, raw[start:], wire_length - start)
        if record is not None:
            capture.records.append(record)
    return capture


def _frames(path: Path | str) -> Iterator[tuple[int, int, bytes, int]]:
    """Time, link type, bytes and original length of each frame."""
    from scapy.utils import RawPcapNgReader, RawPcapReader

    with open(path, "rb") as file:
        is_pcapng = file.read(4) == b"\x0a\x0d\x0d\x0a"
    reader: Any = RawPcapNgReader(str(path)) if is_pcapng else RawPcapReader(str(path))
    with reader:
        for raw, meta in reader:
            if is_pcapng:
                ticks = ((meta.tshigh or 0) << 32) + (meta.tslow or 0)
                yield ticks * 1_000_000_000 // meta.tsresol, meta.linktype, raw, meta.wirelen
            else:
                fraction = meta.usec if reader.nano else meta.usec * 1000
                yield meta.sec * 1_000_000_000 + fraction, reader.linktype, raw, meta.wirelen


def _network_start(link: int, raw: bytes) -> int | None:
    """Where the IP header begins; None where there is none."""
    if link in RAW_IP:
        return 0
    if link in (NULL, LOOP):
        return 4
    place = {ETHERNET: 12, SLL: 14, SLL2: 0}.get(link)
    if place is None or len(raw) < place + 2:
        return None
    (ethertype,) = struct.unpack_from(">H", raw, place)
    place = 20 if link == SLL2 else place + 2
    while ethertype in VLAN_TAGS and len(raw) >= place + 4:
        (ethertype,) = struct.unpack_from(">H", raw, place + 2)
        place += 4
    return place if ethertype in IP_TYPES else None


def _record(number: int, time_ns: int, raw: bytes, wire_length: int) -> Record | None:
    packet = _innermost(raw, wire_length)
    if packet is None:
        return None
    if packet.protocol == TCP:
        return _segment(number, time_ns, packet)
    errors = {ICMP: ICMP_ERRORS, ICMPV6: ICMPV6_ERRORS}.get(packet.protocol, ())
    if len(packet.payload) < 8 or packet.payload[0] not in errors:
        return None
    quoted = _innermost(packet.payload[8:], len(packet.payload) - 8)
    if quoted is None or quoted.protocol != TCP or len(quoted.payload) < 8:
        return None
    sport, dport, seq = struct.unpack_from(">HHI", quoted.payload)
    return IcmpError(
        number, time_ns, packet.src, quoted.src, sport, quoted.dst, dport, seq, packet.payload[1]
    )


def _innermost(raw: bytes, wire_length: int) -> Packet | None:
    packet = _packet(raw, wire_length)
    while packet is not None and packet.protocol in (4, 41):
        packet = _packet(packet.payload, packet.length)
    return packet


def _packet(raw: bytes, wire_length: int) -> Packet | None:
    if len(raw) >= 20 and raw[0] >> 4 == 4:
        return _ipv4(raw, wire_length)
    if len(raw) >= 40 and raw[0] >> 4 == 6:
        return _ipv6(raw, wire_length)
    return None


def _ipv4(raw: bytes, wire_length: int) -> Packet | None:
    total, ip_id, fragment, ttl, protocol = struct.unpack_from(">HHHBB", raw, 2)
    header = (raw[0] & 15) * 4
    total = total or wire_length  # segmentation offload writes 0
    if fragment & 0x1FFF or header < 20 or total < header:
        return None
    src, dst = (str(ipaddress.IPv4Address(raw[at : at + 4])) for at in (12, 16))
    return Packet(src, dst, protocol, ttl, ip_id, total - header, raw[header:total])


def _ipv6(raw: bytes, wire_length: int) -> Packet | None:
    length, following, ttl = struct.unpack_from(">HBB", raw, 4)
    end = 40 + length if length else wire_length
    src, dst = (str(ipaddress.IPv6Address(raw[at : at + 16])) for at in (8, 24))
    place = 40
    while following in (0, 43, 44, 60) and len(raw) >= place + 8:
        if following == 44:
            if struct.unpack_from(">H", raw, place + 2)[0] & 0xFFF8:
                return None
            size = 8
        else:
            size = 8 + 8 * raw[place + 1]
        following = raw[place]
        place += size
    return Packet(src, dst, following, ttl, None, end - place, raw[place:end]) if end >= place else None


def _segment(number: int, time_ns: int, packet: Packet) -> Segment | None:
    raw = packet.payload
    if len(raw) < 20:
        return None
    sport, dport, seq, ack, offset_flags, window, checksum = struct.unpack_from(">HHIIHHH", raw)
    header = (offset_flags >> 12) * 4
    if header < 20 or header > packet.length:
        return None
    return Segment(
        number,
        time_ns,
        packet.src,
        sport,
        packet.dst,
        dport,
        seq,
        ack,
        offset_flags & 0xFFF,
        window,
        packet.length - header,
        packet.ip_id,
        checksum,
        packet.ttl,
        payload=raw[header:],
        **_options(raw[20:header]),
    )


def _options(raw: bytes) -> dict[str, Any]:
    found: dict[str, Any] = {}
    place = 0
    while place < len(raw) and raw[place] != 0:
        if raw[place] == 1:
            place += 1
            continue
        if place + 2 > len(raw) or raw[place + 1] < 2:
            break
        kind, size = raw[place], raw[place + 1]
        body = raw[place + 2 : place + size]
        if len(body) != size - 2:
            break
        if (kind, size) == (2, 4):
            (found["mss"],) = struct.unpack(">H", body)
        elif (kind, size) == (3, 3):
            found["window_scale"] = body[0]
        elif (kind, size) == (4, 2):
            found["sack_permitted"] = True
        elif kind == 5 and len(body) % 8 == 0:
            found["sack_blocks"] = tuple(struct.iter_unpack(">II", body))
        elif (kind, size) == (8, 10):
            found["tsval"], found["tsecr"] = struct.unpack(">II", body)
        place += size
    return found
