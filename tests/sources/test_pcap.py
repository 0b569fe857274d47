"""pcap files: magics, byte orders, lengths, and where damage ends them."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from analyzer.errors import UnreadableError
from analyzer.facts import Interface

from .files import FRAME, Read, damages, pcap_header, read, record

MICROSECONDS, NANOSECONDS = 0xA1B2C3D4, 0xA1B23C4D
SHORT = bytes(40)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "capture"


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("magic", "tick_ns"), [(MICROSECONDS, 1000), (NANOSECONDS, 1)])
def test_both_byte_orders_and_resolutions(path: Path, order: str, magic: int, tick_ns: int) -> None:
    path.write_bytes(
        pcap_header(magic, order, snap_length=96, network=101)
        + record(b"first", 1_700_000_000, 999_999, order)
        + record(b"", 1_700_000_001, 0, order)
        + record(b"third!", 1_700_000_000, 1, order, original=1500)
    )
    frames, source = read(path)
    second = 1_700_000_000 * 10**9
    assert frames == [
        Read(second + 999_999 * tick_ns, b"first", 5, 101, 0, 0),
        Read(second + 10**9, b"", 0, 101, 0, 0),
        Read(second + tick_ns, b"third!", 1500, 101, 0, 0),
    ]
    assert source.facts.interfaces == [Interface(101, 96)]
    assert source.facts.format == "pcap"
    assert source.facts.damages == []
    assert source.facts.path == str(path)
    assert source.facts.files == [str(path)]
    assert source.size == source.consumed == path.stat().st_size


def test_times_use_all_32_bits_and_any_fraction(path: Path) -> None:
    path.write_bytes(
        pcap_header() + record(seconds=0xFFFFFFFF, fraction=0xFFFFFFFF) + record(seconds=0x80000000)
    )
    frames, _ = read(path)
    assert [frame.time_ns for frame in frames] == [
        0xFFFFFFFF * 10**9 + 0xFFFFFFFF * 1000,
        0x80000000 * 10**9,
    ]


def test_lengths_as_wireshark_tolerates_them(path: Path) -> None:
    """A frame longer than on the wire, longer than the snap length, and of an absurd wire length."""
    path.write_bytes(
        pcap_header(snap_length=10)
        + record()
        + record()
        + record(original=20)
        + record(original=0xFFFFFFFF)
        + record()
    )
    frames, source = read(path)
    assert [(len(frame.data), frame.original) for frame in frames] == [
        (60, 60),
        (60, 60),
        (60, 20),
        (60, 0xFFFFFFFF),
        (60, 60),
    ]
    assert not source.facts.damages


def test_fcs_bits_of_the_link_type(path: Path) -> None:
    path.write_bytes(pcap_header(network=0x24000001) + record())  # present, two 16-bit words
    frames, _ = read(path)
    assert (frames[0].link_type, frames[0].fcs) == (1, 4)
    path.write_bytes(pcap_header(network=0x20000001) + record())  # not present
    frames, _ = read(path)
    assert (frames[0].link_type, frames[0].fcs) == (1, 0)


def test_order_of_lengths_before_version_2_4(path: Path) -> None:
    turned = struct.pack("<IIII", 1, 0, 60, 40) + SHORT
    straight = record(SHORT, original=60)
    for version, records in (((2, 2), turned), ((2, 3), turned + straight), ((543, 0), turned)):
        path.write_bytes(pcap_header(version=version) + records)
        frames, source = read(path)
        assert {(len(frame.data), frame.original) for frame in frames} == {(40, 60)}
        assert not source.facts.damages


@pytest.mark.parametrize(
    ("magic", "gap", "extra"),
    [
        (0xA1B2CD34, b"", struct.pack("<IHBB", 2, 0x800, 0, 0)),  # Kuznetzov
        (0xA1B2CD34, b"", struct.pack("<IHBB", 2, 0x800, 0, 0) + bytes(4)),  # SuSE 6.3
        (0xA1B2C3D4, b"", struct.pack("<IHBB", 2, 0x800, 0, 0)),  # Red Hat 6.1
        (0xA1B2C3D4, b"", struct.pack("<I", 0x9FBFB601)),  # Nokia
        (0x1C0001AB, bytes(4), b""),  # Ixia
        (0x1C0001AC, bytes(4), b""),
    ],
)
@pytest.mark.parametrize("chunk_bytes", [1, 1 << 16])
def test_patched_variants(path: Path, magic: int, gap: bytes, extra: bytes, chunk_bytes: int) -> None:
    seconds = 1_700_000_000
    path.write_bytes(
        pcap_header(magic) + gap + b"".join(record(FRAME, seconds + i, extra=extra) for i in range(4))
    )
    frames, source = read(path, chunk_bytes)
    assert [(frame.time_ns, frame.data) for frame in frames] == [
        ((seconds + i) * 10**9, FRAME) for i in range(4)
    ]
    assert not source.facts.damages


def test_a_header_alone_is_a_capture_without_frames(path: Path) -> None:
    path.write_bytes(pcap_header())
    frames, source = read(path)
    assert frames == []
    assert source.facts.damages == []
    assert len(source.facts.interfaces) == 1


@pytest.mark.parametrize("kept", range(4, 24))
def test_a_header_cut_short_is_unreadable(path: Path, kept: int) -> None:
    path.write_bytes(pcap_header()[:kept])
    with pytest.raises(UnreadableError, match="capture: cut short in the middle of the file header$"):
        read(path)


def test_unsupported_headers(path: Path) -> None:
    path.write_bytes(pcap_header(version=(1, 7)))
    with pytest.raises(UnreadableError, match=r"capture: pcap version 1\.7 is not supported$"):
        read(path)
    path.write_bytes(pcap_header(network=0x00010001))
    with pytest.raises(UnreadableError, match=r"damaged pcap header \(link type field 0x00010001\)$"):
        read(path)


@pytest.mark.parametrize("chunk_bytes", [1, 1 << 16])
@pytest.mark.parametrize("lost", [1, 59, 60, 61, 75])
def test_a_file_cut_short_keeps_what_came_before(path: Path, lost: int, chunk_bytes: int) -> None:
    whole = pcap_header() + record() * 3
    path.write_bytes(whole[:-lost])
    frames, source = read(path, chunk_bytes)
    assert len(frames) == 2
    assert damages(source) == [(24 + 2 * 76, "cut short in the middle of a record")]
    assert str(source.facts.damages[0]) == "cut short in the middle of a record at byte 176"


def test_a_record_length_beyond_any_sense(path: Path) -> None:
    now = 1_700_000_000
    path.write_bytes(
        pcap_header() + record(bytes(262144), now) + record(FRAME, now, captured=262145) + record() * 5000
    )
    frames, source = read(path)
    assert [len(frame.data) for frame in frames] == [262144]
    assert damages(source) == [(24 + 16 + 262144, "record length beyond any sense")]


def test_usb_frames_may_be_longer(path: Path) -> None:
    path.write_bytes(pcap_header(network=189) + record(bytes(300_000)) + record())
    frames, source = read(path)
    assert [len(frame.data) for frame in frames] == [300_000, 60]
    assert not source.facts.damages


def test_the_result_does_not_depend_on_the_buffer(path: Path) -> None:
    path.write_bytes(
        pcap_header() + b"".join(record(bytes([i % 256]) * (i * 7 % 300), i) for i in range(300)) + b"tail"
    )
    expected, source = read(path)
    for chunk_bytes, chunk_frames in ((1, 1), (17, 3), (300, 7), (4096, 1000), (1 << 20, 2)):
        frames, again = read(path, chunk_bytes, chunk_frames)
        assert frames == expected
        assert again.facts == source.facts
