"""Lanes of real connections say what the tables say."""

from __future__ import annotations

from pathlib import Path

import pytest

import analyzer as ka
from analyzer.present.lanes import ACTIVE, CLOSED, DEAD, IDLE, PHASE_WORDS, PROBING
from analyzer.present.plots.rows import Row, by_verdict, rows_of
from analyzer.tables import Tables

ROOT = Path(__file__).parents[3]


def rows(name: str, segments: str = "packets") -> list[Row]:
    a = ka.analyze(ROOT / "captures" / "recorded" / f"{name}.pcapng", packets=True)
    tables = a._tables()
    assert isinstance(tables, Tables)
    return rows_of(tables, segments)


@pytest.mark.parametrize("name", ["peer-dead", "outage", "graceful-close", "heartbeat", "refused"])
def test_phases_follow_one_another_until_the_capture_ends(name: str) -> None:
    for row in rows(name):
        phases = list(row.phases())
        assert phases[0][1] == row.start_ns
        assert all(before[2] == after[1] for before, after in zip(phases, phases[1:], strict=False))
        assert phases[-1][2] == row.capture_end_ns


def test_a_dead_peer_is_probed_from_the_first_unanswered_probe_on() -> None:
    [row] = rows("peer-dead")
    a = ka.analyze(ROOT / "captures" / "recorded" / "peer-dead.pcapng")
    probes = a.events[a.events.kind == "keepalive_probe"].time
    since = {phase: since for phase, since, _ in row.phases()}
    first = (probes.iloc[0] - a.captures.start[0]).value
    assert since[PROBING] == first
    assert {PHASE_WORDS[phase] for phase in since} >= {"active", "idle", "probing"}
    assert row.word == "peer_dead" and DEAD in since or row.end_ns == row.capture_end_ns


def test_packets_know_pauses_that_events_do_not() -> None:
    def active(segments: str) -> int:
        [row] = rows("heartbeat", segments)
        return sum(until - since for phase, since, until in row.phases() if phase == ACTIVE)

    assert active("packets") < active("events")


def test_after_a_close_nothing_is_left_to_sum_up() -> None:
    [row] = rows("graceful-close")
    assert CLOSED not in {phase for phase, _, _ in row.phases(tail=False)}
    assert IDLE not in {phase for phase, since, _ in row.phases() if since >= row.end_ns}


def test_the_gravest_come_first_and_as_they_ended() -> None:
    ordered = by_verdict(rows("many-connections"))
    words = [row.word for row in ordered]
    assert words == sorted(words, key=["peer_dead", "alive"].index)
    dead = [row.end_ns for row in ordered if row.word == "peer_dead"]
    assert dead == sorted(dead)
