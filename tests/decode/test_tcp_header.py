"""The TCP header: options, contradictions, and what a short snap length leaves of it."""

from __future__ import annotations

from struct import pack
from typing import Any

import pytest
from scapy.layers.inet import IP, TCP
from scapy.layers.inet6 import IPv6

from analyzer import kinds

from .support import MAC, Frame, decode, status_of

HEAD = MAC / IP(src="10.0.0.1", dst="10.0.0.2")


def with_options(raw: bytes, payload: bytes = b"", **fields: Any) -> bytes:
    """A frame whose TCP header ends in `raw`, which must fill words."""
    header = bytes(TCP(sport=1, dport=2, dataofs=5 + len(raw) // 4, **fields))[:20]
    return bytes(MAC / IP(src="10.0.0.1", dst="10.0.0.2", proto=6) / (header + raw + payload))


def row_of(raw: bytes) -> Any:
    rows, _ = decode(with_options(raw, b"abc"))
    assert rows[0].status == kinds.SEGMENT
    assert rows[0].length == 3
    return rows[0]


TIMESTAMPS = b"\x08\x0a" + pack(">II", 0xFFFFFFFE, 0x80000000)
SACK = b"\x05\x12" + pack(">IIII", 0xFFFFFFF0, 0x10, 7, 8)


@pytest.mark.parametrize(
    "raw",
    [
        b"\x01\x01" + TIMESTAMPS,
        TIMESTAMPS + b"\x01\x01",
        TIMESTAMPS + b"\x00\x00",
        b"\x01\x01" + TIMESTAMPS + b"\x01\x01" + SACK,
        SACK + b"\x01\x01" + b"\x01\x01" + TIMESTAMPS,
    ],
)
def test_timestamps_wherever_they_stand(raw: bytes) -> None:
    row = row_of(raw)
    assert row.options & kinds.OPTION_TIMESTAMPS
    assert (row.tsval, row.tsecr) == (0xFFFFFFFE, 0x80000000)
    assert bool(row.options & kinds.OPTION_SACK) == (SACK in raw)


def test_of_several_sack_blocks_the_first_is_kept() -> None:
    row = row_of(b"\x01\x01" + SACK)
    assert row.options == kinds.OPTION_SACK
    assert (row.sack_left, row.sack_right) == (0xFFFFFFF0, 0x10)


def test_a_sack_option_without_a_block_is_none() -> None:
    row = row_of(b"\x01\x01\x05\x02")
    assert (row.options, row.sack_left, row.sack_right) == (0, 0, 0)


def test_options_of_a_linux_syn() -> None:
    row = row_of(b"\x02\x04\x05\xb4\x04\x02" + TIMESTAMPS + b"\x01\x03\x03\x07")
    expected = kinds.OPTION_MSS | kinds.OPTION_SACK_PERMITTED | kinds.OPTION_TIMESTAMPS
    assert row.options == expected | kinds.OPTION_WINDOW_SCALE
    assert (row.mss, row.window_scale, row.tsval) == (1460, 7, 0xFFFFFFFE)


@pytest.mark.parametrize(
    ("raw", "bit", "field", "value"),
    [
        (b"\x1c\x04\x80\x05", kinds.OPTION_USER_TIMEOUT, "user_timeout", 0x8005),
        (b"\x1e\x04\x20\x00", kinds.OPTION_MPTCP, "mptcp", 2),
        (b"\x1e\x0c\x81" + bytes(9), kinds.OPTION_MPTCP, "mptcp", 8),
        (b"\x22\x02\x01\x01", kinds.OPTION_FAST_OPEN, "options", kinds.OPTION_FAST_OPEN),
        (b"\x22\x06cook\x01\x01", kinds.OPTION_FAST_OPEN, "options", kinds.OPTION_FAST_OPEN),
        (b"\xfe\x04\xf9\x89", kinds.OPTION_FAST_OPEN, "options", kinds.OPTION_FAST_OPEN),
        (b"\x03\x03\x0e\x00", kinds.OPTION_WINDOW_SCALE, "window_scale", 14),
        (b"\x04\x02\x00\x00", kinds.OPTION_SACK_PERMITTED, "options", kinds.OPTION_SACK_PERMITTED),
        (b"\x02\x04\xff\xff", kinds.OPTION_MSS, "mss", 65535),
    ],
)
def test_rarer_options(raw: bytes, bit: int, field: str, value: int) -> None:
    row = row_of(raw)
    assert row.options == bit
    assert row[field] == value


@pytest.mark.parametrize(
    "raw",
    [
        b"\x00\x04\x02\x00",  # behind the end of the list
        b"\x08\x00\x00\x00",  # length 0
        b"\x08\x01\x04\x02",  # length 1
        b"\x08\x0a\x00\x00",  # longer than the header
        b"\x01\x01\x01\x08",  # a kind without a length
        b"\x08\x04\x00\x00",  # a length that is not this kind's
        b"\x02\x03\x00\x01",
        b"\xfe\x04\xf9\x8a",  # another experiment
        b"\xfe\x02\xf9\x89",
        b"\x13\x04\x04\x02",  # unknown, its content looks like an option
        b"\xff\xff\xff\xff",
    ],
)
def test_broken_and_unknown_options_count_as_absent(raw: bytes) -> None:
    row = row_of(raw)
    assert row.options == 0
    assert (row.tsval, row.tsecr, row.mss, row.sack_left) == (0, 0, 0, 0)


@pytest.mark.parametrize(("data_offset", "status"), [(0, "malformed"), (4, "malformed"), (15, "malformed")])
def test_a_data_offset_that_cannot_be_is_malformed(data_offset: int, status: str) -> None:
    frame = bytes(HEAD / TCP(sport=7, dport=8, dataofs=data_offset) / b"hello")
    assert status_of(frame) == status
    rows, _ = decode(frame)
    assert (rows[0].source_port, rows[0].destination_port) == (7, 8)


@pytest.mark.parametrize("octets", range(20))
def test_an_ip_length_without_room_for_the_header_is_malformed(octets: int) -> None:
    frame = bytes(HEAD / TCP(sport=7, dport=8))
    frame = frame[:16] + pack(">H", 20 + octets) + frame[18:]
    rows, _ = decode(frame)
    assert rows[0].status == kinds.MALFORMED
    assert rows[0].source_port == (7 if octets >= 4 else 0)


@pytest.mark.parametrize("head", [HEAD, MAC / IPv6(src="::1", dst="::2")])
def test_every_snap_length_gives_a_sane_status(head: Any) -> None:
    options = [
        ("NOP", None),
        ("NOP", None),
        ("Timestamp", (5, 6)),
        ("NOP", None),
        ("NOP", None),
        ("SAck", (8, 9)),
    ]
    whole = bytes(
        head / TCP(sport=7, seq=3, ack=4, flags="A", window=5, urgptr=6, options=options) / b"hello"
    )
    start = len(bytes(head))
    for size in range(len(whole) + 1):
        rows, decoder = decode(Frame(whole[:size], original=len(whole)))
        octets = size - start  # of TCP
        if octets < 16:  # the window is the last field that is needed; tshark agrees
            assert decoder.counts[kinds.TRUNCATED] == 1, size
            continue
        (row,) = rows
        assert (row.status, row.length) == (kinds.SEGMENT, 5), size
        assert (row.source_port, row.seq, row.ack, row.window) == (7, 3, 4, 5)
        assert (row.checksum != 0, row.urgent == 6) == (octets >= 18, octets >= 20)
        assert bool(row.options & kinds.OPTION_TIMESTAMPS) == (octets >= 32)
        assert bool(row.options & kinds.OPTION_SACK) == (octets >= 44)
        assert row.tsval == (5 if octets >= 32 else 0)
