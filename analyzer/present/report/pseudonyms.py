"""Other names for what a capture gives away, the same one for the same thing throughout a report.

Addresses become addresses of networks that are nobody's: IPv4 of 10.0.0.0/8 (RFC 1918), IPv6 of
fd00::/8 (RFC 4193), counted in the order in which they are met. Names of files and interfaces become
their kind and a number. What an address says of its kind stays: loopback, link-local, multicast and
unspecified addresses are kept. Times, ports, sizes and sequence numbers stay, too: without them there
is no diagnosis.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

ADDRESS = re.compile(
    r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)"
    r"|(?<![\w:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,8}(?:(?:\d{1,3}\.){3}\d{1,3})?(?![\w:])"
)
"""What may be an IPv4 or IPv6 address in a text."""

MAC = re.compile(r"(?<![\w:-])[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}(?![\w:-])")
FOUR_BASE = int(ipaddress.IPv4Address("10.0.0.0"))
SIX_BASE = int(ipaddress.IPv6Address("fd00::"))
FOUR_SPACE = 1 << 24
LOCAL_MAC = "02:00:00"  # locally administered


class Pseudonyms:
    """Remembers what it called what."""

    def __init__(self) -> None:
        self._addresses: dict[Address, str] = {}
        self._met = {4: 0, 6: 0}
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
        if _says_its_kind(address):
            return text
        if address not in self._addresses:
            self._addresses[address] = self._next(address.version)
        return self._addresses[address]

    def mac(self, text: str) -> str:
        """02:00:00:00:00:01"""
        number = len(self._macs) + 1
        tail = ":".join(f"{octet:02x}" for octet in number.to_bytes(3, "big"))
        return self._macs.setdefault(text.lower().replace("-", ":"), f"{LOCAL_MAC}:{tail}")

    def _next(self, version: int) -> str:
        self._met[version] += 1
        number = self._met[version]
        if version == 6 or number >= FOUR_SPACE:
            return str(ipaddress.IPv6Address(SIX_BASE + number))
        return str(ipaddress.IPv4Address(FOUR_BASE + number))


def _says_its_kind(address: Address) -> bool:
    return (
        address.is_loopback or address.is_link_local or address.is_multicast or address.is_unspecified
    ) or str(address) == "255.255.255.255"
