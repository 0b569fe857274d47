"""What tshark says of the same frames. Checked with 4.0.17; differences we want are listed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from scapy.layers.inet6 import IPv6

from analyzer import kinds

from .support import (
    ETHERNET,
    MAC,
    Frame,
    ask_tshark,
    capture_frames,
    decode,
    destination_of,
    source_of,
    write_pcap,
)
from .test_icmp_arp import error4, quote
from .test_links import SAMPLES as LINK_SAMPLES
from .test_network import SEGMENT, ip4, ip6
from .test_tunnels import SAMPLES as TUNNEL_SAMPLES

pytestmark = pytest.mark.tshark

TCP_FIELDS = {
    "tcp.srcport": "source_port",
    "tcp.dstport": "destination_port",
    "tcp.seq_raw": "seq",
    "tcp.ack_raw": "ack",
    "tcp.len": "length",
    "tcp.window_size_value": "window",
    "tcp.urgent_pointer": "urgent",
    "tcp.checksum": "checksum",
}
OPTION_FIELDS = {
    "tcp.options.mss_val": ("mss", kinds.OPTION_MSS),
    "tcp.options.wscale.shift": ("window_scale", kinds.OPTION_WINDOW_SCALE),
    "tcp.options.timestamp.tsval": ("tsval", kinds.OPTION_TIMESTAMPS),
    "tcp.options.timestamp.tsecr": ("tsecr", kinds.OPTION_TIMESTAMPS),
    "tcp.options.mptcp.subtype": ("mptcp", kinds.OPTION_MPTCP),
}
ADDRESSES = ["ip.src", "ip.dst", "ipv6.src", "ipv6.dst"]
FIELDS = [
    "frame.protocols",
    "tcp.stream",
    "tcp.flags",
    *TCP_FIELDS,
    *OPTION_FIELDS,
    "tcp.options.sack_perm",
    *ADDRESSES,
    *("ip.ttl", "ip.id", "ip.flags.df", "ipv6.hlim"),
]
UNFRAGMENTED = ("-o", "ip.defragment:FALSE", "-o", "ipv6.defragment:FALSE")
"""tshark puts fragments together and shows the segment in the last one; we decode the first."""


def number(text: str) -> int:
    return int(text, 0)


def assert_segment(said: dict[str, str], row: Any) -> None:
    """All fields of a segment are what tshark says."""
    assert number(said["tcp.flags"]) & 0x1FF == row.control
    for field, name in TCP_FIELDS.items():
        if field != "tcp.ack_raw" or row.control & kinds.FLAG_ACK:
            assert number(said[field]) == row[name], field
    for field, (name, bit) in OPTION_FIELDS.items():
        assert bool(said[field]) == bool(row.options & bit), field
        if said[field]:
            assert number(said[field]) == row[name], field
    assert bool(said["tcp.options.sack_perm"]) == bool(row.options & kinds.OPTION_SACK_PERMITTED)
    network = [layer for layer in said["frame.protocols"].split(":") if layer in ("ip", "ipv6")]
    if network[-1] == "ip":
        assert (source_of(row), destination_of(row)) == (said["ip.src"], said["ip.dst"])
        told = number(said["ip.ttl"]), number(said["ip.id"]), number(said["ip.flags.df"])
        assert told == (row.ttl, row.ip_id, row.dont_fragment)
    else:
        assert (source_of(row), destination_of(row)) == (said["ipv6.src"], said["ipv6.dst"])
        assert number(said["ipv6.hlim"]) == row.ttl


def compare(frames: list[Frame], answers: list[dict[str, str]]) -> int:
    """Every frame with a `tcp.stream` is a segment or an ICMP error, and only those are."""
    assert len(answers) == len(frames)
    rows, _ = decode(*frames)
    by_frame = {int(row.frame): row for row in rows}
    compared = 0
    for frame, said in enumerate(answers, start=1):
        row = by_frame.get(frame)
        status = None if row is None else int(row.status)
        described = f"frame {frame}: {said['frame.protocols']}"
        if ":icmp" in said["frame.protocols"]:
            tells = status == kinds.ICMP_ERROR and bool(row.control)
            assert tells == bool(said["tcp.stream"]), described
        elif said["tcp.stream"]:
            assert status == kinds.SEGMENT, described
            assert_segment(said, row)
            compared += 1
        else:
            assert status != kinds.SEGMENT, described
    return compared


@pytest.mark.captures
def test_every_frame_of_the_shared_captures(tshark: str, shared_captures: Path) -> None:
    files = sorted(path for path in shared_captures.rglob("*.pcap*") if path.is_file())
    assert files
    compared = sum(
        compare(capture_frames(path), ask_tshark(tshark, path, FIELDS, *UNFRAGMENTED)) for path in files
    )
    assert compared > 5000


OURS_ALONE = {
    "old double tags": "0x9200 is no tag to tshark",
    "null, family 10, <": "Linux' AF_INET6",
    "null, family 10, >": "Linux' AF_INET6",
    "null, family 23, <": "Windows' AF_INET6, IPX to tshark",
    "null, family 23, >": "Windows' AF_INET6, IPX to tshark",
    "MPLS, pseudowire": "tshark takes the control word for an address",
    "MPLS, pseudowire without control word": "tshark takes an address for the control word",
    "PPP, bridging with LAN": "tshark does not know the LAN number of RFC 3518",
    "MPLS alone": "link type 219 is unknown to tshark 4.0",
    "netfilter log, big-endian": "tshark expects this host's byte order",
    "packet tap, loopback": "tshark wants another header length",
    "GTP version 0": "tshark wants a length",
}
"""Samples in which tshark sees no segment, and why."""


def seen_by(answers: list[dict[str, str]]) -> list[bool]:
    return [bool(said["tcp.stream"]) for said in answers]


@pytest.mark.parametrize("link_type", sorted({link for link, _ in LINK_SAMPLES.values()} - {219}))
def test_every_link_type_and_tunnel(tshark: str, link_type: int, tmp_path: Path) -> None:
    samples = LINK_SAMPLES | {name: (ETHERNET, data) for name, data in TUNNEL_SAMPLES.items()}
    named = {name: Frame(data, link) for name, (link, data) in samples.items() if link == link_type}
    path = tmp_path / "samples.pcap"
    write_pcap(path, list(named.values()))
    answers = ask_tshark(tshark, path, FIELDS)
    unseen = [name for name, seen in zip(named, seen_by(answers), strict=True) if not seen]
    assert unseen == [name for name in named if name in OURS_ALONE]
    both = [
        (frame, said) for (frame, said) in zip(named.values(), answers, strict=True) if said["tcp.stream"]
    ]
    assert compare([frame for frame, _ in both], [said for _, said in both]) == len(both)


def test_the_octets_that_a_stream_needs(tshark: str, tmp_path: Path) -> None:
    """16 captured octets of the TCP header, in a segment as in an ICMP error's quotation."""
    frames = [Frame(ip4()[: 34 + octets], original=len(ip4())) for octets in range(20)]
    frames += [Frame(ip6()[: 54 + octets], original=len(ip6())) for octets in range(20)]
    frames += [Frame(error4(quote(octets))) for octets in range(20)]
    path = tmp_path / "cut.pcap"
    write_pcap(path, frames)
    answers = ask_tshark(tshark, path, FIELDS)
    assert seen_by(answers) == [octets >= 16 for octets in range(20)] * 3
    rows, _ = decode(*frames)
    assert {int(row.frame) for row in rows if row.control} == {
        frame for frame, seen in enumerate(seen_by(answers), start=1) if seen
    }


def test_contradictory_headers_have_a_stream_in_tshark_alone(tshark: str, tmp_path: Path) -> None:
    """tshark numbers a stream before it looks at the data offset; we call such a header malformed."""
    offsets = [ip4(SEGMENT[:12] + bytes([offset << 4]) + SEGMENT[13:]) for offset in (0, 4, 7, 15)]
    short = [ip4(SEGMENT[:size]) for size in (15, 16, 19)]
    path = tmp_path / "malformed.pcap"
    frames = [Frame(data) for data in offsets + short]
    write_pcap(path, frames)
    assert seen_by(ask_tshark(tshark, path, FIELDS)) == [True] * 4 + [False, True, True]
    rows, _ = decode(*frames)
    assert rows.status.tolist() == [kinds.MALFORMED] * 7


def test_lengths_that_tshark_reads_otherwise(tshark: str, tmp_path: Path) -> None:
    """A length field of 0 in IPv6 is offload to us (as to later Wiresharks), an empty packet to 4.0;
    where IP promises more than the frame had on the wire we believe IP, tshark the frame."""
    frames = [Frame(ip6(plen=0)), Frame(ip4(len=1500)), Frame(ip4(len=0))]
    path = tmp_path / "lengths.pcap"
    write_pcap(path, frames)
    answers = ask_tshark(tshark, path, FIELDS)
    assert seen_by(answers) == [False, True, True]
    assert [said["tcp.len"] for said in answers[1:]] == ["5", "5"]
    rows, _ = decode(*frames)
    assert rows.length.tolist() == [5, 1460, 5]


def test_the_addresses_of_a_route(tshark: str, tmp_path: Path) -> None:
    """tshark shows the header's destination, but numbers the stream by the final one, as we do."""
    route = b"\x06\x02\x00\x01" + bytes(4 + 15) + b"\x09"
    final = bytes(MAC / IPv6(src="2001:db8::1", dst="::9") / SEGMENT)
    final = final[:20] + b"\x06" + final[21:]
    path = tmp_path / "route.pcap"
    frames = [Frame(ip6(route + SEGMENT, 43)), Frame(final)]
    write_pcap(path, frames)
    assert [said["tcp.stream"] for said in ask_tshark(tshark, path, FIELDS)] == ["0", "0"]
    rows, _ = decode(*frames)
    assert [destination_of(row) for row in rows] == ["::9", "::9"]
