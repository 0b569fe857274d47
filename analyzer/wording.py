"""How numbers, durations, times and addresses are written in sentences, whoever writes them.

A sentence of diagnosis names a time as `moment` does: exact, in UTC, for machines. Whoever shows
the sentence to people finds it there with MOMENT and says it as the user wants times said.
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache

import numpy as np

MINUTE, HOUR, DAY = 60, 3600, 86400
SAY_MINUTES = 10 * MINUTE  # up to here seconds compare better: timers are set in seconds
MOST_FRAMES = 5  # frames named one by one; of more, the first ones and the last

MOMENT = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z")
"""A time in a sentence."""

MAPPED = 0xFFFF  # ::ffff:a.b.c.d, RFC 4291 2.5.5.2


def moment(time_ns: int) -> str:
    """2026-11-20T12:03:11.204000000Z: ISO 8601 as everywhere in the outputs"""
    return f"{np.datetime64(int(time_ns), 'ns')}Z"


def moment_ns(text: str) -> int:
    """The nanoseconds since the epoch that `moment` wrote."""
    return int(np.datetime64(text.removesuffix("Z"), "ns").astype(np.int64))


def number(count: int) -> str:
    """12,345"""
    return f"{count:,}"


def counted(count: int, noun: str) -> str:
    """1 frame, 12,345 frames"""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def duration(seconds: float) -> str:
    """412 µs, 4.1 ms, 1.024 s, 350.2 s, 11 min 40 s, 2 h 11 min, 3 d 4 h"""
    if seconds < 0:
        return "-" + duration(-seconds)
    if seconds < 0.000_999_5:
        return f"{seconds * 1e6:.0f} µs"
    if seconds < 0.999_5:
        return f"{seconds * 1e3:.1f} ms" if seconds < 0.099_95 else f"{seconds * 1e3:.0f} ms"
    if seconds < 9.999_5:
        return f"{seconds:.3f} s"
    if seconds < SAY_MINUTES:
        return f"{seconds:.1f} s"
    return _two_units(round(seconds))


def lasting(duration_ns: int) -> str:
    """A duration given in nanoseconds."""
    return duration(duration_ns / 1e9)


def _two_units(seconds: int) -> str:
    for size, name, smaller, smaller_name in (
        (DAY, "d", HOUR, "h"),
        (HOUR, "h", MINUTE, "min"),
        (MINUTE, "min", 1, "s"),
    ):
        if seconds >= size:
            rest = seconds % size // smaller
            return f"{seconds // size} {name}" + (f" {rest} {smaller_name}" if rest else "")
    return f"{seconds} s"


def size(octets: int) -> str:
    """517 bytes, 3.2 kB, 48.1 MB"""
    if octets < 1000:
        return counted(octets, "byte")
    value = float(octets)
    for unit in ("kB", "MB", "GB", "TB"):
        value /= 1000
        if value < 999.95 or unit == "TB":
            break
    return f"{value:.1f} {unit}"


def few(frames: list[int]) -> tuple[int, ...]:
    """Of many frames the first ones and the last."""
    return tuple(frames if len(frames) <= MOST_FRAMES else [*frames[: MOST_FRAMES - 1], frames[-1]])


def listed(frames: list[int]) -> str:
    """frame 3; frames 3, 5, 9; frames 3, 5, 9, 12 … 90"""
    if len(frames) < 2:
        return f"frame {frames[0]}" if frames else "no frame"
    *first, last = few(frames)
    return f"frames {', '.join(map(str, first))}{',' if len(frames) <= MOST_FRAMES else ' …'} {last}"


@lru_cache(maxsize=1 << 16)
def address_text(high: int, low: int) -> str:
    """An address in its usual form: dotted IPv4, or IPv6 as of RFC 5952."""
    if not high and low >> 32 == MAPPED:
        return f"{low >> 24 & 255}.{low >> 16 & 255}.{low >> 8 & 255}.{low & 255}"
    return str(ipaddress.IPv6Address(high << 64 | low))


def endpoint(address: str, port: int) -> str:
    """10.0.0.1:443, [2001:db8::1]:443"""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
