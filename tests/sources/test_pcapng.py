"""pcapng files, one feature at a time."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path

import pytest

from analyzer.errors import UnreadableError
from analyzer.facts import Interface
from analyzer.sources import NO_LINK, pcapng

from .files import (
    ENHANCED,
    FRAME,
    NAMES,
    SECTION,
    block,
    damages,
    interface,
    old_packet,
    option,
    packet,
    padded,
    read,
    section,
    simple_packet,
    statistics,
)

START = section() + interface()
LATEST = (1 << 62) - 1
DECIMAL = (0, 3, 6, 9, 10, 12, 19, 20, 28, 29, 127)
BINARY = (0, 1, 10, 31, 32, 33, 40, 63, 64, 95, 127)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "capture"


@pytest.mark.parametrize("order", ["<", ">"])
def test_both_byte_orders(path: Path, order: str) -> None:
    path.write_bytes(
        section(order)
        + interface(order, link_type=113, snap_length=96)
        + packet(b"odd", 1_700_000_000_123_456, 0, order, original=70)
        + packet(b"even", 1_700_000_000_123_457, 0, order)
    )
    frames, source = read(path)
    assert [(frame.time_ns, frame.data, frame.original, frame.link_type) for frame in frames] == [
        (1_700_000_000_123_456_000, b"odd", 70, 113),
        (1_700_000_000_123_457_000, b"even", 4, 113),
    ]
    assert source.facts.format == "pcapng"
    assert source.facts.interfaces == [Interface(113, 96)]
    assert not source.facts.damages


def test_sections_number_their_interfaces_anew(path: Path) -> None:
    """Also with another byte order, and with a section length that is known."""
    last = interface(link_type=276) + packet(ticks=3)
    path.write_bytes(
        START
        + packet(ticks=1)
        + section(">")
        + interface(">", link_type=101)
        + interface(">", link_type=113)
        + packet(FRAME, 2, 1, ">")
        + packet(FRAME, 2, 0, ">")
        + section(length=len(last))
        + last
    )
    frames, source = read(path)
    assert [(frame.interface, frame.link_type, frame.time_ns) for frame in frames] == [
        (0, 1, 1000),
        (2, 113, 2000),
        (1, 101, 2000),
        (3, 276, 3000),
    ]
    assert [each.link_type for each in source.facts.interfaces] == [1, 101, 113, 276]
    assert not source.facts.damages


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    "ticks", [0, 1, 1025, 999_999_999_999, (1 << 40) * 5 + 12_345_678_901, (1 << 63) + 12_345, (1 << 64) - 1]
)
@pytest.mark.parametrize("offset_s", [0, 1000, -5, 1_700_000_000])
@pytest.mark.parametrize("resolution", [*DECIMAL, *(0x80 | each for each in BINARY)])
def test_times_are_exact_in_every_resolution(
    path: Path, resolution: int, offset_s: int, ticks: int, order: str
) -> None:
    options = option(9, bytes((resolution,)), order) + option(14, struct.pack(order + "q", offset_s), order)
    path.write_bytes(section(order) + interface(order, options=options) + packet(FRAME, ticks, 0, order))
    frames, _ = read(path)
    base = 2 if resolution & 0x80 else 10
    exact = int(Fraction(ticks * 10**9, base ** (resolution & 0x7F))) + offset_s * 10**9
    allowed = {max(min(exact, LATEST), -LATEST)}
    if exact > 1 << 61:  # may be cut before the offset is added: beyond the year 2043 in any case
        allowed.add(max(min(LATEST + offset_s * 10**9, LATEST), -LATEST))
    assert frames[0].time_ns in allowed


@pytest.mark.parametrize("offset_s", [(1 << 63) - 1, -(1 << 63)])
def test_an_absurd_time_offset_is_cut(path: Path, offset_s: int) -> None:
    path.write_bytes(
        section() + interface(options=option(14, struct.pack("<q", offset_s))) + packet(ticks=(1 << 64) - 1)
    )
    frames, _ = read(path)
    assert abs(frames[0].time_ns) <= LATEST


def test_options_of_an_interface(path: Path) -> None:
    options = (
        option(1, b"by the window")
        + option(2, b"en\xc3\xb6")
        + option(3, b"a description\0")
        + option(2, b"second name")
        + option(9, b"\x09")
        + option(9, b"\x03")
        + option(11, b"\0host 1.2.3.4")
        + option(13, b"\x04")
        + option(0x8001, b"somebody's own")
        + option(0, b"")
        + option(3, b"behind the end")
    )
    path.write_bytes(section(options=option(1, b"a comment")) + interface(options=options) + packet(ticks=5))
    frames, source = read(path)
    assert source.facts.interfaces == [Interface(1, 0, "enö", "a description", "host 1.2.3.4")]
    assert source.facts.comments == ["a comment", "by the window"]
    assert (frames[0].time_ns, frames[0].fcs) == (5, 4)


def test_strange_options_do_no_harm(path: Path) -> None:
    """A resolution of two bytes, a filter in BPF, invalid UTF-8, and a list that breaks off."""
    options = option(9, b"\x09\x09") + option(11, b"\x01\x00") + option(2, b"\xff\xfe")
    path.write_bytes(
        section() + interface(options=options + struct.pack("<HH", 3, 400) + b"abcd") + packet(ticks=5)
    )
    frames, source = read(path)
    assert frames[0].time_ns == 5000
    assert source.facts.interfaces == [Interface(1, 0, "\ufffd\ufffd")]


def test_fcs_length_in_bytes_or_bits_or_flags_of_a_packet(path: Path) -> None:
    flags = option(2, struct.pack("<I", 2 << 5 | 1))
    path.write_bytes(
        section()
        + interface(options=option(13, b"\x20"))
        + interface()
        + packet()
        + packet(options=flags)
        + packet(number=1)
        + packet(number=1, options=option(1, b"comment") + flags)
        + packet(number=1, options=option(2, struct.pack("<I", 1)))
    )
    frames, _ = read(path)
    assert [frame.fcs for frame in frames] == [4, 2, 0, 2, 0]


def test_simple_packets_get_the_time_before_them(path: Path) -> None:
    path.write_bytes(
        section()
        + interface(snap_length=30, link_type=12, options=option(13, b"\x02"))
        + simple_packet(b"x" * 29)
        + packet(ticks=7)
        + simple_packet(b"y" * 30, original=60)
        + packet(ticks=9)
    )
    frames, source = read(path)
    assert [(frame.time_ns, len(frame.data), frame.original) for frame in frames] == [
        (0, 29, 29),
        (7000, 60, 60),
        (7000, 30, 60),
        (9000, 60, 60),
    ]
    assert frames[2][3:] == (12, 0, 2)
    assert source.untimed == 2


def test_old_packet_blocks(path: Path) -> None:
    path.write_bytes(
        START
        + interface()
        + old_packet(ticks=5)
        + old_packet(b"abc", 6, number=1, drops=3)
        + old_packet(b"abc", 6, number=1, drops=4)
    )
    frames, source = read(path)
    assert [(frame.time_ns, frame.data, frame.interface) for frame in frames] == [
        (5000, FRAME, 0),
        (6000, b"abc", 1),
        (6000, b"abc", 1),
    ]
    assert [each.dropped for each in source.facts.interfaces] == [None, 7]
    assert source.facts.dropped == 7


def test_statistics_tell_what_was_lost(path: Path) -> None:
    """The last block of an interface counts; one for an unknown interface is passed over."""

    def counts(*numbers: tuple[int, int]) -> bytes:
        return b"".join(option(code, struct.pack("<Q", count)) for code, count in numbers)

    unknown = (1 << 64) - 1
    path.write_bytes(
        START
        + interface() * 3
        + statistics(0, counts((4, 10), (5, 1)))
        + packet()
        + statistics(0, counts((4, 20), (5, 2), (7, 3)))
        + statistics(1, counts((4, unknown), (5, unknown)))
        + statistics(2, counts((7, 5)))
        + statistics(9, counts((5, 99)))
    )
    frames, source = read(path)
    assert len(frames) == 1
    assert [(each.received, each.dropped) for each in source.facts.interfaces] == [
        (20, 5),
        (None, None),
        (None, 5),
        (None, None),
    ]
    assert source.facts.dropped == 10


@pytest.mark.parametrize("order", ["<", ">"])
def test_statistics_tell_when_capturing_began_and_ended(path: Path, order: str) -> None:
    """In the interface's ticks; dumpcap writes microseconds whatever these are."""
    began, ended = 1_700_000_000 * 10**9, 1_700_000_060 * 10**9

    def times(unit: int) -> bytes:
        words = (struct.pack(order + "II", *divmod(time // unit, 1 << 32)) for time in (began, ended))
        return b"".join(option(code, word, order) for code, word in zip((2, 3), words, strict=True))

    nanoseconds = option(9, b"\x09", order)
    path.write_bytes(
        section(order)
        + interface(order, options=nanoseconds) * 2
        + interface(order) * 2
        + statistics(0, times(1), order)
        + statistics(1, times(1000), order)
        + statistics(2, times(1000), order)
        + packet(order=order)
    )
    _, source = read(path)
    told = [(each.started_ns, each.stopped_ns) for each in source.facts.interfaces]
    assert told == [(began, ended)] * 3 + [(None, None)]


@pytest.mark.parametrize("order", ["<", ">"])
def test_drops_told_by_packets_count_where_there_are_no_statistics(path: Path, order: str) -> None:
    def lost(count: int) -> bytes:
        return option(1, b"comment", order) + option(4, struct.pack(order + "Q", count), order)

    path.write_bytes(
        section(order)
        + interface(order) * 3
        + packet(FRAME, 1, 0, order, options=lost(3))
        + packet(FRAME, 1, 0, order, options=lost(4))
        + packet(FRAME, 1, 0, order, options=lost(1 << 50))  # nonsense
        + packet(FRAME, 1, 1, order, options=lost(5))
        + packet(FRAME, 1, 2, order)
        + statistics(1, option(5, struct.pack(order + "Q", 6), order), order)
    )
    _, source = read(path)
    assert [each.dropped for each in source.facts.interfaces] == [7, 6, None]


def test_other_blocks_are_passed_over(path: Path) -> None:
    """Names, secrets, blocks nobody knows; also such as are larger than the buffer."""
    secrets = struct.pack("<II", 0x544C534B, 8) + b"CLIENT_R"
    path.write_bytes(
        START
        + block(NAMES, bytes(4))
        + packet(b"1")
        + block(10, secrets)
        + block(0x777, bytes(300_000))
        + packet(b"2")
        + block(0x80000001)
        + packet(b"3")
    )
    for chunk_bytes in (1, 1 << 12, 1 << 20):
        frames, source = read(path, chunk_bytes)
        assert [frame.data for frame in frames] == [b"1", b"2", b"3"]
        assert not source.facts.damages
        if chunk_bytes == 1 << 12:
            assert isinstance(source, pcapng.PcapngSource)
            assert len(source.window.data) == chunk_bytes


@pytest.mark.parametrize("kind", [9, 0x204, 0x216, 0x221, 0xBAD, 0x40000BAD])
def test_records_without_a_frame_are_numbered_as_in_wireshark(path: Path, kind: int) -> None:
    path.write_bytes(START + packet(ticks=3) + block(kind, bytes(40)) + packet(ticks=4))
    frames, source = read(path)
    assert [(frame.time_ns, len(frame.data), frame.link_type) for frame in frames] == [
        (3000, 60, 1),
        (3000, 0, NO_LINK),
        (4000, 60, 1),
    ]
    assert source.untimed == 1


def test_a_length_without_its_padding_is_understood(path: Path) -> None:
    data = FRAME[:59]
    body = struct.pack("<IIIII", 0, 0, 1, 59, 59) + data
    path.write_bytes(START + block(ENHANCED, body, total=12 + 20 + 59) + packet())
    frames, source = read(path)
    assert [frame.data for frame in frames] == [data, FRAME]
    assert not source.facts.damages


def test_the_longest_frame(path: Path) -> None:
    path.write_bytes(START + packet(bytes(262144)) + packet(bytes(262145)) + packet())
    frames, source = read(path)
    assert [len(frame.data) for frame in frames] == [262144]
    assert damages(source) == [(len(START) + 32 + 262144, "record length beyond any sense")]


BAD_LENGTH = "block length beyond any sense"
DIFFER = "the two lengths of a block differ"
NO_INTERFACE = "packet of an interface that was not described"
SECTION_BODY = struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)


@pytest.mark.parametrize("chunk_bytes", [1, 1 << 16])
@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (block(ENHANCED, bytes(20) + FRAME, trailing=96), DIFFER),
        (block(0x777, bytes(8), trailing=24), DIFFER),
        (block(0x777, bytes(200_000), trailing=24), DIFFER),
        (block(SECTION, SECTION_BODY, trailing=32), DIFFER),
        (block(ENHANCED, b"", total=8), BAD_LENGTH),
        (block(ENHANCED, bytes(16)), BAD_LENGTH),
        (packet(captured=61 + 3), BAD_LENGTH),
        (block(ENHANCED, bytes(20), total=(1 << 24) + 4), BAD_LENGTH),
        (block(0x777, bytes(20), total=0xFFFFFFF0), BAD_LENGTH),
        (bytes(100), BAD_LENGTH),
        (block(1), BAD_LENGTH),
        (block(5, bytes(8)), BAD_LENGTH),
        (block(3), BAD_LENGTH),
        (simple_packet(FRAME, original=80), BAD_LENGTH),
        (block(SECTION, SECTION_BODY[:12]), BAD_LENGTH),
        (simple_packet(b"", original=300_000), "record length beyond any sense"),
        (packet(number=1), NO_INTERFACE),
        (old_packet(number=7), NO_INTERFACE),
        (section() + packet(), NO_INTERFACE),
        (section() + simple_packet(), NO_INTERFACE),
        (block(SECTION, bytes(20)), "damaged section header: no byte order"),
        (section(version=(2, 0)), "pcapng version 2.0 is not supported"),
    ],
)
def test_damage_ends_the_capture_where_it_is(path: Path, bad: bytes, reason: str, chunk_bytes: int) -> None:
    before = START + packet(b"1") + packet(b"2")
    path.write_bytes(before + bad + packet(b"3") * 3)
    frames, source = read(path, chunk_bytes)
    assert [frame.data for frame in frames] == [b"1", b"2"]
    extra = len(section()) if bad.startswith(section()) else 0
    assert damages(source) == [(len(before) + extra, reason)]


@pytest.mark.parametrize("chunk_bytes", [1, 64, 1 << 16])
@pytest.mark.parametrize(
    "last", [packet(b"3"), interface(), section(), statistics(), block(0x777, bytes(3000)), simple_packet()]
)
def test_a_file_cut_short_keeps_what_came_before(path: Path, last: bytes, chunk_bytes: int) -> None:
    before = START + packet(b"1") + packet(b"2")
    for kept in (1, 7, 8, 11, 12, 15, 16, 27, len(last) - 4, len(last) - 1):
        if kept < len(last):
            path.write_bytes(before + last[:kept])
            frames, source = read(path, chunk_bytes)
            assert [frame.data for frame in frames] == [b"1", b"2"]
            assert damages(source) == [(len(before), "cut short in the middle of a record")]


@pytest.mark.parametrize("kept", range(4, 28))
def test_a_first_section_header_cut_short_is_unreadable(path: Path, kept: int) -> None:
    path.write_bytes(section()[:kept])
    with pytest.raises(UnreadableError, match="capture: cut short in the section header$"):
        read(path)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (section(version=(2, 0)), r"pcapng version 2\.0 is not supported$"),
        (block(SECTION, bytes(20)), "damaged section header: no byte order$"),
        (block(SECTION, SECTION_BODY, trailing=32), "the two lengths of a block differ$"),
        (block(SECTION, SECTION_BODY, total=16), "block length beyond any sense$"),
    ],
)
def test_a_bad_first_section_header_is_unreadable(path: Path, data: bytes, reason: str) -> None:
    path.write_bytes(data + bytes(40))
    with pytest.raises(UnreadableError, match="capture: " + reason):
        read(path)


def test_sections_without_packets_are_a_capture_without_frames(path: Path) -> None:
    path.write_bytes(section() + section() + interface())
    frames, source = read(path)
    assert frames == []
    assert not source.facts.damages
    assert len(source.facts.interfaces) == 1


def test_more_interfaces_than_can_be_numbered(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert pcapng.MOST_INTERFACES == 1 << 16
    monkeypatch.setattr(pcapng, "MOST_INTERFACES", 50)
    many = section() + interface() * 50
    path.write_bytes(many + packet(number=49) + interface() + packet())
    frames, source = read(path)
    assert [frame.interface for frame in frames] == [49]
    assert damages(source) == [(len(many) + len(packet()), "more than 50 interfaces")]


def test_comments_cannot_fill_the_memory(path: Path) -> None:
    path.write_bytes(section(options=option(1, b"c" * 60_000)) * 1100)
    _, source = read(path)
    assert len(source.facts.comments) == 1000
    assert {len(comment) for comment in source.facts.comments} == {4096}


def test_the_result_does_not_depend_on_the_buffer(path: Path) -> None:
    parts = [START, interface(link_type=101)]
    for i in range(120):
        parts.append(packet(padded(bytes([i])) * (i % 40), i, i % 2, options=option(1, b"x" * (i % 9))))
        if i % 10 == 3:
            parts.append(block(0x777, bytes(i * 13)))
        if i % 25 == 7:
            parts.append(statistics(0, option(4, struct.pack("<Q", i))))
        if i % 30 == 11:
            parts += [section(">"), interface(">"), interface(">"), packet(b"big", i, 1, ">")]
            parts += [section(), interface(), interface()]
    path.write_bytes(b"".join(parts) + packet()[:-3])
    expected, source = read(path)
    assert len(expected) == 124
    for chunk_bytes, chunk_frames in ((1, 1), (17, 3), (300, 7), (4096, 1000), (1 << 20, 2)):
        frames, again = read(path, chunk_bytes, chunk_frames)
        assert frames == expected
        assert again.facts == source.facts
