"""Annotated copies: comments are there, all else is as it was; read back with tshark and by hand."""

from __future__ import annotations

import gzip
import io
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from analyzer.sources import open_source
from analyzer.write import annotate
from tests.sources.files import (
    FRAME,
    NAMES,
    block,
    interface,
    old_packet,
    option,
    packet,
    pcap_header,
    record,
    section,
    simple_packet,
    statistics,
)

from .support import added_comments, asked, blocks_of, comments_in_tshark, split_comments

Comments = dict[int, list[str]]
SECRETS, CUSTOM, CUSTOM_HERE, UNKNOWN = 10, 0xBAD, 0x40000BAD, 0x7777


def annotated(path: Path, comments: Comments, chunk: tuple[int, int] = (1 << 20, 1 << 14)) -> bytes:
    """The copy of a file with these comments."""

    def given() -> Iterator[tuple[int, Sequence[str]]]:
        yield from sorted(comments.items())

    out = io.BytesIO()
    with open_source(str(path), *chunk) as source:
        annotate(source, given(), out)
    return out.getvalue()


@pytest.fixture
def written(tmp_path: Path) -> Path:
    return tmp_path / "in.pcapng"


def everything(order: str) -> bytes:
    """A section of each kind of block; frames 1 to 10."""
    return b"".join(
        (
            section(order, option(4, b"dumpcap", order) + option(0, b"", order)),
            interface(
                order, options=option(2, b"eth0", order) + option(9, b"\x09", order) + option(0, b"", order)
            ),
            interface(order, link_type=113, snap_length=96),
            packet(order=order),
            packet(FRAME[:57], number=1, order=order, original=1500),
            packet(order=order, options=option(1, b"mine", order) + option(1, b"too", order)),
            block(NAMES, b"\0\1\0\x09\x0a\0\0\1host\0\0\0\0\0\0\0", order),
            block(SECRETS, struct.pack(order + "II", 0x544C534B, 8) + b"secret!\n", order),
            old_packet(order=order),
            simple_packet(order=order),
            block(CUSTOM, struct.pack(order + "I", 32473) + b"copied", order),
            block(CUSTOM_HERE, struct.pack(order + "I", 32473) + b"not copied", order),
            block(UNKNOWN, b"whatever", order),
            packet(b"", order=order),
            packet(FRAME, order=order, options=b"\1\0\xff\xff"),  # an option that does not fit
            statistics(0, option(4, bytes(8), order) + option(0, b"", order), order),
            packet(order=order),
        )
    )


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("chunk", [(64, 1), (300, 3), (1 << 20, 1 << 14)])
def test_everything_else_stays_byte_for_byte(written: Path, order: str, chunk: tuple[int, int]) -> None:
    written.write_bytes(everything(order) + everything(">" if order == "<" else "<"))
    comments = {
        1: ["one", "two"],
        2: ["äöü → x"],
        3: ["three"],
        4: ["four"],
        8: ["8"],
        9: ["nine!"],
        11: ["b"],
        13: ["c"],
    }
    assert added_comments(written.read_bytes(), annotated(written, comments, chunk)) == comments


def test_nothing_to_say_changes_nothing(written: Path) -> None:
    written.write_bytes(everything("<"))
    assert annotated(written, {}) == written.read_bytes()


def test_what_is_no_packet_block_bears_no_comment(written: Path) -> None:
    """Simple packets have no options; custom blocks only have a number."""
    written.write_bytes(everything("<"))
    with open_source(str(written)) as source:
        done = annotate(source, iter([(5, ["simple"]), (6, ["custom"]), (10, ["packet"])]), io.BytesIO())
    assert (done.frames, done.commented, done.simple) == (10, 1, 2)


def test_simple_and_enhanced_packets_are_told_apart(written: Path) -> None:
    """Whatever stands before the frame: here the time of an enhanced packet is the type of a simple one."""
    written.write_bytes(section() + interface() + packet(ticks=3) + simple_packet() + packet(ticks=3))
    comments = {1: ["a"], 2: ["b"], 3: ["c"]}
    assert added_comments(written.read_bytes(), annotated(written, comments)) == {1: ["a"], 3: ["c"]}


def test_lengths_without_padding_stay_so(written: Path) -> None:
    """As some writers leave them; our reader and Wireshark's take them."""
    whole = packet(FRAME[:57])
    total = struct.pack("<I", len(whole) - 3)
    written.write_bytes(section() + interface() + whole[:4] + total + whole[8:-4] + total + packet())
    comments = {1: ["one"], 2: ["two"]}
    assert added_comments(written.read_bytes(), annotated(written, comments)) == comments


def test_a_block_larger_than_memory_is_copied(written: Path) -> None:
    large = block(UNKNOWN, bytes(range(256)) * 4096)
    written.write_bytes(section() + interface() + packet() + large + packet())
    comments = {1: ["one"], 2: ["two"]}
    assert added_comments(written.read_bytes(), annotated(written, comments, (4096, 10))) == comments


@pytest.mark.parametrize("cut", [1, 30, 5000, 1 << 20])
def test_the_copy_ends_with_the_last_whole_block(written: Path, tmp_path: Path, cut: int) -> None:
    good = section() + interface() + packet()
    whole = good + block(UNKNOWN, bytes(1 << 20))
    written.write_bytes(whole[:-cut])
    assert annotated(written, {}, (4096, 10)) == good
    packed = tmp_path / "in.pcapng.gz"
    packed.write_bytes(gzip.compress(whole, 1)[:-20])
    assert annotated(packed, {}, (4096, 10)) == good


def test_compressed_input_becomes_plain(written: Path, tmp_path: Path) -> None:
    written.write_bytes(everything("<"))
    packed = tmp_path / "in.pcapng.gz"
    packed.write_bytes(gzip.compress(written.read_bytes()))
    assert annotated(packed, {1: ["x"]}) == annotated(written, {1: ["x"]})


# pcap files


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("magic", "resolution"), [(0xA1B2C3D4, 6), (0xA1B23C4D, 9)])
def test_pcap_becomes_pcapng(tmp_path: Path, order: str, magic: int, resolution: int) -> None:
    path = tmp_path / "in.pcap"
    network = 1 | 0x0400_0000 | 2 << 28  # two times 16 bits of FCS
    header = pcap_header(magic, order, snap_length=1514, network=network)
    frames = [FRAME, FRAME[:57], b"", FRAME]
    path.write_bytes(
        header
        + b"".join(
            record(each, 1_700_000_000 + i, 999_999, order, original=70) for i, each in enumerate(frames)
        )
    )
    for chunk in ((64, 1), (1 << 20, 1 << 14)):
        head, described, *packets = blocks_of(annotated(path, {2: ["two"], 4: ["four", "4"]}, chunk))
        assert head.content[8:12] == b"\x4d\x3c\x2b\x1a"
        assert described.content[8:-4] == struct.pack("<HHI", 1, 0, 1514) + (
            option(9, bytes([resolution])) + option(13, b"\x20") + option(0, b"")
        )
        for i, (each, data) in enumerate(zip(packets, frames, strict=True)):
            _, high, low, captured, original = struct.unpack_from("<5I", each.content, 8)
            assert (high << 32 | low) == (1_700_000_000 + i) * 10**resolution + 999_999
            assert (captured, original, each.content[28 : 28 + captured]) == (len(data), 70, data)
        assert [split_comments(each.options, "<")[0] for each in packets] == [[], ["two"], [], ["four", "4"]]


def test_pcap_that_is_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "in.pcap"
    path.write_bytes(pcap_header() + record() + record()[:-1])
    assert [each.kind for each in blocks_of(annotated(path, {}))] == [0x0A0D0D0A, 1, 6]


# Wireshark


def check_with_tshark(tshark: str, path: Path, copy: Path) -> None:
    """Comments are where they should be, and Wireshark sees the same frames as before."""
    fields = ("frame.time_epoch", "frame.len", "frame.cap_len", "frame.protocols", "_ws.malformed")
    before = asked(tshark, path, *fields)
    comments = {frame: [f"comment on {frame}", "→ and more"] for frame in range(1, len(before) + 1, 3)}
    copy.write_bytes(annotated(path, comments))
    assert asked(tshark, copy, *fields) == before
    assert comments_in_tshark(tshark, copy) == comments
    if path.suffix == ".pcapng":
        assert added_comments(path.read_bytes(), copy.read_bytes()) == comments


@pytest.mark.tshark
def test_tshark_on_recordings(tshark: str, recorded: Path, tmp_path: Path) -> None:
    for path in sorted(recorded.glob("*.pcapng"))[::6]:
        check_with_tshark(tshark, path, tmp_path / "out.pcapng")


@pytest.mark.tshark
@pytest.mark.captures
def test_tshark_on_every_format(tshark: str, shared_captures: Path, tmp_path: Path) -> None:
    paths = sorted((shared_captures / "formats").iterdir())
    assert len(paths) > 15
    for path in paths:
        check_with_tshark(tshark, path, tmp_path / "out.pcapng")


@pytest.mark.tshark
@pytest.mark.parametrize("order", ["<", ">"])
def test_tshark_on_every_kind_of_block(tshark: str, tmp_path: Path, order: str) -> None:
    path, copy = tmp_path / "in.pcapng", tmp_path / "out.pcapng"
    path.write_bytes(
        section(order)
        + interface(order)
        + packet(order=order)
        + old_packet(order=order)
        + packet(order=order, options=option(1, b"mine", order) + option(0, b"", order))
    )
    copy.write_bytes(annotated(path, {1: ["ours"], 2: ["ours"], 3: ["ours"]}))
    assert comments_in_tshark(tshark, copy) == {1: ["ours"], 2: ["ours"], 3: ["ours", "mine"]}
