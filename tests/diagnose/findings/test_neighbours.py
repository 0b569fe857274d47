"""ARP requests in vain, as the cause of silence."""

from __future__ import annotations

import ipaddress
import struct

import pytest

from analyzer import found
from analyzer.wording import moment
from tests.diagnose.support import OPENING, SECOND, Case, judge
from tests.helpers import wire
from tests.helpers.timeline import START_NS, timeline

PROBING = OPENING + "60 c>s A 100:201\n61 c>s A 100:201\n62 c>s A 100:201\n"
FILE_HEADER = wire.pcap_bytes([])


def at(second: float) -> int:
    return START_NS + round(second * SECOND)


def arp(asker: str, address: str, operation: int = 1) -> bytes:
    """A frame: who has `address`, tell `asker`; or (2) the answer to that."""
    sender, target = (address, asker) if operation == 2 else (asker, address)
    packed = [ipaddress.ip_address(each).packed for each in (sender, target)]
    body = struct.pack(">HHBBH", 1, 0x0800, 6, 4, operation) + b"\x02" * 6 + packed[0] + b"\0" * 6 + packed[1]
    return b"\xff" * 6 + b"\x02" * 6 + b"\x08\x06" + body


def told(story: str, heard: list[tuple[float, bytes]], end: float = 70) -> Case:
    """A timeline with ARP frames between."""
    frames = [*wire.frames(timeline(story).records), *((at(second), raw) for second, raw in heard)]
    frames.append((at(end), b"\0" * 14))
    content = FILE_HEADER
    for time_ns, raw in sorted(frames, key=lambda each: each[0]):
        content += struct.pack("<IIII", *divmod(time_ns, SECOND), len(raw), len(raw)) + raw
    return judge(content)


def asking(
    asker: str, address: str, seconds: tuple[float, ...] = (60.1, 61.1, 62.1)
) -> list[tuple[float, bytes]]:
    return [(second, arp(asker, address)) for second in seconds]


C, S, GATEWAY, OTHER = "10.0.0.1", "10.0.0.2", "10.0.0.254", "10.0.0.77"


def test_nobody_answers_for_the_peer() -> None:
    case = told(PROBING, asking(C, S))
    assert case.found == ["peer_dead"]
    [finding] = case.wide.values()
    assert found.WORDS[finding.name] == "arp_unanswered"
    assert finding.summary == (
        f"10.0.0.1 asked for 10.0.0.2 by ARP 3 times from {moment(at(60.1))} to {moment(at(62.1))} "
        "(frames 8, 10, 12) and got no answer, while 1 connection waited for it: 10.0.0.2 is switched "
        "off, off the network, or has another address now"
    )
    assert (finding.scope, finding.flows.tolist(), finding.frames) == (found.OF_HOST, [0], (8, 10, 12))
    assert (finding.confidence, finding.start_ns, finding.end_ns) == (found.CERTAIN, at(60.1), at(62.1))
    assert "`ip neigh show 10.0.0.2` on 10.0.0.1" in finding.advice


def test_nor_for_the_gateway() -> None:
    [finding] = told(PROBING, asking(C, GATEWAY)).wide.values()
    assert "while 1 connection waited for a peer: if 10.0.0.254 is the gateway to the peer" in finding.summary
    assert finding.confidence == found.LIKELY


def test_a_router_asks_for_the_peer() -> None:
    before = [
        (0.001, arp(GATEWAY, C, 2))
    ]  # what the router asks is answered, and the capture has the answers
    [finding] = told(PROBING, before + asking(GATEWAY, S)).wide.values()
    assert finding.summary.startswith("10.0.0.254 asked for 10.0.0.2 by ARP 3 times")


def test_two_requests_are_less_sure() -> None:
    [finding] = told(PROBING, asking(C, S, (61.1, 62.1))).wide.values()
    assert finding.confidence == found.LIKELY


@pytest.mark.parametrize(
    "heard",
    [
        [],
        asking(C, S, (61.1,)),  # only one
        [*asking(C, S), (61.2, arp(C, S, 2))],  # answered
        [*asking(C, S), (62.2, arp(S, C))],  # it asks itself, so it is there
        asking(C, S, (1.0, 2.0, 3.0)) + [(3.1, arp(C, S, 2))],  # before the silence
        asking(OTHER, S),  # its answers a switch would not show here
        asking(OTHER, GATEWAY),  # who is not the prober
        asking(S, S),  # an announcement
    ],
)
def test_what_explains_nothing(heard: list[tuple[float, bytes]]) -> None:
    assert "arp_unanswered" not in told(PROBING, heard).wide


def test_a_peer_that_answers_is_there() -> None:
    assert not told(OPENING + "60 c>s A 100:201\n60.2 s>c A 201:101", asking(C, S)).wide


def test_one_finding_for_all_connections_that_wait() -> None:
    more = PROBING.replace("c>", "d>").replace(">c", ">d")
    records = [*timeline(PROBING).records]
    story = timeline(more, endpoints={"d": (C, 40001)}).records
    frames = sorted([*wire.frames(records), *wire.frames(story)], key=lambda each: each[0])
    content = FILE_HEADER
    for time_ns, raw in [*frames, *((at(70 + second), raw) for second, raw in asking(C, S, (1, 2, 3)))]:
        content += struct.pack("<IIII", *divmod(time_ns, SECOND), len(raw), len(raw)) + raw
    [finding] = judge(content).wide.values()
    assert finding.flows.tolist() == [0, 1]
    assert "2 connections waited for it" in finding.summary
