"""The cheapest keep-alive timers that find a dead peer in time and keep connections alive."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from analyzer import kinds
from analyzer.diagnose.plan.replay import Replay, Timers
from analyzer.rules import SECOND_NS

SECONDS = (1, 2, 3, 5, 10, 15, 20, 30, 45, 60, 75, 90, 120, 150, 180, 240, 300, 450, 600, 900, 1200, 1800)
TIMES_S = (*SECONDS, 2700, 3600, 5400, 7200)
PROBES = range(2, 11)
"""What people set; our choice. One probe would take a single lost segment for a dead peer."""

REPEATED = 4
"""At least this part of the time to find a dead peer goes to repeating the probe. Our choice: else the
cheapest timers would take an outage of a second or two for death."""

ENOUGH = 6  # probes: more find no peer that fewer miss, but for much loss; our choice


GIVEN, SURVIVED, HALVED = "given", "survived", "halved"


class Bounds(NamedTuple):
    """What timers must keep to, ns. within: a dead peer is found by then.

    timeout: of a device on the path, None: nothing shows one. basis: GIVEN; SURVIVED: the silence that
    connections survived on its path; HALVED: half of the one after which they were lost.
    outage: the longest that a connection lived through while it was probed.
    """

    within_ns: int
    timeout_ns: int | None
    basis: str
    outage_ns: int


def bounds_of(replays: Sequence[Replay], within_ns: int) -> Bounds:
    """What the captures show, or was said, of devices and outages."""
    outage = max((int(replay.outages[replay.chosen].max(initial=0)) for replay in replays), default=0)
    given = [replay.timeout_ns for replay in replays if replay.timeout_ns is not None]
    if given:
        return Bounds(within_ns, min(given), GIVEN, outage)
    seen = [each for replay in replays if (each := shortest_timeout(replay)) is not None]
    timeout_ns, basis = min(seen, default=(None, ""))
    return Bounds(within_ns, timeout_ns, basis, outage)


def shortest_timeout(replay: Replay) -> tuple[int, str] | None:
    """A silence that every device seen bears, and the basis of that; None: none was seen.

    Half of the silence that was not borne where only much shorter ones were seen: our choice, a guess.
    """
    losses = replay.losses
    lost = replay.chosen[losses.forgotten[replay.chosen]]
    if not len(lost):
        return None
    survived = np.where(losses.survived[lost] == kinds.MISSING, 0, losses.survived[lost])
    borne = np.maximum(survived, losses.after[lost] // 2)
    least = int(np.argmin(borne))
    return int(borne[least]), SURVIVED if borne[least] == survived[least] else HALVED


def recommend(replays: Sequence[Replay], bounds: Bounds) -> Timers | None:
    """The timers that keep to the bounds with the fewest segments; None: there are none."""
    choices = [(cost_of(replays, timers), -timers.time_ns, timers) for timers in candidates(bounds)]
    return min(choices)[2] if choices else None


def cost_of(replays: Sequence[Replay], timers: Timers) -> int:
    """Segments in all captures."""
    return sum(int(replay.segments(timers)[replay.chosen].sum()) for replay in replays)


def candidates(bounds: Bounds) -> Iterator[Timers]:
    """For each keepalive time the most patient interval and count that are left."""
    for time_s in TIMES_S:
        left_ns = bounds.within_ns - time_s * SECOND_NS
        fitting = [
            timers
            for interval_s in SECONDS
            for probes in PROBES
            for timers in [Timers(time_s * SECOND_NS, interval_s * SECOND_NS, probes)]
            if timers.patience_ns <= left_ns and keeps_to(timers, bounds)
        ]
        if fitting:
            yield max(fitting, key=lambda each: (each.patience_ns, min(each.probes, ENOUGH), -each.probes))


def keeps_to(timers: Timers, bounds: Bounds) -> bool:
    """Whether an outage is borne, and a lost probe repeated before a device forgets the connection."""
    found_ns = timers.time_ns + timers.patience_ns
    if timers.patience_ns * REPEATED < found_ns or timers.patience_ns <= bounds.outage_ns:
        return False
    return bounds.timeout_ns is None or timers.latest_ns + timers.interval_ns < bounds.timeout_ns
