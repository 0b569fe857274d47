"""Capturing with the real programs, in real namespaces."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Dot1AD, Dot1Q

from analyzer.lab.lan import Lan
from tests.lab.conditions import needs_lab

from .namespaces import SEGMENT, Watcher, send

WHERE = "to-client"
MAY_NOT_CAPTURE = ("setpriv", "--bounding-set", "-net_raw,-net_admin")

BACKENDS = [
    pytest.param("dumpcap", marks=pytest.mark.skipif(shutil.which("dumpcap") is None, reason="no dumpcap")),
    pytest.param("tcpdump", marks=pytest.mark.skipif(shutil.which("tcpdump") is None, reason="no tcpdump")),
    "scapy",
]
every_backend = pytest.mark.parametrize("backend", BACKENDS)
both_programs = pytest.mark.parametrize("backend", BACKENDS[:2])
LATEST_S = {"dumpcap": 0.6, "tcpdump": 0.3, "scapy": 0.3}
"""From sending a frame to having it read: what the programs need, and something for a busy machine."""


@pytest.fixture(scope="module")
def lan() -> Iterator[Lan]:
    with Lan() as lan:
        yield lan


def wait_until(true: Callable[[], bool], patience_s: float = 10.0) -> None:
    deadline = time.monotonic() + patience_s
    while not true():
        assert time.monotonic() < deadline, "it does not happen"
        time.sleep(0.02)


def is_there(process: int) -> bool:
    """Whether a process runs: one that has ended and was not asked for its status does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@needs_lab
@every_backend
def test_frames_come_soon_and_stop_ends_it_while_none_comes(lan: Lan, backend: str) -> None:
    with Watcher(lan.router, interface=WHERE, backend=backend) as watcher:
        watcher.wait_for("open")
        waits = []
        for number in range(1, 4):
            time.sleep(0.3)
            sent = send(lan.client, 1, packet=SEGMENT.copy() / bytes([number]))
            waits.append(watcher.wait_for("frames")["at"] - sent)
        end = watcher.stop()
    assert sorted(waits)[1] < LATEST_S[backend]  # the first also loads the reader's kernels
    assert (end["frames"], end["damages"], end["drops"]) == (3, [], 0)
    assert end["interfaces"] == [[WHERE, 1]]


@needs_lab
@every_backend
def test_stop_keeps_the_last_frames(lan: Lan, backend: str) -> None:
    with Watcher(lan.router, interface=WHERE, backend=backend) as watcher:
        watcher.wait_for("open")
        send(lan.client, 2000, per_s=4000)
        end = watcher.stop()
    assert (end["marked"], end["frames"], end["dropped"]) == (2000, 2000, 0)


@needs_lab
@both_programs
def test_many_frames_at_once_are_all_seen(lan: Lan, backend: str) -> None:
    with Watcher(lan.router, interface=WHERE, backend=backend) as watcher:
        watcher.wait_for("open")
        send(lan.client, 50_000)
        end = watcher.stop()
    assert (end["marked"], end["drops"]) == (50_000, 0)


@needs_lab
@every_backend
@pytest.mark.parametrize("tags", [Dot1Q(vlan=5), Dot1AD(vlan=5) / Dot1Q(vlan=6)], ids=["802.1Q", "802.1ad"])
def test_tagged_frames_are_seen_and_what_is_no_use_is_not(lan: Lan, backend: str, tags: Dot1Q) -> None:
    with Watcher(lan.router, interface=WHERE, backend=backend) as watcher:
        watcher.wait_for("open")
        send(lan.client, 5, packet=IP(dst="192.0.2.3") / UDP(dport=53))
        send(lan.client, 5, packet=tags / SEGMENT)
        end = watcher.stop()
    assert (end["marked"], end["frames"]) == (5, 5)


@needs_lab
@every_backend
def test_the_user_s_filter(lan: Lan, backend: str) -> None:
    with Watcher(lan.router, interface=WHERE, backend=backend, capture_filter="port 80") as watcher:
        watcher.wait_for("open")
        send(lan.client, 5)
        assert watcher.stop()["frames"] == 0
    with Watcher(lan.router, interface=WHERE, backend=backend, capture_filter="port or (") as watcher:
        refused = watcher.wait_for("refused")
    assert (refused["error"], refused["status"]) == ("UsageError", 2)
    assert refused["text"].startswith("capture filter 'port or (': syntax error; ")


@needs_lab
@both_programs
def test_any_captures_on_all_interfaces(lan: Lan, backend: str) -> None:
    with Watcher(lan.router, interface="any", backend=backend) as watcher:
        watcher.wait_for("open")
        send(lan.client, 5)
        end = watcher.stop()
    assert end["marked"] == 5
    assert end["interfaces"] == [["any", {"dumpcap": 113, "tcpdump": 276}[backend]]]


@needs_lab
@both_programs
def test_drops_are_told_as_soon_as_the_program_tells(lan: Lan, backend: str) -> None:
    with Watcher(lan.router, interface=WHERE, backend=backend, buffer_mib=1) as watcher:
        process = watcher.wait_for("open")["process"]
        os.kill(process, signal.SIGSTOP)  # nobody fetches what the kernel keeps
        send(lan.client, 50_000)
        os.kill(process, signal.SIGCONT)
        if backend == "tcpdump":  # dumpcap tells at its end alone
            wait_until(lambda: (watcher.drops()["drops"] or 0) > 0)
        end = watcher.stop()
    assert end["drops"] > 0
    assert end["marked"] + end["drops"] == 50_000
    assert end["dropped"] == end["drops"]


@needs_lab
@every_backend
def test_an_interface_that_goes_down_is_told_and_watched_on(backend: str) -> None:
    with Lan() as lan, Watcher(lan.router, interface=WHERE, backend=backend) as watcher:
        watcher.wait_for("open")
        send(lan.client, 1)
        watcher.wait_for("frames")
        lan.router.ip("link", "set", WHERE, "down")
        said: list[str] = []
        wait_until(lambda: bool(said.extend(watcher.drops()["notices"]) or said))
        lan.router.ip("link", "set", WHERE, "up")
        wait_until(lambda: bool(said.extend(watcher.drops()["notices"]) or len(said) > 1))
        send(lan.client, 2)
        watcher.wait_for("frames", marked=2)
        end = watcher.stop()
    assert said == [
        f"{WHERE}: the interface went down: nothing can be seen until it is up",
        f"{WHERE}: the interface is up again",
    ]
    assert end["damages"] == []


@needs_lab
@every_backend
def test_an_interface_that_is_removed_ends_the_capture(backend: str) -> None:
    with Lan() as lan, Watcher(lan.router, interface=WHERE, backend=backend) as watcher:
        watcher.wait_for("open")
        send(lan.client, 3)
        watcher.wait_for("frames", marked=3)
        lan.router.ip("link", "del", WHERE)
        end = watcher.wait_for("end")
    (said,) = end["damages"]
    assert said in (
        f'the capture ended: The network adapter "{WHERE}" is no longer attached; the capture has stopped',
        "the capture ended: The interface disappeared",
    )
    assert end["marked"] == 3


@needs_lab
@every_backend
def test_a_program_that_dies_ends_the_capture_and_what_came_stands(lan: Lan, backend: str) -> None:
    with Watcher(lan.router, interface=WHERE, backend=backend) as watcher:
        process = watcher.wait_for("open")["process"]
        send(lan.client, 3)
        watcher.wait_for("frames", marked=3)
        os.kill(process, signal.SIGKILL)
        end = watcher.wait_for("end")
    assert end["damages"] == [f"the capture ended: {backend} was killed by signal 9 (SIGKILL)"]
    assert end["marked"] == 3


@needs_lab
@every_backend
def test_what_cannot_be_captured_on(lan: Lan, backend: str) -> None:
    with Watcher(lan.router, interface="eth9", backend=backend) as watcher:
        refused = watcher.wait_for("refused")
    assert refused["text"].startswith("eth9: no such interface; there are: lo, ")
    assert WHERE in refused["text"]
    lan.router.ip("link", "add", "asleep", "type", "veth")
    with Watcher(lan.router, interface="asleep", backend=backend) as watcher:
        refused = watcher.wait_for("refused")
    assert refused["text"] == "asleep: the interface is down; try `sudo ip link set asleep up`"
    lan.router.ip("link", "del", "asleep")


@needs_lab
@every_backend
def test_without_permission_it_says_what_to_do(lan: Lan, backend: str) -> None:
    with Watcher(lan.router, MAY_NOT_CAPTURE, interface=WHERE, backend=backend) as watcher:
        refused = watcher.wait_for("refused")
    assert refused["status"] == 3
    assert refused["text"].startswith(f"{WHERE}: no permission to capture; run `sudo dpkg-reconfigure")


@needs_lab
@every_backend
def test_ctrl_c_in_a_terminal_does_not_reach_the_program(lan: Lan, backend: str) -> None:
    with Watcher(lan.router, interface=WHERE, backend=backend) as watcher:
        process = watcher.wait_for("open")["process"]
        assert os.getpgid(process) != os.getpgid(watcher.process.pid)
        assert os.getsid(process) != os.getsid(watcher.process.pid)


@needs_lab
@every_backend
def test_the_program_does_not_outlive_us_though_nothing_arrives(lan: Lan, backend: str) -> None:
    with Watcher(lan.router, interface=WHERE, backend=backend) as watcher:
        process = watcher.wait_for("open")["process"]
        assert is_there(process)
        watcher.kill()
        wait_until(lambda: not is_there(process))


@needs_lab
@every_backend
def test_closing_does_not_wait_for_a_program_that_nobody_reads(backend: str) -> None:
    """It may hang in writing: its pipe is full."""
    with Lan() as lan, Watcher(lan.router, interface=WHERE, backend=backend, reads=False) as watcher:
        process = watcher.wait_for("open")["process"]
        send(lan.client, 30_000)
        began = time.monotonic()
        watcher.say("stop")
        watcher.wait_for("closed")
    assert time.monotonic() - began < 5  # not for ever
    assert not is_there(process)
