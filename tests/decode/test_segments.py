"""The common case field by field, and what `Decoder` does around the kernel."""

from __future__ import annotations

import numpy as np
import pytest
from scapy.layers.inet import IP, TCP
from scapy.layers.inet6 import IPv6

from analyzer import kinds, records
from analyzer.decode import Decoder, link_name

from .support import MAC, Frame, decode, destination_of, lay_out, reporter_of, source_of, status_of

TCP4 = MAC / IP(src="10.1.2.3", dst="192.0.2.4", ttl=61, id=0xBEEF, flags="DF")
TCP6 = MAC / IPv6(src="2001:db8::1", dst="fe80::ff:fe00:2", hlim=59)


def test_every_field_of_an_ordinary_segment() -> None:
    segment = TCP(
        sport=50123, dport=443, seq=0xFFFFFFFE, ack=0x80000001, flags="PA", window=65535, chksum=0xABCD
    )
    frame = bytes(TCP4 / segment / b"seven b")
    rows, decoder = decode(Frame(frame, time_ns=1_700_000_000_123_456_789, interface=3))
    (row,) = rows
    assert (source_of(row), row.source_port) == ("10.1.2.3", 50123)
    assert (destination_of(row), row.destination_port) == ("192.0.2.4", 443)
    assert (row.source_high, row.source_low) == (0, 0xFFFF_0A01_0203)
    assert (row.seq, row.ack, row.length, row.window) == (0xFFFFFFFE, 0x80000001, 7, 65535)
    assert row.control == kinds.FLAG_PSH | kinds.FLAG_ACK
    assert (row.ttl, row.ip_id, row.dont_fragment, row.checksum) == (61, 0xBEEF, 1, 0xABCD)
    assert (row.frame, row.time_ns, row.interface) == (1, 1_700_000_000_123_456_789, 3)
    assert row.status == kinds.SEGMENT
    empty = "reporter_high reporter_low tsval tsecr sack_left sack_right urgent mss user_timeout"
    for name in f"{empty} options window_scale mptcp icmp_type icmp_code".split():
        assert row[name] == 0, name
    assert decoder.counts[kinds.SEGMENT] == decoder.counts.sum() == 1
    assert decoder.skipped() == {}


def test_ipv6_addresses_keep_all_their_bits() -> None:
    rows, _ = decode(bytes(TCP6 / TCP(flags="S", seq=1) / b"x"))
    (row,) = rows
    assert (row.source_high, row.source_low) == (0x20010DB8 << 32, 1)
    assert (row.destination_high, row.destination_low) == (0xFE80 << 48, 0xFF_FE00_0002)
    assert (row.length, row.ttl, row.ip_id, row.dont_fragment) == (1, 59, 0, 1)


@pytest.mark.parametrize("letter, bit", [(f, 1 << i) for i, f in enumerate("FSRPAUECN")])
def test_each_flag_has_its_bit(letter: str, bit: int) -> None:
    rows, _ = decode(bytes(TCP4 / TCP(flags=letter, ack=7)))
    assert rows[0].control == bit


def test_reserved_bits_of_the_header_are_not_flags() -> None:
    rows, _ = decode(bytes(TCP4 / TCP(flags="A", reserved=7)))
    assert rows[0].control == kinds.FLAG_ACK


def test_the_acknowledgment_counts_only_with_its_flag() -> None:
    rows, _ = decode(bytes(TCP4 / TCP(flags="R", ack=77)), bytes(TCP4 / TCP(flags="RA", ack=77)))
    assert rows.ack.tolist() == [0, 77]


def test_urgent_pointer() -> None:
    rows, _ = decode(bytes(TCP4 / TCP(flags="UA", urgptr=513)))
    assert rows[0].urgent == 513


def test_padding_of_short_ethernet_frames_is_no_payload() -> None:
    frame = bytes(TCP4 / TCP(flags="A"))
    rows, _ = decode(frame.ljust(60, b"\0"), Frame(frame.ljust(64, b"\0"), fcs=4))
    assert rows.length.tolist() == [0, 0]


def test_frames_without_interest_are_counted_and_the_others_keep_their_numbers() -> None:
    lldp = bytes(MAC)[:12] + b"\x88\xcclldp"
    frames = [lldp, bytes(TCP4 / TCP(sport=1)), lldp, lldp, bytes(TCP4 / TCP(sport=2))]
    decoder = Decoder(8)
    buffer, table = lay_out(Frame(data) for data in frames)
    rows = decoder.decode(buffer, table, 1001)
    assert rows.frame.tolist() == [1002, 1005]
    assert rows.source_port.tolist() == [1, 2]
    assert decoder.skipped() == {"not_ip": 3}
    decoder.decode(buffer, table, 1006)
    assert decoder.skipped() == {"not_ip": 6}
    assert decoder.counts[kinds.SEGMENT] == 4


def test_link_types_that_cannot_be_decoded_are_named() -> None:
    data = bytes(TCP4 / TCP())
    rows, decoder = decode(Frame(data, 105), Frame(data), Frame(data, 105), Frame(data, 999))
    assert rows.frame.tolist() == [2]
    assert decoder.skipped() == {"link type 105 (IEEE 802.11)": 2, "link type 999": 1}
    assert decoder.counts[kinds.UNKNOWN_LINK] == 3
    assert link_name(1) == "link type 1 (Ethernet)"


def test_a_chunk_longer_than_the_capacity_makes_room() -> None:
    decoder = Decoder(2)
    buffer, table = lay_out(Frame(bytes(TCP4 / TCP(sport=n))) for n in range(1, 6))
    assert decoder.decode(buffer, table, 1).source_port.tolist() == [1, 2, 3, 4, 5]


def test_rows_can_go_to_an_array_of_the_caller() -> None:
    decoder = Decoder()
    buffer, table = lay_out(Frame(bytes(TCP4 / TCP(sport=n))) for n in (1, 2))
    out = records.rows(3, records.SEGMENT)
    rows = decoder.decode(buffer, table, 1, out)
    assert np.shares_memory(rows, out)
    assert rows.source_port.tolist() == [1, 2]
    with pytest.raises(ValueError, match="room for 1 rows"):
        decoder.decode(buffer, table, 1, out[:1])


def test_a_read_only_buffer_will_do() -> None:
    buffer, table = lay_out([Frame(bytes(TCP4 / TCP(sport=9)))])
    buffer.flags.writeable = False
    assert Decoder(1).decode(buffer, table, 1).source_port.tolist() == [9]


def test_no_frames_give_no_rows() -> None:
    buffer, table = lay_out([])
    assert len(Decoder(1).decode(buffer, table, 1)) == 0


@pytest.mark.parametrize(("offset", "captured"), [(-1, 60), (1 << 40, 60), (0, 1 << 31), (1, 73)])
def test_a_frame_outside_of_the_buffer_is_not_read(offset: int, captured: int) -> None:
    buffer, table = lay_out([Frame(bytes(TCP4 / TCP()))])
    table[0].offset, table[0].captured = offset, captured
    decoder = Decoder(1)
    assert len(decoder.decode(buffer, table, 1)) == 0
    assert decoder.counts[kinds.TRUNCATED] == 1


def test_an_empty_frame_is_no_trouble() -> None:
    assert status_of(b"") == "not_ip"
    assert status_of(Frame(b"", original=60)) == "truncated"
    assert status_of(Frame(b"\0\0", fcs=4)) == "not_ip"


def test_a_segment_has_no_reporter() -> None:
    rows, _ = decode(bytes(TCP4 / TCP()))
    assert reporter_of(rows[0]) == "::"
