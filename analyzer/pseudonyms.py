"""Other names for addresses: the same one for the same address, in reports and in extracts.

The ends of a capture's connections come first, in the order of the connections, whichever of these are
chosen: so what leaves the house in several files can be read together. Others follow as they are met.
No prefix is kept: who knows one address of a network must not learn its neighbours. What names
nobody stays: unspecified, loopback and broadcast addresses, multicast to well-known groups.
"""

from __future__ import annotations

from collections.abc import Iterable

FIRST_IPV4 = 10 << 24  # 10.0.0.1 is the first, RFC 1918
FIRST_IPV4_GROUP = 239 << 24  # RFC 2365
LOCAL_GROUPS = bytes((224, 0, 0))  # RFC 5771 4
FIRST_IPV6 = 0x20010DB8 << 96  # 2001:db8::1, RFC 3849
FIRST_LINK_LOCAL = 0xFE80 << 112
FIRST_GROUP = 0x0DB80000  # low half of a multicast group's name
FIRST_MAC = 0x02 << 40  # locally administered
FIRST_GROUP_MAC = 0x03 << 40
WELL_KNOWN_GROUP = 0xFFFF  # group numbers up to here are assigned (RFC 4291 2.7.1, IANA)
WELL_KNOWN_MACS = (b"\x01\x00\x5e\0\0", b"\x01\x80\xc2", b"\x01\x00\x0c")
"""How group addresses begin that name nobody: IPv4 groups of the local network (RFC 1112 6.4; others hold
part of an address: a load balancer's, too), bridges, Cisco."""


class Pseudonyms:
    """Remembers what it called what."""

    def __init__(self, hosts: Iterable[bytes] = ()) -> None:
        """hosts: addresses of 4 or 16 octets, to be named first, in this order."""
        self._known: dict[bytes, bytes] = {}
        self._counts: dict[int, int] = {}
        for host in hosts:
            self.address(host)

    def address(self, octets: bytes) -> bytes:
        """The name of an IPv4 or IPv6 address."""
        name = self._known.get(octets)
        return name or self._new(octets, _ipv4_first(octets) if len(octets) == 4 else _ipv6_first(octets))

    def mac(self, octets: bytes) -> bytes:
        """The name of a hardware address of 6 octets."""
        return self._known.get(octets) or self._new(octets, _mac_first(octets))

    def _new(self, octets: bytes, first: int | None) -> bytes:
        """Name what comes for the first time. first: what the names of its kind follow, None: it stays."""
        name = octets
        if first is not None:
            self._counts[first] = self._counts.get(first, 0) + 1
            name = (first + self._counts[first]).to_bytes(len(octets), "big")
        self._known[octets] = name
        return name


def _ipv4_first(octets: bytes) -> int | None:
    if octets[0] == 127 or octets[:3] == LOCAL_GROUPS or octets in (bytes(4), b"\xff" * 4):
        return None
    return FIRST_IPV4_GROUP if octets[0] & 0xF0 == 0xE0 else FIRST_IPV4


def _ipv6_first(octets: bytes) -> int | None:
    number = int.from_bytes(octets, "big")
    if number <= 1:  # unspecified, loopback
        return None
    if octets[0] == 0xFF:
        group = number & (1 << 112) - 1
        return None if group <= WELL_KNOWN_GROUP else (number >> 112 << 112) | FIRST_GROUP
    return FIRST_LINK_LOCAL if octets[0] == 0xFE and octets[1] & 0xC0 == 0x80 else FIRST_IPV6


def _mac_first(octets: bytes) -> int | None:
    if octets in (bytes(6), b"\xff" * 6) or octets.startswith(WELL_KNOWN_MACS):
        return None
    return FIRST_GROUP_MAC if octets[0] & 1 else FIRST_MAC
