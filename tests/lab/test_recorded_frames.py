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


@pytest.mark.parametrize(
    ("name", "copies_differ"), [("duplicated-frames", True), ("both-links-merged", False)]
)
def test_copies_differ_where_a_router_made_them_and_not_where_a_switch_did(
    name: str, copies_differ: bool
) -> None:
    from scapy.layers.inet import IP, TCP

    seen: dict[bytes, set[int]] = {}
    for frame in tcp_of(name):
        seen.setdefault(bytes(frame[TCP]), set()).add(frame[IP].ttl)
    assert {len(ttls) for ttls in seen.values()} == {2 if copies_differ else 1}


def test_data_pushes_the_next_probe_back_by_the_whole_keepalive_time() -> None:
    from scapy.layers.inet import IP, TCP

    segments = tcp_of("alive")
    requests = [frame for frame in segments if len(frame[TCP].payload) == 10]
    (before, after) = (
        [frame for frame in segments if frame[IP].src == LINKS[4][CLIENT].host and probe_of(frame, request)]
        for request in requests
    )
    assert [len(before), len(after)] == [3, 2]
    assert 1 < requests[1].time - before[-1].time < 2 <= after[0].time - requests[1].time


def probe_of(frame: Any, request: Any) -> bool:
    """Whether it repeats the last octet of this request, without data."""
    from scapy.layers.inet import TCP

    return frame[TCP].seq == request[TCP].seq + 9 and not len(frame[TCP].payload)


def test_probes_of_both_sides_cross() -> None:
    from scapy.layers.inet import IP, TCP

    segments = tcp_of("both-probe")
    next_seq = {LINKS[4][CLIENT].host: 0, LINKS[4][SERVER].host: 0}
    probers = []
    for frame in segments:
        sender = frame[IP].src
        probers.append(sender if frame[TCP].seq + 1 == next_seq[sender] else None)
        next_seq[sender] = max(
            next_seq[sender], frame[TCP].seq + len(frame[TCP].payload) + frame[TCP].flags.S
        )
    assert any(one and other and one != other for one, other in pairwise(probers))


def test_one_direction_is_one_direction() -> None:
    from scapy.layers.inet import IP

    assert {frame[IP].src for frame in tcp_of("one-direction")} == {LINKS[4][CLIENT].host}


@pytest.mark.parametrize(
    ("name", "acknowledged_before"), [("single-byte-retransmitted", False), ("single-byte-ack-lost", True)]
)
def test_one_single_byte_stands_there_twice(name: str, acknowledged_before: bool) -> None:
    from scapy.layers.inet import IP, TCP

    segments = tcp_of(name)
    places: dict[int, list[int]] = {}
    for number, frame in enumerate(segments):
        if frame[IP].src == LINKS[4][CLIENT].host and len(frame[TCP].payload) == 1:
            places.setdefault(frame[TCP].seq, []).append(number)
    ((first, second),) = [numbers for numbers in places.values() if len(numbers) > 1]
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
