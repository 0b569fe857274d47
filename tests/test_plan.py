"""`Analysis.plan` and `Analysis.recommend`: what people hold in Python."""

from __future__ import annotations

from pathlib import Path

import pytest

import analyzer
from analyzer.errors import UsageError
from tests.diagnose.plan.support import opening, written
from tests.diagnose.plan.test_replay import ANSWERED, DEAD, TestSpared


@pytest.fixture
def dead(tmp_path: Path) -> Path:
    return written(tmp_path / "dead.pcap", opening() + ANSWERED + DEAD)


@pytest.fixture
def lost(tmp_path: Path) -> Path:
    return written(tmp_path / "lost.pcap", TestSpared.STORY)


def test_plan(dead: Path) -> None:
    plan = analyzer.analyze(dead).plan(time_s=30, interval_s=5, count=4)
    assert (plan.time_s, plan.interval_s, plan.count, plan.found_after_s) == (30, 5, 4, 50)
    assert plan.connections.sooner_s.tolist() == [30]
    assert plan.totals["found_sooner"] == plan.totals["dead"] == plan.totals["found"] == 1
    assert "30" in plan.settings["Linux"]
    assert repr(plan) == (
        "<Plan: time 30 s, interval 5 s, count 4: a dead peer is found after 50 s, 231 segments an hour>"
    )


def test_recommend(lost: Path) -> None:
    plan = analyzer.analyze(lost, packets=True).recommend(60)
    assert (plan.time_s, plan.interval_s, plan.count) == (45, 3, 5)
    assert plan.totals["spared_yes"] == plan.totals["lost_after_silence"] == 1


def test_nonsense(lost: Path) -> None:
    a = analyzer.analyze(lost)
    with pytest.raises(UsageError, match="must be at least 1"):
        a.plan(time_s=0)
    with pytest.raises(UsageError, match="a time above 0 is wanted"):
        a.plan(timeout_s=-1)
    with pytest.raises(UsageError, match="no timers find a dead peer within 1 s"):
        a.recommend(1)
