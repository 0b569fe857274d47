"""The cheapest timers within bounds."""

from __future__ import annotations

import pytest

from analyzer.diagnose.plan import Timers, bounds_of, recommend
from analyzer.diagnose.plan.recommend import (
    GIVEN,
    HALVED,
    PROBES,
    SECONDS,
    SURVIVED,
    TIMES_S,
    Bounds,
    keeps_to,
)
from tests.diagnose.support import SECOND

from .support import exchange, opening, ready, timers
from .test_replay import ANSWERED, TestOutages, TestSpared

IDLE = opening() + exchange(1000, 0)


def test_the_longest_time_costs_least() -> None:
    replay = ready(IDLE)
    bounds = bounds_of([replay], 120 * SECOND)
    assert bounds == Bounds(120 * SECOND, None, "", 0)
    assert recommend([replay], bounds) == timers(90, 5, 6)


@pytest.mark.parametrize("within_s", [4, 10, 45, 120, 600, 9000])
def test_nothing_cheaper_keeps_to_the_bounds(within_s: int) -> None:
    """Against trying all of them."""
    replay = ready(IDLE)
    bounds = bounds_of([replay], within_s * SECOND)
    best = recommend([replay], bounds)
    assert best is not None
    assert best.time_ns + best.patience_ns <= within_s * SECOND
    every = [timers(t, i, n) for t in TIMES_S for i in SECONDS for n in PROBES if t + i * n <= within_s]
    costs = {int(replay.segments(each).sum()) for each in every if keeps_to(each, bounds)}
    assert int(replay.segments(best).sum()) == min(costs)


def test_below_a_known_timeout_with_room_for_a_lost_probe() -> None:
    replay = ready(IDLE, timeout_s=60)
    best = recommend([replay], bounds_of([replay], 120 * SECOND))
    assert best is not None
    assert best.latest_ns + best.interval_ns < 60 * SECOND
    assert best.time_ns == 45 * SECOND


def test_below_what_the_path_survived_or_half_of_what_it_did_not() -> None:
    halved = bounds_of([ready(TestSpared.STORY, end=500)], 120 * SECOND)
    assert (halved.timeout_ns, halved.basis) == (299_990_000_000 // 2, HALVED)
    longer = TestSpared.STORY.replace("100 c>s PA", "200 c>s PA").replace("100.010 s>c", "200.010 s>c")
    survived = bounds_of([ready(longer, end=500)], 120 * SECOND)
    assert (survived.timeout_ns, survived.basis) == (199_960_000_000, SURVIVED)
    assert bounds_of([ready(longer, end=500, timeout_s=7)], SECOND).basis == GIVEN


def test_bears_the_outages_that_were_lived_through() -> None:
    long = TestOutages.STORY + "190 c>s A 100:201\n240 c>s A 100:201\n240.01 s>c A 201:101\n"
    replay = ready(long, end=900)
    best = recommend([replay], bounds_of([replay], 120 * SECOND))
    assert best is not None and best.patience_ns > 50 * SECOND
    assert best == Timers(60 * SECOND, 10 * SECOND, 6)


def test_no_timers() -> None:
    replay = ready(opening() + ANSWERED)
    assert recommend([replay], bounds_of([replay], 2 * SECOND)) is None
    assert recommend([], Bounds(3 * SECOND, None, "", 0)) == timers(1, 1, 2)
