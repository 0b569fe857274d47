"""What becomes of a host's process, and what it is asked to do."""

from __future__ import annotations

import sys

import pytest

from analyzer.lab.background import DIE_WITH_RECORDER
from analyzer.lab.failures import LabError, NotAsPlannedError
from analyzer.lab.hosts import Host

from .conditions import needs_lab


def test_a_host_that_is_not_running_says_so() -> None:
    with pytest.raises(LabError, match="server is not running"):
        Host("server").ip("link")


def test_a_process_that_dies_at_once_is_reported_with_its_last_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    last_words = [sys.executable, "-c", "import sys; sys.exit('may not unshare')"]
    monkeypatch.setattr("analyzer.lab.hosts.DIE_WITH_RECORDER", last_words)
    with pytest.raises(LabError, match="the lab's client died at start: may not unshare"), Host("client"):
        pass


@needs_lab
def test_a_command_inside_sees_only_the_host_s_own_interfaces() -> None:
    with Host("client") as host:
        host.ip("link", "show", "lo")
        with pytest.raises(LabError, match=r"`ip link show eth0` failed on the lab's client: .*eth0"):
            host.ip("link", "show", "eth0")
        assert host.inside("true")[: len(DIE_WITH_RECORDER)] == list(DIE_WITH_RECORDER)


@needs_lab
def test_a_counter_that_does_not_rise_ends_the_waiting() -> None:
    with Host("client") as host, pytest.raises(NotAsPlannedError, match="TCPKeepAlive did not reach 1"):
        host.wait_until("TCPKeepAlive", 1, patience_s=0.05)


@needs_lab
def test_a_request_can_be_under_way_while_the_recorder_does_something_else() -> None:
    with Host("client") as host:
        host.ip("link", "set", "lo", "up")
        listener = host.begin("listen", own=("127.0.0.1", 7777), options={})
        host.ip("link", "show", "lo")
        assert listener() == 1  # the number of the first socket
        handshake = host.begin_connect(("127.0.0.1", 0), ("127.0.0.1", 7777), {"SO_KEEPALIVE": 1})
        host.ip("link", "show", "lo")
        assert handshake().options == {"SO_KEEPALIVE": 1}
        assert host.states()["ESTABLISHED"] == 2


@needs_lab
def test_an_action_that_breaks_the_agent_is_reported() -> None:
    with Host("client") as host, pytest.raises(LabError, match="client died at close: KeyError: 7"):
        host.ask("close", number=7)
