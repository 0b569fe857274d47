"""What frames of some recordings must look like, or they would not show what they are there for."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from analyzer.lab.network import CLIENT, LINKS, SERVER

from .recordings import RECORDED, read_sidecar

LARGEST_CUT = 1514
"""Octets of an Ethernet frame that carries a packet of the MTU."""


def frames_of(name: str) -> list[Any]:
    """The frames as scapy sees them, in the order of the file."""
    from scapy.utils import PcapReader

    with PcapReader(str(RECORDED / read_sidecar(RECORDED / f"{name}.json")["capture"])) as reader:
        return list(reader)


def tcp_of(name: str) -> list[Any]:
    from scapy.layers.inet import TCP

    return [frame for frame in frames_of(name) if TCP in frame]


def test_short_frames_have_lost_their_timestamps() -> None:
    frames = frames_of("short-snap-length")
    assert max(map(len, frames)) == 64
    assert max(frame.wirelen for frame in frames) == LARGEST_CUT


def test_every_frame_of_the_trunk_is_tagged() -> None:
    from scapy.layers.l2 import Dot1Q

    assert all(Dot1Q in frame for frame in frames_of("vlan-tagged"))


def test_offload_leaves_large_frames_with_unfilled_checksums() -> None:
    from scapy.layers.inet import IP, TCP

    large = [frame for frame in tcp_of("segmentation-offload") if len(frame) > LARGEST_CUT]
    assert large
    assert {frame[IP].src for frame in large} == {LINKS[4][CLIENT].host}
    for frame in large:
        filled = frame[IP].copy()
        del filled[TCP].chksum
        assert IP(bytes(filled))[TCP].chksum != frame[TCP].chksum


def test_interfaces_of_a_merged_file_are_not_in_the_order_of_time() -> None:
    times = [frame.time for frame in frames_of("both-links-merged")]
    assert any(later < earlier for earlier, later in pairwise(times))


def test_one_direction_is_one_direction() -> None:
    from scapy.layers.inet import IP

    assert {frame[IP].src for frame in tcp_of("one-direction")} == {LINKS[4][CLIENT].host}


@pytest.mark.parametrize(
    ("name", "acknowledged_before"), [("single-byte-retransmitted", False), ("single-byte-ack-lost", True)]
)
def test_a_single_byte_stands_there_twice(name: str, acknowledged_before: bool) -> None:
    from scapy.layers.inet import IP, TCP

    segments = tcp_of(name)
    first, second = [
        number
        for number, frame in enumerate(segments)
        if frame[IP].src == LINKS[4][CLIENT].host and len(frame[TCP].payload) == 1
    ]
    assert segments[first][TCP].seq == segments[second][TCP].seq
    assert "P" in segments[second][TCP].flags
    answers = [frame[TCP].ack for frame in segments[first:second] if frame[IP].src == LINKS[4][SERVER].host]
    assert (segments[first][TCP].seq + 1 in answers) == acknowledged_before


@pytest.mark.parametrize("name", ["zero-window", "zero-window-with-keep-alive", "zero-window-reader-dead"])
def test_a_window_stays_closed_for_a_second_while_its_owner_is_heard(name: str) -> None:
    from scapy.layers.inet import IP, TCP

    from_server = [frame for frame in tcp_of(name) if frame[IP].src == LINKS[4][SERVER].host]
    closed = [frame.time for frame in from_server if frame[TCP].window == 0 and not frame[TCP].flags.R]
    assert closed[-1] - closed[0] >= 1


def test_a_hung_application_s_requests_are_acknowledged_and_not_replied_to() -> None:
    from scapy.layers.inet import IP, TCP

    spoken = [
        (frame[IP].src == LINKS[4][CLIENT].host, len(frame[TCP].payload))
        for frame in tcp_of("application-hung")
        if len(frame[TCP].payload)
    ]
    assert spoken == [(True, 12), (False, 20)] * 3 + [(True, 12)] * 3


def test_half_of_many_connections_give_up() -> None:
    sidecar = read_sidecar(RECORDED / "many-connections.json")
    connections = sidecar["must_give"]["connections"]
    assert len(connections) == 500
    verdicts = [connection["verdict"] for connection in connections]
    assert (verdicts.count("alive"), verdicts.count("peer_dead")) == (250, 250)
    for end in (CLIENT, SERVER):
        counters = sidecar["kernel_counters"][end]
        claimed = sum(connection["sides"][end]["segments"] for connection in connections)
        assert claimed == counters["OutSegs"] + counters["RetransSegs"]
