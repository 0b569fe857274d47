"""What a report that leaves the house says instead of what a capture gives away.

Addresses become those of `pseudonyms`. Names of files and interfaces become their kind and a number.
Times, ports, sizes and sequence numbers stay: without them there is no diagnosis.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

from analyzer.pseudonyms import Pseudonyms

ADDRESS = re.compile(
    r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)"
    r"|(?<![\w:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,8}(?:(?:\d{1,3}\.){3}\d{1,3})?(?![\w:])"
)
"""What may be an IPv4 or IPv6 address in a text."""

MAC = re.compile(r"(?<![\w:-])[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}(?![\w:-])")


class Hiding:
    """Says the same instead of the same throughout a report."""

    def __init__(self, hosts: Iterable[bytes] = ()) -> None:
        """hosts: as of Pseudonyms."""
        self._pseudonyms = Pseudonyms(hosts)
        self._names: dict[tuple[str, str], str] = {}
        self._literals: dict[str, str] = {}

    def name(self, kind: str, name: str) -> str:
        """interface 2, capture-1.pcapng: by the order in which they are met. kind: with {} for the number."""
        number = sum(each == kind for each, _ in self._names) + 1
        return self._names.setdefault((kind, name), kind.format(number))

    def hide(self, literals: Iterable[str], instead: str) -> None:
        """Replace these in texts from now on, as they stand there."""
        self._literals.update((each, instead) for each in literals if each)
        longest_first = sorted(self._literals, key=len, reverse=True)
        self._hidden = re.compile("|".join(map(re.escape, longest_first)))

    def text(self, text: str) -> str:
        """A sentence, with other names for all that it names."""
        if self._literals:
            text = self._hidden.sub(lambda found: self._literals[found[0]], text)
        text = MAC.sub(lambda found: self.mac(found[0]), text)
        return ADDRESS.sub(lambda found: self.address(found[0]), text)

    def address(self, text: str) -> str:
        """Another address, or the text itself where it is none or means no host in particular."""
        try:
            packed = ipaddress.ip_address(text).packed
        except ValueError:
            return text
        name = self._pseudonyms.address(packed)
        return text if name == packed else str(ipaddress.ip_address(name))

    def mac(self, text: str) -> str:
        """02:00:00:00:00:01"""
        return self._pseudonyms.mac(bytes.fromhex(re.sub("[:-]", "", text))).hex(":")
