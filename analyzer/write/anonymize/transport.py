"""TCP, UDP and ICMP. Functions as in `link`."""

from __future__ import annotations

import struct

from analyzer.write.anonymize.names import ONES
from analyzer.write.anonymize.packet import Layer, Packet, checksum_of, ones_sum

TCP, UDP, ICMPV6 = 6, 17, 58
LEAST, FIXED = 8, 20  # octets of a TCP header: in a quotation, and without options
END, NO_OPERATION = 0, 1
HARMLESS = frozenset((2, 3, 4, 5, 8, 28))  # MSS, window scale, SACK permitted, SACK, timestamps, user timeout
MPTCP = 30
EXPERIMENTS = (253, 254)  # RFC 6994
EXPERIMENT_ID = 2  # octets, behind kind and length
ICMP_QUOTES = (3, 4, 5, 11, 12)
REDIRECT = 5

SYSTEM_PORTS = 1024
TUNNELS: dict[int, Layer] = {
    4789: "vxlan",
    6081: "geneve",
    2152: "gtp",
    3386: "gtp",
    3544: "teredo",
    1701: "l2tp",
    4790: "vxlan_gpe",
    4341: "lisp",
    4754: "gre",
    6635: "mpls",
    37008: "tzsp",
}


def tcp(packet: Packet) -> Layer | None:
    """The header with its options stays, the payload goes, and so must what the checksum tells of it."""
    at, data = packet.at, packet.data
    there = packet.limit - at
    if there < LEAST and packet.quoted:
        return None
    header = max((data[at + 12] >> 4) * 4, FIXED) if there > 12 else FIXED
    told = header_sum(packet, packet.old, header) if there >= 18 else 0
    tcp_options(packet, at + FIXED, min(at + header, packet.limit))
    if there >= 18:
        # how far the checksum is from that of the header alone: the payload, offloading, or damage
        difference = (packet.u16(at + 16) - told) % ONES
        disguised = packet.names.disguised(difference)
        alone = header_sum(packet, packet.new, header)
        struct.pack_into(">H", data, at + 16, (alone + disguised) % ONES if disguised else alone)
    packet.past(header)
    return None


def header_sum(packet: Packet, addresses: bytes, header: int) -> int:
    """The checksum of the TCP header here, were its payload zeros."""
    at = packet.at
    octets = packet.data[at : min(at + header, packet.limit)]
    octets[16:18] = b"\0\0"
    return checksum_of(packet.pseudo_sum(addresses, TCP) + ones_sum(octets))


def tcp_options(packet: Packet, at: int, stop: int) -> None:
    """Clear what options say that names somebody, or might: cookies, keys, addresses, signatures."""
    data = packet.data
    while at < stop and data[at] != END:
        if data[at] == NO_OPERATION:
            at += 1
            continue
        kind, size = data[at], data[at + 1] if at + 1 < stop else 0
        if size < 2 or at + size > stop:
            break
        if kind == MPTCP and size > 2:
            data[at + 2] &= 0xF0  # the subtype
            packet.clear(at + 3, at + size)
        elif kind in EXPERIMENTS:
            packet.clear(at + 2 + EXPERIMENT_ID, at + size)
        elif kind not in HARMLESS:
            packet.clear(at + 2, at + size)
        at += size
    packet.clear(at, stop)


def udp(packet: Packet) -> Layer | None:
    """A tunnel by its port; any other payload goes."""
    at = packet.at
    if not packet.has(8):
        return None
    source, destination = packet.u16(at), packet.u16(at + 2)
    if packet.u16(at + 6):
        packet.sum_later(at + 6, packet.pseudo_sum(packet.new, UDP), never_zero=True)
    packet.past(8)
    if source < SYSTEM_PORTS or destination < SYSTEM_PORTS:
        return None
    return TUNNELS.get(destination) or TUNNELS.get(source)


def icmp(packet: Packet) -> Layer | None:
    """An error, with what it quotes."""
    if not packet.has(8):
        return None
    kind = packet.data[packet.at]
    if kind == REDIRECT:
        packet.rename(packet.at + 4, 4)
    return quoting(packet, kind in ICMP_QUOTES, 0, "ipv4")


def icmpv6(packet: Packet) -> Layer | None:
    """The same of ICMPv6."""
    if not packet.has(8):
        return None
    return quoting(packet, 1 <= packet.data[packet.at] <= 4, packet.pseudo_sum(packet.new, ICMPV6), "ipv6")


def quoting(packet: Packet, quotes: bool, pseudo: int, layer: Layer) -> Layer | None:
    """The first 8 octets of ICMP; of what is no error only type and code stay."""
    packet.sum_later(packet.at + 2, pseudo)
    if not quotes:
        packet.past(4)
        return None
    packet.quoted = True
    packet.past(8)
    return layer


LAYERS = {"tcp": tcp, "udp": udp, "icmp": icmp, "icmpv6": icmpv6}
