"""IPv4 and IPv6 headers. Each overwrites addresses, TTL and ID in the row: the innermost stays."""

from __future__ import annotations

from analyzer import kinds
from analyzer.decode.kernels import layers
from analyzer.decode.kernels.inner import inner
from analyzer.decode.kernels.octets import u8, u16, u32, u64

MAPPED = 0xFFFF00000000  # ::ffff:0:0/96, RFC 4291 2.5.5.2

# Protocol numbers (IANA). Extension headers that are stepped over:
HOP_BY_HOP = 0
ROUTING = 43
FRAGMENT = 44
AUTHENTICATION = 51
DESTINATION = 60
SHIM6 = 140

ICMP = 1
IPV4_IN_IP = 4
TCP = 6
UDP = 17
IPV6_IN_IP = 41
GRE = 47
ESP = 50
ICMPV6 = 58
ETHERIP = 97
MPLS_IN_IP = 137
ETHERNET = 143

JUMBO_PAYLOAD = 0xC2  # hop-by-hop option, RFC 2675 2
HOME_ADDRESS = 0xC9  # destination option, RFC 6275 6.3


@inner
def read_ipv4(buffer, cursor, row):
    """Read an IPv4 header (RFC 791 3.1).

    buffer: uint8[:], read. cursor: one CURSOR record, moved to the payload; `limit` and `end` are
    narrowed to the datagram. row: one SEGMENT record, of which addresses, ttl, ip_id and
    dont_fragment are written. Returns the next layer or a decode status.
    """
    at = cursor.offset
    if at + 20 > cursor.limit:
        return layers.cut(cursor, kinds.NOT_IP)
    first = u8(buffer, at)
    if first >> 4 != 4:
        # As tshark: an EtherType of IPv4 before an IPv6 header is believed to be a slip.
        return layers.IPV6 if first >> 4 == 6 else kinds.NOT_IP
    header = (first & 15) * 4
    total = u16(buffer, at + 2)
    if total == 0:  # segmentation offload: the network card would have filled it in
        total = cursor.end - at
    if header < 20 or total < header:
        return kinds.NOT_IP
    cursor.end = at + total
    cursor.limit = min(cursor.limit, cursor.end)
    row.source_high = 0
    row.source_low = MAPPED | u32(buffer, at + 12)
    row.destination_high = 0
    row.destination_low = MAPPED | u32(buffer, at + 16)
    row.ip_id = u16(buffer, at + 4)
    row.ttl = u8(buffer, at + 8)
    fragmentation = u16(buffer, at + 6)
    row.dont_fragment = (fragmentation >> 14) & 1
    cursor.fragment = (fragmentation >> 13) & 1
    if fragmentation & 0x1FFF:
        return kinds.FRAGMENT
    if at + header > cursor.limit:
        return kinds.TRUNCATED
    cursor.number = u8(buffer, at + 9)
    cursor.offset = at + header
    return layers.TCP if cursor.number == TCP else layers.PROTOCOL


@inner
def read_ipv6(buffer, cursor, row):
    """Read an IPv6 header (RFC 8200 3). Arguments and result as of `read_ipv4`."""
    at = cursor.offset
    if at + 40 > cursor.limit:
        return layers.cut(cursor, kinds.NOT_IP)
    if u8(buffer, at) >> 4 != 6:
        return kinds.NOT_IP
    payload = u16(buffer, at + 4)
    cursor.jumbo = -1
    if payload == 0:  # jumbogram (RFC 2675), or segmentation offload as in IPv4
        cursor.jumbo = at + 40
    else:
        cursor.end = at + 40 + payload
        cursor.limit = min(cursor.limit, cursor.end)
    row.source_high = u64(buffer, at + 8)
    row.source_low = u64(buffer, at + 16)
    row.destination_high = u64(buffer, at + 24)
    row.destination_low = u64(buffer, at + 32)
    row.ip_id = 0
    row.ttl = u8(buffer, at + 7)
    row.dont_fragment = 1
    cursor.fragment = 0
    cursor.number = u8(buffer, at + 6)
    cursor.offset = at + 40
    return layers.TCP if cursor.number == TCP else layers.PROTOCOL


@inner
def read_extension(buffer, cursor, row):
    """Step over one extension header (RFC 8200 4; AH also in IPv4, RFC 4302 2.2).

    Arguments and result as of `read_ipv4`; of the row ip_id and the addresses are written.
    """
    at = cursor.offset
    kind = cursor.number
    if at + 8 > cursor.limit:
        return layers.cut(cursor, kinds.NOT_TCP)
    size = (u8(buffer, at + 1) + 1) * 8
    if kind == FRAGMENT:
        size = 8
        row.ip_id = u16(buffer, at + 6)
        cursor.fragment = u8(buffer, at + 3) & 1
        if u16(buffer, at + 2) >> 3:
            return kinds.FRAGMENT
    elif kind == AUTHENTICATION:
        size = (u8(buffer, at + 1) + 2) * 4
    elif kind == HOP_BY_HOP and cursor.jumbo == at:
        read_jumbo(buffer, cursor, min(at + size, cursor.limit))
    if at + size > cursor.limit:
        return layers.cut(cursor, kinds.NOT_TCP)
    if kind == ROUTING and u8(buffer, at + 3):
        read_route(buffer, at, size, row)
    elif kind == DESTINATION and size >= 24:
        read_home(buffer, at + 2, at + size, row)
    cursor.number = u8(buffer, at)
    cursor.offset = at + size
    return layers.TCP if cursor.number == TCP else layers.PROTOCOL


@inner
def read_route(buffer, at, size, row):
    """Take the final destination from a routing header of `size` octets with segments left.

    That address is the connection's: it is in the checksum's pseudo-header (RFC 8200 8.1).
    """
    kind = u8(buffer, at + 2)
    # 0 and 2 (RFC 6275) hold whole addresses, 3 (RFC 6554) may shorten them, 4 is segment routing.
    if size < 24 or kind > 4 or kind == 1 or (kind == 3 and u8(buffer, at + 4)):
        return
    last = at + 8 if kind == 4 else at + size - 16  # RFC 8754 2 lists them in reverse
    row.destination_high = u64(buffer, last)
    row.destination_low = u64(buffer, last + 8)


@inner
def read_home(buffer, at, stop, row):
    """Take the source from a home address option (RFC 6275 6.3) between indices `at` and `stop`."""
    while at + 18 <= stop:
        kind = u8(buffer, at)
        if kind == HOME_ADDRESS:
            row.source_high = u64(buffer, at + 2)
            row.source_low = u64(buffer, at + 10)
            return
        at += 1 if kind == 0 else 2 + u8(buffer, at + 1)


@inner
def read_jumbo(buffer, cursor, stop):
    """Find the jumbo payload option before index `stop`, and take the payload's length from it."""
    at = cursor.offset + 2
    while at + 6 <= stop:
        kind = u8(buffer, at)
        if kind == JUMBO_PAYLOAD:
            payload = u32(buffer, at + 2)
            if payload > 0xFFFF:  # less is an error, RFC 2675 3
                cursor.end = cursor.jumbo + payload
                cursor.limit = min(cursor.limit, cursor.end)
            return
        at += 1 if kind == 0 else 2 + u8(buffer, at + 1)  # 0 is Pad1, RFC 8200 4.2


@inner
def read_protocol(buffer, cursor, row):
    """Choose the layer by the IP protocol number in `cursor.number`, or step over an extension."""
    number = cursor.number
    if number == TCP:
        return layers.TCP
    if number == UDP:
        return layers.UDP
    if number == ICMP:
        return layers.ICMP
    if number == ICMPV6:
        return layers.ICMPV6
    if number in (HOP_BY_HOP, ROUTING, FRAGMENT, AUTHENTICATION, DESTINATION, SHIM6):
        return read_extension(buffer, cursor, row)
    if number == ESP:
        return kinds.ENCRYPTED
    if number == IPV4_IN_IP:  # RFC 2003
        return layers.IPV4
    if number == IPV6_IN_IP:  # RFC 4213
        return layers.IPV6
    if number == GRE:
        return layers.GRE
    if number == ETHERIP:
        return layers.ETHERIP
    if number == MPLS_IN_IP:  # RFC 4023
        return layers.MPLS
    # Ethernet, RFC 8986 4.9; mobility and HIP are signalling, with nothing behind them
    return layers.ETHERNET if number == ETHERNET else kinds.NOT_TCP
