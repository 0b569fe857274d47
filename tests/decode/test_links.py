"""Every link type that is decoded: a TCP segment in it is found."""

from __future__ import annotations

from struct import pack

import pytest
from scapy.layers.inet import IP, TCP
from scapy.layers.inet6 import IPv6

from analyzer.decode.kernels import layers
from analyzer.decode.links import LINKS, NAMED_ONLY, link_name

from .support import MAC, Frame, decode, destination_of, source_of, status_of

IP4 = bytes(IP(src="10.0.0.1", dst="10.0.0.2") / TCP(sport=11, dport=22) / b"hello")
IP6 = bytes(IPv6(src="2001:db8::1", dst="2001:db8::2") / TCP(sport=11, dport=22) / b"hello")
ADDRESSES = bytes(MAC)[:12]
ETHER = ADDRESSES + b"\x08\x00" + IP4
SNAP = bytes.fromhex("aaaa03 000000")
PKTAP = pack("<III", 108, 1, 1) + bytes(96)

SAMPLES = {
    "ethernet": (1, ETHER),
    "ethernet, IPv6": (1, ADDRESSES + b"\x86\xdd" + IP6),
    "802.1Q": (1, ADDRESSES + bytes.fromhex("8100 0064 0800") + IP4),
    "802.1ad": (1, ADDRESSES + bytes.fromhex("88a8 0064 8100 0065 86dd") + IP6),
    "old double tags": (1, ADDRESSES + bytes.fromhex("9100 0064 9200 0065 0800") + IP4),
    "nine tags": (1, ADDRESSES + bytes.fromhex("8100 0064") * 9 + b"\x08\x00" + IP4),
    "VN-Tag": (1, ADDRESSES + bytes.fromhex("8926 00000001 8100 0001 0800") + IP4),
    "E-Tag": (1, ADDRESSES + bytes.fromhex("893f 000000000001 0800") + IP4),
    "LLC and SNAP": (1, ADDRESSES + pack(">H", len(IP4) + 8) + SNAP + b"\x08\x00" + IP4),
    "LLC and SNAP, IPv6": (1, ADDRESSES + pack(">H", len(IP6) + 8) + SNAP + b"\x86\xdd" + IP6),
    "SNAP, bridged": (1, ADDRESSES + pack(">H", len(IP4) + 8) + bytes.fromhex("aaaa03 0000f8 0800") + IP4),
    "SNAP with a tag": (1, ADDRESSES + b"\x00\x50" + SNAP + bytes.fromhex("8100 0001 0800") + IP4),
    "LLC, numbered": (1, ADDRESSES + b"\x00\x50" + bytes.fromhex("aaaa0002 000000 0800") + IP4),
    "LLC, IP's own": (1, ADDRESSES + pack(">H", len(IP4) + 3) + bytes.fromhex("060603") + IP4),
    "tag, then SNAP": (1, ADDRESSES + bytes.fromhex("8100 0064 0050") + SNAP + b"\x08\x00" + IP4),
    "PPPoE": (1, ADDRESSES + bytes.fromhex("8864 1100 0001 002f 0021") + IP4),
    "PPPoE, IPv6": (1, ADDRESSES + bytes.fromhex("8864 1100 0001 0043 0057") + IP6),
    "MPLS": (1, ADDRESSES + bytes.fromhex("8847 00064140") + IP4),
    "MPLS, two labels": (1, ADDRESSES + bytes.fromhex("8848 00064040 00065140") + IP6),
    "MPLS, pseudowire": (1, ADDRESSES + bytes.fromhex("8847 00064140 00000007") + ETHER),
    "MPLS, pseudowire without control word": (1, ADDRESSES + bytes.fromhex("8847 00064140") + ETHER),
    "802.1ah": (1, ADDRESSES + bytes.fromhex("88e7 00000001") + ETHER),
    "transparent Ethernet": (1, ADDRESSES + bytes.fromhex("6558") + ETHER),
    "NSH": (1, ADDRESSES + bytes.fromhex("894f 0fc2 0201 000001ff") + IP4),
    "EtherType of IPv4, IPv6 behind": (1, ADDRESSES + b"\x08\x00" + IP6),
    "null, little-endian": (0, bytes.fromhex("02000000") + IP4),
    "null, big-endian": (0, bytes.fromhex("00000002") + IP4),
    "null, PPP": (0, bytes.fromhex("ff030021") + IP4),
    "null, EtherType": (0, bytes.fromhex("00000800") + IP4),
    "loop": (108, bytes.fromhex("00000002") + IP4),
    "loop, IPv6": (108, bytes.fromhex("0000001c") + IP6),
    "PPP": (9, bytes.fromhex("0021") + IP4),
    "PPP, address and control": (9, bytes.fromhex("ff030057") + IP6),
    "PPP, compressed": (9, bytes.fromhex("21") + IP4),
    "PPP, address, compressed": (9, bytes.fromhex("ff0357") + IP6),
    "PPP, MPLS": (9, bytes.fromhex("0281 00064140") + IP4),
    "PPP, bridging": (9, bytes.fromhex("0031 0001") + ETHER),
    "PPP, bridging with LAN": (9, bytes.fromhex("0031 4001 00000001") + ETHER),
    "PPP, multilink": (9, bytes.fromhex("003d c0000001 0021") + IP4),
    "PPP in HDLC framing": (50, bytes.fromhex("ff030021") + IP4),
    "PPP in HDLC framing, Cisco": (50, bytes.fromhex("8f000800") + IP4),
    "PPPoE alone": (51, bytes.fromhex("1100 0001 002f 0021") + IP4),
    "Cisco HDLC": (104, bytes.fromhex("0f000800") + IP4),
    "Cisco HDLC, IPv6": (104, bytes.fromhex("8f0086dd") + IP6),
    "IPsec view": (109, bytes.fromhex("02000000 00000001 00000000") + IP4),
    "cooked": (113, bytes.fromhex("0000 0001 0006 0200000000010000 0800") + IP4),
    "cooked, tag": (113, bytes.fromhex("0000 0001 0006 0200000000010000 8100 0001 86dd") + IP6),
    "cooked, LLC": (113, bytes.fromhex("0000 0001 0006 0200000000010000 0004") + SNAP + b"\x08\x00" + IP4),
    "cooked, whole frame": (113, bytes.fromhex("0000 0001 0006 0200000000010000 0003") + ETHER),
    "cooked, PPP": (113, bytes.fromhex("0000 0200 0000 0000000000000000 0007 0021") + IP4),
    "cooked, GRE device": (113, bytes.fromhex("0000 030a 0004 0a00000100000000 6558") + ETHER),
    "cooked v2": (276, bytes.fromhex("0800 0000 00000001 0001 00 06 0200000000010000") + IP4),
    "cooked v2, IPv6": (276, bytes.fromhex("86dd 0000 00000001 0001 00 06 0200000000010000") + IP6),
    "PPP with direction": (204, bytes.fromhex("01 ff03 0021") + IP4),
    "MPLS alone": (219, bytes.fromhex("00064140") + IP6),
    "netfilter log": (239, bytes.fromhex("02000000 0600 0a00 78790000") + pack("<HH", 4 + len(IP4), 9) + IP4),
    "netfilter log, big-endian": (
        239,
        bytes.fromhex("0a000000 0008 0001 08000300") + pack(">HH", 9, 9) + IP6,
    ),
    "packet tap": (258, PKTAP + ETHER),
    "packet tap, loopback": (149, pack("<III", 12, 1, 0) + bytes.fromhex("1e000000") + IP6),
} | {
    f"null, family {family}, {order}": (0, pack(order + "I", family) + IP6)
    for family in (10, 23, 24, 28, 30)
    for order in "<>"
}
for number in (12, 14, 101, 228):
    SAMPLES[f"raw {number}"] = (number, IP4)
for number in (12, 14, 101, 229):
    SAMPLES[f"raw {number}, IPv6"] = (number, IP6)


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_segment_is_found(sample: str) -> None:
    link_type, data = SAMPLES[sample]
    rows, _ = decode(Frame(data, link_type))
    assert len(rows) == 1
    row = rows[0]
    assert (row.source_port, row.destination_port, row.length) == (11, 22, 5)
    expected = ("2001:db8::1", "2001:db8::2") if IP6 in data else ("10.0.0.1", "10.0.0.2")
    assert (source_of(row), destination_of(row)) == expected


@pytest.mark.parametrize("sample", SAMPLES)
def test_every_cut_of_it_is_counted_as_truncated(sample: str) -> None:
    link_type, data = SAMPLES[sample]
    for size in range(len(data) - 5 - 4):
        assert status_of(Frame(data[:size], link_type, len(data))) == "truncated", size
    assert status_of(Frame(data[:-9], link_type, len(data))) == "segment"


def test_every_decoded_link_type_has_a_sample() -> None:
    decoded = {number for number, (_, layer) in LINKS.items() if layer != NAMED_ONLY}
    assert decoded == {link_type for link_type, _ in SAMPLES.values()}


def test_layers_of_the_table_are_layers() -> None:
    for name, layer in LINKS.values():
        assert layer == NAMED_ONLY or layer >= layers.FIRST_LAYER, name


def test_link_names() -> None:
    assert link_name(105) == "link type 105 (IEEE 802.11)"
    assert link_name(276) == "link type 276 (Linux cooked v2)"
    assert link_name(54321) == "link type 54321"


@pytest.mark.parametrize(
    ("link_type", "data", "status"),
    [
        (1, ADDRESSES + b"\x88\xcc" + bytes(60), "not_ip"),  # LLDP
        (1, ADDRESSES + b"\x88\xe5" + bytes(60), "encrypted"),  # MACsec
        (1, ADDRESSES + b"\x00\x26" + bytes.fromhex("424203") + bytes(60), "not_ip"),  # spanning tree
        (1, ADDRESSES + b"\x00\x26" + bytes.fromhex("aaaa03 00000c 2000") + bytes(60), "not_ip"),  # CDP
        (1, ADDRESSES + b"\x00\x26" + bytes(60), "not_ip"),
        (1, ADDRESSES + b"\x05\xff" + IP4, "not_ip"),  # neither length nor type
        (1, ADDRESSES + b"\x08\x00" + b"\x35" + IP4[1:], "not_ip"),  # version 3
        (1, ADDRESSES + b"\x86\xdd" + IP4, "not_ip"),
        (0, bytes.fromhex("07000000") + IP4, "not_ip"),
        (9, bytes.fromhex("c021") + bytes(40), "not_ip"),  # LCP
        (9, bytes.fromhex("003d 80000001 0021") + IP4, "fragment"),  # multilink's beginning
        (104, bytes.fromhex("0f008035") + IP4, "not_ip"),
        (113, bytes.fromhex("0000 0338 0000 0000000000000000 0800") + IP4, "not_ip"),  # netlink
        (113, bytes.fromhex("0000 0001 0006 0200000000010000 0001") + IP4, "not_ip"),
        (229, IP4, "not_ip"),
        (239, bytes.fromhex("02000000") + pack("<HH", 8, 1) * 4, "not_ip"),  # no payload
    ],
)
def test_what_is_no_ip(link_type: int, data: bytes, status: str) -> None:
    assert status_of(Frame(data, link_type)) == status
