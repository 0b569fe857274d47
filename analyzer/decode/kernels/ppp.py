"""PPP on any carrier. Arguments and results as in `link`."""

from __future__ import annotations

from analyzer import kinds
from analyzer.decode.kernels import layers
from analyzer.decode.kernels.inner import inner
from analyzer.decode.kernels.octets import u8, u16

PROTOCOL_IPV4 = 0x0021  # RFC 1332
PROTOCOL_BRIDGING = 0x0031  # RFC 3518
PROTOCOL_MULTILINK = 0x003D  # RFC 1990
PROTOCOL_IPV6 = 0x0057  # RFC 5072
PROTOCOL_MPLS = 0x0281  # RFC 3032 4.3
PROTOCOL_MPLS_MULTICAST = 0x0283


@inner
def read_ppp(buffer, cursor):
    """A PPP frame, with address and control octets or without (RFC 1661 6.6, RFC 1662 3.1)."""
    at = cursor.offset
    if at + 2 > cursor.limit:
        return layers.cut(cursor, kinds.NOT_IP)
    first = u16(buffer, at)
    if first >> 8 in (0x0F, 0x8F):  # Cisco's unicast and multicast address
        return layers.CISCO_HDLC
    if first >> 8 == 0xFF:
        at += 2
    if at + 2 > cursor.limit:
        return layers.cut(cursor, kinds.NOT_IP)
    number = u8(buffer, at)
    if number & 1:  # protocol field compression, RFC 1661 6.5
        cursor.offset = at + 1
    else:
        number = u16(buffer, at)
        cursor.offset = at + 2
    if number in (PROTOCOL_IPV4, 0x0800):  # some send EtherTypes
        return layers.IPV4
    if number in (PROTOCOL_IPV6, 0x86DD):
        return layers.IPV6
    if number in (PROTOCOL_MPLS, PROTOCOL_MPLS_MULTICAST):
        return layers.MPLS
    if number == PROTOCOL_BRIDGING:
        return read_bridged(buffer, cursor)
    return read_multilink(buffer, cursor) if number == PROTOCOL_MULTILINK else kinds.NOT_IP


@inner
def read_bridged(buffer, cursor):
    """A bridged Ethernet frame (RFC 3518 4.2): flags, MAC type, perhaps a LAN number."""
    if cursor.offset + 2 > cursor.limit:
        return layers.cut(cursor, kinds.NOT_IP)
    ethernet = u8(buffer, cursor.offset + 1) == 1
    cursor.offset += 6 if u8(buffer, cursor.offset) & 0x40 else 2
    return layers.ETHERNET if ethernet else kinds.NOT_IP


@inner
def read_multilink(buffer, cursor):
    """A multilink frame with a whole packet in it (RFC 1990 3, long sequence numbers)."""
    if cursor.offset + 4 > cursor.limit:
        return layers.cut(cursor, kinds.NOT_IP)
    whole = u8(buffer, cursor.offset) >> 6 == 3  # beginning and end
    cursor.offset += 4
    return layers.PPP if whole else kinds.FRAGMENT


@inner
def read_carrier(buffer, cursor, layer):
    """Read PPP or the header of what carries it."""
    if layer == layers.PPP_DIRECTION:
        cursor.offset += 1
    elif layer == layers.PPPOE:  # RFC 2516 4: version, code, session, length
        cursor.offset += 6
    return read_ppp(buffer, cursor)
