"""ICMP errors that quote a TCP header, and ARP."""

from __future__ import annotations

from struct import pack

import pytest
from scapy.layers.inet import ICMP, IP, TCP, IPOption
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import ARP

from analyzer import kinds

from .support import MAC, Frame, decode, destination_of, reporter_of, source_of, status_of

QUOTED4 = IP(src="10.0.0.1", dst="10.0.0.2", ttl=3, id=9, flags="DF")
QUOTED6 = IPv6(src="2001:db8::1", dst="2001:db8::2", hlim=3)
SEGMENT = TCP(sport=11, dport=22, seq=0xFFFFFFF0, ack=5, flags="PA", window=77)


def quote(octets: int = 20, ip: IP | IPv6 = QUOTED4) -> bytes:
    """An IP packet of which `octets` of TCP are quoted."""
    whole = bytes(ip / SEGMENT / b"hello")
    return whole[: len(whole) - 25 + octets]


def error4(quoted: bytes, kind: int = 3, code: int = 1) -> bytes:
    return bytes(MAC / IP(src="198.51.100.9", dst="10.0.0.1", ttl=64) / ICMP(type=kind, code=code) / quoted)


def error6(quoted: bytes, kind: int = 1, code: int = 3) -> bytes:
    return bytes(
        MAC
        / IPv6(src="2001:db8::9", dst="2001:db8::1", nh=58)
        / (pack(">BBHI", kind, code, 0, 1280) + quoted)
    )


@pytest.mark.parametrize("kind", [3, 4, 5, 11, 12])
def test_icmp_errors_name_the_quoted_flow_and_who_reports_it(kind: int) -> None:
    rows, _ = decode(error4(quote(), kind, code=4))
    (row,) = rows
    assert row.status == kinds.ICMP_ERROR
    assert (source_of(row), row.source_port) == ("10.0.0.1", 11)
    assert (destination_of(row), row.destination_port) == ("10.0.0.2", 22)
    assert (reporter_of(row), row.icmp_type, row.icmp_code) == ("198.51.100.9", kind, 4)
    assert (row.seq, row.ttl, row.ip_id, row.dont_fragment) == (0xFFFFFFF0, 3, 9, 1)
    assert (row.length, row.options, row.checksum) == (0, 0, 0)


@pytest.mark.parametrize("kind", [1, 2, 3, 4])
def test_icmpv6_errors_too(kind: int) -> None:
    rows, _ = decode(error6(quote(ip=QUOTED6), kind))
    (row,) = rows
    assert (source_of(row), destination_of(row)) == ("2001:db8::1", "2001:db8::2")
    assert (reporter_of(row), row.icmp_type, row.icmp_code) == ("2001:db8::9", kind, 3)
    assert (row.source_port, row.seq, row.control) == (11, 0xFFFFFFF0, 0x18)


@pytest.mark.parametrize("octets", range(26))
def test_eight_octets_of_tcp_are_enough_and_sixteen_tell_the_rest(octets: int) -> None:
    frame = error4(quote(octets))
    if octets < 8:
        assert status_of(frame) == "not_tcp"
        assert status_of(Frame(frame, original=200)) == "not_tcp"
        return
    rows, _ = decode(frame)
    (row,) = rows
    assert (row.status, row.source_port, row.seq) == (kinds.ICMP_ERROR, 11, 0xFFFFFFF0)
    told = (5, kinds.FLAG_PSH | kinds.FLAG_ACK, 77) if octets >= 16 else (0, 0, 0)
    assert (row.ack, row.control, row.window) == told


def test_an_icmp_error_cut_by_the_snap_length() -> None:
    whole = error4(quote())
    for size in range(14 + 20 + 8 + 20 + 8):
        assert status_of(Frame(whole[:size], original=len(whole))) == "truncated", size
    assert status_of(Frame(whole[:-12], original=len(whole))) == "icmp_error"


@pytest.mark.parametrize(
    "quoted",
    [
        quote(ip=IP(src="10.0.0.1", dst="10.0.0.2", options=[IPOption(b"\x94\x04\x00\x00")])),
        quote(ip=IP(src="10.0.0.1", dst="10.0.0.2", len=1500)),
        quote(ip=IP(src="10.0.0.1", dst="10.0.0.2", len=0)),
        quote(ip=IP(src="10.0.0.1", dst="10.0.0.2", flags="MF")),
        bytes(IP(src="1.1.1.1", dst="2.2.2.2", proto=4) / quote()),
    ],
    ids=["options", "whole length", "no length", "first fragment", "in a tunnel"],
)
def test_quoted_headers_of_all_sorts(quoted: bytes) -> None:
    rows, _ = decode(error4(quoted))
    assert (rows[0].status, source_of(rows[0]), rows[0].source_port) == (kinds.ICMP_ERROR, "10.0.0.1", 11)


def test_a_quoted_extension_header() -> None:
    quoted = bytes(
        IPv6(src="2001:db8::1", dst="2001:db8::2", nh=60) / (b"\x06\x00\x01\x04" + bytes(4)) / SEGMENT
    )
    rows, _ = decode(error6(quoted))
    assert (rows[0].status, rows[0].source_port) == (kinds.ICMP_ERROR, 11)


@pytest.mark.parametrize(
    ("frame", "status"),
    [
        (error4(quote(), kind=8), "not_tcp"),
        (error4(quote(), kind=0), "not_tcp"),
        (error6(quote(ip=QUOTED6), kind=128), "not_tcp"),
        (error6(quote(ip=QUOTED6), kind=137), "not_tcp"),
        (error6(quote()), "not_ip"),
        (error4(bytes(IP(proto=17) / bytes(20))), "not_tcp"),
        (error4(quote(ip=IP(src="10.0.0.1", dst="10.0.0.2", frag=5))), "fragment"),
    ],
)
def test_what_quotes_no_tcp_header(frame: bytes, status: str) -> None:
    assert status_of(frame) == status


def test_a_segment_after_an_icmp_error_is_whole_again() -> None:
    rows, _ = decode(error4(quote()), bytes(MAC / QUOTED4 / SEGMENT / b"hello"))
    assert rows.status.tolist() == [kinds.ICMP_ERROR, kinds.SEGMENT]
    assert (reporter_of(rows[1]), rows[1].icmp_type, rows[1].length) == ("::", 0, 5)


ADDRESSES = {
    "psrc": "10.0.0.1",
    "pdst": "10.0.0.2",
    "hwsrc": "02:00:00:00:00:01",
    "hwdst": "02:00:00:00:00:02",
}


@pytest.mark.parametrize(("operation", "status"), [(1, kinds.ARP_REQUEST), (2, kinds.ARP_REPLY)])
@pytest.mark.parametrize("start", ["0806", "8100 0064 0806"])
def test_arp_tells_who_asks_for_whom(operation: int, status: int, start: str) -> None:
    packet = bytes(ARP(op=operation, **ADDRESSES))
    cooked = bytes.fromhex("0000 0001 0006 0200000000010000 0806") + packet
    rows, _ = decode(bytes(MAC)[:12] + bytes.fromhex(start) + packet + bytes(18), Frame(cooked, 113))
    assert rows.status.tolist() == [status, status]
    for row in rows:
        assert (source_of(row), destination_of(row)) == ("10.0.0.1", "10.0.0.2")
        rest = set(row.dtype.names) - {"source_low", "destination_low", "frame", "status"}
        assert {name for name in rest if row[name]} == set()


def test_arp_that_says_less() -> None:
    packet = bytes(MAC)[:12] + b"\x08\x06" + bytes(ARP(op=1, **ADDRESSES))
    assert status_of(packet[:-1]) == "not_ip"
    assert status_of(Frame(packet[:-1], original=60)) == "truncated"
    assert status_of(packet[:20] + b"\x00\x08" + packet[22:]) == "not_ip"  # inverse ARP
    assert status_of(packet[:16] + b"\x86\xdd" + packet[18:]) == "not_ip"
