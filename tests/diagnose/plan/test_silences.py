"""Pauses of connections, by hand and against counting one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from analyzer import kinds
from analyzer.diagnose.plan.silences import PROBING, Pauses, silences_of
from analyzer.facts import CaptureResult
from tests.diagnose.support import SECOND, diagnose, tell
from tests.helpers.segment import Record, Segment
from tests.helpers.strategies import conversations
from tests.helpers.timeline import START_NS

from .support import exchange, opening


def listed(pauses: Pauses) -> list[tuple[float, float]]:
    """Begin and end of each, in seconds."""
    return [
        ((start - START_NS) / SECOND, (end - START_NS) / SECOND)
        for start, end in zip(pauses.start.tolist(), pauses.end.tolist(), strict=True)
    ]


def test_probes_and_answers_end_a_silence_but_no_idle_period() -> None:
    text = opening() + "60 c>s A 100:201\n60.01 s>c A 201:101\n" + exchange(90, 0)
    silences = silences_of(tell(text).result, SECOND)
    assert listed(silences.idle) == [(0.04, 90)]
    assert listed(silences.silent) == [(0.04, 60), (60.01, 90)]
    assert silences.silent.sender.tolist() == [0, 0]


def test_a_rst_is_no_sign_of_life() -> None:
    silences = silences_of(tell(opening() + "60 c>s A 100:201\n60.01 s>c R 201").result, SECOND)
    assert ((silences.heard - START_NS) / SECOND).tolist() == [[60, 0.03]]
    assert listed(silences.silent) == [(0.04, 60)]
    assert (silences.active[0] - START_NS) / SECOND == 0.04


def test_short_pauses_do_not_count() -> None:
    silences = silences_of(tell(opening() + exchange(1.03, 0) + exchange(2.5, 1)).result, SECOND)
    assert listed(silences.idle) == [(1.04, 2.5)]


def test_needs_all_segments() -> None:
    result = tell(opening()).result
    result.packets = None
    with pytest.raises(ValueError, match="were not kept"):
        silences_of(result, SECOND)


def one_by_one(result: CaptureResult, unwanted: tuple[int, ...]) -> list[tuple[int, int, int]]:
    """Flow, begin and end of the pauses, in plain Python."""
    assert result.packets is not None
    latest: dict[int, int] = {}
    found = []
    for batch in result.packets.batches():
        for row in batch:
            if row.sender == kinds.NO_SENDER or row.kind == kinds.DUPLICATE or row.kind in unwanted:
                continue
            before = latest.get(int(row.flow))
            if before is not None and row.time_ns - before >= SECOND:
                found.append((int(row.flow), before, int(row.time_ns)))
            latest[int(row.flow)] = int(row.time_ns)
    return sorted(found)


@settings(max_examples=60, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(conversations(icmp=True))
def test_equals_counting_one_by_one(records: list[Record]) -> None:
    if not any(isinstance(record, Segment) for record in records):
        return
    result = diagnose(records).result
    silences = silences_of(result, SECOND)
    for pauses, unwanted in ((silences.silent, kinds.RESETS), (silences.idle, kinds.RESETS + PROBING)):
        found = np.column_stack((pauses.flow, pauses.start, pauses.end)).tolist()
        assert sorted(map(tuple, found)) == one_by_one(result, unwanted)


def test_nothing() -> None:
    silences = silences_of(diagnose([], end=1).result, SECOND)
    assert len(silences.idle.flow) == len(silences.heard) == 0
