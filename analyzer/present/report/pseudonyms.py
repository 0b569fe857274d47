"""Other names for what a capture gives away, the same one for the same thing throughout a report.

Addresses become others that are nobody's: IPv4 of 10.0.0.0/8 (RFC 1918), IPv6 of 2001:db8::/32 (RFC
3849), counted in the order in which they are met; no prefix is kept. Names of files and interfaces
become their kind and a number. What names nobody stays: unspecified, loopback and broadcast addresses,
multicast to well-known groups. Times, ports, sizes and sequence numbers stay, too: without them there
is no diagnosis.
"""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Iterable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

ADDRESS = re.compile(
    r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)"
    r"|(?<![\w:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,8}(?:(?:\d{1,3}\.){3}\d{1,3})?(?![\w:])"
)
"""What may be an IPv4 or IPv6 address in a text."""

MAC = re.compile(r"(?<![\w:-])[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}(?![\w:-])")
HOSTS = {4: ipaddress.ip_address("10.0.0.0"), 6: ipaddress.ip_address("2001:db8::")}
GROUPS = {4: ipaddress.ip_address("239.0.0.0"), 6: ipaddress.ip_address("ff0e::db8:0")}  # RFC 2365, RFC 4291
LINK_LOCAL = ipaddress.ip_address("fe80::")
LOCAL_GROUPS = ipaddress.ip_network("224.0.0.0/24")  # RFC 5771 4
WELL_KNOWN_GROUP = 0xFFFF  # IPv6 group numbers up to here are assigned (RFC 4291 2.7.1, IANA)
LOCAL_MAC = "02:00:00"  # locally administered


class Pseudonyms:
    """Remembers what it called what."""

    def __init__(self) -> None:
        self._addresses: dict[Address, str] = {}
        self._met: Counter[Address] = Counter()
        self._macs: dict[str, str] = {}
        self._names: dict[tuple[str, str], str] = {}
        self._literals: dict[str, str] = {}

    def name(self, kind: str, name: str) -> str:
        """interface 2, capture-1.pcapng: by the order in which they are met. kind: with {} for the number."""
        number = sum(each == kind for each, _ in self._names) + 1
        return self._names.setdefault((kind, name), kind.format(number))

    def hide(self, literals: Iterable[str], instead: str) -> None:
        """Replace these in texts from now on, as they stand there."""
        self._literals.update((each, instead) for each in literals if each)

    def text(self, text: str) -> str:
        """A sentence, with other names for all that it names."""
        for literal in sorted(self._literals, key=len, reverse=True):
            text = text.replace(literal, self._literals[literal])
        text = MAC.sub(lambda found: self.mac(found[0]), text)
        return ADDRESS.sub(lambda found: self.address(found[0]), text)

    def address(self, text: str) -> str:
        """Another address, or the text itself where it is none or means no host in particular."""
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return text
        before = _before(address)
        if before is None:
            return text
        if address not in self._addresses:
            self._met[before] += 1
            self._addresses[address] = str(before + self._met[before])
        return self._addresses[address]

    def mac(self, text: str) -> str:
        """02:00:00:00:00:01"""
        number = len(self._macs) + 1
        tail = ":".join(f"{octet:02x}" for octet in number.to_bytes(3, "big"))
        return self._macs.setdefault(text.lower().replace("-", ":"), f"{LOCAL_MAC}:{tail}")


def _before(address: Address) -> Address | None:
    """The address that the new names of its kind follow; None: it names nobody, and stays."""
    if address.is_loopback or address.is_unspecified or str(address) == "255.255.255.255":
        return None
    if address.is_multicast:
        number = int(address) & (1 << 112) - 1
        known = number <= WELL_KNOWN_GROUP if address.version == 6 else address in LOCAL_GROUPS
        return None if known else GROUPS[address.version]
    if address.version == 6 and address.is_link_local:
        return LINK_LOCAL
    return HOSTS[address.version]
