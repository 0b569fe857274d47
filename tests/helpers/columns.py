"""`Segment`s as the record rows that tracking takes, so that decoding stays out of its tests."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from analyzer import kinds, records
from analyzer.facts import Rows

from .segment import IcmpError, Record, Segment

LOW = (1 << 64) - 1


def address_halves(address: str) -> tuple[int, int]:
    """High and low 64 bits; IPv4 as ::ffff:a.b.c.d."""
    parsed = ipaddress.ip_address(address)
    number = int(parsed) if parsed.version == 6 else 0xFFFF_0000_0000 | int(parsed)
    return number >> 64, number & LOW


def segment_rows(conversation: Iterable[Record]) -> Rows:
    """SEGMENT rows of hand-made records."""
    listed = list(conversation)
    rows = records.rows(len(listed), records.SEGMENT)
    for row, record in zip(rows, listed, strict=True):
        row.frame, row.time_ns = record.frame, record.time_ns
        row.source_high, row.source_low = address_halves(record.src)
        row.destination_high, row.destination_low = address_halves(record.dst)
        row.source_port, row.destination_port = record.sport, record.dport
        row.seq = record.seq
        if isinstance(record, IcmpError):
            row.status = kinds.ICMP_ERROR
            row.reporter_high, row.reporter_low = address_halves(record.reporter)
            row.icmp_type, row.icmp_code = 3, record.code
        else:
            fill_segment(row, record)
    return rows


def fill_segment(row: Rows, record: Segment) -> None:
    """The fields that only a TCP segment has."""
    row.status = kinds.SEGMENT
    row.ack, row.control, row.window, row.length = record.ack, record.flags, record.window, record.length
    row.ip_id, row.checksum, row.ttl = record.ip_id or 0, record.checksum, record.ttl
    if record.mss is not None:
        row.mss, row.options = record.mss, row.options | kinds.OPTION_MSS
    if record.window_scale is not None:
        row.window_scale, row.options = record.window_scale, row.options | kinds.OPTION_WINDOW_SCALE
    if record.sack_permitted:
        row.options |= kinds.OPTION_SACK_PERMITTED
    if record.sack_blocks:
        row.sack_left, row.sack_right = record.sack_blocks[0]
        row.options |= kinds.OPTION_SACK
    if record.tsval is not None:
        row.tsval, row.tsecr, row.options = record.tsval, record.tsecr, row.options | kinds.OPTION_TIMESTAMPS
