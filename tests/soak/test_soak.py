"""Holding what was told against what happened: a short run for real, and that it finds what is wrong."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from analyzer.lab.truth import ANSWER, PROBE, RESET, Expected, Side
from tests.lab.conditions import needs_lab
from tests.soak.comparing import FINDING_S, Line, compare
from tests.soak.mirror import Observer, last_word
from tests.soak.playing import Played, Playing
from tests.soak.watcher import Watcher

SOON = ("abort", "peer-dead", "peer-rebooted", "refused")
CLIENT, SERVER = ("198.18.0.50", 50001), ("198.18.0.58", 7777)
DEAD = Expected(
    CLIENT, SERVER, "peer_dead", {"client": Side(PROBE + RESET), "server": Side(ANSWER)}, ("peer_dead",)
)
PLAYED = Played("peer-dead", 4, 3, (DEAD,))


@needs_lab
@pytest.mark.usefixtures("warm_kernels")
def test_a_short_run_misses_nothing() -> None:
    with Observer() as observer, Watcher(observer, observer.LINK) as watcher:
        played = Playing(observer, time.monotonic() + 9.0, 3, SOON).run()
        time.sleep(2.0)
        status, said = watcher.end()
        lines = list(watcher.lines)
    outcome = compare(lines, played)
    assert (outcome.wrong, status, said) == ([], 0, "")
    assert outcome.plays >= 2


def told(late_s: float = -1.0, **changes: str) -> list[tuple[float, Line]]:
    """The lines of someone who knocked, then those of the connection. late_s: after the last frame."""
    ends = {"client": CLIENT[0], "client_port": CLIENT[1], "server": SERVER[0], "server_port": SERVER[1]}
    lines: list[Line] = [
        {"type": "event", "flow": 0, "source": "192.0.2.9", "sender": "client", "frame": 1, "kind": "syn"},
        *(
            {"type": "event", "flow": 1, "source": end[0], "sender": who, "frame": frame, "kind": kind}
            for frame, who, end, kind in (
                (2, "client", CLIENT, "syn"),
                (3, "client", CLIENT, "keepalive_probe"),
                (4, "server", SERVER, changes.get("answer", "keepalive_reply")),
                (5, "client", CLIENT, "keepalive_timeout"),
            )
        ),
        {"type": "verdict", "flow": 1, "verdict": changes.get("verdict", "peer_dead"), **ends},
        {"type": "finding", "flow": 1, "finding": changes.get("finding", "peer_dead")},
    ]
    last: Line = {"type": "event", "flow": 9, "source": last_word(3), "sender": "client", "frame": 9}
    return [(100.0, last), *((100.0 + late_s, line) for line in lines)]


def test_what_is_right_is_counted() -> None:
    outcome = compare(told(), [PLAYED])
    assert (outcome.wrong, outcome.plays, outcome.connections) == ([], 1, 1)
    assert outcome.segments == {"probe": 1, "answer": 1, "reset": 1}


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"verdict": "alive"}, "peer_dead, told ['alive']"),
        ({"finding": "outage"}, "findings missed ['peer_dead'], invented ['outage']"),
        ({"answer": "ack"}, "its server said ('answer',), told ()"),
    ],
)
def test_what_is_missed_or_invented_is_said(changes: dict[str, str], wrong: str) -> None:
    outcome = compare(told(**changes), [PLAYED])
    assert any(wrong in each for each in outcome.wrong), outcome.wrong


def test_what_comes_too_late_is_missed() -> None:
    outcome = compare(told(FINDING_S + 1), [PLAYED])
    assert any("peer_dead, told []" in each for each in outcome.wrong)
    assert any("findings missed ['peer_dead']" in each for each in outcome.wrong)


def test_a_connection_that_nobody_made_is_invented() -> None:
    lines = told()
    lines.append((99.0, lines[2][1] | {"flow": 2, "source": "203.0.113.1"}))
    assert compare(lines, [PLAYED]).wrong == ["connection 2 is nobody's"]
    lines[-1][1]["source"] = CLIENT[0]
    assert compare(lines, [PLAYED]).wrong == ["peer-dead at 3: 1 connections, 2 told"]


def test_a_play_whose_truth_is_not_known_is_not_compared() -> None:
    outcome = compare(told(verdict="alive"), [replace(PLAYED, expected=(), failure="not as planned")])
    assert (outcome.plays, outcome.wrong) == (0, [])
    assert outcome.unknown == ["peer-dead at 3: not as planned"]
