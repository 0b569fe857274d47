"""Every shared capture, frame by frame, beside what Wireshark's programs say of it."""

from __future__ import annotations

import re
import shutil
import subprocess
from decimal import Decimal
from pathlib import Path

import pytest
from scapy.all import IP, TCP, Ether
from scapy.utils import PcapNgWriter, PcapWriter

from analyzer.sources import open_source

from .files import Read, option, packet, read, section
from .files import interface as interface_block

FIELDS = ("frame.number", "frame.time_epoch", "frame.len", "frame.cap_len", "frame.interface_id")
SIZES = ((1, 1), (100, 7), (1 << 20, 1 << 14))

pytestmark = pytest.mark.tshark


def files_of(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.pcap*") if path.is_file())


def by_tshark(tshark: str, path: Path) -> list[tuple[int, int, int]]:
    """Time in ns, length and captured length of each frame."""
    wanted = [each for field in FIELDS for each in ("-e", field)]
    command = [tshark, "-n", "-r", str(path), "-T", "fields", *wanted]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    found = []
    for number, line in enumerate(lines, 1):
        frame, time, length, captured, _interface = line.split("\t")
        assert int(frame) == number
        found.append((int(Decimal(time) * 10**9), int(length), int(captured)))
    return found


def ours(frames: list[Read]) -> list[tuple[int, int, int]]:
    return [(frame.time_ns, frame.original, len(frame.data)) for frame in frames]


def test_frames_of_the_shared_captures(shared_captures: Path, tshark: str) -> None:
    paths = files_of(shared_captures)
    assert paths
    for path in paths:
        expected = by_tshark(tshark, path)
        for chunk_bytes, chunk_frames in SIZES if path.stat().st_size < 1 << 15 else SIZES[-1:]:
            frames, source = read(path, chunk_bytes, chunk_frames)
            assert ours(frames) == expected, path
            assert source.facts.damages == []


def test_interfaces_of_the_shared_captures(shared_captures: Path, tshark: str) -> None:
    """Number, names, snap length and frames of each interface, as capinfos tells them."""
    capinfos = shutil.which("capinfos")
    if capinfos is None:
        pytest.skip("capinfos is not installed")
    for path in files_of(shared_captures):
        said = subprocess.run([capinfos, str(path)], capture_output=True, text=True, check=True).stdout
        frames, source = read(path)
        assert re.findall(r"Number of interfaces in file: (\d+)", said) == [str(len(source.facts.interfaces))]
        counts = [0] * len(source.facts.interfaces)
        for frame in frames:
            counts[frame.interface] += 1
        assert [int(each) for each in re.findall(r"Number of packets = (\d+)", said)] == counts
        names = re.findall(r"^ +Name = (.*)$", said, re.MULTILINE)
        assert names == [each.name for each in source.facts.interfaces if each.name]
        capture_filters = re.findall(r"^ +Filter string = (.*)$", said, re.MULTILINE)
        assert capture_filters == [each.filter for each in source.facts.interfaces if each.filter]
        snap_lengths = [int(each) for each in re.findall(r"Capture length = (\d+)", said)]
        assert snap_lengths == [each.snap_length for each in source.facts.interfaces]


def test_what_scapy_writes(tmp_path: Path, tshark: str) -> None:
    packets = [Ether() / IP(dst="192.0.2.1") / TCP(dport=80, flags="A") / (b"x" * i) for i in range(5)]
    for i, each in enumerate(packets):
        each.time = 1_700_000_000 + i / 8
    written = {
        "le.pcap": PcapWriter(str(tmp_path / "le.pcap"), endianness="<"),
        "be.pcap": PcapWriter(str(tmp_path / "be.pcap"), endianness=">", nano=True),
        "a.pcapng": PcapNgWriter(str(tmp_path / "a.pcapng")),
    }
    for name, writer in written.items():
        with writer:
            writer.write(packets)
        frames, source = read(tmp_path / name)
        assert ours(frames) == by_tshark(tshark, tmp_path / name)
        assert [frame.data for frame in frames] == [bytes(each) for each in packets]
        assert source.facts.damages == []


def test_converted_between_formats(shared_captures: Path, tmp_path: Path, tshark: str) -> None:
    """editcap writes nanosecond pcap and pcapng; both must read as the original."""
    editcap = shutil.which("editcap")
    if editcap is None:
        pytest.skip("editcap is not installed")
    original = shared_captures / "linux-ocsp.pcapng"
    expected = ours(read(original)[0])
    for written in ("nsecpcap", "pcapng"):
        path = tmp_path / written
        subprocess.run([editcap, "-F", written, original, path], check=True, capture_output=True)
        assert ours(read(path)[0]) == expected


def test_custom_blocks_are_numbered_as_wireshark_numbers_them(tmp_path: Path, tshark: str) -> None:
    custom = (0xBAD).to_bytes(4, "little") + (20).to_bytes(4, "little") + b"\x39\x30\0\0abcd"
    custom += (20).to_bytes(4, "little")
    path = tmp_path / "custom.pcapng"
    path.write_bytes(section() + interface_block(options=option(2, b"e")) + packet() + custom + packet())
    command = [tshark, "-r", str(path), "-T", "fields", "-e", "frame.number"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    with open_source(str(path)) as source:
        assert sum(len(chunk.frames) for chunk in source.chunks()) == len(said.splitlines()) == 3
