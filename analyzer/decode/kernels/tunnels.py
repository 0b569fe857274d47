"""Tunnels over UDP, by port. Arguments and results as in `link`."""

from __future__ import annotations

from analyzer import kinds
from analyzer.decode.kernels import layers
from analyzer.decode.kernels.inner import inner
from analyzer.decode.kernels.labels import next_protocol
from analyzer.decode.kernels.octets import u8, u16

SYSTEM_PORTS = 1024  # RFC 6335 6: below, a port names its protocol


@inner
def tunnel_of(port):
    """The tunnel that a UDP port stands for (IANA's registry), or 0."""
    if port < 1701 or port > 37008:
        return 0
    if port == 4789:
        return layers.VXLAN
    if port == 6081:
        return layers.GENEVE
    if port in (2152, 3386):
        return layers.GTP
    if port == 3544:
        return layers.TEREDO
    if port == 1701:
        return layers.L2TP
    if port == 4790:
        return layers.VXLAN_GPE
    if port == 4341:
        return layers.LISP
    if port == 4754:
        return layers.GRE
    if port == 6635:
        return layers.MPLS
    return layers.TZSP if port == 37008 else 0


@inner
def read_udp(buffer, cursor):
    """A UDP header (RFC 768). Its length is not needed: the IP header told it."""
    at = cursor.offset
    if at + 8 > cursor.limit:
        return layers.cut(cursor, kinds.NOT_TCP)
    source = u16(buffer, at)
    destination = u16(buffer, at + 2)
    if source < SYSTEM_PORTS or destination < SYSTEM_PORTS:
        return kinds.NOT_TCP
    cursor.offset = at + 8
    layer = tunnel_of(destination)
    if layer == 0:  # tshark too believes in a tunnel that comes from its port
        layer = tunnel_of(source)
    return layer if layer else kinds.NOT_TCP


@inner
def read_geneve(buffer, cursor):
    """RFC 8926 3.4: options in words, then the payload's EtherType."""
    cursor.number = u16(buffer, cursor.offset + 2)
    cursor.offset += 8 + (u8(buffer, cursor.offset) & 0x3F) * 4
    return layers.ETHERTYPE if cursor.number >= 0x0600 else kinds.NOT_TCP


@inner
def read_gtp(buffer, cursor):
    """GTP-U: 3GPP TS 29.281 5.1, and version 0 (3GPP TS 09.60 6) with 20 octets."""
    at = cursor.offset
    flags = u8(buffer, at)
    if flags & 0x10 == 0 or flags >> 5 > 1 or u8(buffer, at + 1) != 255:  # a user's packet
        return kinds.NOT_TCP
    if flags >> 5 == 0:
        at += 20
    elif flags & 7:  # any of the three optional fields brings them all
        if at + 12 > cursor.limit:
            return layers.cut(cursor, kinds.NOT_TCP)
        extension = u8(buffer, at + 11) if flags & 4 else 0
        at += 12
        while extension:
            size = u8(buffer, at) * 4 if at < cursor.limit else 4
            if at + size > cursor.limit:
                return layers.cut(cursor, kinds.NOT_TCP)
            if size == 0:
                return kinds.NOT_TCP
            at += size
            extension = u8(buffer, at - 1)
    else:
        at += 8
    cursor.offset = at
    if at >= cursor.limit:
        return layers.cut(cursor, kinds.NOT_TCP)
    # An Ethernet PDU session looks like anything else (3GPP TS 23.501 5.6.10.2).
    return layers.IPV4 if u8(buffer, at) >> 4 in (4, 6) else layers.ETHERNET


@inner
def read_teredo(buffer, cursor):
    """RFC 4380 5.1.1: authentication and origin indications may precede the IPv6 packet."""
    at = cursor.offset
    if u16(buffer, at) == 1:
        at += 13 + u8(buffer, at + 2) + u8(buffer, at + 3)
    if at + 2 > cursor.limit:
        return layers.cut(cursor, kinds.NOT_TCP)
    if u16(buffer, at) == 0:
        at += 8
    cursor.offset = at
    return layers.IPV6


@inner
def read_l2tp(buffer, cursor):
    """RFC 2661 3.1: a data message carries PPP."""
    at = cursor.offset
    flags = u16(buffer, at)
    if flags & 0x8000 or flags & 15 != 2:  # control, or not version 2
        return kinds.NOT_TCP
    size = 6
    if flags & 0x4000:  # length
        size += 2
    if flags & 0x0800:  # sequence numbers
        size += 4
    if flags & 0x0200:  # offset
        if at + size + 2 > cursor.limit:
            return layers.cut(cursor, kinds.NOT_TCP)
        size += 2 + u16(buffer, at + size)
    cursor.offset = at + size
    return layers.PPP


@inner
def read_tzsp(buffer, cursor):
    """TaZmen Sniffer Protocol: tags up to an end tag, then a frame."""
    at = cursor.offset + 4
    ethernet = u16(buffer, cursor.offset + 2) == 1
    while at + 2 <= cursor.limit and u8(buffer, at) != 1:
        at += 2 + u8(buffer, at + 1) if u8(buffer, at) else 1
    cursor.offset = at + 1
    return layers.ETHERNET if ethernet else kinds.NOT_TCP


@inner
def read_tunnel(buffer, cursor, layer):
    """Read the header of UDP tunnel `layer`; all have at least 8 octets."""
    if cursor.offset + 8 > cursor.limit:
        return layers.cut(cursor, kinds.NOT_TCP)
    if layer == layers.GENEVE:
        return read_geneve(buffer, cursor)
    if layer == layers.GTP:
        return read_gtp(buffer, cursor)
    if layer == layers.TEREDO:
        return read_teredo(buffer, cursor)
    if layer == layers.L2TP:
        return read_l2tp(buffer, cursor)
    if layer == layers.TZSP:
        return read_tzsp(buffer, cursor)
    number = u8(buffer, cursor.offset + 3)
    cursor.offset += 8
    if layer == layers.VXLAN_GPE:  # draft-ietf-nvo3-vxlan-gpe 3.1
        return next_protocol(number)
    # VXLAN, RFC 7348 5; LISP, RFC 9300 5.3
    return layers.ETHERNET if layer == layers.VXLAN else layers.IPV4
