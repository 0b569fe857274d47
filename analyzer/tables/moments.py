"""Points in time as people name them: seconds into a capture, a date and time, a time of day."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from analyzer.facts import CaptureResult
from analyzer.kinds import MISSING

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND_NS = 1_000_000_000
WANTED = (
    "seconds since the capture's start are wanted, such as 90.5, or a time such as 12:03:11 or "
    "2026-11-20T12:03:11Z"
)


@dataclass(frozen=True)
class Moment:
    """A point in time: nanoseconds since the epoch, or since each capture's own start.

    time_of_day: then on the day on which the capture began or, where it began later than that and
    lasted until then, on the next. Its time zone is its own, or the machine's.
    """

    ns: int = 0
    relative: bool = False
    time_of_day: time | None = None

    def within(self, result: CaptureResult) -> int:
        """The moment in nanoseconds since the epoch, for one capture."""
        start = result.start_ns if result.start_ns != MISSING else 0
        if self.time_of_day is None:
            return self.ns + (start if self.relative else 0)
        begun = EPOCH + timedelta(microseconds=start // 1000)
        zoned = begun.astimezone(self.time_of_day.tzinfo)
        that_day = datetime.combine(zoned.date(), self.time_of_day)
        next_day = that_day + timedelta(days=1)
        return _ns(next_day) if _ns(that_day) < start and _ns(next_day) <= result.end_ns else _ns(that_day)


def moment_of(when: float | str | datetime, local: bool = False) -> Moment:
    """What was said, as a moment; a time without its zone is UTC, or local.

    Raises ValueError where it is no time.
    """
    if isinstance(when, datetime):
        beyond = getattr(when, "nanosecond", 0)  # of a pandas.Timestamp
        return Moment(_ns(when if when.tzinfo else when.replace(tzinfo=UTC)) + beyond)
    if not isinstance(when, str):
        return Moment(round(when * SECOND_NS), relative=True)
    if re.fullmatch(r"[+-]?\d+(\.\d+)?", when):
        return Moment(round(float(when) * SECOND_NS), relative=True)
    try:
        if re.match(r"\d\d:", when):
            of_day = time.fromisoformat(when)
            zone = of_day.tzinfo or (None if local else UTC)
            return Moment(time_of_day=of_day.replace(tzinfo=zone))
        day = datetime.fromisoformat(when)
        if day.tzinfo is None:
            day = day.astimezone() if local else day.replace(tzinfo=UTC)
        return Moment(_ns(day) + _beyond_microseconds(when))
    except (ValueError, OverflowError, OSError):
        raise ValueError(WANTED) from None


def _beyond_microseconds(text: str) -> int:
    """The last three of nine decimals, which datetime does not know: our own outputs have them."""
    found = re.search(r"[.,]\d{6}(\d{1,3})", text)
    return int(found[1].ljust(3, "0")) if found else 0


def _ns(when: datetime) -> int:
    """Nanoseconds since the epoch; a time without a zone is local."""
    aware = when if when.tzinfo else when.astimezone()
    return (aware - EPOCH) // timedelta(microseconds=1) * 1000
