"""Recording for real, and what is left behind: nothing."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from pathlib import Path

import pytest

from analyzer.lab import SCENARIOS, LabError, record
from analyzer.lab.hosts import Host
from analyzer.lab.recording import kernel, recording_name

from .conditions import needs_lab
from .recordings import read_sidecar, tcp_flags_by_sender


def test_ipv6_shows_in_the_name() -> None:
    assert recording_name(SCENARIOS["alive"], 4) == "alive"
    assert recording_name(SCENARIOS["alive"], 6) == "alive-ipv6"


def test_the_kernel_s_maker_is_not_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "release", lambda: "6.18.44-ours-7.x86_64")
    assert kernel() == "6.18"


def test_without_root_nothing_is_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    with pytest.raises(LabError):
        record(SCENARIOS["alive"], tmp_path / "new")
    assert not (tmp_path / "new").exists()


@needs_lab
@pytest.mark.parametrize(
    ("name", "ended_with", "resets"),
    [("alive", None, 0), ("peer-dead", "ETIMEDOUT", 1)],
    ids=lambda it: str(it),
)
def test_a_recording_holds_what_happened(
    name: str, ended_with: str | None, resets: int, tmp_path: Path
) -> None:
    before = traces_of_hosts()
    recording = record(SCENARIOS[name], tmp_path)
    sidecar = read_sidecar(recording.sidecar)
    (client,) = sidecar["sockets"]["client"]
    assert client["ended_with"] == ended_with
    assert client["options"]["TCP_KEEPCNT"] == 3
    flags = tcp_flags_by_sender(recording.capture)
    (connection,) = sidecar["must_give"]["connections"]
    sides = connection["sides"]
    assert {end: len(flags[connection[end]]) for end in sides} == {
        end: side["segments"] for end, side in sides.items()
    }
    assert sum("R" in each for each in flags[connection["client"]]) == resets
    assert tcpdump_counts(recording.capture) >= sum(map(len, flags.values()))
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{name}.json", recording.capture.name]
    assert traces_of_hosts() == before


@needs_lab
def test_a_scenario_that_fails_leaves_nothing(tmp_path: Path) -> None:
    from analyzer.lab.scenarios import Scenario
    from analyzer.lab.stage import Stage

    def interrupted(stage: Stage) -> None:
        stage.start_capture()
        stage.connect()
        raise KeyboardInterrupt

    before = traces_of_hosts()
    with pytest.raises(KeyboardInterrupt):
        record(Scenario("interrupted", "Ctrl-C in the middle.", 1, interrupted), tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert traces_of_hosts() == before


@needs_lab
def test_traces_of_a_running_host_are_found() -> None:
    before = traces_of_hosts()
    with Host("client"):
        assert traces_of_hosts() != before


def traces_of_hosts() -> tuple[set[str], set[str], set[str]]:
    """Network namespaces in use, interfaces out here, and our running child processes."""
    namespaces, children = set(), set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            status = (process / "stat").read_text().rpartition(")")[2].split()
            namespaces.add(os.readlink(process / "ns/net"))
        except OSError:
            continue  # it ended meanwhile
        if int(status[1]) == os.getpid() and status[0] != "Z":
            children.add(process.name)
    return namespaces, set(os.listdir("/sys/class/net")), children


def tcpdump_counts(capture: Path) -> int:
    """TCP frames by yet another reader, where it is installed."""
    if shutil.which("tcpdump") is None:
        pytest.skip("tcpdump is not installed")
    listed = subprocess.run(
        ["tcpdump", "-n", "-r", str(capture), "tcp or ip6 proto 6"],
        capture_output=True,
        text=True,
        check=True,
    )
    return len(listed.stdout.splitlines())
