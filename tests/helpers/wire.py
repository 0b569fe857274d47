"""Segments → the bytes of a real capture: Ethernet, IPv4 or IPv6, TCP with its options.

Frames come out in the order of the records, numbered from 1. Where a record's
frame number is higher than the next free one, frames of another protocol fill
the gap, so that numbers in the file are those of the records.
"""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Iterable, Iterator
from dataclasses import replace

from .segment import ACK, IcmpError, Record, Segment

ETHERNET = 1
LOCAL_EXPERIMENT = 0x88B5
"""EtherType of the frames that fill gaps (IEEE 802, local experimental)."""

TimedFrame = tuple[int, bytes]


def options(segment: Segment) -> bytes:
    """The option bytes, padded to words; at most 40 fit."""
    parts = []
    if segment.mss is not None:
        parts.append(struct.pack(">BBH", 2, 4, segment.mss))
    if segment.sack_permitted:
        parts.append(struct.pack(">BB", 4, 2))
    if segment.tsval is not None or segment.tsecr is not None:
        parts.append(struct.pack(">BBII", 8, 10, segment.tsval or 0, segment.tsecr or 0))
    if segment.window_scale is not None:
        parts.append(struct.pack(">BBB", 3, 3, segment.window_scale))
    if segment.sack_blocks:
        edges = [edge for block in segment.sack_blocks for edge in block]
        parts.append(struct.pack(f">BB{len(edges)}I", 5, 2 + 4 * len(edges), *edges))
    raw = b"".join(parts)
    raw += b"\x01" * (-len(raw) % 4)
    if len(raw) > 40:
        raise ValueError(f"frame {segment.frame}: {len(raw)} bytes of options")
    return raw


def tcp_bytes(segment: Segment) -> bytes:
    """TCP header, options and payload, with the checksum the segment says."""
    extra = options(segment)
    header = struct.pack(
        ">HHIIHHHH",
        segment.sport,
        segment.dport,
        segment.seq,
        segment.ack,
        (5 + len(extra) // 4) << 12 | segment.flags,
        segment.window,
        segment.checksum,
        0,
    )
    return header + extra + (segment.payload or b"k" * segment.length)


def internet_checksum(raw: bytes) -> int:
    """The ones' complement sum of RFC 1071."""
    raw += b"\0" * (len(raw) % 2)
    total: int = sum(struct.unpack(f">{len(raw) // 2}H", raw))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def with_checksum(segment: Segment) -> Segment:
    """The segment with the checksum that its bytes deserve."""
    raw = tcp_bytes(replace(segment, checksum=0))
    src, dst = ipaddress.ip_address(segment.src), ipaddress.ip_address(segment.dst)
    pseudo = src.packed + dst.packed + struct.pack(">IxxxB", len(raw), 6)
    return replace(segment, checksum=internet_checksum(pseudo + raw))


def ip_bytes(src: str, dst: str, protocol: int, ttl: int, ip_id: int | None, payload: bytes) -> bytes:
    """An IPv4 or IPv6 packet, after the addresses' family."""
    source, target = ipaddress.ip_address(src), ipaddress.ip_address(dst)
    if source.version == 6:
        return struct.pack(">IHBB", 6 << 28, len(payload), protocol, ttl) + (
            source.packed + target.packed + payload
        )
    header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), ip_id or 0, 0, ttl, protocol, 0)
    header += source.packed + target.packed
    return header[:10] + struct.pack(">H", internet_checksum(header)) + header[12:] + payload


def ethernet(payload: bytes) -> bytes:
    ethertype = 0x0800 if payload[0] >> 4 == 4 else 0x86DD
    return b"\x02\0\0\0\0\x02\x02\0\0\0\0\x01" + struct.pack(">H", ethertype) + payload


def icmp_bytes(error: IcmpError) -> bytes:
    """An error, quoting the IP header and the start of the TCP header."""
    quoted_tcp = struct.pack(">HHIIHHHH", error.sport, error.dport, error.seq, 0, 5 << 12 | ACK, 1000, 0, 0)
    quoted = ip_bytes(error.src, error.dst, 6, 63, 1, quoted_tcp)
    is_ipv6 = quoted[0] >> 4 == 6
    unreachable = 1 if is_ipv6 else 3
    kind = unreachable if error.type is None else error.type
    body = struct.pack(">BBHI", kind, error.code, 0, 0) + quoted
    pseudo = b""
    if is_ipv6:
        addresses = (ipaddress.ip_address(each).packed for each in (error.reporter, error.src))
        pseudo = b"".join(addresses) + struct.pack(">IxxxB", len(body), 58)
    checked = body[:2] + struct.pack(">H", internet_checksum(pseudo + body)) + body[4:]
    return ip_bytes(error.reporter, error.src, 58 if is_ipv6 else 1, 64, 1, checked)


def frame_bytes(record: Record) -> bytes:
    """The whole Ethernet frame of one record."""
    if isinstance(record, IcmpError):
        return ethernet(icmp_bytes(record))
    ip_id = record.ip_id
    return ethernet(ip_bytes(record.src, record.dst, 6, record.ttl, ip_id, tcp_bytes(record)))


def frames(records: Iterable[Record]) -> Iterator[TimedFrame]:
    """Time and bytes of every frame, gaps in the numbering filled."""
    filler = b"\x02\0\0\0\0\x02\x02\0\0\0\0\x01" + struct.pack(">H", LOCAL_EXPERIMENT) + b"\0" * 46
    upcoming = 1
    for record in records:
        if record.frame < upcoming:
            raise ValueError(f"frame {record.frame} comes after frame {upcoming - 1}")
        for _ in range(record.frame - upcoming):
            yield record.time_ns, filler
        yield record.time_ns, frame_bytes(record)
        upcoming = record.frame + 1


def pcap_bytes(records: Iterable[Record], *, byte_order: str = "<", nanoseconds: bool = True) -> bytes:
    """A pcap file. Microseconds lose the last three digits of the times."""
    magic, unit = (0xA1B23C4D, 1) if nanoseconds else (0xA1B2C3D4, 1000)
    parts = [struct.pack(byte_order + "IHHiIII", magic, 2, 4, 0, 0, 262144, ETHERNET)]
    for time_ns, raw in frames(records):
        seconds, rest = divmod(time_ns, 1_000_000_000)
        parts.append(struct.pack(byte_order + "IIII", seconds, rest // unit, len(raw), len(raw)) + raw)
    return b"".join(parts)


def pcapng_block(byte_order: str, kind: int, body: bytes) -> bytes:
    body += b"\0" * (-len(body) % 4)
    total = struct.pack(byte_order + "I", len(body) + 12)
    return struct.pack(byte_order + "I", kind) + total + body + total


def pcapng_bytes(records: Iterable[Record], *, byte_order: str = "<") -> bytes:
    """A pcapng file of one section and one interface with nanosecond times."""
    section = struct.pack(byte_order + "IHHq", 0x1A2B3C4D, 1, 0, -1)
    resolution = struct.pack(byte_order + "HHB3xHH", 9, 1, 9, 0, 0)
    interface = struct.pack(byte_order + "HHI", ETHERNET, 0, 262144) + resolution
    parts = [pcapng_block(byte_order, 0x0A0D0D0A, section), pcapng_block(byte_order, 1, interface)]
    for time_ns, raw in frames(records):
        high, low = divmod(time_ns, 1 << 32)
        head = struct.pack(byte_order + "IIIII", 0, high, low, len(raw), len(raw))
        parts.append(pcapng_block(byte_order, 6, head + raw))
    return b"".join(parts)
