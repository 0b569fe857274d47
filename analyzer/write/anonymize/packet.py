"""A frame while it is made anonymous: what is known of it stays, rewritten, all else goes.

Each layer reads its header as the decoder does, rewrites what names somebody, and moves `at` past
it; `kept` follows. Octets that no layer has vouched for are not written.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field

from analyzer.write.anonymize.names import ONES, Names

Layer = str
"""The name of a header that follows; None where the story ends."""


@dataclass(slots=True)
class Packet:
    """data: the captured octets. at: where the next header begins. limit: one past the last octet of
    what encloses it; end: the same on the wire, which may be more. number: EtherType or IP protocol of
    the next header. jumbo: index of an IPv6 payload whose length field is 0, else -1. quoted: within an
    ICMP error's quotation. old, new: both addresses of the innermost IP header, as they were and
    renamed. kept: octets to write. later: checksums to compute when all is rewritten.
    """

    data: bytearray
    limit: int
    end: int
    names: Names
    at: int = 0
    number: int = 0
    jumbo: int = -1
    quoted: bool = False
    old: bytes = b""
    new: bytes = b""
    kept: int = 0
    later: list[Callable[[], None]] = field(default_factory=list)

    def has(self, count: int) -> bool:
        """Whether so many octets of the next header are there."""
        return self.at + count <= self.limit

    def u16(self, at: int) -> int:
        """The 16-bit number there."""
        return self.data[at] << 8 | self.data[at + 1]

    def past(self, count: int) -> None:
        """Vouch for the next octets, as far as they are there, and go on behind them."""
        self.at += count
        self.kept = min(self.at, self.limit)

    def clear(self, begin: int, end: int) -> None:
        """Make these octets 0, as far as they are there."""
        end = min(end, self.limit)
        if begin < end:
            self.data[begin:end] = bytes(end - begin)

    def rename(self, at: int, size: int) -> None:
        """Rename the IP address there."""
        self.data[at : at + size] = self.names.address(bytes(self.data[at : at + size]))

    def rename_mac(self, at: int) -> None:
        """Rename the hardware address there."""
        self.data[at : at + 6] = self.names.mac(bytes(self.data[at : at + 6]))

    def sum_later(self, place: int, pseudo: int = 0, never_zero: bool = False) -> None:
        """Have the checksum at `place` be right for what is written from here on, and zeros behind it.

        pseudo: sum of a pseudo-header. never_zero: 0 would mean that there is none.
        """
        begin = self.at

        def write() -> None:
            self.data[place : place + 2] = b"\0\0"
            checksum = checksum_of(pseudo + ones_sum(self.data[begin : self.kept]))
            struct.pack_into(">H", self.data, place, checksum or (ONES if never_zero else 0))

        if place + 2 <= self.limit:
            self.later.append(write)

    def pseudo_sum(self, addresses: bytes, protocol: int) -> int:
        """Sum of the pseudo-header of what begins here (RFC 9293 3.1, RFC 8200 8.1)."""
        return ones_sum(addresses) + protocol + ones_sum((self.end - self.at).to_bytes(8, "big"))


def ones_sum(octets: bytes | bytearray) -> int:
    """Sum of 16-bit numbers as of RFC 1071, modulo 65535: 2 ** 16 leaves 1, so that is the remainder."""
    number = int.from_bytes(octets, "big")
    return (number << 8 if len(octets) & 1 else number) % ONES


def checksum_of(total: int) -> int:
    """The checksum that makes the sum right."""
    return ONES - (total % ONES or ONES)
