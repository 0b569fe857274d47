"""Link layers, and the labels between them and IP. Each function takes the packet, returns what follows."""

from __future__ import annotations

from analyzer.write.anonymize.packet import Layer, Packet

TYPES: dict[int, Layer] = {
    0x0800: "ipv4",
    0x0806: "arp",
    0x6558: "ethernet",
    0x86DD: "ipv6",
    0x8847: "mpls",
    0x8848: "mpls",
    0x8864: "pppoe",
    0x894F: "nsh",
}
BACKBONE = 0x88E7  # IEEE 802.1ah
LONGEST_LLC = 1500
FIRST_TYPE = 0x0600
TAGS = {0x8100: 4, 0x88A8: 4, 0x9100: 4, 0x9200: 4, 0x8926: 6, 0x892F: 6, 0xF1C1: 6, 0x893F: 8, 0x8909: 8}
"""EtherTypes of tags: octets from behind them to behind the next EtherType."""

UNREADABLE_HARDWARE = (824, 770, 803)  # ARPHRD_ of netlink, Frame Relay, radiotap in cooked captures
IPV6_FAMILIES = (10, 23, 24, 28, 30)
NFLOG_PAYLOAD = 9


def ethernet(packet: Packet) -> Layer | None:
    """Destination, source, EtherType."""
    if not packet.has(14):
        return None
    packet.rename_mac(packet.at)
    packet.rename_mac(packet.at + 6)
    packet.number = packet.u16(packet.at + 12)
    packet.past(14)
    return "ethertype"


def ethertype(packet: Packet) -> Layer | None:
    """What the EtherType in `number` says, past any tags."""
    while size := TAGS.get(packet.number, 0):
        if not packet.has(size):
            return None
        packet.number = packet.u16(packet.at + size - 2)
        packet.past(size)
    if packet.number in TYPES:
        return TYPES[packet.number]
    if packet.number <= LONGEST_LLC:
        return llc(packet)
    if packet.number == BACKBONE:
        packet.past(4)
        return "ethernet"
    return None


def llc(packet: Packet) -> Layer | None:
    """IEEE 802.2, perhaps with SNAP."""
    at = packet.at
    if not packet.has(8):
        return None
    control = packet.data[at + 2]
    if control & 0xEF != 0x03 and control & 1:
        return None
    size = 3 if control & 0xEF == 0x03 else 4
    access_points = packet.u16(at)
    if access_points >> 8 == 0x06:
        packet.past(size)
        return "ipv4"
    if not packet.has(size + 5):
        return None
    organization = int.from_bytes(packet.data[at + size : at + size + 3], "big")
    packet.number = packet.u16(at + size + 3)
    if access_points != 0xAAAA or organization not in (0, 0xF8) or packet.number < FIRST_TYPE:
        return None
    packet.past(size + 5)
    return "ethertype"


def null(packet: Packet) -> Layer | None:
    """BSD loopback: an address family in either byte order, or what some write in its place."""
    if not packet.has(4):
        return None
    family = int.from_bytes(packet.data[packet.at : packet.at + 4], "big")
    if family >> 16 == 0xFF03:
        return "ppp"
    if family > 0xFFFF:
        family = packet.data[packet.at] | packet.data[packet.at + 1] << 8
    packet.past(4)
    if family == 2:
        return "ipv4"
    if family in IPV6_FAMILIES:
        return "ipv6"
    packet.number = family
    return "ethertype" if family >= FIRST_TYPE else None


def cooked(packet: Packet, hardware_at: int, size: int) -> int:
    """Rename the sender in a Linux cooked header that is there; its ARPHRD_ value.

    The length of the address stands before the address, 8 octets, of which some are padding.
    """
    at = packet.at
    address_at, length = (at + 6, packet.u16(at + 4)) if size == 16 else (at + 12, packet.data[at + 11])
    packet.clear(address_at + (6 if length == 6 else 0), address_at + 8)
    if length == 6:
        packet.rename_mac(address_at)
    return packet.u16(at + hardware_at)


def sll(packet: Packet) -> Layer | None:
    """Linux cooked capture."""
    if not packet.has(16):
        return None
    packet.number = packet.u16(packet.at + 14)
    hardware = cooked(packet, 2, 16)
    packet.past(16)
    return cooked_payload(packet, hardware)


def sll2(packet: Packet) -> Layer | None:
    """Linux cooked capture, version 2."""
    if not packet.has(20):
        return None
    packet.number = packet.u16(packet.at)
    hardware = cooked(packet, 8, 20)
    packet.past(20)
    return cooked_payload(packet, hardware)


def cooked_payload(packet: Packet, hardware: int) -> Layer | None:
    """What follows a cooked header."""
    if hardware in UNREADABLE_HARDWARE:
        return None
    if packet.number >= FIRST_TYPE:
        return "ethertype"
    if packet.number == 4:
        return llc(packet)
    return {3: "ethernet", 7: "ppp"}.get(packet.number)


def cisco(packet: Packet) -> Layer | None:
    """Cisco HDLC."""
    if not packet.has(4):
        return None
    packet.number = packet.u16(packet.at + 2)
    packet.past(4)
    return "ethertype" if packet.number >= FIRST_TYPE else None


def nflog(packet: Packet) -> Layer | None:
    """Linux netfilter log: of its records only the packet stays."""
    at = packet.at + 4
    while at + 4 <= packet.limit:
        size_octets = packet.data[at : at + 2]
        size = int.from_bytes(size_octets, "little" if packet.data[at + 3] == 0 else "big")
        if packet.data[at + 2] | packet.data[at + 3] == NFLOG_PAYLOAD:
            packet.past(at + 4 - packet.at)
            return "ipv4"
        step = max(size + 3 & ~3, 4)
        packet.clear(at + 4, at + step)
        at += step
    return None


def pktap(packet: Packet) -> Layer | None:
    """Darwin's packet tap: names of interface and program go."""
    at = packet.at
    if not packet.has(12):
        return None
    size = max(int.from_bytes(packet.data[at : at + 2], "little"), 12)
    link_type = packet.data[at + 8]
    packet.clear(at + 12, at + size)
    packet.past(size)
    return {1: "ethernet", 0: "null", 108: "null", 12: "ipv4", 14: "ipv4", 101: "ipv4"}.get(link_type)


def enc(packet: Packet) -> Layer | None:
    """OpenBSD's view into IPsec."""
    packet.past(12)
    return "ipv4"


def ppp_direction(packet: Packet) -> Layer | None:
    """An octet of direction, then PPP."""
    packet.past(1)
    return "ppp"


def pppoe(packet: Packet) -> Layer | None:
    """Version, code, session, length."""
    packet.past(6)
    return "ppp"


def ppp(packet: Packet) -> Layer | None:
    """PPP, with address and control octets or without."""
    at = packet.at
    if not packet.has(2):
        return None
    if packet.data[at] in (0x0F, 0x8F):
        return "cisco"
    size = 2 if packet.data[at] == 0xFF else 0
    if not packet.has(size + 2):
        return None
    number = packet.data[at + size]
    if number & 1:
        size += 1
    else:
        number = packet.u16(at + size)
        size += 2
    packet.past(size)
    if number == 0x0031:
        return bridged(packet)
    if number == 0x003D:
        return multilink(packet)
    return {
        0x0021: "ipv4",
        0x0800: "ipv4",
        0x0057: "ipv6",
        0x86DD: "ipv6",
        0x0281: "mpls",
        0x0283: "mpls",
    }.get(number)


def bridged(packet: Packet) -> Layer | None:
    """A bridged frame (RFC 3518)."""
    if not packet.has(2):
        return None
    is_ethernet = packet.data[packet.at + 1] == 1
    packet.past(6 if packet.data[packet.at] & 0x40 else 2)
    return "ethernet" if is_ethernet else None


def multilink(packet: Packet) -> Layer | None:
    """A multilink frame with a whole packet in it."""
    if not packet.has(4):
        return None
    whole = packet.data[packet.at] >> 6 == 3
    packet.past(4)
    return "ppp" if whole else None


LAYERS = {
    "ethernet": ethernet,
    "ethertype": ethertype,
    "null": null,
    "sll": sll,
    "sll2": sll2,
    "cisco": cisco,
    "nflog": nflog,
    "pktap": pktap,
    "enc": enc,
    "ppp": ppp,
    "ppp_direction": ppp_direction,
    "pppoe": pppoe,
}
STARTS: dict[int, Layer] = {
    0: "null",
    1: "ethernet",
    9: "ppp",
    12: "ipv4",
    14: "ipv4",
    50: "ppp",
    51: "pppoe",
    101: "ipv4",
    104: "cisco",
    108: "null",
    109: "enc",
    113: "sll",
    149: "pktap",
    204: "ppp_direction",
    219: "mpls",
    228: "ipv4",
    229: "ipv6",
    239: "nflog",
    258: "pktap",
    276: "sll2",
}
"""The header that a frame begins with, by link type."""
