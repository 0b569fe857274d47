"""Frames made anonymous: the decoder reads the same in them but addresses, and nothing else is left."""

from __future__ import annotations

import ipaddress
import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import ICMPv6DestUnreach, IPv6
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Raw

from analyzer import records
from analyzer.write.anonymize import Names, anonymized
from tests.decode.fuzzing import damaged_frames, valid_frames
from tests.decode.support import Frame, decode

ADDRESSES = [f"{name}_{half}" for name in ("source", "destination", "reporter") for half in ("high", "low")]
SAME = [name for name in records.SEGMENT.names or () if name not in (*ADDRESSES, "checksum")]
MAPPED = b"\0" * 10 + b"\xff\xff"

CLIENT, SERVER, ROUTER = "192.0.2.7", "198.51.100.9", "203.0.113.1"
MACS = {"src": "00:1b:21:aa:bb:01", "dst": "00:1b:21:aa:bb:02"}
SECRET = b"attack at dawn"


def renamed(frame: Frame, names: Names) -> Frame:
    """The anonymous frame, with the lengths that an extract writes."""
    original = max(len(frame.data) if frame.original is None else frame.original, len(frame.data))
    data = anonymized(frame.data, original, frame.link_type, frame.fcs, names)
    return Frame(data, frame.link_type, original, fcs=frame.fcs)


def names_of(packed: bytes, names: Names) -> set[bytes]:
    """What an address of a row may be called; of a mapped one the row does not say which header had it."""
    found = {names.address(packed)}
    if packed.startswith(MAPPED):
        found.add(MAPPED + names.address(packed[12:]))
    return found


def assert_same_story(frame: Frame, names: Names) -> Any:
    """The decoder says the same of both; the row of the anonymous one, if it has one."""
    before, _ = decode(frame)
    after, _ = decode(renamed(frame, names))
    if not len(before):
        return None
    assert len(after) == 1, frame
    for name in SAME:
        assert before[name][0] == after[name][0], (name, frame)
    for name in ("source", "destination", "reporter"):
        old, new = (
            struct.pack(">QQ", int(rows[f"{name}_high"][0]), int(rows[f"{name}_low"][0]))
            for rows in (before, after)
        )
        assert new in names_of(old, names), (name, frame)
    return after[0]


@pytest.mark.parametrize("number", range(len(valid_frames())))
def test_every_layer_that_the_decoder_knows(number: int) -> None:
    assert_same_story(valid_frames()[number], Names())


@given(st.integers(0, 2**32))
@settings(deadline=None)
def test_damaged_frames(seed: int) -> None:
    names = Names()
    for frame in damaged_frames(seed, 60):
        assert_same_story(frame, names)


@given(st.binary(max_size=150), st.integers(0, 300), st.sampled_from([0, 1, 9, 12, 108, 113, 149, 239, 276]))
def test_random_octets(data: bytes, link_type: int, known: int) -> None:
    for each in (link_type, known):
        assert len(anonymized(data, len(data), each, 0, Names())) <= len(data)


def test_nothing_of_an_unknown_link_type_stays() -> None:
    assert anonymized(SECRET * 9, 126, 105, 0, Names()) == b""


def ether(*layers: Any) -> bytes:
    packet = Ether(**MACS)
    for layer in layers:
        packet /= layer
    return bytes(packet)


def anonymous(data: bytes, names: Names | None = None, original: int | None = None) -> bytes:
    return anonymized(data, len(data) if original is None else original, 1, 0, names or Names())


def test_addresses_are_numbered_as_they_come() -> None:
    names = Names()
    first = Ether(anonymous(ether(IP(src=CLIENT, dst=SERVER), TCP()), names))
    assert (first.src, first.dst) == ("02:00:00:00:00:02", "02:00:00:00:00:01")
    assert (first[IP].src, first[IP].dst) == ("10.0.0.1", "10.0.0.2")
    back = Ether(anonymous(ether(IP(src=SERVER, dst=ROUTER), TCP()), names))
    assert (back[IP].src, back[IP].dst) == ("10.0.0.2", "10.0.0.3")
    six = Ether(anonymous(ether(IPv6(src="2a00::7", dst="fe80::21b:21ff:feaa:bb01"), TCP()), names))
    assert (six[IPv6].src, six[IPv6].dst) == ("2001:db8::1", "fe80::1")


@pytest.mark.parametrize(
    "address", ["0.0.0.0", "127.0.0.53", "255.255.255.255", "224.0.0.1", "::", "::1", "ff02::1"]
)
def test_what_names_nobody_stays(address: str) -> None:
    packed = ipaddress.ip_address(address).packed
    assert Names().address(packed) == packed


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("239.1.2.3", "239.0.0.1"),
        ("240.1.2.3", "10.0.0.1"),
        ("169.254.7.7", "10.0.0.1"),
        ("10.0.0.2", "10.0.0.1"),
        ("ff02::1:ffaa:bb01", "ff02::db8:1"),
        ("::ffff:192.0.2.7", "2001:db8::1"),
        ("64:ff9b::192.0.2.7", "2001:db8::1"),
        ("febf::1", "fe80::1"),
    ],
)
def test_other_addresses_do_not(address: str, name: str) -> None:
    assert Names().address(ipaddress.ip_address(address).packed) == ipaddress.ip_address(name).packed


def test_hardware_addresses() -> None:
    names = Names()
    assert names.mac(b"\x33\x33\xff\xaa\xbb\x01") == b"\x03\0\0\0\0\x01"  # tells of an address
    assert names.mac(b"\xff" * 6) == b"\xff" * 6
    assert names.mac(b"\x01\x00\x5e\0\0\x01") == b"\x01\x00\x5e\0\0\x01"
    assert names.mac(b"\x01\x00\x5e\x7f\x0a\x0b") == b"\x03\0\0\0\0\x02"  # holds octets of an address
    packet = Ether(anonymous(ether(ARP(op=1, psrc=CLIENT, pdst=ROUTER, hwsrc=MACS["src"])), names))
    assert (packet.src, packet[ARP].hwsrc) == (packet[ARP].hwsrc, packet.src)
    assert (packet[ARP].psrc, packet[ARP].pdst) == ("10.0.0.1", "10.0.0.2")
    assert packet[ARP].hwdst == "00:00:00:00:00:00"


def test_an_icmp_error_and_what_it_quotes_have_the_same_names() -> None:
    names = Names()
    segment = IP(src=CLIENT, dst=SERVER) / TCP(sport=5, dport=7, seq=9)
    anonymous(ether(segment), names)
    quoted = segment / Raw(SECRET)
    for octets in (28, 40, 60):
        data = ether(IP(src=ROUTER, dst=CLIENT), ICMP(type=3, code=1), Raw(bytes(quoted)[:octets]))
        error = anonymous(data, names)
        assert SECRET not in error
        told, inside = IP(error[14:]), IP(error[14 + 28 :])
        assert (told.src, told.dst, inside.src, inside.dst) == (
            "10.0.0.3",
            "10.0.0.1",
            "10.0.0.1",
            "10.0.0.2",
        )
    redirect = ether(IP(src=ROUTER, dst=CLIENT), ICMP(type=5, code=1, gw=SERVER), Raw(bytes(segment)))
    assert ICMP(anonymous(redirect, names)[34:]).gw == "10.0.0.2"


def test_a_right_checksum_stays_right_and_a_wrong_one_wrong() -> None:
    """Seen where there is no payload: a segment with one cannot be checked any more."""
    data = ether(
        IP(src=CLIENT, dst=SERVER, id=7), TCP(sport=5, dport=7, seq=9, options=[("Timestamp", (1, 2))])
    )
    assert checksums_are_right(anonymous(data)) == (True, True)
    for at, expected in ((24, (False, True)), (50, (True, False))):  # of IP, of TCP
        wrong = bytearray(data)
        wrong[at] ^= 0x55
        assert checksums_are_right(anonymous(bytes(wrong))) == expected
    offloaded = data[:24] + b"\0\0" + data[26:]
    assert anonymous(offloaded)[24:26] == b"\0\0"
    six = ether(IPv6(src="2a00::7", dst="2a00::8"), TCP(sport=5, dport=7))
    assert checksums_are_right(anonymous(six)) == (True, True)


def checksums_are_right(data: bytes) -> tuple[bool, bool]:
    """Of the IP header and of the segment, as scapy computes them."""
    packet = Ether(data)
    again = packet.copy()
    del again[TCP].chksum
    if IP in again:
        del again[IP].chksum
    rebuilt = Ether(bytes(again))
    return (
        IP not in packet or packet[IP].chksum == rebuilt[IP].chksum,
        packet[TCP].chksum == rebuilt[TCP].chksum,
    )


def test_checksums_tell_copies_from_others_but_nothing_of_the_payload() -> None:
    """Without an IP ID the checksum is what tells copies (design 4), so equal ones stay equal."""
    names = Names()

    def checksum(payload: bytes, names: Names = names) -> int:
        data = ether(IPv6(src="2a00::7", dst="2a00::8"), TCP(sport=5, dport=7), Raw(payload))
        return int.from_bytes(anonymous(data, names)[70:72], "big")

    assert checksum(b"one") == checksum(b"one") != checksum(b"two")
    assert len({checksum(b"one", Names()) for _ in range(4)}) > 1  # by a key that nobody keeps
    partial = bytearray(ether(IPv6(src="2a00::7", dst="2a00::8"), TCP(sport=5, dport=7)))
    whole = anonymous(bytes(partial), names)
    partial[70:72] = b"\x12\x34"
    assert anonymous(bytes(partial), names) != whole


def test_checksums_of_what_carries_a_segment() -> None:
    segment = IP(src=CLIENT, dst=SERVER) / TCP(sport=5, dport=7)
    data = ether(IPv6(src="2a00::7", dst="2a00::8"), ICMPv6DestUnreach(), Raw(bytes(IPv6() / TCP())))
    packet = Ether(anonymous(data))
    again = packet.copy()
    del again[ICMPv6DestUnreach].cksum
    assert Ether(bytes(again))[ICMPv6DestUnreach].cksum == packet[ICMPv6DestUnreach].cksum
    vxlan = UDP(sport=4789, dport=4789) / Raw(b"\x08\0\0\0\0\0\7\0" + bytes(Ether(**MACS) / segment))
    packet = Ether(anonymous(ether(IP(src=CLIENT, dst=SERVER), vxlan)))
    again = packet.copy()
    del again[UDP].chksum
    assert Ether(bytes(again))[UDP].chksum == packet[UDP].chksum
    without = Ether(anonymous(ether(IP(src=CLIENT, dst=SERVER), UDP(chksum=0, dport=4789) / vxlan.payload)))
    assert without[UDP].chksum == 0
    gre = bytes.fromhex("8000 0800 ffff 0000") + bytes(segment)
    told = anonymous(ether(IP(src=CLIENT, dst=SERVER, proto=47), Raw(gre)))[34:]
    assert sum(struct.unpack(f">{len(told) // 2}H", told)) % 0xFFFF == 0


LEAKS = {
    "payload": ether(IP(src=CLIENT, dst=SERVER), TCP(), Raw(SECRET)),
    "padding of Ethernet": ether(IP(src=CLIENT, dst=SERVER, len=40), TCP(), Raw(SECRET)),
    "IP option": ether(IP(src=CLIENT, dst=SERVER, options=b"\x83\x12\x04" + SECRET + b"\0"), TCP()),
    "TCP option": ether(IP(src=CLIENT, dst=SERVER), TCP(options=[(34, SECRET)])),
    "MPTCP": ether(IP(src=CLIENT, dst=SERVER), TCP(options=[(30, b"\x31" + SECRET)])),
    "experimental option": ether(IP(src=CLIENT, dst=SERVER), TCP(options=[(254, b"\xf9\x89" + SECRET)])),
    "behind the end of options": ether(IP(src=CLIENT, dst=SERVER), TCP(dataofs=9), Raw(b"\0\0" + SECRET)),
    "hop-by-hop option": ether(
        IPv6(src="2a00::7", dst="2a00::8", nh=0), Raw(b"\x06\x01\x3e\x0c" + SECRET[:12]), TCP()
    ),
    "route": ether(
        IPv6(src="2a00::7", dst="2a00::8", nh=43),
        Raw(b"\x06\x02\x04\x00\x00\x00\x00\x00" + SECRET + b"ab"),
        TCP(),
    ),
    "tail of a route": ether(
        IPv6(src="2a00::7", dst="2a00::8", nh=43),
        Raw(b"\x06\x04\x04\x00\x00\x00\x00\x00" + bytes(16) + SECRET + b"ab"),
        TCP(),
    ),
    "Geneve option": ether(
        IP(src=CLIENT, dst=SERVER),
        UDP(sport=50000, dport=6081),
        Raw(b"\x05\0\x65\x58\0\0\7\0" + b"\1\2\3\4" + SECRET + b"ab" + bytes(Ether(**MACS) / IP() / TCP())),
    ),
    "UDP": ether(IP(src=CLIENT, dst=SERVER), UDP(sport=50000, dport=53), Raw(SECRET)),
    "ICMP": ether(IP(src=CLIENT, dst=SERVER), ICMP(), Raw(SECRET)),
}


@pytest.mark.parametrize("what", LEAKS)
def test_nothing_that_names_somebody_is_left(what: str) -> None:
    data = LEAKS[what]
    assert SECRET[:12] in data
    left = anonymous(data)
    assert SECRET[:6] not in left
    for text in (CLIENT, SERVER, "2a00::7", "2a00::8"):
        assert ipaddress.ip_address(text).packed not in left
    for text in MACS.values():
        assert bytes.fromhex(text.replace(":", "")) not in left


def test_other_links_are_cleaned() -> None:
    segment = bytes(IP(src=CLIENT, dst=SERVER) / TCP())
    tap = struct.pack("<III", 108, 1, 12) + SECRET + bytes(82) + segment
    log = b"\x02\0\0\0" + struct.pack("<HH", 18, 10) + SECRET + b"\0\0" + struct.pack("<HH", 44, 9) + segment
    cooked = b"\0\0\0\1\0\6" + bytes.fromhex("001b21aabb01") + b"at" + b"\x08\0" + segment
    for link_type, data in ((258, tap), (239, log), (113, cooked)):
        left = anonymized(data, len(data), link_type, 0, Names())
        assert len(left) == len(data)
        assert left.endswith(anonymized(segment, 40, 101, 0, Names()))
        assert SECRET[:2] not in left and b"\x00\x1b\x21" not in left


def test_a_cut_header_stays_as_far_as_it_goes() -> None:
    data = ether(IP(src=CLIENT, dst=SERVER), TCP(options=[("Timestamp", (1, 2))]), Raw(SECRET))
    for size in range(50, len(data)):
        assert len(anonymous(data[:size], original=len(data))) == min(size, len(data) - len(SECRET))
