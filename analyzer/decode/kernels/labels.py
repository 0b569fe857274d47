"""Labels and tunnels directly over a link or over IP. Arguments and results as in `link`."""

from __future__ import annotations

from analyzer import kinds
from analyzer.decode.kernels import layers
from analyzer.decode.kernels.inner import inner
from analyzer.decode.kernels.octets import u8, u16, u32

GRE_CHECKSUM = 0x8000  # RFC 2784 2.1
GRE_ROUTING = 0x4000  # RFC 1701, gone since RFC 2784
GRE_KEY = 0x2000  # RFC 2890 2
GRE_SEQUENCE = 0x1000
GRE_ACKNOWLEDGMENT = 0x0080  # version 1 only, RFC 2637 4.1

TYPE_ERSPAN = 0x88BE  # types I and II
TYPE_ERSPAN_III = 0x22EB
TYPE_PPP = 0x880B  # RFC 2637 4.1
TYPE_WCCP = 0x883E


@inner
def read_mpls(buffer, cursor):
    """A stack of MPLS labels (RFC 3032 2.1); what follows is guessed by its first octets."""
    at = cursor.offset
    last = 0
    while last == 0:
        if at + 5 > cursor.limit:
            return layers.cut(cursor, kinds.NOT_IP)
        last = u8(buffer, at + 2) & 1
        at += 4
    cursor.offset = at
    version = u8(buffer, at) >> 4
    if version == 4:
        return layers.IPV4
    if version == 6:
        return layers.IPV6
    if at + 4 <= cursor.limit and u16(buffer, at) == 0:  # a pseudowire's control word, RFC 4448 4.6
        cursor.offset = at + 4
    return layers.ETHERNET


@inner
def read_nsh(buffer, cursor):
    """A network service header (RFC 8300 2.2)."""
    at = cursor.offset
    if at + 4 > cursor.limit:
        return layers.cut(cursor, kinds.NOT_IP)
    cursor.offset = at + max((u8(buffer, at + 1) & 0x3F) * 4, 8)
    return next_protocol(u8(buffer, at + 3))


@inner
def next_protocol(number):
    """The layer behind NSH (RFC 8300 11.2.5) or VXLAN-GPE (same numbers)."""
    if number == 1:
        return layers.IPV4
    if number == 2:
        return layers.IPV6
    if number == 3:
        return layers.ETHERNET
    if number == 4:
        return layers.NSH
    return layers.MPLS if number == 5 else kinds.NOT_IP


@inner
def read_gre(buffer, cursor):
    """Generic routing encapsulation (RFC 2784, 2890; version 1: RFC 2637 4.1)."""
    at = cursor.offset
    if at + 4 > cursor.limit:
        return layers.cut(cursor, kinds.NOT_IP)
    flags = u16(buffer, at)
    kind = u16(buffer, at + 2)
    if flags & GRE_ROUTING:
        return kinds.NOT_IP
    size = 4
    if flags & GRE_CHECKSUM:
        size += 4
    if flags & GRE_KEY:
        size += 4
    if flags & GRE_SEQUENCE:
        size += 4
    if flags & 7 == 1 and flags & GRE_ACKNOWLEDGMENT:
        size += 4
    if at + size + 1 > cursor.limit:
        return layers.cut(cursor, kinds.NOT_IP)
    cursor.offset = at + size
    if kind == TYPE_ERSPAN and flags & GRE_SEQUENCE == 0:
        return layers.ETHERNET  # type I has no header of its own
    if kind in (TYPE_ERSPAN, TYPE_ERSPAN_III):
        return read_erspan(buffer, cursor)
    if kind == TYPE_PPP:
        return layers.PPP
    if kind == TYPE_WCCP:  # WCCP version 2 puts a redirect header before the packet
        if u8(buffer, cursor.offset) >> 4 != 4:
            cursor.offset += 4
        return layers.IPV4
    if kind == 0x6400:  # an old number of transparent Ethernet
        return layers.ETHERNET
    cursor.number = kind
    return layers.ETHERTYPE if kind >= 0x0600 else kinds.NOT_IP


@inner
def read_erspan(buffer, cursor):
    """A mirrored Ethernet frame (draft-foschiano-erspan 4.2, 4.3); the version tells the type."""
    at = cursor.offset
    size = 8
    if u8(buffer, at) >> 4 == 2:
        size = 12
        if at + 12 > cursor.limit:
            return layers.cut(cursor, kinds.NOT_IP)
        bits = u32(buffer, at + 8)
        if bits & 0x7C00:  # frame type: not Ethernet
            return kinds.NOT_IP
        if bits & 1:  # a platform-specific subheader
            size = 20
    elif u8(buffer, at) >> 4 != 1:
        return kinds.NOT_IP
    cursor.offset = at + size
    return layers.ETHERNET


@inner
def read_label(buffer, cursor, layer):
    """Read the header of label or tunnel `layer`."""
    if layer == layers.MPLS:
        return read_mpls(buffer, cursor)
    if layer == layers.NSH:
        return read_nsh(buffer, cursor)
    if layer == layers.GRE:
        return read_gre(buffer, cursor)
    # ETHERIP, RFC 3378 3: version and reserved bits
    cursor.offset += 2
    return layers.ETHERNET
