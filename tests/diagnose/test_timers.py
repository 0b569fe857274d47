"""The timers of a prober that probes for weeks are measured in one pass."""

from __future__ import annotations

from typing import Any

import numpy as np

from analyzer import kinds
from analyzer.diagnose.plain import Story, events_of, flows_of, probings_of, runs_of
from analyzer.diagnose.timers import measure
from analyzer.measured import RUN
from analyzer.records import EVENT, FLOW, PROBING, rows

SECOND_NS = 1_000_000_000
HEARD_AFTER_NS = 1000


class Watched:
    """An event that counts how often any of them is looked at."""

    looks = 0

    def __init__(self, event: Any) -> None:
        self._event = event

    def __getattr__(self, name: str) -> Any:
        Watched.looks += 1
        return getattr(self._event, name)


def story(runs: int) -> Story:
    """Each run is a probe, an interval later another, and the answer to that."""
    events, told = rows(3 * runs, EVENT), rows(runs, RUN)
    events.frame = range(1, 3 * runs + 1)
    events.kind = [kinds.KEEPALIVE_PROBE, kinds.KEEPALIVE_PROBE, kinds.KEEPALIVE_REPLY] * runs
    events.sender = [0, 0, 1] * runs
    first = range(1, 3 * runs, 3)
    events.answers[2::3] = [frame + 1 for frame in first]
    start_ns = [60 * SECOND_NS * place for place in range(1, runs + 1)]
    events.time_ns[0::3] = start_ns
    events.time_ns[1::3] = [each + SECOND_NS for each in start_ns]
    events.time_ns[2::3] = [each + SECOND_NS + HEARD_AFTER_NS for each in start_ns]
    told.first_frame, told.last_frame = first, [frame + 1 for frame in first]
    told.idle_ns = 59 * SECOND_NS
    flow, probing = rows(1, FLOW), rows(1, PROBING)
    flow["side"]["marks"][0] = kinds.SIDE_SENT
    [one], [its_probing] = flows_of(flow, np.arange(1)), probings_of(probing, np.arange(1))
    return Story(one, its_probing, runs_of(told), [Watched(each) for each in events_of(events)])


def test_effort_grows_with_the_probes_alone() -> None:
    efforts = []
    for runs in (100, 200):
        Watched.looks = 0
        timers = measure(story(runs), 0)
        efforts.append(Watched.looks)
        assert timers.times_ns == [59 * SECOND_NS] * runs
        assert timers.intervals_ns == [SECOND_NS] * runs
    assert 0 < efforts[1] <= 2.1 * efforts[0]
