"""What capture programs say, in one line: their words are as they were heard."""

from __future__ import annotations

import pytest

from analyzer.sources.live.complaints import bad_filter, complaint, ending, obstacle, refusal

REMOVED = """Capturing on 'eth0'
File: -
dumpcap: The network adapter "eth0" is no longer attached; the capture has stopped.

Packets captured: 5
Packets received/dropped on interface 'eth0': 5/0 (pcap:0/dumpcap:0/flushed:0/ps_ifdrop:0) (100.0%)
"""
FULL = """Capturing on 'eth0'
File: /captures/live_00001_20261123071240.pcapng
dumpcap: Not all the packets could be written to the file to which the capture was being saved
("/captures/live_00001_20261123071240.pcapng") because there is no space left on the file system
on which that file resides.
"""
BAD_DUMPCAP = """Capturing on 'Loopback: lo'
dumpcap: Invalid capture filter "port or (" for interface 'lo'.

That string isn't a valid capture filter (can't parse filter expression: syntax error).
See the User's Guide for a description of the capture filter syntax.
"""
NOT_ALLOWED = """Capturing on 'Loopback: lo'
dumpcap: You do not have permission to capture on device "lo".
(socket: Operation not permitted)
Please check to make sure you have sufficient permissions.
"""


@pytest.mark.parametrize(
    ("said", "status", "told"),
    [
        (REMOVED, 0, 'The network adapter "eth0" is no longer attached; the capture has stopped'),
        ("tcpdump: pcap_loop: The interface disappeared\n5 packets captured", 1, "The interface disappeared"),
        ("tcpdump: 5 packets captured\ntcpdump: pcap_loop: It hangs", 1, "It hangs"),
        ("tcpdump: listening on eth0, link-type EN10MB", -9, "tcpdump was killed by signal 9 (SIGKILL)"),
        ("", -99, "tcpdump was killed by signal 99"),
        ("5 packets captured", 0, "tcpdump ended with status 0"),
    ],
)
def test_why_a_capture_ended(said: str, status: int, told: str) -> None:
    assert ending(said, status, "tcpdump") == f"the capture ended: {told}"


def test_a_full_disk_is_told_whole() -> None:
    assert complaint(FULL) == (
        "Not all the packets could be written to the file to which the capture was being saved "
        '("/captures/live_00001_20261123071240.pcapng") because there is no space left on the file system '
        "on which that file resides"
    )


@pytest.mark.parametrize(
    ("said", "status", "reason"),
    [
        (BAD_DUMPCAP, 0, "syntax error"),
        ("tcpdump: can't parse filter expression: syntax error", 1, "syntax error"),
        ("tcpdump: no VLAN support for Raw IP", 1, "no VLAN support for Raw IP"),
        ("Capturing on 'lo'\n", 0, ""),
        ("tcpdump: data link type LINUX_SLL2\n", 0, ""),
    ],
)
def test_why_a_filter_is_none(said: str, status: int, reason: str) -> None:
    assert bad_filter(said, status) == reason


def test_what_keeps_from_capturing() -> None:
    assert "no permission to capture; " in str(obstacle(NOT_ALLOWED, "lo"))
    assert "the interface is down" in str(obstacle("tcpdump: ifb0: That device is not up", "ifb0"))
    assert "no such interface; there are: " in str(obstacle("tcpdump: x: No such device exists", "x"))
    for said in ("dumpcap: There is no interface with that adapter index", "tcpdump: Invalid adapter index"):
        assert str(obstacle(said, "")).startswith("'': no such interface; there are: ")
    assert obstacle(BAD_DUMPCAP, "lo") is None
    said = (
        'dumpcap: The capabilities of the capture device "b" could not be obtained '
        "(pcap_activate() failed: Address family not supported).\nPlease check …"
    )
    assert str(refusal(said, "b", "dumpcap")) == "b: dumpcap cannot capture: Address family not supported"
    assert str(refusal("", "b", "dumpcap")) == "b: dumpcap cannot capture: it gives no reason"
