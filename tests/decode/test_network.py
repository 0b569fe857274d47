"""IPv4 and IPv6: lengths, fragments, extension headers, and packets inside packets."""

from __future__ import annotations

from struct import pack

import pytest
from scapy.layers.inet import IP, TCP, IPOption
from scapy.layers.inet6 import IPv6

from analyzer import kinds

from .support import MAC, Frame, decode, destination_of, source_of, status_of

SEGMENT = bytes(TCP(sport=11, dport=22, seq=1) / b"hello")


def ip4(payload: bytes = SEGMENT, proto: int = 6, **fields: object) -> bytes:
    return bytes(MAC / IP(src="10.0.0.1", dst="10.0.0.2", proto=proto, **fields) / payload)


def ip6(payload: bytes = SEGMENT, nh: int = 6, **fields: object) -> bytes:
    return bytes(MAC / IPv6(src="2001:db8::1", dst="2001:db8::2", nh=nh, **fields) / payload)


def test_ipv4_options_are_stepped_over() -> None:
    rows, _ = decode(ip4(options=[IPOption(b"\x94\x04\x00\x00"), IPOption(b"\x01")]))
    assert (rows[0].source_port, rows[0].length) == (11, 5)


def test_length_comes_from_ip_not_from_the_frame() -> None:
    """Neither padding, nor the snap length, nor a wrong original length changes it."""
    rows, _ = decode(
        ip4() + bytes(7), Frame(ip4()[:54], original=1514), Frame(ip4(b"x" * 1000)[:60]), ip4(len=1500)
    )
    assert rows.length.tolist()[:2] == [5, 5]
    assert rows.length.tolist()[3] == 1460


def test_length_0_means_segmentation_offload() -> None:
    big = SEGMENT + bytes(30_000)
    rows, _ = decode(
        Frame(ip4(big, len=0)[:100], original=14 + 20 + len(big)),
        Frame(ip4(big, len=0), original=14 + 20 + len(big) + 4, fcs=4),
        Frame(ip6(big, plen=0)[:100], original=14 + 40 + len(big)),
    )
    assert rows.length.tolist() == [30_005] * 3


@pytest.mark.parametrize(
    ("at", "value"), [(14, 0x44), (14, 0x40), (14, 0x50), (14, 0x05), (17, 19), (17, 1)], ids=str
)
def test_a_broken_ipv4_header_is_no_ip(at: int, value: int) -> None:
    frame = bytearray(ip4())
    frame[at] = value
    assert status_of(bytes(frame)) == "not_ip"


def test_the_first_ipv4_fragment_is_decoded_and_the_others_are_counted() -> None:
    rows, decoder = decode(
        ip4(flags="MF", id=7), ip4(frag=1, flags="MF", id=7), ip4(frag=5, id=7), ip4(SEGMENT[:16], flags="MF")
    )
    assert (len(rows), rows[0].source_port, rows[0].length) == (1, 11, 5)
    assert decoder.skipped() == {"fragment": 3}


def test_the_first_ipv6_fragment_is_decoded_and_keeps_its_identification() -> None:
    rows, decoder = decode(
        ip6(pack(">BBHI", 6, 0, 1, 0x12345678) + SEGMENT, 44),
        ip6(pack(">BBHI", 6, 0, 8, 0x12345678) + SEGMENT, 44),
        ip6(pack(">BBHI", 6, 0, 0, 0x12349ABC) + SEGMENT, 44),
        ip6(pack(">BBHI", 6, 0, 1, 1) + SEGMENT[:12], 44),
    )
    assert rows.ip_id.tolist() == [0x5678, 0x9ABC]
    assert decoder.skipped() == {"fragment": 2}


PAD = bytes.fromhex("0104 00000000")
ADDRESS_9 = bytes(15) + b"\x09"
EXTENSIONS = {
    "hop-by-hop": (0, b"\x06\x00" + PAD),
    "destination options": (60, b"\x06\x01" + PAD + bytes(8)),
    "shim6": (140, b"\x06\x00" + PAD),
    "routing, used up": (43, b"\x06\x02\x00\x00" + bytes(4) + ADDRESS_9),
    "authentication": (51, bytes.fromhex("0604 0000 00000001 00000001") + bytes(12)),
    "three of them": (0, b"\x3c\x00" + PAD + b"\x2c\x00" + PAD + pack(">BBHI", 6, 0, 0, 3)),
}


@pytest.mark.parametrize("name", EXTENSIONS)
def test_ipv6_extension_headers_are_stepped_over(name: str) -> None:
    number, header = EXTENSIONS[name]
    rows, _ = decode(ip6(header + SEGMENT, number))
    assert (rows[0].source_port, rows[0].length, destination_of(rows[0])) == (11, 5, "2001:db8::2")


@pytest.mark.parametrize("name", EXTENSIONS)
def test_extension_headers_cut_by_the_snap_length(name: str) -> None:
    number, header = EXTENSIONS[name]
    whole = ip6(header + SEGMENT, number)
    for size in range(54, 54 + len(header)):
        assert status_of(Frame(whole[:size], original=len(whole))) == "truncated"
        assert status_of(ip6(header[: size - 54], number)) == "not_tcp"


def test_authentication_header_in_ipv4() -> None:
    assert status_of(ip4(EXTENSIONS["authentication"][1] + SEGMENT, 51)) == "segment"


@pytest.mark.parametrize(
    "header",
    [
        b"\x06\x02\x00\x01" + bytes(4) + ADDRESS_9,
        b"\x06\x02\x02\x01" + bytes(4) + ADDRESS_9,
        b"\x06\x02\x03\x01" + bytes(4) + ADDRESS_9,
        b"\x06\x04\x04\x01" + bytes(4) + ADDRESS_9 + bytes(16),
    ],
    ids=["source route", "mobility", "RPL", "segment routing"],
)
def test_a_route_leads_to_the_final_destination(header: bytes) -> None:
    rows, _ = decode(ip6(header + SEGMENT, 43))
    assert destination_of(rows[0]) == "::9"


def test_a_home_address_is_the_source() -> None:
    rows, _ = decode(ip6(b"\x06\x02\x01\x02\x00\x00\xc9\x10" + ADDRESS_9 + SEGMENT, 60))
    assert source_of(rows[0]) == "::9"


def test_jumbograms() -> None:
    size = 8 + len(SEGMENT) + 100_000
    frame = ip6(pack(">BBBBI", 6, 0, 0xC2, 4, size) + SEGMENT, 0, plen=0)
    padded = ip6(b"\x06\x01\x00\x01\x00" + pack(">BBI", 0xC2, 4, size + 8) + bytes(5) + SEGMENT, 0, plen=0)
    rows, _ = decode(frame, padded)
    assert rows.length.tolist() == [100_005, 100_005]


@pytest.mark.parametrize(
    ("frame", "status"),
    [
        (ip6(bytes(16) + SEGMENT, 50), "encrypted"),
        (ip4(bytes(16) + SEGMENT, 50), "encrypted"),
        (ip6(SEGMENT, 59), "not_tcp"),
        (ip6(b"\x06\x00" + PAD + SEGMENT, 135), "not_tcp"),  # mobility: signalling
        (ip4(SEGMENT, 17), "not_tcp"),
        (ip4(SEGMENT, 132), "not_tcp"),
        (ip6(b"\x3a\x00" + PAD + b"\x87" + bytes(23), 0), "not_tcp"),  # neighbour solicitation
    ],
)
def test_what_is_no_tcp(frame: bytes, status: str) -> None:
    assert status_of(frame) == status


OUTER = {"src": "192.0.2.1", "dst": "192.0.2.2"}
INNER4, INNER6 = ip4(id=77, ttl=5)[14:], ip6(hlim=6)[14:]


@pytest.mark.parametrize("outer", [IP(**OUTER, ttl=99, id=1), IPv6(src="::1", dst="::2", hlim=99)])
@pytest.mark.parametrize(("inner", "number"), [(INNER4, 4), (INNER6, 41)])
def test_ip_in_ip_shows_the_inner_header(outer: IP | IPv6, inner: bytes, number: int) -> None:
    outer = outer.copy()
    setattr(outer, "proto" if isinstance(outer, IP) else "nh", number)
    rows, _ = decode(bytes(MAC / outer / inner))
    expected = ("10.0.0.1", 5, 77) if inner is INNER4 else ("2001:db8::1", 6, 0)
    assert (source_of(rows[0]), rows[0].ttl, rows[0].ip_id) == expected
    assert rows[0].length == 5


def test_nesting_has_an_end() -> None:
    packet = ip4()[14:]
    statuses = []
    for _ in range(60):
        statuses.append(status_of(Frame(packet, 101)))
        packet = bytes(IP(proto=4, **OUTER) / packet)
    assert statuses[:21] == ["segment"] * 21
    assert statuses[-1] == "too_deep"
    assert kinds.STATUS_WORDS[kinds.TOO_DEEP] == "too_deep"
