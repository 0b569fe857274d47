"""The address resolution protocol for IPv4 (RFC 826)."""

from __future__ import annotations

from analyzer import kinds
from analyzer.decode.kernels import layers
from analyzer.decode.kernels.inner import inner
from analyzer.decode.kernels.link import TYPE_IPV4
from analyzer.decode.kernels.network import MAPPED
from analyzer.decode.kernels.octets import u8, u16, u32
from analyzer.decode.kernels.tcp import clear_tcp

REQUEST = 1
REPLY = 2


@inner
def read_arp(buffer, cursor, row):
    """Read an ARP packet.

    buffer: uint8[:], read. cursor: one CURSOR record, read. row: one SEGMENT record: the sender's
    protocol address is written as source, the target's as destination, all else but `decode_frames`'
    own fields as 0. Returns a decode status.
    """
    at = cursor.offset
    if at + 8 > cursor.limit:
        return layers.cut(cursor, kinds.NOT_IP)
    hardware = u8(buffer, at + 4)
    operation = u16(buffer, at + 6)
    size = 16 + 2 * hardware
    if u16(buffer, at + 2) != TYPE_IPV4 or u8(buffer, at + 5) != 4 or operation not in (REQUEST, REPLY):
        return kinds.NOT_IP
    if at + size > cursor.limit:
        return layers.cut(cursor, kinds.NOT_IP)
    clear_tcp(row)
    row.source_high = 0
    row.source_low = MAPPED | u32(buffer, at + 8 + hardware)
    row.destination_high = 0
    row.destination_low = MAPPED | u32(buffer, at + 12 + 2 * hardware)
    row.ip_id = 0
    row.ttl = 0
    row.dont_fragment = 0
    return kinds.ARP_REQUEST if operation == REQUEST else kinds.ARP_REPLY
