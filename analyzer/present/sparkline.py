"""A course of counts in one line of small bars."""

from __future__ import annotations

from collections.abc import Sequence

BARS = "▁▂▃▄▅▆▇█"


def sparkline(counts: Sequence[int]) -> str:
    """One character for each count: a blank for 0, the full bar for the highest."""
    highest = max(counts, default=0)
    return "".join(
        BARS[(count * len(BARS) + highest - 1) // highest - 1] if count > 0 else " " for count in counts
    )
