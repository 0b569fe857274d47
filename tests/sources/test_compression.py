"""Compressed captures: every format, in several pieces, cut short, damaged, or padded."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable
from pathlib import Path

import lz4.frame
import pytest
import zstandard

from analyzer.errors import MissingToolError, UnreadableError
from analyzer.sources import compression, open_source

from .files import FRAME, Read, damages, interface, only_damage, packet, pcap_header, read, record, section

PLAIN = pcap_header() + b"".join(record(FRAME + bytes([i % 256]) * (i % 50), i) for i in range(3000))

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda data: gzip.compress(data, 6),
    "zstd": lambda data: zstandard.ZstdCompressor(write_checksum=True).compress(data),
    "lz4": lambda data: lz4.frame.compress(
        data, content_checksum=True, block_size=lz4.frame.BLOCKSIZE_MAX64KB
    ),
    "xz": lambda data: lzma.compress(data, preset=0),
    "bzip2": lambda data: bz2.compress(data),
}
NAMES = sorted(PACKERS)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "capture.pcap"  # whatever it is called: content decides


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> list[Read]:
    plain = tmp_path_factory.mktemp("plain") / "plain"
    plain.write_bytes(PLAIN)
    return list(read(plain)[0])


@pytest.mark.parametrize("chunk_bytes", [1, 5000, 1 << 20])
@pytest.mark.parametrize("name", NAMES)
def test_every_compression(path: Path, expected: list[Read], name: str, chunk_bytes: int) -> None:
    path.write_bytes(PACKERS[name](PLAIN))
    frames, source = read(path, chunk_bytes)
    assert frames == expected
    assert source.facts.format == f"pcap, {name}"
    assert source.facts.damages == []
    assert source.compressed
    assert source.size == source.consumed == path.stat().st_size


@pytest.mark.parametrize("name", NAMES)
def test_pcapng_inside(path: Path, name: str) -> None:
    path.write_bytes(PACKERS[name](section() + interface() + packet() * 100))
    frames, source = read(path)
    assert len(frames) == 100
    assert source.facts.format == f"pcapng, {name}"


@pytest.mark.parametrize("chunk_bytes", [1, 1 << 20])
@pytest.mark.parametrize("name", NAMES)
def test_members_that_follow_each_other(
    path: Path, expected: list[Read], name: str, chunk_bytes: int
) -> None:
    """Cut anywhere, with empty ones between, and padded with zeros as tapes do."""
    pack = PACKERS[name]
    cuts = (0, 3, 3, 24, 1000, 100_000, len(PLAIN))
    members = [pack(PLAIN[start:end]) for start, end in zip(cuts, cuts[1:], strict=False)]
    path.write_bytes(b"".join(members) + bytes(1024))
    frames, source = read(path, chunk_bytes)
    assert frames == expected
    assert source.facts.damages == []


@pytest.mark.parametrize("magic", [b"\x50\x2a\x4d\x18", b"\x5f\x2a\x4d\x18"])
@pytest.mark.parametrize("name", ["zstd", "lz4"])
def test_skippable_frames(path: Path, expected: list[Read], name: str, magic: bytes) -> None:
    skippable = magic + (5).to_bytes(4, "little") + b"12345"
    half = len(PLAIN) // 2
    pack = PACKERS[name]
    first = (
        skippable if name == "zstd" else b""
    )  # in front it tells nothing: taken for zstd, as pzstd writes it
    path.write_bytes(first + pack(PLAIN[:half]) + skippable + pack(PLAIN[half:]) + skippable)
    frames, source = read(path)
    assert frames == expected
    assert source.facts.damages == []


def test_very_many_tiny_members(path: Path) -> None:
    path.write_bytes(
        b"".join(gzip.compress(PLAIN[i : i + 1]) for i in range(177)) + gzip.compress(b"") * 2000
    )
    frames, source = read(path)
    assert len(frames) == 2
    assert source.facts.damages == []


@pytest.mark.parametrize("chunk_bytes", [1, 1 << 20])
@pytest.mark.parametrize("part", [0.7, 0.999])
@pytest.mark.parametrize("name", NAMES)
def test_cut_short_keeps_what_came_before(
    path: Path, expected: list[Read], name: str, part: float, chunk_bytes: int
) -> None:
    packed = PACKERS[name](PLAIN[:200_000]) + PACKERS[name](PLAIN[200_000:])
    path.write_bytes(packed[: int(len(packed) * part)])
    frames, source = read(path, chunk_bytes)
    assert frames == expected[: len(frames)]
    damage = only_damage(source)
    assert damage.reason == f"the {name} data is cut short"
    inside = sum(16 + len(frame.data) for frame in frames) + 24
    assert inside <= damage.offset <= inside + 16 + len(FRAME) + 50
    assert len(frames) > 1000


@pytest.mark.parametrize("name", ["gzip", "zstd", "lz4", "xz"])
def test_a_wrong_checksum_at_the_end_is_damage(path: Path, expected: list[Read], name: str) -> None:
    packed = bytearray(PACKERS[name](PLAIN))
    at = {"gzip": -8, "zstd": -1, "lz4": -1, "xz": -30}[name]
    packed[at] ^= 0xFF
    path.write_bytes(packed)
    frames, source = read(path)
    assert frames == expected[: len(frames)]
    assert only_damage(source).reason.startswith(f"damaged {name} data (")
    lost = sum(16 + len(frame.data) for frame in expected[len(frames) :])
    assert lost < 1 << 18  # what the decoder had ready; zstd and xz check before they hand out a block


@pytest.mark.parametrize("name", NAMES)
def test_something_else_behind_is_damage(path: Path, expected: list[Read], name: str) -> None:
    path.write_bytes(PACKERS[name](PLAIN) + b"not compressed")
    frames, source = read(path)
    assert frames == expected
    assert damages(source) == [(len(PLAIN), f"something else follows the {name} data")]


def test_a_bomb_does_not_fill_the_memory(path: Path) -> None:
    """Hundreds of megabytes of zeros in a few kilobytes: read through, no record makes sense."""
    inside = section() + interface() + (0x777).to_bytes(4, "little") + (100 << 20).to_bytes(4, "little")
    compressor = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = compressor.compress(inside)
    for _ in range(90):
        packed += compressor.compress(bytes(1 << 20))
    path.write_bytes(packed + compressor.flush())
    with open_source(str(path), 1 << 16) as source:
        assert list(source.chunks()) == []
        assert len(source.window.data) == 1 << 16
        assert only_damage(source).reason == "cut short in the middle of a record"


def test_what_is_inside_is_no_capture(path: Path) -> None:
    path.write_bytes(gzip.compress(b"just some text\n" * 10))
    with pytest.raises(UnreadableError, match="capture.pcap: gzip data of a text file, not a capture"):
        open_source(str(path))
    path.write_bytes(gzip.compress(b""))
    with pytest.raises(UnreadableError, match="capture.pcap: the gzip data in it is empty$"):
        open_source(str(path))
    path.write_bytes(gzip.compress(PLAIN)[:12])
    with pytest.raises(UnreadableError, match="capture.pcap: the gzip data is cut short$"):
        open_source(str(path))
    path.write_bytes(gzip.compress(PLAIN)[:10] + b"\xff" * 50)
    with pytest.raises(UnreadableError, match="capture.pcap: damaged gzip data"):
        open_source(str(path))
    path.write_bytes(PACKERS["xz"](gzip.compress(PLAIN)))
    with pytest.raises(UnreadableError, match=r"compressed more than once \(xz outside\); unpack it first$"):
        open_source(str(path))


def test_a_header_inside_that_is_cut_short(path: Path) -> None:
    path.write_bytes(gzip.compress(PLAIN[:10]))
    with pytest.raises(UnreadableError, match="capture.pcap: cut short in the middle of the file header$"):
        open_source(str(path))


def test_a_missing_library_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> compression.Decoder:
        raise ModuleNotFoundError("no", name="zstandard")

    codecs = [compression.Codec(each.name, each.magics, each.piece, missing) for each in compression.CODECS]
    monkeypatch.setattr(compression, "CODECS", codecs)
    path.write_bytes(PACKERS["zstd"](PLAIN))
    with pytest.raises(MissingToolError, match="to read zstd data, zstandard must be installed$"):
        open_source(str(path))


def test_a_decoder_that_stalls_ends_with_its_input(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No library should, but none may make us wait for ever."""

    class Stalling:
        eof = False
        needs_input = False
        unused_data = b""

        def decompress(self, data: bytes, max_length: int) -> bytes:
            return b""

    codecs = [compression.Codec("gzip", (b"\x1f\x8b\x08",), 100, Stalling)]
    monkeypatch.setattr(compression, "CODECS", codecs)
    path.write_bytes(gzip.compress(PLAIN))
    with pytest.raises(UnreadableError, match="capture.pcap: the gzip data is cut short$"):
        open_source(str(path))
