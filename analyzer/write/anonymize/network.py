"""IPv4, IPv6 and ARP. Functions as in `link`."""

from __future__ import annotations

import struct

from analyzer.write.anonymize.names import ONES
from analyzer.write.anonymize.packet import Layer, Packet, checksum_of, ones_sum

PROTOCOLS: dict[int, Layer] = {
    1: "icmp",
    4: "ipv4",
    6: "tcp",
    17: "udp",
    41: "ipv6",
    47: "gre",
    58: "icmpv6",
    97: "etherip",
    137: "mpls",
    143: "ethernet",
}
HOP_BY_HOP, ROUTING, FRAGMENT, AUTHENTICATION, DESTINATION, SHIM6 = 0, 43, 44, 51, 60, 140
EXTENSIONS = (HOP_BY_HOP, ROUTING, FRAGMENT, AUTHENTICATION, DESTINATION, SHIM6)
PAD_1, JUMBO_PAYLOAD, HOME_ADDRESS = 0, 0xC2, 0xC9
NO_OPERATION = 1  # RFC 791 3.1


def ipv4(packet: Packet) -> Layer | None:
    """Addresses are renamed, options become no operations, a wrong checksum stays wrong."""
    at, data = packet.at, packet.data
    if not packet.has(20):
        return None
    if data[at] >> 4 != 4:
        return "ipv6" if data[at] >> 4 == 6 else None
    header = (data[at] & 15) * 4
    total = packet.u16(at + 2) or packet.end - at
    if header < 20 or total < header:
        return None
    packet.end = at + total
    packet.limit = min(packet.limit, packet.end)
    is_whole = packet.has(header)
    told = packet.u16(at + 10)
    right = is_whole and not ones_sum(data[at : at + header])
    packet.old = bytes(data[at + 12 : at + 20])
    packet.rename(at + 12, 4)
    packet.rename(at + 16, 4)
    packet.new = bytes(data[at + 12 : at + 20])
    for place in range(at + 20, min(at + header, packet.limit)):
        data[place] = NO_OPERATION
    if told:
        struct.pack_into(">H", data, at + 10, 0)
        checksum = checksum_of(ones_sum(data[at : at + header]))
        struct.pack_into(">H", data, at + 10, checksum if right else checksum ^ ONES)
    packet.number = data[at + 9]
    fragment = packet.u16(at + 6) & 0x1FFF
    packet.past(header)
    return "protocol" if is_whole and not fragment else None


def ipv6(packet: Packet) -> Layer | None:
    """Addresses are renamed; the flow label, which names nobody, stays."""
    at = packet.at
    if not packet.has(40) or packet.data[at] >> 4 != 6:
        return None
    payload = packet.u16(at + 4)
    packet.jumbo = -1
    if payload:
        packet.end = at + 40 + payload
        packet.limit = min(packet.limit, packet.end)
    else:
        packet.jumbo = at + 40
    packet.old = bytes(packet.data[at + 8 : at + 40])
    packet.rename(at + 8, 16)
    packet.rename(at + 24, 16)
    packet.new = bytes(packet.data[at + 8 : at + 40])
    packet.number = packet.data[at + 6]
    packet.past(40)
    return "protocol"


def protocol(packet: Packet) -> Layer | None:
    """What the protocol number says, or an extension header (RFC 8200 4)."""
    return extension(packet) if packet.number in EXTENSIONS else PROTOCOLS.get(packet.number)


def extension(packet: Packet) -> Layer | None:
    """Step over one extension header, keeping of it what tells nothing of anybody."""
    at, data, kind = packet.at, packet.data, packet.number
    if not packet.has(8):
        return None
    size = (data[at + 1] + 1) * 8
    if kind == FRAGMENT:
        size = 8
        if packet.u16(at + 2) >> 3:
            return None
    elif kind == AUTHENTICATION:
        size = (data[at + 1] + 2) * 4
    if kind == HOP_BY_HOP and packet.jumbo == at:
        jumbo(packet, min(at + size, packet.limit))
    if not packet.has(size):
        return None
    if kind == AUTHENTICATION:
        packet.clear(at + 12, at + size)  # the check value
    elif kind == ROUTING:
        route(packet, size)
    elif kind != FRAGMENT:
        extension_options(packet, at + 2, at + size, kind)
    packet.number = data[at]
    packet.past(size)
    return "protocol"


def jumbo(packet: Packet, stop: int) -> None:
    """Take the payload's length from the jumbo payload option (RFC 2675)."""
    at = packet.at + 2
    while at + 6 <= stop:
        if packet.data[at] == JUMBO_PAYLOAD:
            payload = int.from_bytes(packet.data[at + 2 : at + 6], "big")
            if payload > 0xFFFF:
                packet.end = packet.jumbo + payload
                packet.limit = min(packet.limit, packet.end)
            return
        at += 1 if packet.data[at] == PAD_1 else 2 + packet.data[at + 1]


def route(packet: Packet, size: int) -> None:
    """Rename the addresses of a routing header; the final one is the connection's (see `decode`)."""
    at, data = packet.at, packet.data
    kind, left = data[at + 2], data[at + 3]
    whole = kind in (0, 2, 4) or (kind == 3 and not data[at + 4])
    places = range(at + 8, at + size - 15, 16) if kind == 4 else range(at + size - 16, at + 7, -16)
    if not whole:
        places = range(0)
    elif kind == 4:  # segment routing: what follows the list is no address (RFC 8754 2)
        places = places[: data[at + 4] + 1]
    kept = {place: packet.names.address(bytes(data[place : place + 16])) for place in places}
    last = bytes(data[places[0] : places[0] + 16]) if places else b""
    packet.clear(at + 8, at + size)
    for place, name in kept.items():
        data[place : place + 16] = name
    if left and last:
        packet.old = packet.old[:16] + last
        packet.new = packet.new[:16] + kept[places[0]]


def extension_options(packet: Packet, at: int, stop: int, kind: int) -> None:
    """Clear what options say, but a jumbo payload's length; rename a home address (RFC 6275 6.3)."""
    data, home = packet.data, False
    if kind == SHIM6:
        packet.clear(at, stop)
    while kind != SHIM6 and at < stop:
        if data[at] == PAD_1:
            at += 1
            continue
        if at + 1 >= stop:
            data[at] = PAD_1
            break
        size = 2 + data[at + 1]
        if kind == DESTINATION and data[at] == HOME_ADDRESS and at + 18 <= stop and not home:
            home = True
            old = bytes(data[at + 2 : at + 18])
            packet.rename(at + 2, 16)
            if stop - packet.at >= 24:
                packet.old = old + packet.old[16:]
                packet.new = bytes(data[at + 2 : at + 18]) + packet.new[16:]
            packet.clear(at + 18, min(at + size, stop))
        else:
            packet.clear(at + (6 if data[at] == JUMBO_PAYLOAD else 2), min(at + size, stop))
        at += size


def arp(packet: Packet) -> Layer | None:
    """RFC 826 for IPv4: both protocol addresses, and both hardware addresses."""
    at, data = packet.at, packet.data
    if not packet.has(8):
        return None
    hardware = data[at + 4]
    size = 16 + 2 * hardware
    if packet.u16(at + 2) != 0x0800 or data[at + 5] != 4 or not packet.has(size):
        return None
    for place in (at + 8, at + 12 + hardware):
        if hardware == 6:
            packet.rename_mac(place)
        else:
            packet.clear(place, place + hardware)
        packet.rename(place + hardware, 4)
    packet.past(size)
    return None


LAYERS = {"ipv4": ipv4, "ipv6": ipv6, "protocol": protocol, "arp": arp}
