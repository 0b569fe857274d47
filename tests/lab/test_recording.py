"""Recording for real, and what is left behind: nothing."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from analyzer.lab import SCENARIOS, LabError, record
from analyzer.lab.hosts import Host
from analyzer.lab.recording import recording_name

from .conditions import needs_lab
from .recordings import read_sidecar, tcp_flags_by_sender

MARK = "KEEPALIVE_LAB_TEST"
"""In the environment of whatever a test starts, and what that starts, under whichever parent."""

PATIENCE_S = 20


@pytest.fixture
def mark(monkeypatch: pytest.MonkeyPatch) -> str:
    """Tells what this test makes from what other recorders make at the same time."""
    value = uuid.uuid4().hex
    monkeypatch.setenv(MARK, value)
    return value


def test_ipv6_shows_in_the_name() -> None:
    assert recording_name(SCENARIOS["alive"], 4) == "alive"
    assert recording_name(SCENARIOS["alive"], 6) == "alive-ipv6"


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
    name: str, ended_with: str | None, resets: int, tmp_path: Path, mark: str
) -> None:
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
    assert processes(mark) == []
    assert interfaces_of_the_lab() == set()


@needs_lab
def test_a_scenario_that_fails_leaves_nothing(tmp_path: Path, mark: str) -> None:
    from analyzer.lab.scenarios import Scenario
    from analyzer.lab.stage import Stage

    def interrupted(stage: Stage) -> None:
        stage.start_capture()
        stage.connect()
        assert {"dumpcap", "tcpdump"} & set(processes(mark))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        record(Scenario("interrupted", "Ctrl-C in the middle.", 1, interrupted), tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert processes(mark) == []
    assert interfaces_of_the_lab() == set()


@needs_lab
@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -signal.SIGKILL)]
)
def test_whatever_ends_the_command_nothing_stays(number: int, status: int, tmp_path: Path, mark: str) -> None:
    names = ["alive", "both-probe", "outage"]
    command = [sys.executable, "-m", "analyzer", "lab", "record", *names, "--out", str(tmp_path)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as recorder:
        wait_for(lambda: len(list(tmp_path.glob(".recording-*/*"))) == len(names))
        recorder.send_signal(number)
        assert recorder.wait(PATIENCE_S) == status
    wait_for(lambda: processes(mark) == [])
    assert list(tmp_path.iterdir()) == []
    assert interfaces_of_the_lab() == set()


@needs_lab
def test_processes_of_a_running_host_are_found(mark: str) -> None:
    with Host("client") as host:
        host.ask("counters")  # its process has become the agent
        assert processes(mark)


def processes(mark: str) -> list[str]:
    """Names of the processes that were started with this mark. No namespace outlives those in it."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"{MARK}={mark}".encode() in (process / "environ").read_bytes().split(b"\0"):
                found.append((process / "comm").read_text().strip())
        except OSError:
            continue  # it ended meanwhile
    return found


def interfaces_of_the_lab() -> set[str]:
    """Those that stand outside its namespaces; there, a real one may be called as the hosts' own."""
    return {"to-client", "to-server"} & set(os.listdir("/sys/class/net"))


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


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
