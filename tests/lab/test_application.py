"""A server application that hangs, and the rhythm of its client's heartbeats."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from analyzer.lab import application
from analyzer.lab.application import Application, Rhythm
from analyzer.lab.failures import LabError, SocketError
from analyzer.lab.hosts import Host

from .conditions import needs_lab


def test_beats_come_at_equal_distances_whatever_is_done_between(monkeypatch: pytest.MonkeyPatch) -> None:
    now, slept = [100.0], []
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(time, "sleep", slept.append)
    rhythm = Rhythm(period_s=2)
    for at in (100.0, 100.5, 103.5, 106.05):
        now[0] = at
        rhythm.wait()
    assert slept == pytest.approx([0, 1.5, 0.5, 0])


def test_a_beat_that_comes_too_late_spoils_the_recording(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    rhythm = Rhythm(period_s=2)
    rhythm.wait()
    now[0] += 2.2
    with pytest.raises(LabError, match="too late.*record it again"):
        rhythm.wait()


@needs_lab
def test_a_hung_application_is_silent_and_its_kernel_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(application, "PATIENCE_S", 1.0)
    with Host("server") as host:
        host.ip("link", "set", "lo", "up")
        service = ("127.0.0.1", 7777)
        listener = host.listen(service, {})
        client = host.connect(("127.0.0.1", 0), service, {})
        server = listener.accept({})
        with Application(client, server) as served:
            served.ask()
            served.reply()
            served.hang()
            served.ask()
            time.sleep(0.3)
            assert served.process_state() == "T"
            assert client.tcp_info() == {"state": "ESTABLISHED", "retransmits": 0, "probes": 0}
            assert server.segments_sent() >= 2  # the reply, and acknowledgments
            process = Path("/proc", str(served.pid))
            assert process.exists()
        wait_until_gone(process)
        # the socket stays with the agent: that its application is dead, nobody hears
        assert client.tcp_info()["state"] == "ESTABLISHED"


@needs_lab
def test_an_application_dies_with_its_host() -> None:
    with Host("server") as host:
        host.ip("link", "set", "lo", "up")
        service = ("127.0.0.1", 7777)
        listener = host.listen(service, {})
        client = host.connect(("127.0.0.1", 0), service, {})
        served = Application(client, listener.accept({}))
        served.hang()
        process = Path("/proc", str(served.pid))
        assert process.exists()
    wait_until_gone(process)
    with pytest.raises(LabError, match="has ended"):
        served.hang()


@needs_lab
def test_an_application_that_does_not_start_is_an_error(tmp_path: Path) -> None:
    with Host("server") as host, pytest.raises(SocketError, match="serve on the lab's server failed"):
        host.ip("link", "set", "lo", "up")
        service = ("127.0.0.1", 7777)
        listener = host.listen(service, {})
        host.connect(("127.0.0.1", 0), service, {})
        listener.accept({}).serve("no number", 1)


def wait_until_gone(process: Path) -> None:
    """A dead process may be a zombie for as long as nobody asks for its exit status."""
    for _ in range(100):
        try:
            state = (process / "stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return
        if state == "Z":
            return
        time.sleep(0.05)
    raise AssertionError(f"{process} is still there")
