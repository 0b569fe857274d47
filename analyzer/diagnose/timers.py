"""The timers of a prober, measured from its probe runs (RFC 9293 3.8.4; TCP_KEEPIDLE, KEEPINTVL, KEEPCNT).

An answered probe is followed by the next after the keepalive time, an unanswered one after the
interval. "Not observed" is MISSING (count: -1), never a guess.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise, takewhile
from typing import Any

from analyzer import kinds


@dataclass
class Timers:
    """Measured pauses of one prober, in nanoseconds, before any rounding."""

    times_ns: list[int] = field(default_factory=list)
    intervals_ns: list[int] = field(default_factory=list)
    count: int = -1

    @property
    def time_ns(self) -> int:
        """Median keepalive time."""
        return median(self.times_ns)

    @property
    def interval_ns(self) -> int:
        """Median interval between unanswered probes."""
        return median(self.intervals_ns)


def median(values: list[int]) -> int:
    """The median in whole nanoseconds, MISSING of nothing."""
    if not values:
        return kinds.MISSING
    ordered = sorted(values)
    low, high = ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2]
    return low + (high - low) // 2


def measure(runs: list[Any], events: list[Any], side: int) -> Timers:
    """The timers of one side of a flow.

    runs: the flow's RUN rows; events: its probes, answers and giving up (EVENT rows, in frame order).
    """
    timers = Timers()
    mine = [run for run in runs if run.prober == side]
    if not mine:
        return timers
    probes = [each for each in events if each.kind == kinds.KEEPALIVE_PROBE and each.sender == side]
    answered = {event.answers for event in events if event.answers}
    for run in mine:
        inside = [each for each in probes if run.first_frame <= each.frame <= run.last_frame]
        if run.idle_ns != kinds.MISSING:
            timers.times_ns.append(run.idle_ns)
        for probe, following in pairwise(inside):
            pause = following.time_ns - probe.time_ns
            (timers.times_ns if probe.frame in answered else timers.intervals_ns).append(pause)
    if mine[-1].outcome == kinds.RUN_GAVE_UP:
        timers.count = trailing_unanswered(probes, answered)
        gave_up = [each for each in events if each.kind == kinds.KEEPALIVE_TIMEOUT and each.sender == side]
        if timers.count and gave_up:
            timers.intervals_ns.append(gave_up[-1].time_ns - probes[-1].time_ns)
    return timers


def trailing_unanswered(probes: list[Any], answered: set[int]) -> int:
    """Probes after the last answered one."""
    return len(list(takewhile(lambda probe: probe.frame not in answered, reversed(probes))))
