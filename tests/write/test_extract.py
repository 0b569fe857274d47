"""Extracts: the chosen frames as they were, the rest of the file too, and the same story."""

from __future__ import annotations

import gzip
import io
import struct
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from analyzer.sources import open_source
from analyzer.write import Wanted, extract, extract_anonymized
from analyzer.write.marks import LINK_HEADERS, RAW_IPV6, mark
from tests.decode.support import Frame, status_of
from tests.sources.files import (
    FRAME,
    interface,
    old_packet,
    option,
    packet,
    pcap_header,
    read,
    record,
    section,
    simple_packet,
    statistics,
)

from .support import ENHANCED, NUMBERED, OLD, SIMPLE, asked, blocks_of
from .test_annotate import everything

FRAMES = 20


def wanted(frames: Iterable[int], *moments_ns: int) -> Wanted:
    chosen = np.zeros(FRAMES + 1, np.bool_)
    chosen[list(frames)] = True
    return Wanted(chosen, frozenset(moments_ns))


def extracted(
    path: Path, what: Wanted, anonymize: bool = False, chunk: tuple[int, int] = (1 << 20, 1 << 14)
) -> bytes:
    out = io.BytesIO()
    with open_source(str(path), *chunk) as source:
        (extract_anonymized if anonymize else extract)(source, what, out)
    return out.getvalue()


@pytest.fixture
def written(tmp_path: Path) -> Path:
    return tmp_path / "in.pcapng"


CHUNKS = pytest.mark.parametrize("chunk", [(64, 1), (300, 3), (1 << 20, 1 << 14)])


@CHUNKS
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    "frames", [set(), {1}, {2, 3, 4}, {10}, {1, 3, 8, 9, 11, 13}, {1, 2, 3, 4, 8, 9, 10}]
)
def test_all_but_the_other_frames_stays(
    written: Path, order: str, frames: set[int], chunk: tuple[int, int]
) -> None:
    written.write_bytes(everything(order) + everything(">" if order == "<" else "<"))
    expected, frame = [], 0
    for block in blocks_of(written.read_bytes()):
        counts = block.kind in (ENHANCED, OLD, SIMPLE, *NUMBERED)
        frame += counts
        if not counts or frame in frames:
            expected.append(block.content)
    found = blocks_of(extracted(written, wanted(frames), chunk=chunk))
    assert [block.content for block in found] == expected


def test_a_simple_packet_keeps_the_time_that_it_had(written: Path, tmp_path: Path) -> None:
    """It has none of its own: that of the frame before, which may be gone."""
    for order, resolution, offset in (("<", 6, 0), (">", 9, 100), ("<", 0x80 | 20, 0), ("<", 12, 0)):
        options = option(9, bytes([resolution]), order)
        options += option(14, struct.pack(order + "q", offset), order)
        written.write_bytes(
            section(order)
            + interface(order, snap_length=40, options=options)
            + packet(ticks=1_700_000_000_123_456, order=order)
            + simple_packet(FRAME[:40], original=60, order=order)
        )
        (before, _), (after, _) = read(written), ([], None)
        out = tmp_path / "out.pcapng"
        out.write_bytes(extracted(written, wanted({2})))
        after, source = read(out)
        assert after == before[1:]
        assert [block.kind for block in blocks_of(out.read_bytes())] == [0x0A0D0D0A, 1, ENHANCED]
        assert not source.facts.damages


@CHUNKS
@pytest.mark.parametrize("anonymize", [False, True])
def test_when_a_capture_began_and_ended_is_marked(
    written: Path, tmp_path: Path, anonymize: bool, chunk: tuple[int, int]
) -> None:
    written.write_bytes(
        section()
        + interface()
        + interface(link_type=113)
        + old_packet(ticks=1_000_000, number=1)
        + packet(ticks=2_000_000)
        + packet(ticks=3_000_000)
        + packet(ticks=4_000_000)
    )
    before, _ = read(written)
    out = tmp_path / "out.pcapng"
    out.write_bytes(extracted(written, wanted({3}, 10**9, 4 * 10**9), anonymize, chunk))
    first, kept, last = read(out)[0]
    assert [(each.time_ns, each.link_type, each.interface) for each in (first, kept, last)] == [
        (each.time_ns, each.link_type, each.interface) for each in (before[0], before[2], before[3])
    ]
    assert (first.data, last.data) == (mark(113, 60, 0)[0], mark(1, 60, 0)[0])
    out.write_bytes(extracted(written, wanted({1, 4}, 10**9, 4 * 10**9), anonymize, chunk))
    assert len(read(out)[0]) == 2


@pytest.mark.parametrize("link_type", [*LINK_HEADERS, RAW_IPV6])
@pytest.mark.parametrize("fcs", [0, 4])
def test_a_mark_is_nothing_but_a_frame(link_type: int, fcs: int) -> None:
    data, original = mark(link_type, 1500, fcs)
    assert len(data) == original
    assert status_of(Frame(data, link_type, original, fcs=fcs)) == "not_tcp"


def test_a_mark_on_an_unknown_link() -> None:
    data, original = mark(105, 1500, 0)
    assert (data, original) == (b"", 1500)
    assert status_of(Frame(data, 105, original)) == "unknown_link_type"


@pytest.mark.tshark
def test_marks_in_tshark(tshark: str, tmp_path: Path) -> None:
    links = sorted(set(LINK_HEADERS) - {149, 219, 258}) + [RAW_IPV6, 105]
    path = tmp_path / "marks.pcapng"
    parts = [section(), *(interface(link_type=each) for each in links)]
    for number, link_type in enumerate(links):
        data, original = mark(link_type, 1500, 0)
        parts.append(packet(data, number=number, original=original))
    path.write_bytes(b"".join(parts))
    said = asked(tshark, path, "frame.protocols", "_ws.malformed", "_ws.expert.severity")
    assert all(each[0].endswith((":ip", "ip", "ipv6")) for each in said[:-1])
    assert {each[1:] for each in said} == {("", "")}


# pcap files


@CHUNKS
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("frames", [set(), {1}, {2, 3}, {1, 2, 4}, {4}])
def test_records_of_a_pcap_file(tmp_path: Path, order: str, frames: set[int], chunk: tuple[int, int]) -> None:
    path = tmp_path / "in.pcap"
    header = pcap_header(0xA1B23C4D, order, network=1 | 0x0400_0000 | 2 << 28)
    records = [record(FRAME[: 50 + i], i, i, order, original=99) for i in range(4)]
    path.write_bytes(header + b"".join(records))
    kept = b"".join(records[frame - 1] for frame in sorted(frames))
    assert extracted(path, wanted(frames), chunk=chunk) == header + kept
    packed = tmp_path / "in.pcap.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert extracted(packed, wanted(frames), chunk=chunk) == header + kept


@pytest.mark.parametrize(
    ("magic", "version", "extra"),
    [
        (0xA1B2C3D4, (2, 4), b""),
        (0xA1B2C3D4, (2, 2), b""),
        (0xA1B2C3D4, (2, 3), b""),
        (0xA1B2CD34, (2, 4), b"12345678"),
    ],
)
@pytest.mark.parametrize("anonymize", [False, True])
def test_marks_in_odd_pcap_files(
    tmp_path: Path, magic: int, version: tuple[int, int], extra: bytes, anonymize: bool
) -> None:
    path, out = tmp_path / "in.pcap", tmp_path / "out.pcap"
    lengths = {"captured": 1500, "original": 60} if version == (2, 2) else {"captured": 60, "original": 1500}
    records = [record(FRAME, second, 0, extra=extra, **lengths) for second in (1, 2, 3)]
    path.write_bytes(pcap_header(magic, version=version) + b"".join(records))
    before, _ = read(path)
    assert [(len(each.data), each.original) for each in before] == [(60, 1500)] * 3
    out.write_bytes(extracted(path, wanted({2}, 10**9, 3 * 10**9), anonymize))
    after, source = read(out)
    assert not source.facts.damages
    assert [each.time_ns for each in after] == [each.time_ns for each in before]
    assert [len(each.data) for each in (after[0], after[2])] == [34, 34]
    assert (after[1].original, after[0].original) == (1500, 34)


# Anonymous files


def test_nothing_of_the_file_comes_along(written: Path) -> None:
    order = ">"
    secret = [option(code, b"secret!!", order) for code in (1, 2, 3, 11, 12)]
    drops = option(4, struct.pack(">Q", 1000), order) + option(5, struct.pack(">Q", 7), order)
    written.write_bytes(
        everything(order)
        + section(order, b"".join(secret))
        + interface(order, options=b"".join(secret) + option(9, b"\x09", order))
        + packet(order=order, options=secret[0] + option(2, struct.pack(">I", 4 << 5), order))
        + statistics(0, b"".join((secret[0], drops)), order)
    )
    left = extracted(written, wanted({1, 2, 3, 4, 5, 8, 9, 10, 11}), anonymize=True)
    assert b"secret" not in left and b"eth0" not in left and b"dumpcap" not in left and b"host" not in left
    assert {block.order for block in blocks_of(left)} == {"<"}
    assert [block.kind for block in blocks_of(left)] == [0x0A0D0D0A, 1, 1, *[6] * 8, 1, 6, 5, 5]
    before, _ = read(written)
    out = written.with_name("out.pcapng")
    out.write_bytes(left)
    after, source = read(out)
    kept = [before[place - 1] for place in (1, 2, 3, 4, 5, 8, 9, 10, 11)]
    for one, other in zip(kept, after, strict=True):
        assert one[:1] + one[2:] == other[:1] + other[2:]
        assert len(other.data) <= len(one.data)
    assert (source.facts.interfaces[2].received, source.facts.interfaces[2].dropped) == (1000, 7)


# Wireshark


@pytest.mark.tshark
@pytest.mark.captures
@pytest.mark.parametrize("anonymize", [False, True])
def test_tshark_reads_every_format(
    tshark: str, shared_captures: Path, tmp_path: Path, anonymize: bool
) -> None:
    """The chosen frames are what they were; made anonymous, they have the same headers at the same times."""
    paths = sorted((shared_captures / "formats").iterdir())
    assert len(paths) > 15
    fields = [
        "frame.time_epoch",
        "frame.len",
        "tcp.seq_raw",
        "tcp.len",
        "tcp.flags",
        "tcp.options.timestamp.tsval",
    ]
    for path in paths:
        before = asked(tshark, path, *fields, "frame.cap_len", "_ws.malformed")
        frames = range(1, len(before) + 1, 2)
        chosen = np.zeros(len(before) + 1, np.bool_)
        chosen[frames] = True
        out = tmp_path / path.name
        out.write_bytes(extracted(path, Wanted(chosen, frozenset()), anonymize))
        after = asked(tshark, out, *fields, "frame.cap_len", "_ws.malformed")
        assert [each[:-2] for each in after] == [before[frame - 1][:-2] for frame in frames], path
        for frame, (*_, captured, malformed) in zip(frames, after, strict=True):
            *_, whole, also = before[frame - 1]
            assert captured == whole or (anonymize and int(captured) < int(whole))
            assert not malformed or also
