"""A peer that dies and one that reboots, as every output of `keepalive live` tells it, and in time."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable

import pandas as pd
import pytest

from analyzer import analyze
from tests.lab.conditions import needs_lab
from tests.live.conftest import SERVICE_PORT, Watched

VERDICTS = ("peer_dead", "peer_rebooted")


def json_lines(watched: Watched, verdict: str) -> float:
    return float(watched.json.wait_for(type="verdict", verdict=verdict)["came_s"])


def plain_lines(watched: Watched, verdict: str) -> float:
    return next(came_s for came_s, line in watched.plain.lines if f"✖ {verdict}: " in line)


def screen(watched: Watched, verdict: str) -> float:
    return float(watched.screen.wait_for(name=verdict)["at_s"])


def command(watched: Watched, verdict: str) -> float:
    told = [json.loads(line) for line in (watched.folder / "alerts").read_text().splitlines()]
    return next(float(each["at_s"]) for each in told if each["name"] == verdict)


def webhook(watched: Watched, verdict: str) -> float:
    return float(watched.bystander.wait_for(channel="webhook", name=verdict)["at_s"])


def metrics(watched: Watched, verdict: str) -> float:
    return float(watched.bystander.wait_for(channel="metrics", name=verdict)["at_s"])


@needs_lab
@pytest.mark.parametrize("verdict", VERDICTS)
@pytest.mark.parametrize("told", [json_lines, plain_lines, screen, command, webhook, metrics])
def test_it_is_told_within_one_interval_of_the_application_s_error(
    watched: Watched, verdict: str, told: Callable[[Watched, str], float]
) -> None:
    late_s = told(watched, verdict) - watched.ended_s[verdict]
    assert -0.1 < late_s < watched.bound_s


@needs_lab
def test_each_verdict_is_that_of_its_connection(watched: Watched) -> None:
    rows = watched.json.rows(type="verdict")
    final = {row["client_port"]: row["verdict"] for row in rows}
    assert {port: final[port] for port in watched.ports.values()} == {
        port: verdict for verdict, port in watched.ports.items()
    }
    assert [row["verdict"] for row in rows].count("peer_dead") == 1
    assert [row["verdict"] for row in rows].count("peer_rebooted") == 1
    alerts = [row["name"] for row in watched.bystander.rows(channel="webhook")]
    assert sorted(alerts) == ["peer_dead", "peer_rebooted"]  # once each: verdict and finding are one alert


@needs_lab
def test_drops_that_nobody_knows_of_are_not_said_to_be_none(watched: Watched) -> None:
    """dumpcap tells of drops when it ends, tcpdump while it captures."""
    assert "drops not told" in watched.shown["live"]
    assert watched.json.rows(type="drops") == []
    assert watched.json.rows()[-1]["dropped"] == 0
    assert not any(row["tells_drops"] for row in watched.bystander.rows(channel="metrics"))


@needs_lab
def test_in_a_terminal_the_screen_shows_it_and_leaves_the_summary(watched: Watched) -> None:
    shown, left = watched.shown["live"], watched.shown["left"]
    assert "● live" in shown and f":{SERVICE_PORT}" in shown
    assert all(verdict in shown for verdict in VERDICTS)
    assert "it ended with 0" in left and "● live" not in left
    assert "1 peer_dead" in left and "1 peer_rebooted" in left


@needs_lab
def test_a_connection_that_is_opened_does_not_say_that_the_capture_ended(watched: Watched) -> None:
    end = watched.screen.wait_for(name="end")
    assert watched.status["screen"] == 0, watched.screen.errors
    table, opened = ("\n".join(end[name]) for name in ("table", "opened"))
    assert "peer_dead" in table and "peer_rebooted" in table and "● live" in table
    assert "keep-alive probe" in opened and "gave up" in opened
    assert "capture end" not in opened + table


@needs_lab
@pytest.mark.parametrize("name", ["json", "tcpdump"])
def test_signals_end_it_with_the_summary(watched: Watched, name: str) -> None:
    program = getattr(watched, name)
    assert watched.status[name] == 0, program.errors
    summary = program.rows()[-1]
    assert (summary["type"], summary["dropped"]) == ("summary", 0)
    assert {word: summary["verdicts"][word] for word in VERDICTS} == dict.fromkeys(VERDICTS, 1)


@needs_lab
def test_what_befalls_the_interface_is_said(watched: Watched) -> None:
    for program in (watched.json, watched.tcpdump, watched.recording):
        assert "eth0: the interface went down" in program.errors
        assert "eth0: the interface is up again" in program.errors
    assert "Traceback" not in watched.json.errors + watched.tcpdump.errors + watched.recording.errors


@needs_lab
def test_an_interface_that_is_removed_leaves_results_and_status_4(watched: Watched) -> None:
    assert watched.status["plain"] == 4
    errors = watched.plain.errors.splitlines()
    assert errors[-1].startswith("keepalive: eth0: the capture ended: "), errors
    assert watched.plain.errors.count("up again") == 1  # before it was removed
    last = "\n".join(line for _, line in watched.plain.lines[-5:])
    assert "1 peer_dead" in last and "1 peer_rebooted" in last


@needs_lab
def test_after_sigkill_tables_and_frames_can_be_read(watched: Watched) -> None:
    assert watched.status["recording"] == -signal.SIGKILL
    folder = watched.folder / "kept"
    [tables] = [path for path in folder.iterdir() if path.is_dir()]
    flows = pd.read_parquet(tables / "flows").sort_values("revision").drop_duplicates("flow", keep="last")
    frames = analyze(*folder.glob("*.pcapng")).flows
    for verdict, port in watched.ports.items():
        assert flows[flows["client_port"] == port]["verdict"].tolist() == [verdict]
        assert frames[frames["client_port"] == port]["verdict"].tolist() == [verdict]
