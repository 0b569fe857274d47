"""The TCP header (RFC 9293 3.1)."""

from __future__ import annotations

from analyzer import kinds
from analyzer.decode.kernels.inner import inner
from analyzer.decode.kernels.octets import u16, u32
from analyzer.decode.kernels.options import clear_options, read_options

CONTROL = 0x1FF  # FLAG_AE … FLAG_FIN; the three bits above are reserved
USEFUL = 16  # octets up to the window: with fewer captured, tshark too gives a segment no stream


@inner
def clear_tcp(row):
    """Write all that a TCP header tells as 0 in one SEGMENT record."""
    row.source_port = 0
    row.destination_port = 0
    row.seq = 0
    row.ack = 0
    row.control = 0
    row.window = 0
    row.checksum = 0
    row.urgent = 0
    row.length = 0
    clear_options(row)


@inner
def read_cut_tcp(buffer, cursor, row):
    """Read what there is of a TCP header without its window. Arguments and result as of `read_tcp`."""
    at = cursor.offset
    clear_tcp(row)
    if at + 4 <= cursor.limit:
        row.source_port = u16(buffer, at)
        row.destination_port = u16(buffer, at + 2)
    if at + 20 <= cursor.end:
        return kinds.TRUNCATED
    return kinds.FRAGMENT if cursor.fragment else kinds.MALFORMED


@inner
def read_tcp(buffer, cursor, row):
    """Read a TCP header and its options.

    buffer: uint8[:], read. cursor: one CURSOR record, read. row: one SEGMENT record; all fields
    that TCP tells are written, also where the result is not SEGMENT. Returns a decode status.
    """
    at = cursor.offset
    captured = cursor.limit - at
    on_wire = cursor.end - at
    if captured < USEFUL:
        return read_cut_tcp(buffer, cursor, row)
    row.source_port = u16(buffer, at)
    row.destination_port = u16(buffer, at + 2)
    row.seq = u32(buffer, at + 4)
    bits = u16(buffer, at + 12)
    row.ack = u32(buffer, at + 8) if bits & kinds.FLAG_ACK else 0
    row.control = bits & CONTROL
    row.window = u16(buffer, at + 14)
    row.checksum = u16(buffer, at + 16) if captured >= 18 else 0
    row.urgent = u16(buffer, at + 18) if captured >= 20 else 0
    header = (bits >> 12) * 4
    row.length = max(on_wire - header, 0)
    if header > 20:
        read_options(buffer, at + 20, min(at + header, cursor.limit), row)
    else:
        clear_options(row)
    if header < 20:
        return kinds.MALFORMED
    if header > on_wire:
        return kinds.FRAGMENT if cursor.fragment else kinds.MALFORMED
    return kinds.SEGMENT
