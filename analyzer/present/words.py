"""How names and times are said to people; `wording` has numbers and durations.

Everything that comes out of a capture passes `printable` before it is shown: a name in a file
must not be able to move the cursor, recolour the screen or turn the reading direction.
"""

from __future__ import annotations

import re
import textwrap
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from analyzer.wording import MOMENT, moment, moment_ns

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND_NS = 1_000_000_000
CODE = re.compile(r"`[^`]+`")
NUMBER_AND_UNIT = re.compile(r"(\d) (?=(?:µs|ms|s|min|h|d|bytes?|kB|MB|GB|TB)\b)")


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
    """The text in lines of at most `width` columns; a number stays with its unit, `code` in one line."""
    glued = NUMBER_AND_UNIT.sub("\\1\u00a0", text)
    glued = CODE.sub(lambda found: _in_one_line(found[0], width), glued)
    lines = textwrap.wrap(glued, max(width, 20), break_on_hyphens=False) or [""]
    return [line.replace("\u00a0", " ") for line in lines]


def _in_one_line(code: str, width: int) -> str:
    return code.replace(" ", "\u00a0") if cells(code) <= width else code


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

    def spoken(self, ns: int) -> str:
        """The time within a sentence: time 75.204 (what time 0 is, was said), or 12:03:11.204.

        With its date where that is not the day on which the capture began.
        """
        if self.mode == "relative":
            return f"time {self.time(ns)}"
        day = "" if self.date(ns) == self.date(self.zero_ns) else f"{self.date(ns)} "
        return day + self.time(ns)

    def told(self, sentence: str) -> str:
        """A sentence of diagnosis, with its times as this clock says them."""
        return MOMENT.sub(lambda found: self.spoken(moment_ns(found[0])), sentence)

    def date(self, ns: int) -> str:
        """2026-11-20"""
        return f"{self._moment(ns):%Y-%m-%d}"

    def moment(self, ns: int) -> str:
        """2026-11-20 12:03:11.204 UTC; local time with its offset from UTC."""
        moment = self._moment(ns)
        zone = f"{moment:%z}" if self.mode == "local" else "UTC"
        return f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03} {zone}"

    def stamp(self, ns: int) -> str:
        """75.204, or 2026-11-20 12:03:11.204: the time of a line in a log, which may be long."""
        if self.mode == "relative":
            return self.time(ns)
        return f"{_day_and_second(self.mode, ns // SECOND_NS)}.{ns // 1_000_000 % 1000:03}"

    def _moment(self, ns: int) -> datetime:
        moment = EPOCH + timedelta(microseconds=ns // 1000)
        if self.mode == "local":
            try:
                return moment.astimezone()
            except (OSError, OverflowError):  # beyond what the system's time zones know
                return moment
        return moment


@dataclass(frozen=True)
class Exact(Clock):
    """Says times as diagnosis does, for someone else to say them as a user wants."""

    def time(self, ns: int) -> str:
        """2026-11-20T12:03:11.204000000Z"""
        return moment(ns)


@lru_cache(maxsize=64)
def _day_and_second(mode: str, second: int) -> str:
    """2026-11-20 12:03:11; lines of a log share it with their neighbours."""
    clock = Clock(mode)
    return f"{clock.date(second * SECOND_NS)} {clock.time(second * SECOND_NS).partition('.')[0]}"
