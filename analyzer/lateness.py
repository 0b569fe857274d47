"""How late timers fire, and the round setting behind pauses that were measured.

Timers fire late, or early by less than a tick: the time they are counted from is cut to one. Linux
keeps them in a wheel whose steps grow with the time: on the level of a setting up to 8/63 of it
(kernel/time/timer.c, "granularity and range levels").
https://github.com/torvalds/linux/blob/master/kernel/time/timer.c
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache

from analyzer.rules import SECOND_NS

LATE, LATE_NS = 1.125, 10_000_000
"""A timer fires at most so much late: an eighth of it (the kernel's timer wheel) and scheduling."""

EARLY_NS = 10_000_000
"""A timer fires at most so much early: Linux notes in whole ticks (tcp_jiffies32, 10 ms where CONFIG_HZ is
100) when it received, so that the tick that runs counts as past: 2.9989 s of 3 s are recorded. Windows:
29.9947 s of 30 s in hislip.pcap of nDPI
(https://github.com/ntop/nDPI/blob/dev/tests/cfgs/default/pcap/hislip.pcap)."""

EXACT_NS = 20_000_000
"""So near to a whole second a timer without a wheel fires. Our choice: scheduling, and a round trip."""

JITTER_NS = SECOND_NS // 10
"""So much earlier a pause may look where its two ends took differently long to the capture. Our choice."""

TICKS_HZ = (100, 250, 300, 1000)
"""CONFIG_HZ that Linux can be built with."""

FIRST_LEVEL_TICKS, LEVELS_RATIO = 63, 8  # LVL_SIZE - 1, LVL_CLK_DIV

TICK_NS = SECOND_NS // 2
"""A timer without a wheel fires at most so late: lwIP and old BSD count in half seconds
(TCP_SLOW_INTERVAL, PR_SLOWHZ)."""

TENTH_NS = SECOND_NS // 10
ROUND_S = (3600, 600, 300, 60, 100, 50, 30, 10, 5, 1)
"""What people set: multiples of these, the earlier the likelier. Our choice."""


@lru_cache(4096)
def wheel_ns(setting_ns: int) -> int:
    """How late at most a Linux timer of this setting fires, whatever its kernel's tick."""
    latest = 0
    for hz in TICKS_HZ:
        ticks, step = setting_ns * hz // SECOND_NS, 1
        while ticks >= FIRST_LEVEL_TICKS * step:
            step *= LEVELS_RATIO
        latest = max(latest, step * SECOND_NS // hz)
    return latest + LATE_NS


def round_setting_ns(measured_ns: Sequence[int]) -> int | None:
    """The setting behind pauses of one timer, where it is clear: 2.016 s and 2.24 s are 2 s.

    Whole seconds, or tenths where no second fits. Where the wheel's step leaves several, the one
    that is rounder than the others, unless the pauses are as exact as only another setting explains.
    None: not clear, or nothing measured.
    """
    if not measured_ns or min(measured_ns) <= 0:
        return None
    shortest, longest = min(measured_ns) + EARLY_NS, max(measured_ns)
    first, last = settings_between(shortest, longest, SECOND_NS)
    if last and shortest + JITTER_NS >= (last + 1) * SECOND_NS:
        return None  # it may be the next second's
    if first <= last:
        seconds = clearest(first, last, longest <= last * SECOND_NS + EXACT_NS)
        return None if seconds is None else seconds * SECOND_NS
    first, last = settings_between(shortest, longest, TENTH_NS)
    return first * TENTH_NS if first == last else None


def settings_between(shortest_ns: int, longest_ns: int, step_ns: int) -> tuple[int, int]:
    """The first and the last setting, in steps, that is behind pauses from shortest to longest.

    The first is above the last where none is.
    """
    last = shortest_ns // step_ns
    candidates = range(max(1, last * FIRST_LEVEL_TICKS // (FIRST_LEVEL_TICKS + LEVELS_RATIO) - 1), last + 1)
    reached = bisect_left(candidates, longest_ns, key=lambda each: each * step_ns + wheel_ns(each * step_ns))
    return candidates.start + reached, last


def clearest(first: int, last: int, exact: bool) -> int | None:
    """Of the whole seconds from first to last the one that is meant; None where that is not clear.

    exact: the pauses are those of `last` without any lateness.
    """
    for step in ROUND_S:
        rounder = range(-(-first // step) * step, last + 1, step)
        if last in rounder and (exact or len(rounder) == 1):
            return last
        if rounder:
            break
    round_itself = last % 5 == 0
    if exact:
        return last if round_itself else None
    return rounder[0] if len(rounder) == 1 and not round_itself else None
