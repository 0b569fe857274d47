"""Labels and tunnels. Functions as in `link`; identifiers of tunnels stay, options and subscribers go."""

from __future__ import annotations

from analyzer.write.anonymize.packet import Layer, Packet

GRE_CHECKSUM, GRE_ROUTING, GRE_KEY, GRE_SEQUENCE, GRE_ACKNOWLEDGMENT = 0x8000, 0x4000, 0x2000, 0x1000, 0x80
ERSPAN, ERSPAN_3, PPP, WCCP, OLD_ETHERNET = 0x88BE, 0x22EB, 0x880B, 0x883E, 0x6400
FIRST_TYPE = 0x0600
GTP_USER_PACKET = 255
GTP_0_SUBSCRIBER = 12  # octets before the tunnel identifier of version 0, which holds the subscriber's number
TZSP_END = 1
NEXT_PROTOCOLS: dict[int, Layer] = {1: "ipv4", 2: "ipv6", 3: "ethernet", 4: "nsh", 5: "mpls"}


def mpls(packet: Packet) -> Layer | None:
    """A stack of labels, perhaps a pseudowire's control word."""
    last = 0
    while not last:
        if not packet.has(5):
            return None
        last = packet.data[packet.at + 2] & 1
        packet.past(4)
    version = packet.data[packet.at] >> 4
    if version in (4, 6):
        return "ipv4" if version == 4 else "ipv6"
    if packet.has(4) and packet.u16(packet.at) == 0:
        packet.past(4)
    return "ethernet"


def nsh(packet: Packet) -> Layer | None:
    """A network service header; its context goes."""
    at = packet.at
    if not packet.has(4):
        return None
    size = max((packet.data[at + 1] & 0x3F) * 4, 8)
    following = packet.data[at + 3]
    packet.clear(at + 8, at + size)
    packet.past(size)
    return NEXT_PROTOCOLS.get(following)


def gre(packet: Packet) -> Layer | None:
    """Generic routing encapsulation."""
    at = packet.at
    if not packet.has(4):
        return None
    flags, kind = packet.u16(at), packet.u16(at + 2)
    if flags & GRE_ROUTING:
        return None
    size = 4 + 4 * sum(bool(flags & each) for each in (GRE_CHECKSUM, GRE_KEY, GRE_SEQUENCE))
    size += 4 if flags & 7 == 1 and flags & GRE_ACKNOWLEDGMENT else 0
    if not packet.has(size + 1):
        return None
    if flags & GRE_CHECKSUM:
        packet.sum_later(at + 4)
    packet.past(size)
    if kind == ERSPAN and not flags & GRE_SEQUENCE:
        return "ethernet"
    if kind in (ERSPAN, ERSPAN_3):
        return erspan(packet)
    if kind == WCCP:
        if packet.data[packet.at] >> 4 != 4:
            packet.past(4)
        return "ipv4"
    if kind in (PPP, OLD_ETHERNET):
        return "ppp" if kind == PPP else "ethernet"
    packet.number = kind
    return "ethertype" if kind >= FIRST_TYPE else None


def erspan(packet: Packet) -> Layer | None:
    """A mirrored Ethernet frame; a platform's own header goes."""
    at, size = packet.at, 8
    version = packet.data[at] >> 4
    if version == 2:
        size = 12
        if not packet.has(12):
            return None
        bits = int.from_bytes(packet.data[at + 8 : at + 12], "big")
        if bits & 0x7C00:
            return None
        if bits & 1:
            packet.clear(at + 12, at + 20)
            size = 20
    elif version != 1:
        return None
    packet.past(size)
    return "ethernet"


def etherip(packet: Packet) -> Layer | None:
    """Version and reserved bits."""
    packet.past(2)
    return "ethernet"


def vxlan(packet: Packet) -> Layer | None:
    packet.past(8)
    return "ethernet"


def vxlan_gpe(packet: Packet) -> Layer | None:
    following = packet.data[packet.at + 3]
    packet.past(8)
    return NEXT_PROTOCOLS.get(following)


def lisp(packet: Packet) -> Layer | None:
    packet.past(8)
    return "ipv4"


def geneve(packet: Packet) -> Layer | None:
    """What its options say goes; their class, type and length stay."""
    at, data = packet.at, packet.data
    packet.number = packet.u16(at + 2)
    size = 8 + (data[at] & 0x3F) * 4
    place, stop = at + 8, min(at + size, packet.limit)
    while place + 4 <= stop:
        length = 4 + (data[place + 3] & 0x1F) * 4
        packet.clear(place + 4, min(place + length, stop))
        place += length
    packet.past(size)
    return "ethertype" if packet.number >= FIRST_TYPE else None


def gtp(packet: Packet) -> Layer | None:
    """GTP-U, and version 0; what extension headers say goes."""
    at, data = packet.at, packet.data
    flags = data[at]
    if not flags & 0x10 or flags >> 5 > 1 or data[at + 1] != GTP_USER_PACKET:
        return None
    size = 8
    if flags >> 5 == 0:
        packet.clear(at + GTP_0_SUBSCRIBER, at + 20)
        size = 20
    elif flags & 7:
        if not packet.has(12):
            return None
        extension = data[at + 11] if flags & 4 else 0
        size = 12
        while extension:
            place = at + size
            length = data[place] * 4 if place < packet.limit else 4
            if not length or place + length > packet.limit:
                return None
            packet.clear(place + 1, place + length - 1)
            size += length
            extension = data[place + length - 1]
    packet.past(size)
    if packet.at >= packet.limit:
        return None
    return "ipv4" if data[packet.at] >> 4 in (4, 6) else "ethernet"


def teredo(packet: Packet) -> Layer | None:
    """Who authenticates and where a packet came from goes (RFC 4380 5.1.1)."""
    at, data = packet.at, packet.data
    if packet.u16(at) == 1:
        size = 13 + data[at + 2] + data[at + 3]
        packet.clear(at + 4, at + size)
        packet.past(size)
    if not packet.has(2):
        return None
    if packet.u16(packet.at) == 0:
        packet.clear(packet.at + 2, packet.at + 8)
        packet.past(8)
    return "ipv6"


def l2tp(packet: Packet) -> Layer | None:
    """A data message carries PPP."""
    at = packet.at
    flags = packet.u16(at)
    if flags & 0x8000 or flags & 15 != 2:
        return None
    size = 6 + (2 if flags & 0x4000 else 0) + (4 if flags & 0x0800 else 0)
    if flags & 0x0200:
        if not packet.has(size + 2):
            return None
        padding = packet.u16(at + size)
        packet.clear(at + size + 2, at + size + 2 + padding)
        size += 2 + padding
    packet.past(size)
    return "ppp"


def tzsp(packet: Packet) -> Layer | None:
    """What its tags say goes, the sensor's address among it."""
    at, data = packet.at + 4, packet.data
    is_ethernet = packet.u16(packet.at + 2) == 1
    while at + 2 <= packet.limit and data[at] != TZSP_END:
        size = 2 + data[at + 1] if data[at] else 1
        packet.clear(at + 2, at + size)
        at += size
    packet.past(at + 1 - packet.at)
    return "ethernet" if is_ethernet else None


OVER_UDP = {
    "vxlan": vxlan,
    "vxlan_gpe": vxlan_gpe,
    "geneve": geneve,
    "gtp": gtp,
    "teredo": teredo,
    "l2tp": l2tp,
    "lisp": lisp,
    "tzsp": tzsp,
}
"""All have at least 8 octets."""

LAYERS = {"mpls": mpls, "nsh": nsh, "gre": gre, "etherip": etherip}
