"""How numbers, times, addresses and names are said to people.

Everything that comes out of a capture passes `printable` before it is shown: a name in a file
must not be able to move the cursor, recolour the screen or turn the reading direction.
"""

from __future__ import annotations

import re
import textwrap
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NUMBER_AND_UNIT = re.compile(r"(\d) (?=(?:µs|ms|s|min|h|d|bytes?|kB|MB|GB|TB)\b)")
MINUTE, HOUR, DAY = 60, 3600, 86400
SAY_MINUTES = 10 * MINUTE  # up to here seconds compare better: timers are set in seconds


def printable(text: str) -> str:
    r"""The text with everything that is no plain character written out: \x1b, \u202e."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else _written_out(character) for character in text)


def _written_out(character: str) -> str:
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def source_name(path: str) -> str:
    """A capture's path for people."""
    return "standard input" if path == "-" else printable(path)


def cells(text: str) -> int:
    """How many columns of a terminal the text takes."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(each) else 2 if unicodedata.east_asian_width(each) in "WF" else 1
        for each in text
    )


def wrapped(text: str, width: int) -> list[str]:
    """The text in lines of at most `width` columns; a number stays with its unit."""
    glued = NUMBER_AND_UNIT.sub("\\1\u00a0", text)
    lines = textwrap.wrap(glued, max(width, 20), break_on_hyphens=False) or [""]
    return [line.replace("\u00a0", " ") for line in lines]


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


def endpoint(address: str, port: int) -> str:
    """10.0.0.1:443, [2001:db8::1]:443"""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


@dataclass(frozen=True)
class Clock:
    """How times are shown: "relative" to the start of their capture, "utc", or "local"."""

    mode: str = "relative"
    zero_ns: int = 0

    def starting(self, zero_ns: int) -> Clock:
        """The same clock for a capture that starts at `zero_ns`."""
        return Clock(self.mode, zero_ns)

    def time(self, ns: int) -> str:
        """75.204 (seconds since the capture's start), or 12:03:11.204"""
        if self.mode == "relative":
            return f"{(ns - self.zero_ns) / 1e9:.3f}"
        moment = self._moment(ns)
        return f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03}"

    def date(self, ns: int) -> str:
        """2026-11-20"""
        return f"{self._moment(ns):%Y-%m-%d}"

    def moment(self, ns: int) -> str:
        """2026-11-20 12:03:11.204 UTC; local time with its offset from UTC."""
        moment = self._moment(ns)
        zone = f"{moment:%z}" if self.mode == "local" else "UTC"
        return f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03} {zone}"

    def _moment(self, ns: int) -> datetime:
        moment = EPOCH + timedelta(microseconds=ns // 1000)
        if self.mode == "local":
            try:
                return moment.astimezone()
            except (OSError, OverflowError):  # beyond what the system's time zones know
                return moment
        return moment
