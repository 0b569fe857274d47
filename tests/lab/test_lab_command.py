"""`keepalive lab`, without a kernel."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path

import pytest

from analyzer import lab
from analyzer.commands.lab import configure, run
from analyzer.errors import KeepaliveError, UsageError
from analyzer.lab import SCENARIOS, LabError, Recording


def call(*words: str) -> int:
    parser = argparse.ArgumentParser()
    configure(parser)
    return run(parser.parse_args(words))


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Path, int]]:
    """What was asked to be recorded, side by side or not; `outage` always fails, `refused` at first."""
    asked: list[tuple[str, Path, int]] = []

    def pretend(scenario: lab.Scenario, folder: Path, ip_version: int) -> Recording:
        asked.append((scenario.name, folder, ip_version))
        first = asked.count(asked[-1]) == 1
        if scenario.name == "outage" or (scenario.name == "refused" and first):
            raise LabError("did not go as planned")
        return Recording(folder / f"{scenario.name}.pcapng", folder / f"{scenario.name}.json")

    def call_each(commands: list[list[str]], jobs: int) -> list[int]:
        assert all(command[:4] == [sys.executable, "-m", "analyzer", "lab"] for command in commands)
        return [status_of(*command[4:]) for command in commands]

    monkeypatch.setattr(lab, "record", pretend)
    monkeypatch.setattr(lab, "run_side_by_side", call_each)
    monkeypatch.setattr(lab, "require_lab", lambda: None)
    return asked


def status_of(*words: str) -> int:
    """As `call`, with an error as the status that the whole command makes of it."""
    try:
        return call(*words)
    except KeepaliveError as error:
        return error.exit_status


def test_list_names_every_scenario_and_what_it_shows(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(SCENARIOS)
    for line, scenario in zip(lines, SCENARIOS.values(), strict=True):
        assert line.startswith(scenario.name)
        assert line.endswith(scenario.shows)


def test_recordings_go_to_stdout_and_progress_to_stderr(
    recorded: list[tuple[str, Path, int]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("record", "zero-window", "alive", "zero-window", "--out", "here") == 0
    assert recorded == [("alive", Path("here"), 4), ("zero-window", Path("here"), 4)]  # the longer first
    said = capsys.readouterr()
    assert said.out.splitlines() == [str(Path("here/alive.pcapng")), str(Path("here/zero-window.pcapng"))]
    assert "recording alive, about" in said.err


def test_all_is_every_scenario_and_some_over_ipv6_too(recorded: list[tuple[str, Path, int]]) -> None:
    call("record", "--all")
    assert {name for name, _, version in recorded if version == 4} == set(SCENARIOS)
    assert {name for name, _, version in recorded if version == 6} == {"alive", "peer-dead", "peer-rebooted"}
    assert {folder for _, folder, _ in recorded} == {Path("recordings")}


def test_any_can_be_recorded_over_ipv6(recorded: list[tuple[str, Path, int]]) -> None:
    call("record", "--all", "--ipv6")
    assert {(name, version) for name, _, version in recorded} == {(name, 6) for name in SCENARIOS}


def test_what_fails_is_recorded_once_more_before_it_counts(
    recorded: list[tuple[str, Path, int]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("record", "refused") == 0
    assert recorded == [("refused", Path("recordings"), 4)] * 2
    assert "recording refused once more" in capsys.readouterr().err
    with pytest.raises(LabError, match="outage: did not go as planned"):
        call("record", "outage")
    assert [name for name, _, _ in recorded[2:]] == ["outage"] * 2


def test_one_that_fails_does_not_keep_others_from_being_recorded(
    recorded: list[tuple[str, Path, int]],
) -> None:
    assert call("record", "outage", "alive") == 4
    assert "alive" in [name for name, _, _ in recorded]
    assert status_of("record", "outage") == 3


def test_where_all_fail_nothing_was_recorded(
    recorded: list[tuple[str, Path, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lab, "run_side_by_side", lambda commands, jobs: [3 for _ in commands])
    assert call("record", "alive", "refused") == 3


def test_so_many_are_played_at_a_time(
    recorded: list[tuple[str, Path, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(lab, "run_side_by_side", lambda commands, jobs: asked.append(jobs) or [0, 0])
    call("record", "alive", "refused", "--jobs", "3")
    assert asked == [3]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ((), "name the scenarios to record, or say --all"),
        (("alive", "--all"), "not both"),
        (("alive", "peer-alive"), "no scenario is called peer-alive"),
        (("alive", "--jobs", "0"), "--jobs: 0 is no number of scenarios"),
    ],
)
def test_wrong_usage_says_what_to_do(words: tuple[str, ...], complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        call("record", *words)


def test_without_root_it_says_so_before_it_begins(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    with pytest.raises(LabError) as error:
        call("record", "alive")
    assert error.value.exit_status == 3
    assert capsys.readouterr().err == ""


def test_sigterm_leaves_through_the_context_managers(
    monkeypatch: pytest.MonkeyPatch, recorded: list[tuple[str, Path, int]]
) -> None:
    before = signal.getsignal(signal.SIGTERM)
    cleaned_up = []

    def terminated(scenario: lab.Scenario, folder: Path, ip_version: int) -> Recording:
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            signal.raise_signal(signal.SIGTERM)  # a second one does not disturb the tidying
            cleaned_up.append(scenario.name)
        raise AssertionError("SIGTERM had no effect")

    monkeypatch.setattr(lab, "record", terminated)
    with pytest.raises(SystemExit) as end:
        call("record", "alive")
    assert end.value.code == 143
    assert cleaned_up == ["alive"]
    assert signal.getsignal(signal.SIGTERM) is before
