"""What the lab says where it cannot work, and what becomes of a host's process."""

from __future__ import annotations

import os
import shutil
import sys

import pytest

from analyzer.errors import KeepaliveError, MissingToolError
from analyzer.lab.hosts import DIE_WITH_RECORDER, Host, LabError, require_lab

from .conditions import needs_lab


@pytest.fixture
def able(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A machine on which nothing is missing."""
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    monkeypatch.setattr(shutil, "which", lambda program: f"/sbin/{program}")
    return monkeypatch


def test_nothing_is_missing_where_all_is_there(able: pytest.MonkeyPatch) -> None:
    require_lab()


def test_without_root_it_says_so_and_what_to_do(able: pytest.MonkeyPatch) -> None:
    able.setattr(os, "geteuid", lambda: 1000, raising=False)
    with pytest.raises(LabError, match="needs root.*sudo"):
        require_lab()


@pytest.mark.parametrize("system", ["darwin", "win32"])
def test_on_another_system_it_says_that_it_needs_linux(able: pytest.MonkeyPatch, system: str) -> None:
    able.setattr(sys, "platform", system)
    able.delattr(os, "geteuid", raising=False)  # Windows has none
    with pytest.raises(LabError, match="needs Linux"):
        require_lab()


@pytest.mark.parametrize(("program", "package"), [("ip", "iproute2"), ("unshare", "util-linux")])
def test_a_missing_program_is_named_with_its_package(
    able: pytest.MonkeyPatch, program: str, package: str
) -> None:
    able.setattr(shutil, "which", lambda name: None if name == program else f"/sbin/{name}")
    with pytest.raises(MissingToolError, match=f"program {program}: install the package {package}"):
        require_lab()


def test_its_errors_end_the_command_with_nothing_done() -> None:
    assert issubclass(LabError, KeepaliveError)
    assert LabError.exit_status == 3


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
    with Host("client") as host, pytest.raises(LabError, match="client's TCPKeepAlive did not reach 1"):
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
