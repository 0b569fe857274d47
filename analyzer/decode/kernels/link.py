"""Link layers: from the first octet of a frame to its network header.

Each function takes buffer: uint8[:], read, and cursor: one CURSOR record, moved past the header;
it returns the next layer or a decode status.
"""

from __future__ import annotations

from analyzer import kinds
from analyzer.decode.kernels import layers
from analyzer.decode.kernels.inner import inner
from analyzer.decode.kernels.octets import u8, u16, u32

TYPE_IPV4 = 0x0800
TYPE_ARP = 0x0806
TYPE_TRANSPARENT_ETHERNET = 0x6558  # RFC 1701, RFC 7637
TYPE_IPV6 = 0x86DD
TYPE_MPLS = 0x8847
TYPE_MPLS_MULTICAST = 0x8848
TYPE_PPPOE = 0x8864  # session stage, RFC 2516
TYPE_MACSEC = 0x88E5
TYPE_BACKBONE = 0x88E7  # IEEE 802.1ah
TYPE_NSH = 0x894F  # RFC 8300

LONGEST_LLC = 1500  # an EtherType up to this is a length, IEEE 802.3 3.2.6
FIRST_TYPE = 0x0600

HARDWARE_NETLINK = 824  # ARPHRD_ values of Linux, in cooked captures
HARDWARE_FRAME_RELAY = 770
HARDWARE_RADIOTAP = 803


@inner
def read_ethernet(buffer, cursor):
    """Destination, source and EtherType (IEEE 802.3 3.2)."""
    if cursor.offset + 14 > cursor.limit:
        return layers.cut(cursor, kinds.NOT_IP)
    cursor.number = u16(buffer, cursor.offset + 12)
    cursor.offset += 14
    return layers.IPV4 if cursor.number == TYPE_IPV4 else layers.ETHERTYPE


@inner
def tag_size(number):
    """Octets from behind EtherType `number` to behind the next EtherType; 0 if it is no tag."""
    if number in (0x8100, 0x88A8, 0x9100, 0x9200):  # 802.1Q, 802.1ad and what came before it
        return 4
    if number in (0x8926, 0x892F, 0xF1C1):  # Cisco VN-Tag, HSR (IEC 62439-3), 802.1CB
        return 6
    if number in (0x893F, 0x8909):  # 802.1BR E-Tag, Cisco metadata
        return 8
    return 0


@inner
def read_ethertype(buffer, cursor):
    """Choose the layer by the EtherType in `cursor.number`, past any number of tags."""
    size = tag_size(cursor.number)
    while size:
        if cursor.offset + size > cursor.limit:
            return layers.cut(cursor, kinds.NOT_IP)
        cursor.offset += size
        cursor.number = u16(buffer, cursor.offset - 2)
        size = tag_size(cursor.number)
    number = cursor.number
    if number == TYPE_IPV4:
        return layers.IPV4
    if number == TYPE_IPV6:
        return layers.IPV6
    if number == TYPE_ARP:
        return layers.ARP
    if number <= LONGEST_LLC:
        return read_llc(buffer, cursor)
    if number == TYPE_PPPOE:
        return layers.PPPOE
    if number == TYPE_MPLS or number == TYPE_MPLS_MULTICAST:
        return layers.MPLS
    if number == TYPE_TRANSPARENT_ETHERNET:
        return layers.ETHERNET
    if number == TYPE_BACKBONE:  # service tag, then the customer's frame
        cursor.offset += 4
        return layers.ETHERNET
    if number == TYPE_NSH:
        return layers.NSH
    return kinds.ENCRYPTED if number == TYPE_MACSEC else kinds.NOT_IP


@inner
def read_llc(buffer, cursor):
    """Logical link control (IEEE 802.2), with the SNAP header where there is one (RFC 1042)."""
    at = cursor.offset
    if at + 8 > cursor.limit:
        return layers.cut(cursor, kinds.NOT_IP)
    control = u8(buffer, at + 2)
    if control & 0xEF == 0x03:  # unnumbered information, whatever its poll bit
        size = 3
    elif control & 1 == 0:  # numbered information has two octets of control
        size = 4
    else:
        return kinds.NOT_IP
    access_points = u16(buffer, at)
    if access_points >> 8 == 0x06:  # IP's own access point
        cursor.offset = at + size
        return layers.IPV4
    if at + size + 5 > cursor.limit:
        return layers.cut(cursor, kinds.NOT_IP)
    organization = u32(buffer, at + size - 1) & 0xFFFFFF
    cursor.number = u16(buffer, at + size + 3)
    # 0 means an EtherType follows, 0xF8 the same, bridged (802.1H).
    if access_points != 0xAAAA or organization not in (0, 0xF8) or cursor.number < FIRST_TYPE:
        return kinds.NOT_IP
    cursor.offset = at + size + 5
    return layers.ETHERTYPE


@inner
def read_family(buffer, cursor):
    """BSD loopback: an address family in the byte order of the host that captured.

    AF_INET is 2 everywhere; AF_INET6 is 24 (NetBSD, OpenBSD), 28 (FreeBSD), 30 (Darwin),
    23 (Windows) or 10 (Linux). Some write an EtherType or a PPP header instead.
    """
    at = cursor.offset
    if at + 4 > cursor.limit:
        return layers.cut(cursor, kinds.NOT_IP)
    family = u32(buffer, at)
    if family >> 16 == 0xFF03:
        return layers.PPP
    if family > 0xFFFF:  # little-endian
        family = u8(buffer, at) | u8(buffer, at + 1) << 8
    cursor.offset = at + 4
    if family == 2:
        return layers.IPV4
    if family in (10, 23, 24, 28, 30):
        return layers.IPV6
    cursor.number = family
    return layers.ETHERTYPE if family >= FIRST_TYPE else kinds.NOT_IP


@inner
def read_cooked(buffer, cursor, layer):
    """Linux cooked capture (LINKTYPE_LINUX_SLL, 16 octets, and LINKTYPE_LINUX_SLL2, 20 octets)."""
    at = cursor.offset
    size = 16 if layer == layers.SLL else 20
    if at + size > cursor.limit:
        return layers.cut(cursor, kinds.NOT_IP)
    hardware = u16(buffer, at + (2 if layer == layers.SLL else 8))
    cursor.number = u16(buffer, at + (14 if layer == layers.SLL else 0))
    cursor.offset = at + size
    if hardware in (HARDWARE_NETLINK, HARDWARE_FRAME_RELAY, HARDWARE_RADIOTAP):
        return kinds.NOT_IP
    if cursor.number >= FIRST_TYPE:
        return layers.ETHERTYPE
    if cursor.number == 3:  # ETH_P_ALL
        return layers.ETHERNET
    if cursor.number == 4:  # ETH_P_802_2
        return read_llc(buffer, cursor)
    return layers.PPP if cursor.number == 7 else kinds.NOT_IP


@inner
def read_cisco(buffer, cursor):
    """Cisco HDLC: address, control, EtherType."""
    if cursor.offset + 4 > cursor.limit:
        return layers.cut(cursor, kinds.NOT_IP)
    cursor.number = u16(buffer, cursor.offset + 2)
    cursor.offset += 4
    return layers.ETHERTYPE if cursor.number >= FIRST_TYPE else kinds.NOT_IP


@inner
def read_nflog(buffer, cursor):
    """Linux netfilter log: type-length-value records in host order; type 9 holds the IP packet."""
    at = cursor.offset + 4
    while at + 4 <= cursor.limit:
        little = u8(buffer, at + 3) == 0  # no type is above 255
        size = u8(buffer, at) | u8(buffer, at + 1) << 8 if little else u16(buffer, at)
        if u8(buffer, at + 2) | u8(buffer, at + 3) == 9:
            cursor.offset = at + 4
            return layers.IPV4
        at += max((size + 3) & ~3, 4)
    return layers.cut(cursor, kinds.NOT_IP)


@inner
def read_pktap(buffer, cursor):
    """Darwin's packet tap: its header's length and, 8 octets in, the link type that follows."""
    at = cursor.offset
    if at + 12 > cursor.limit:
        return layers.cut(cursor, kinds.NOT_IP)
    cursor.offset = at + max(u8(buffer, at) | u8(buffer, at + 1) << 8, 12)
    link_type = u8(buffer, at + 8)
    if link_type == 1:
        return layers.ETHERNET
    if link_type in (0, 108):
        return layers.NULL
    return layers.IPV4 if link_type in (12, 14, 101) else kinds.NOT_IP


@inner
def read_link(buffer, cursor, layer):
    """Read the header of link layer `layer`."""
    if layer == layers.ETHERTYPE:
        return read_ethertype(buffer, cursor)
    if layer == layers.NULL:
        return read_family(buffer, cursor)
    if layer == layers.SLL or layer == layers.SLL2:
        return read_cooked(buffer, cursor, layer)
    if layer == layers.CISCO_HDLC:
        return read_cisco(buffer, cursor)
    if layer == layers.NFLOG:
        return read_nflog(buffer, cursor)
    if layer == layers.PKTAP:
        return read_pktap(buffer, cursor)
    # ENC: address family, SPI, flags
    cursor.offset += 12
    return layers.IPV4
