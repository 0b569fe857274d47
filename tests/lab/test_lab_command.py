"""`keepalive lab`, without a kernel."""

from __future__ import annotations

import argparse
import os
import signal
from pathlib import Path

import pytest

from analyzer import lab
from analyzer.commands.lab import configure, run
from analyzer.errors import UsageError
from analyzer.lab import SCENARIOS, LabError, Recording


def call(*words: str) -> int:
    parser = argparse.ArgumentParser()
    configure(parser)
    return run(parser.parse_args(words))


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Path, int]]:
    """What was asked to be recorded; `outage` always fails."""
    asked: list[tuple[str, Path, int]] = []

    def pretend(scenario: lab.Scenario, folder: Path, ip_version: int) -> Recording:
        asked.append((scenario.name, folder, ip_version))
        if scenario.name == "outage":
            raise LabError("did not go as planned")
        return Recording(folder / f"{scenario.name}.pcapng", folder / f"{scenario.name}.json")

    monkeypatch.setattr(lab, "record", pretend)
    monkeypatch.setattr(lab, "require_lab", lambda: None)
    return asked


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
    assert call("record", "alive", "refused", "alive", "--out", "here") == 0
    assert recorded == [("alive", Path("here"), 4), ("refused", Path("here"), 4)]
    said = capsys.readouterr()
    assert said.out.splitlines() == [str(Path("here/alive.pcapng")), str(Path("here/refused.pcapng"))]
    assert "recording alive, about" in said.err


def test_all_means_all_and_ipv6_is_an_option(recorded: list[tuple[str, Path, int]]) -> None:
    call("record", "--all", "--ipv6")
    assert [name for name, _, _ in recorded] == list(SCENARIOS)
    assert {(folder, version) for _, folder, version in recorded} == {(Path("recordings"), 6)}


def test_one_that_fails_does_not_keep_others_from_being_recorded(
    recorded: list[tuple[str, Path, int]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("record", "outage", "alive") == 4
    assert call("record", "outage") == 3
    assert "outage: did not go as planned" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ((), "name the scenarios to record, or say --all"),
        (("alive", "--all"), "not both"),
        (("alive", "peer-alive"), "no scenario is called peer-alive"),
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
            cleaned_up.append(scenario.name)
        raise AssertionError("SIGTERM had no effect")

    monkeypatch.setattr(lab, "record", terminated)
    with pytest.raises(SystemExit) as end:
        call("record", "alive")
    assert end.value.code == 143
    assert cleaned_up == ["alive"]
    assert signal.getsignal(signal.SIGTERM) is before
