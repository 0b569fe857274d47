"""Finding a capture program, running it, and reading what it says on ending."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from analyzer.errors import MissingToolError
from analyzer.lab.capture import DUMPCAP, TCPDUMP, Capture, find_tool, lost_frames, without_statistics
from analyzer.lab.failures import LabError
from analyzer.lab.hosts import Host
from analyzer.lab.vantage import WHOLE_ROUTER, Vantage

from .conditions import needs_lab


def test_dumpcap_is_preferred(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda program: f"/bin/{program}")
    assert find_tool() is DUMPCAP


def test_tcpdump_is_used_where_dumpcap_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda program: None if program == "dumpcap" else "/bin/tcpdump")
    assert find_tool() is TCPDUMP


def test_without_either_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda program: None)
    with pytest.raises(MissingToolError, match="dumpcap or tcpdump.*install"):
        find_tool()


def test_the_command_names_interface_and_file() -> None:
    command = TCPDUMP.command(WHOLE_ROUTER, Path("x.pcap"))
    assert command[:3] == ["tcpdump", "-i", "any"]
    assert command[-2:] == ["-w", "x.pcap"]


BOTH = Vantage("both links", ("to-client", "to-server"), copies=1, snap_length=64)


def test_snap_length_and_filter_come_before_the_interfaces_that_they_are_for() -> None:
    command = DUMPCAP.command(BOTH, Path("x"), only_from="192.0.2.2")
    assert command[:5] == ["dumpcap", "-s", "64", "-f", "src host 192.0.2.2"]
    assert command[5:9] == ["-i", "to-client", "-i", "to-server"]
    assert TCPDUMP.command(WHOLE_ROUTER, Path("x"), only_from="192.0.2.2")[-1] == "src host 192.0.2.2"


@pytest.mark.parametrize(
    ("said", "lost"),
    [
        ("Packets captured: 5\nPackets received/dropped on interface 'eth0': 5/0 (pcap:0/dumpcap:0)", 0),
        ("Packets received/dropped on interface 'Loopback: lo': 90/12 (pcap:12/dumpcap:0)", 12),
        ("5 packets captured\n7 packets received by filter\n3 packets dropped by kernel", 3),
        ("", 0),
    ],
)
def test_lost_frames_are_read_from_the_last_words(said: str, lost: int) -> None:
    assert lost_frames(said) == lost


def test_what_was_counted_is_no_complaint() -> None:
    said = "No space left on device.\nPackets captured: 4\nPackets received/dropped on interface 'x': 4/0\n"
    assert without_statistics(said) == "No space left on device."


@needs_lab
def test_an_interface_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    with (
        Host("router") as router,
        pytest.raises(LabError, match="could not capture"),
        Capture(find_tool(), router, Vantage("", ("eth9",)), tmp_path / "x"),
    ):
        pass


@needs_lab
@pytest.mark.parametrize("tool", [DUMPCAP, TCPDUMP], ids=lambda tool: tool.name)
def test_frames_from_the_first_to_the_last_are_in_the_file(tool, tmp_path: Path) -> None:
    from scapy.utils import PcapReader

    if shutil.which(tool.name) is None:
        pytest.skip(f"{tool.name} is not installed")
    path = tmp_path / f"x{tool.suffix}"
    with Host("router") as router:
        router.ip("link", "set", "lo", "up")
        service = ("127.0.0.1", 7777)
        router.listen(service, {})
        with Capture(tool, router, Vantage("", ("lo",)), path) as capture:
            router.connect(("127.0.0.1", 0), service, {})
            capture.finish()
    with PcapReader(str(path)) as frames:
        assert len(list(frames)) == 3  # SYN, SYN-ACK, ACK
