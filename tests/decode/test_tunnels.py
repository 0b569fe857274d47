"""Tunnels over IP and UDP: the segment in them is found."""

from __future__ import annotations

from struct import pack

import pytest
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6

from .support import MAC, Frame, decode, source_of, status_of

IP4 = bytes(IP(src="10.0.0.1", dst="10.0.0.2") / TCP(sport=11, dport=22) / b"hello")
IP6 = bytes(IPv6(src="2001:db8::1", dst="2001:db8::2") / TCP(sport=11, dport=22) / b"hello")
ETHER = bytes(MAC)[:12] + b"\x08\x00" + IP4
GRE, ETHERIP, MPLS, ETHERNET = 47, 97, 137, 143


def over_ip(protocol: int, start: str, inner: bytes) -> bytes:
    payload = bytes.fromhex(start) + inner
    return bytes(MAC / IP(src="192.0.2.1", dst="192.0.2.2", proto=protocol) / payload)


def over_udp(port: int, start: str, inner: bytes, source: int = 50000) -> bytes:
    payload = bytes.fromhex(start) + inner
    return bytes(MAC / IP(src="192.0.2.1", dst="192.0.2.2") / UDP(sport=source, dport=port) / payload)


def gtp(flags: int, optional: str, inner: bytes) -> bytes:
    body = bytes.fromhex(optional) + inner
    return over_udp(2152, "", pack(">BBHI", flags, 255, len(body), 1) + body)


ERSPAN_III = "1000 22eb 00000001 20000000 00000000"
SAMPLES = {
    "GRE": over_ip(GRE, "0000 0800", IP4),
    "GRE, IPv6": over_ip(GRE, "0000 86dd", IP6),
    "GRE, checksum": over_ip(GRE, "8000 0800 abcd0000", IP4),
    "GRE, key": over_ip(GRE, "2000 0800 00000007", IP4),
    "GRE, sequence": over_ip(GRE, "1000 0800 00000007", IP4),
    "GRE, all three": over_ip(GRE, "b000 0800 abcd0000 00000007 00000001", IP4),
    "GRE, Ethernet": over_ip(GRE, "2000 6558 00000700", ETHER),
    "GRE, old Ethernet": over_ip(GRE, "0000 6400", ETHER),
    "GRE, MPLS": over_ip(GRE, "0000 8847 00064140", IP4),
    "GRE, NSH": over_ip(GRE, "0000 894f 0fc2 0201 000001ff", IP4),
    "GRE, WCCP": over_ip(GRE, "0000 883e", IP4),
    "GRE, WCCP 2": over_ip(GRE, "0000 883e 00000000", IP4),
    "GRE, PPP": over_ip(GRE, "0000 880b 0021", IP4),
    "PPTP": over_ip(GRE, "3001 880b 0035 0007 00000001 ff03 0021", IP4),
    "PPTP, acknowledging": over_ip(GRE, "3081 880b 0035 0007 00000001 00000001 21", IP4),
    "ERSPAN I": over_ip(GRE, "0000 88be", ETHER),
    "ERSPAN II": over_ip(GRE, "1000 88be 00000001 10000000 00000000", ETHER),
    "ERSPAN III": over_ip(GRE, ERSPAN_III + "00000000", ETHER),
    "ERSPAN III, subheader": over_ip(GRE, ERSPAN_III + "00000001 00000000 00000000", ETHER),
    "EtherIP": over_ip(ETHERIP, "3000", ETHER),
    "MPLS in IP": over_ip(MPLS, "00064140", IP4),
    "Ethernet in IP": over_ip(ETHERNET, "", ETHER),
    "VXLAN": over_udp(4789, "08000000 00000700", ETHER),
    "VXLAN, from its port": over_udp(50000, "08000000 00000700", ETHER, source=4789),
    "VXLAN in VXLAN": over_udp(4789, "0800000000000700", over_udp(4789, "0800000000000800", ETHER)),
    "VXLAN-GPE, IPv4": over_udp(4790, "0c000001 00000700", IP4),
    "VXLAN-GPE, IPv6": over_udp(4790, "0c000002 00000700", IP6),
    "VXLAN-GPE, Ethernet": over_udp(4790, "0c000003 00000700", ETHER),
    "VXLAN-GPE, NSH": over_udp(4790, "0c000004 00000700 0fc2 0203 000001ff", ETHER),
    "VXLAN-GPE, MPLS": over_udp(4790, "0c000005 00000700 00064140", IP4),
    "Geneve": over_udp(6081, "0000 6558 00000700", ETHER),
    "Geneve, options": over_udp(6081, "0200 6558 00000700 0102000100000000", ETHER),
    "Geneve, IPv6": over_udp(6081, "0000 86dd 00000700", IP6),
    "GTP-U": gtp(0x30, "", IP4),
    "GTP-U, IPv6": gtp(0x30, "", IP6),
    "GTP-U, Ethernet": gtp(0x30, "", ETHER),
    "GTP-U, sequence": gtp(0x32, "00010000", IP4),
    "GTP-U, extension": gtp(0x34, "00000085 01001000", IP4),
    "GTP-U, two extensions": gtp(0x34, "000000c0 01001085 01001000", IP4),
    "GTP version 0": over_udp(3386, "1eff 0000 00000000 00ffffff 0000000000000000", IP4),
    "Teredo": over_udp(3544, "", IP6),
    "Teredo, origin": over_udp(3544, "0000 1234 01020304", IP6),
    "Teredo, authentication": over_udp(3544, "0001 0000 000000000000000000", IP6),
    "Teredo, both": over_udp(3544, "0001 0201 000000 000000000000000000 0000 1234 01020304", IP6),
    "L2TP": over_udp(1701, "0002 0001 0001 ff030021", IP4, source=1701),
    "L2TP, all fields": over_udp(1701, "4a02 0041 0001 0001 00000000 0002 0000 ff030021", IP4),
    "LISP": over_udp(4341, "c0000000 00000000", IP6),
    "TZSP": over_udp(37008, "01000001 01", ETHER),
    "TZSP, tags": over_udp(37008, "01000001 00 0a01ff 00 01", ETHER),
    "GRE in UDP": over_udp(4754, "0000 0800", IP4),
    "MPLS in UDP": over_udp(6635, "00064140", IP4),
}


@pytest.mark.parametrize("sample", SAMPLES)
def test_the_segment_inside_is_found(sample: str) -> None:
    rows, _ = decode(SAMPLES[sample])
    assert len(rows) == 1
    assert (rows[0].source_port, rows[0].destination_port, rows[0].length) == (11, 22, 5)
    assert source_of(rows[0]) == ("2001:db8::1" if IP6 in SAMPLES[sample] else "10.0.0.1")


@pytest.mark.parametrize("sample", SAMPLES)
def test_every_cut_of_it_is_counted_as_truncated(sample: str) -> None:
    whole = SAMPLES[sample]
    for size in range(len(whole) - 5 - 4):
        assert status_of(Frame(whole[:size], original=len(whole))) == "truncated", size


@pytest.mark.parametrize(
    ("frame", "status"),
    [
        (over_ip(GRE, "4000 0800 00000000 00000000", IP4), "not_ip"),  # source routes of RFC 1701
        (over_ip(GRE, "0000 2000", bytes(40)), "not_ip"),  # CDP
        (over_ip(GRE, "0000 0806", bytes(40)), "not_ip"),
        (over_ip(GRE, "1000 88be 00000001 30000000 00000000", ETHER), "not_ip"),
        (over_ip(GRE, ERSPAN_III + "00000800", IP4), "not_ip"),  # not Ethernet
        (over_udp(53, "08000000 00000700", ETHER, source=4789), "not_tcp"),  # DNS from a strange port
        (over_udp(50001, "08000000 00000700", ETHER), "not_tcp"),
        (over_udp(4790, "0c000009 00000700", ETHER), "not_ip"),
        (over_udp(2152, "3201 0004 00000001 00010000", b""), "not_tcp"),  # GTP echo
        (over_udp(2152, "50ff 0004 00000001", IP4), "not_tcp"),  # version 2
        (gtp(0x34, "00000085 00", IP4), "not_tcp"),  # an extension of length 0
        (over_udp(3544, "", IP4), "not_ip"),
        (over_udp(1701, "c802 000c 0001 0000 0000 0000", b""), "not_tcp"),  # control
        (over_udp(1701, "0003 0001 0001 ff030021", IP4), "not_tcp"),  # version 3
        (over_udp(37008, "01000012 01", ETHER), "not_tcp"),  # 802.11
        (over_udp(4789, "08000000", b""), "not_tcp"),
    ],
)
def test_what_is_no_tunnel_to_tcp(frame: bytes, status: str) -> None:
    assert status_of(frame) == status
