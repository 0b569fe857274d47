"""The kernel's filter: only frames that tracking can use come to us.

In pcap-filter's language (man pcap-filter). It keeps all that decoding can find a segment in: TCP (with all
fragments over IPv4, which are counted), ICMP errors, ARP, tunnels, and all of it behind a VLAN tag; not IP
over LLC, which decoding knows from old captures. The word `vlan` shifts all that follows it, so it comes
last. What has a second tag, or a tag or label that the language has no word for, passes unlooked at. (Linux
hands over a frame's outer tag beside the frame, where libpcap's `vlan` looks for it, too; a plain `tcp`
would then find the segment, but not behind a tag in the frame, as all are on other systems.)

It has some 600 instructions. Linux takes up to 4096; a segment is accepted after a handful.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from analyzer.errors import UsageError

TUNNEL_PROTOCOLS = (4, 41, 47, 51, 97, 137, 143)  # IPv4, IPv6, GRE, AH, EtherIP, MPLS, Ethernet
EXTENSIONS = (0, 43, 60, 140)  # of IPv6; `tcp` looks behind 44, the fragment header, by itself
TUNNEL_PORTS = (1701, 2152, 3386, 3544, 4341, 4754, 4789, 4790, 6081, 6635, 37008)  # UDP
ETHERTYPES = (0x6558, 0x8847, 0x8848, 0x8864, 0x88E7, 0x894F)  # Ethernet, MPLS, PPPoE, 802.1ah, NSH
OTHER_TAGS = (0x8909, 0x892F, 0x8926, 0x893F, 0x9200, 0xF1C1)
VLAN_TAGS = (0x8100, 0x88A8, 0x9100)
ICMP_ERRORS = (3, 4, 5, 11, 12)  # those that quote a datagram, RFC 792


def _any(word: str, values: tuple[int, ...]) -> str:
    return word + " " + " or ".join(f"{value:#x}" if value > 0xFFF else str(value) for value in values)


TRACKED = " or ".join(
    (
        "tcp",
        "arp",
        f"(icmp and ({' or '.join(f'icmp[0] = {kind}' for kind in ICMP_ERRORS)}))",
        "(icmp6 and ip6[40] < 128)",  # errors, RFC 4443 2.1
        " or ".join(f"ip6[6] = {number}" for number in EXTENSIONS),
        _any("ip proto", TUNNEL_PROTOCOLS),
        _any("ip6 proto", TUNNEL_PROTOCOLS),
        f"(udp and ({_any('port', TUNNEL_PORTS)}))",
        _any("ether proto", ETHERTYPES + OTHER_TAGS),
    )
)
"""What is kept of frames without a VLAN tag."""

SHIFTS = re.compile(r"\b(vlan|mpls|pppoed|pppoes|geneve|vxlan)\b")
"""Words that shift what follows them; who uses one looks behind headers alone."""


def candidates(user: str = "") -> Iterator[str]:
    """Filters that do, the best first: not all link types have VLAN tags, some have no protocols."""
    if SHIFTS.search(user):
        yield user
        return
    also = f" and ({user})" if user else ""
    kept = f"(({TRACKED}){also})"
    yield f"{kept} or (vlan and ({kept} or (vlan{also})))"
    yield f"({TRACKED} or {_any('ether proto', VLAN_TAGS)}){also}"
    yield user


def kernel_filter(user: str, why_not: Callable[[str], str]) -> str:
    """The filter for an interface; `why_not` says why it does not take one, "" if it does.

    Raises UsageError if the user's own filter is none.
    """
    if user and (reason := why_not(user)):
        raise UsageError(
            f"capture filter {user!r}: {reason}; it is written as for tcpdump: 'host 10.0.0.1 and port 443'"
        )
    return next((each for each in candidates(user) if not each or not why_not(each)), user)
