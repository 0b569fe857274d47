"""ICMP and ICMPv6 errors, and the TCP header that they quote."""

from __future__ import annotations

from analyzer import kinds
from analyzer.decode.kernels import layers
from analyzer.decode.kernels.inner import inner
from analyzer.decode.kernels.octets import u8, u16, u32
from analyzer.decode.kernels.tcp import CONTROL, USEFUL, clear_tcp


@inner
def read_icmp(buffer, cursor, row, layer):
    """Read an ICMP error (RFC 792) or, by `layer`, an ICMPv6 one (RFC 4443 3).

    buffer: uint8[:], read. cursor: one CURSOR record, moved to the quoted datagram. row: one
    SEGMENT record; reporter, icmp_type and icmp_code are written. Returns the next layer or a
    decode status.
    """
    at = cursor.offset
    if at + 8 > cursor.limit:
        return layers.cut(cursor, kinds.NOT_TCP)
    kind = u8(buffer, at)
    if layer == layers.ICMPV6:
        quotes = 1 <= kind <= 4  # unreachable, too big, time exceeded, parameter problem
    else:
        quotes = kind in (3, 4, 5, 11, 12)  # unreachable, quench, redirect, time, parameter
    if not quotes:
        return kinds.NOT_TCP
    row.reporter_high = row.source_high
    row.reporter_low = row.source_low
    row.icmp_type = kind
    row.icmp_code = u8(buffer, at + 1)
    cursor.quoted = 2 if cursor.limit < cursor.end else 1
    cursor.offset = at + 8
    return layers.IPV6 if layer == layers.ICMPV6 else layers.IPV4


@inner
def read_quoted_tcp(buffer, cursor, row):
    """Read what an ICMP error quotes of a TCP header: at least the ports and SEG.SEQ.

    Arguments as of `read_icmp`. ack, control and window are written where the quotation goes that
    far (16 octets, from which on tshark gives the frame a stream), else as 0, and so is all else
    that TCP tells. Returns a decode status.
    """
    at = cursor.offset
    if at + 8 > cursor.limit:
        return kinds.TRUNCATED if cursor.quoted == 2 else kinds.NOT_TCP
    clear_tcp(row)
    row.source_port = u16(buffer, at)
    row.destination_port = u16(buffer, at + 2)
    row.seq = u32(buffer, at + 4)
    if at + USEFUL <= cursor.limit:
        bits = u16(buffer, at + 12)
        row.ack = u32(buffer, at + 8) if bits & kinds.FLAG_ACK else 0
        row.control = bits & CONTROL
        row.window = u16(buffer, at + 14)
    return kinds.ICMP_ERROR
