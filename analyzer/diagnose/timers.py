"""The timers of a prober, measured from its probe runs (RFC 9293 3.8.4; TCP_KEEPIDLE, KEEPINTVL, KEEPCNT).

An answered probe is followed by the next after the keepalive time, an unanswered one after the
interval. "Not observed" is MISSING (count: -1), never a guess.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from analyzer import kinds
from analyzer.facts import Rows


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
    return int(np.median(np.array(values, np.int64))) if values else kinds.MISSING


def measure(runs: Rows, events: Rows, side: int) -> Timers:
    """The timers of one side of a flow.

    runs: the flow's RUN rows; events: its probes, answers and giving up (EVENT rows, in frame order).
    """
    timers = Timers()
    mine = runs[runs.prober == side]
    if not len(mine):
        return timers
    answered = set(events.answers[events.answers != 0].tolist())
    for run in mine:
        chosen = (events.kind == kinds.KEEPALIVE_PROBE) & (events.sender == side)
        chosen &= (events.frame >= run.first_frame) & (events.frame <= run.last_frame)
        frames, times = events.frame[chosen], events.time_ns[chosen]
        if run.idle_ns != kinds.MISSING:
            timers.times_ns.append(int(run.idle_ns))
        for frame, pause in zip(frames[:-1].tolist(), np.diff(times).tolist(), strict=True):
            (timers.times_ns if frame in answered else timers.intervals_ns).append(pause)
    last = mine[-1]
    if last.outcome == kinds.RUN_GAVE_UP:
        timers.count = trailing_unanswered(events, side, answered)
        gave_up = events[(events.kind == kinds.KEEPALIVE_TIMEOUT) & (events.sender == side)]
        if timers.count and len(gave_up):
            timers.intervals_ns.append(int(gave_up.time_ns[-1] - last.end_ns))
    return timers


def trailing_unanswered(events: Rows, side: int, answered: set[int]) -> int:
    """Probes of a side after its last answered one."""
    chosen = (events.kind == kinds.KEEPALIVE_PROBE) & (events.sender == side)
    count = 0
    for frame in events.frame[chosen][::-1].tolist():
        if frame in answered:
            break
        count += 1
    return count
