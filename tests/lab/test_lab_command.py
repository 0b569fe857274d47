"""`keepalive lab`, without a kernel."""

from __future__ import annotations

import argparse
import os
import re
import signal
import sys
from pathlib import Path

import pytest

from analyzer import lab
from analyzer.commands.lab import configure, run
from analyzer.errors import KeepaliveError, MissingToolError, UsageError
from analyzer.lab import SCENARIOS, LabError, NotAsPlannedError, OverIPv6, Recording


def call(*words: str) -> int:
    parser = argparse.ArgumentParser()
    configure(parser)
    return run(parser.parse_args(words))


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[str, Path, int]]:
    """What was asked to be recorded, side by side or not.

    `outage` fails each time, `refused` the first time, and for `abort` a program is missing.
    """
    asked: list[tuple[str, Path, int]] = []

    def pretend(scenario: lab.Scenario, folder: Path, ip_version: int) -> Recording:
        asked.append((scenario.name, folder, ip_version))
        first = asked.count(asked[-1]) == 1
        if scenario.name == "outage" or (scenario.name == "refused" and first):
            raise NotAsPlannedError("did not go as planned")
        if scenario.name == "abort":
            raise MissingToolError("a program is missing")
        return Recording(folder / f"{scenario.name}.pcapng", folder / f"{scenario.name}.json")

    def call_each(commands: list[list[str]], jobs: int) -> list[int]:
        assert all(command[:4] == [sys.executable, "-m", "analyzer", "lab"] for command in commands)
        return [status_of(*command[4:]) for command in commands]

    monkeypatch.setattr(lab, "record", pretend)
    monkeypatch.setattr(lab, "run_side_by_side", call_each)
    monkeypatch.setattr(lab, "require_lab", lambda: None)
    monkeypatch.chdir(tmp_path)
    return asked


def status_of(*words: str) -> int:
    """As `call`, with an error as the status that the whole command makes of it."""
    try:
        return call(*words)
    except KeepaliveError as error:
        return error.exit_status


def test_list_names_every_scenario_and_what_it_shows(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("list") == 0
    said = capsys.readouterr().out
    assert max(map(len, said.splitlines())) <= 80
    listed = re.findall(r"^  (\S+)  \((\d+) s(.*)\)\n((?: {6}.+\n)+)", said, flags=re.MULTILINE)
    assert [(name, int(seconds), " ".join(shows.split())) for name, seconds, _, shows in listed] == [
        (scenario.name, scenario.duration_s, scenario.shows) for scenario in SCENARIOS.values()
    ]
    notes = {name: notes for name, _, notes, _ in listed}
    assert notes["alive"] == ", also over IPv6"
    assert notes["gone-from-lan"] == ", IPv4 only"
    assert notes["middlebox-reset"] == ", needs iptables"
    assert notes["outage"] == ""


def test_list_tells_what_recording_needs(capsys: pytest.CaptureFixture[str]) -> None:
    call("list")
    before_the_first = capsys.readouterr().out.partition("\n\n")[0]
    for word in ("Linux", "root", "iproute2", "util-linux", "dumpcap or tcpdump", "--ipv6", "--all"):
        assert word in before_the_first


def test_scenarios_are_listed_by_family(capsys: pytest.CaptureFixture[str]) -> None:
    call("list")
    titles = [line for line in capsys.readouterr().out.splitlines()[4:] if line and line[0] != " "]
    assert titles == list(dict.fromkeys(scenario.family for scenario in SCENARIOS.values()))


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
    asked = {(name, version) for name, _, version in recorded}
    assert asked == {(name, 6) for name, each in SCENARIOS.items() if each.ipv6 is not OverIPv6.NEVER}
    assert len(asked) == len(SCENARIOS) - 1


def test_what_fails_is_recorded_once_more_before_it_counts(
    recorded: list[tuple[str, Path, int]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("record", "refused") == 0
    assert recorded == [("refused", Path("recordings"), 4)] * 2
    assert "recording refused once more" in capsys.readouterr().err
    with pytest.raises(LabError, match="outage: did not go as planned"):
        call("record", "outage")
    assert [name for name, _, _ in recorded[2:]] == ["outage"] * 2


def test_what_cannot_be_recorded_here_is_tried_once(
    recorded: list[tuple[str, Path, int]], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(LabError, match="^abort: a program is missing$"):
        call("record", "abort")
    assert [name for name, _, _ in recorded] == ["abort"]
    assert "once more" not in capsys.readouterr().err


def test_what_cannot_be_written_is_found_before_anything_is_played(
    recorded: list[tuple[str, Path, int]], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="--out: file is no folder"):
        call("record", "alive", "--out", "file")
    with pytest.raises(OSError):
        call("record", "alive", "--out", "file/below")
    assert recorded == []


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
        (("gone-from-lan", "--ipv6"), "gone-from-lan cannot be recorded over IPv6"),
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


@pytest.mark.parametrize(
    ("number", "raised"),
    [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit), (signal.SIGHUP, SystemExit)],
)
def test_signals_leave_through_the_context_managers(
    number: signal.Signals,
    raised: type[BaseException],
    monkeypatch: pytest.MonkeyPatch,
    recorded: list[tuple[str, Path, int]],
) -> None:
    before = signal.getsignal(number)
    cleaned_up = []

    def ended(scenario: lab.Scenario, folder: Path, ip_version: int) -> Recording:
        try:
            signal.raise_signal(number)
        finally:
            for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, number):
                signal.raise_signal(each)  # what comes later does not disturb the tidying
            cleaned_up.append(scenario.name)
        raise AssertionError("the signal had no effect")

    monkeypatch.setattr(lab, "record", ended)
    with pytest.raises(raised) as end:
        call("record", "alive")
    assert raised is KeyboardInterrupt or end.value.code == 128 + number
    assert cleaned_up == ["alive"]
    assert signal.getsignal(number) is before


def test_what_was_ignored_stays_ignored(
    monkeypatch: pytest.MonkeyPatch, recorded: list[tuple[str, Path, int]]
) -> None:
    def hung_up(scenario: lab.Scenario, folder: Path, ip_version: int) -> Recording:
        signal.raise_signal(signal.SIGHUP)
        return Recording(folder / "x.pcapng", folder / "x.json")

    monkeypatch.setattr(lab, "record", hung_up)
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        assert call("record", "alive") == 0
    finally:
        signal.signal(signal.SIGHUP, before)
