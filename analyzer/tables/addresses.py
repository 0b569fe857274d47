"""IP addresses as people write them, from and to the two halves that records hold."""

from __future__ import annotations

import ipaddress
from functools import lru_cache

import numpy as np

from analyzer.wording import MAPPED, address_text

HALF = (1 << 64) - 1


def address_texts(high: np.ndarray, low: np.ndarray) -> list[str]:
    """Many addresses; `high` and `low` are uint64 arrays of one length."""
    return [address_text(*halves) for halves in zip(high.tolist(), low.tolist(), strict=True)]


@lru_cache(maxsize=1 << 16)
def is_ipv4(high: int, low: int) -> bool:
    """Whether the halves hold an IPv4 address."""
    return not high and low >> 32 == MAPPED


def packed_ends(flows: np.ndarray) -> list[bytes]:
    """The addresses at the ends of FLOW rows, each once, in their order: 4 octets of IPv4, or 16."""
    halves = zip(flows["address_high"].ravel().tolist(), flows["address_low"].ravel().tolist(), strict=True)
    return [_packed(*each) for each in dict.fromkeys(halves)]


def _packed(high: int, low: int) -> bytes:
    if is_ipv4(high, low):
        return (low & 0xFFFFFFFF).to_bytes(4, "big")
    return high.to_bytes(8, "big") + low.to_bytes(8, "big")


class Network:
    """An address or a CIDR block, to be looked for in arrays of halves."""

    def __init__(self, text: str) -> None:
        """Raise ValueError where `text` is neither; host bits may be set, as in 10.0.0.7/8."""
        network = ipaddress.ip_network(text, strict=False)
        first, bits = int(network.network_address), network.prefixlen
        if network.version == 4:
            first, bits = MAPPED << 32 | first, bits + 96
        mask = (1 << 128) - (1 << 128 - bits)
        self.text = text
        self._mask = np.uint64(mask >> 64), np.uint64(mask & HALF)
        self._first = np.uint64(first >> 64), np.uint64(first & HALF)

    def holds(self, high: np.ndarray, low: np.ndarray) -> np.ndarray:
        """A boolean array: which of the addresses belong to it."""
        inside: np.ndarray = (high & self._mask[0] == self._first[0]) & (
            low & self._mask[1] == self._first[1]
        )
        return inside
