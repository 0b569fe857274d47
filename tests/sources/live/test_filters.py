"""The kernel's filter: nothing that decoding finds is lost, what it cannot use stays out."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import (
    ICMPv6DestUnreach,
    ICMPv6EchoRequest,
    IPv6,
    IPv6ExtHdrFragment,
    IPv6ExtHdrHopByHop,
)
from scapy.layers.l2 import ARP, Dot1AD, Dot1Q, Ether
from scapy.packet import Packet

from analyzer.errors import UsageError
from analyzer.sources.live.filters import candidates, kernel_filter
from tests.decode.test_links import SAMPLES as LINKS
from tests.decode.test_tunnels import SAMPLES as TUNNELS

needs_tcpdump = pytest.mark.skipif(shutil.which("tcpdump") is None, reason="tcpdump is not installed")

ETHER = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
SEGMENT = IP(src="192.0.2.1", dst="192.0.2.2") / TCP(sport=50000, dport=443)
SEGMENT_6 = IPv6(src="2001:db8::1", dst="2001:db8::2") / TCP(sport=50000, dport=443)
LEFT_OUT = ("LLC", "SNAP", "tag, then SNAP", "EtherType of IPv4, IPv6 behind")
ETHERNETS = [name for name in LINKS if LINKS[name][0] == 1 and not name.startswith(LEFT_OUT)]


def passes(tmp_path: Path, frame: bytes, capture_filter: str, link_type: int = 1) -> bool:
    """Whether tcpdump, reading a file with this frame alone, keeps it; raises if it takes no such filter."""
    header = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, link_type)
    file = tmp_path / "one.pcap"
    file.write_bytes(header + struct.pack("<IIII", 1, 0, len(frame), len(frame)) + frame)
    done = subprocess.run(
        ["tcpdump", "-r", str(file), "-w", "-", "--", capture_filter], capture_output=True, check=True
    )
    return len(done.stdout) > 24


def first(user: str = "") -> str:
    """The filter for Ethernet."""
    return next(candidates(user))


@needs_tcpdump
@pytest.mark.parametrize("sample", TUNNELS)
def test_tunnels_that_decoding_looks_into_pass(tmp_path: Path, sample: str) -> None:
    assert passes(tmp_path, TUNNELS[sample], first())


@needs_tcpdump
@pytest.mark.parametrize("sample", ETHERNETS)
def test_ethernet_frames_that_decoding_knows_pass(tmp_path: Path, sample: str) -> None:
    assert passes(tmp_path, LINKS[sample][1], first())


@needs_tcpdump
@pytest.mark.parametrize("link_type", [12, 101, 113, 276])
def test_link_types_without_vlan_tags_have_a_filter_too(tmp_path: Path, link_type: int) -> None:
    def why_not(capture_filter: str) -> str:
        try:
            passes(tmp_path, b"", capture_filter, link_type)
            return ""
        except subprocess.CalledProcessError as error:
            return error.stderr.decode() or "it is none"

    chosen = kernel_filter("", why_not)
    known = [frame for number, frame in LINKS.values() if number == link_type]
    kept = [passes(tmp_path, frame, chosen, link_type) for frame in known]
    assert kept.count(True) >= 1 and chosen
    assert not passes(tmp_path, b"\x45" + bytes(IP() / UDP(dport=53))[1:], chosen, 12) or link_type != 12


UNTAGGED = {
    "TCP": SEGMENT,
    "TCP over IPv6": SEGMENT_6,
    "a later fragment": IP(src="192.0.2.1", dst="192.0.2.2", frag=100, proto=6) / b"later",
    "an IPv6 fragment": IPv6() / IPv6ExtHdrFragment(nh=6) / TCP(),
    "behind an IPv6 extension header": IPv6() / IPv6ExtHdrHopByHop() / TCP(),
    "ICMP unreachable": IP() / ICMP(type=3, code=1) / SEGMENT,
    "ICMP time exceeded": IP() / ICMP(type=11) / SEGMENT,
    "ICMPv6 unreachable": IPv6() / ICMPv6DestUnreach() / SEGMENT_6,
    "ARP": ARP(),
}
USELESS = {
    "DNS": IP() / UDP(dport=53),
    "DNS over IPv6": IPv6() / UDP(dport=53),
    "ping": IP() / ICMP(type=8),
    "ping over IPv6": IPv6() / ICMPv6EchoRequest(),
    "SCTP": IP(proto=132) / b"chunks",
}


def tagged(packet: Packet) -> list[bytes]:
    return [bytes(ETHER / packet), bytes(ETHER / Dot1Q(vlan=5) / packet)]


@needs_tcpdump
@pytest.mark.parametrize("name", UNTAGGED)
def test_what_tracking_needs_passes_behind_tags_as_well(tmp_path: Path, name: str) -> None:
    packet = UNTAGGED[name]
    for frame in [*tagged(packet), bytes(ETHER / Dot1AD(vlan=5) / Dot1Q(vlan=6) / packet)]:
        assert passes(tmp_path, frame, first())


@needs_tcpdump
@pytest.mark.parametrize("name", USELESS)
def test_what_tracking_cannot_use_stays_out(tmp_path: Path, name: str) -> None:
    for frame in tagged(USELESS[name]):
        assert not passes(tmp_path, frame, first())


@needs_tcpdump
def test_the_user_s_filter_holds_behind_tags_too(tmp_path: Path) -> None:
    both = [*tagged(SEGMENT), bytes(ETHER / Dot1AD(vlan=5) / Dot1Q(vlan=6) / SEGMENT)]
    assert all(passes(tmp_path, frame, first("port 443 or port 80")) for frame in both)
    assert not any(passes(tmp_path, frame, first("port 80")) for frame in both)
    assert not any(passes(tmp_path, frame, first("port 53")) for frame in tagged(IP() / UDP(dport=53)))


@needs_tcpdump
def test_who_names_a_tag_gets_what_he_named(tmp_path: Path) -> None:
    plain, behind = tagged(SEGMENT)
    assert passes(tmp_path, behind, first("vlan 5 and port 443"))
    assert not passes(tmp_path, plain, first("vlan 5 and port 443"))
    assert not passes(tmp_path, behind, first("vlan 6"))


def test_a_user_s_filter_that_is_none_is_told() -> None:
    with pytest.raises(UsageError, match=r"capture filter 'port\)': syntax error; it is written as"):
        kernel_filter("port)", lambda text: "syntax error")


def test_each_candidate_is_tried_by_itself() -> None:
    """A filter such as `a) or (b` would be one only between our brackets."""
    tried: list[str] = []

    def why_not(text: str) -> str:
        tried.append(text)
        return "no VLAN support" if "vlan" in text else ""

    chosen = kernel_filter("port 443", why_not)
    assert tried[0] == "port 443"
    assert chosen.endswith(" and (port 443)") and "vlan" not in chosen
    assert kernel_filter("", lambda text: "no such protocol") == ""
