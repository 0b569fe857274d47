"""Captures through tshark: the same labels, verdicts and findings as by our own decoder, and more formats."""

from __future__ import annotations

import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import analyzer as ka
from analyzer.sources.tshark import RebuiltSource, TsharkSource
from analyzer.sources.tshark.fields import FIELDS, time_ns

from .support import Frame, write_pcap
from .test_icmp_arp import error4, quote
from .test_links import SAMPLES as LINK_SAMPLES
from .test_network import ip4, ip6
from .test_tunnels import SAMPLES as TUNNEL_SAMPLES

TABLES = ("flows", "events", "probe_runs", "handshakes", "packets")
NOT_TOLD = ("advice", "summary")  # name link types and capture filters, which tshark does not tell
WLAN = 105  # LINKTYPE_
WLAN_DATA = struct.pack("<HH18sH", 0x0208, 0, bytes(18), 0)  # from the access point, no encryption
LLC = b"\xaa\xaa\x03\0\0\0"

pytestmark = pytest.mark.tshark


def assert_same(ours: ka.Analysis, theirs: ka.Analysis) -> None:
    for name in TABLES:
        mine, other = (
            each.packets() if name == "packets" else getattr(each, name) for each in (ours, theirs)
        )
        assert mine.astype(str).equals(other.astype(str)), name
    mine, other = (each.findings.drop(columns=list(NOT_TOLD)).astype(str) for each in (ours, theirs))
    assert mine.equals(other)
    assert list(ours.captures.frames) == list(theirs.captures.frames)


def both(path: Path) -> tuple[ka.Analysis, ka.Analysis]:
    return ka.analyze(path, packets=True), ka.analyze(path, packets=True, reader="tshark")


@pytest.mark.slow
def test_every_recording(tshark: str, recorded: Path) -> None:
    for path in sorted(recorded.glob("*.pcap*")):
        ours, theirs = both(path)
        assert_same(ours, theirs)
        assert list(ours.captures.skipped) == list(theirs.captures.skipped), path
        assert list(theirs.captures.format) == ["read by tshark"]


@pytest.mark.slow
@pytest.mark.captures
def test_every_shared_capture(tshark: str, shared_captures: Path) -> None:
    for path in sorted(shared_captures.rglob("*.pcap*")):
        assert_same(*both(path))


def test_what_takes_a_frame_apart_makes_no_difference(tshark: str, recorded: Path) -> None:
    for name in ("host-unreachable", "peer-dead", "alive-ipv6", "zero-window"):
        assert_same(*both(recorded / f"{name}.pcapng"))


@pytest.mark.parametrize("form", ["snoop", "netmon2", "ngsniffer", "k12text"])
def test_formats_that_are_unknown_here(tshark: str, form: str, recorded: Path, tmp_path: Path) -> None:
    original, copy = recorded / "peer-dead.pcapng", tmp_path / "copy"
    if subprocess.run(["editcap", "-F", form, original, copy], capture_output=True).returncode:
        pytest.skip(f"editcap does not write {form}")
    with pytest.raises(ka.UnreadableError, match="or have tshark read it: --reader tshark$"):
        ka.analyze(copy)
    read = ka.analyze(copy, reader="tshark")
    told = "3 probes (frames 10, 11, 12) unanswered; client gave up with RST in frame 15; "
    assert read.verdicts == {"peer_dead": 1} and read.flow(0).reason.startswith(told)
    assert ka.analyze(tmp_path, reader="tshark").verdicts == {"peer_dead": 1}


@pytest.fixture
def plain(recorded: Path, tmp_path: Path) -> Path:
    """A recording as an old pcap file."""
    path = tmp_path / "plain.pcap"
    subprocess.run(["editcap", "-F", "pcap", recorded / "peer-dead.pcapng", path], check=True)
    return path


def frames_of(path: Path) -> Iterator[tuple[int, int, bytes]]:
    """Seconds, microseconds and bytes of each frame in a pcap file."""
    data, at = path.read_bytes(), 24
    while at < len(data):
        seconds, fraction, captured, _ = struct.unpack_from("<IIII", data, at)
        yield seconds, fraction, data[at + 16 : at + 16 + captured]
        at += 16 + captured


def test_erf(tshark: str, plain: Path, tmp_path: Path) -> None:
    path = tmp_path / "dag.erf"
    records = []
    for seconds, fraction, frame in frames_of(plain):
        head = struct.pack("<II", (fraction << 32) // 1_000_000, seconds)
        about = struct.pack(">BBHHH", 2, 4, 18 + len(frame), 0, len(frame))  # Ethernet, varying length
        records.append(head + about + b"\0\0" + frame)
    path.write_bytes(b"".join(records))
    with pytest.raises(ka.UnreadableError, match="an Endace ERF capture; .*, or have tshark read it"):
        ka.analyze(path)
    assert ka.analyze(path, reader="tshark").flow(0).reason.startswith("3 probes (frames 10, 11, 12)")


def test_80211(tshark: str, plain: Path, tmp_path: Path) -> None:
    """A link type that our decoder only knows by name."""
    path = tmp_path / "wlan.pcap"
    frames = [(s, f, WLAN_DATA + LLC + frame[12:]) for s, f, frame in frames_of(plain)]
    path.write_bytes(
        struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, WLAN)
        + b"".join(struct.pack("<IIII", s, f, len(each), len(each)) + each for s, f, each in frames)
    )
    assert list(ka.analyze(path).captures.skipped) == [{"link type 105 (IEEE 802.11)": 15}]
    assert_same(*(ka.analyze(plain, packets=True), ka.analyze(path, packets=True, reader="tshark")))


def test_link_types_and_tunnels_that_both_know(tshark: str, tmp_path: Path) -> None:
    """Wherever tshark sees a segment, its addresses, ports, numbers and options come through."""
    samples = {**LINK_SAMPLES, **{name: (1, data) for name, data in TUNNEL_SAMPLES.items()}}
    seen = 0
    for link in sorted({link for link, _ in samples.values()} - {219}):
        path = tmp_path / f"{link}.pcap"
        write_pcap(path, [Frame(data, number) for number, data in samples.values() if number == link])
        ours, theirs = (each.packets().set_index("frame") for each in both(path))
        seen += len(theirs)
        for frame, row in theirs[theirs.kind != "malformed"].iterrows():
            mine = ours.loc[frame]
            assert (row.source, row.seq, row.ack, row.length) == (
                mine.source,
                mine.seq,
                mine.ack,
                mine.length,
            )
    assert seen > 60


def test_cut_segments_and_quotations(tshark: str, tmp_path: Path) -> None:
    frames = [Frame(ip4()[: 34 + octets], original=len(ip4())) for octets in range(16, 20)]
    frames += [Frame(ip6()[: 54 + octets], original=len(ip6())) for octets in range(16, 20)]
    frames += [Frame(error4(quote(octets))) for octets in range(8, 20)]
    path = tmp_path / "cut.pcap"
    write_pcap(path, frames)
    ours, theirs = (each.packets() for each in both(path))
    columns = ["frame", "kind", "source", "seq", "ack", "length", "window"]
    assert theirs[columns].astype(str).equals(ours[columns].astype(str))


def test_rings_and_joined_files(tshark: str, recorded: Path, tmp_path: Path) -> None:
    whole = recorded / "peer-dead.pcapng"
    subprocess.run(["editcap", "-c", "6", whole, tmp_path / "part.pcapng"], check=True)
    parts = sorted(tmp_path.iterdir())
    assert len(parts) == 3
    assert_same(
        ka.analyze(*parts, join=True, packets=True),
        ka.analyze(*parts, join=True, packets=True, reader="tshark"),
    )


def test_what_tshark_cannot_read(tshark: str, tmp_path: Path) -> None:
    for name, content in (("text", b"no capture\n"), ("empty", b"")):
        path = tmp_path / name
        path.write_bytes(content)
        if content:
            with pytest.raises(ka.UnreadableError, match=r"text: tshark could not read it: The file "):
                ka.analyze(path, reader="tshark")
    with pytest.raises(ka.UnreadableError, match="tshark could not read it: The file .* doesn't exist"):
        ka.analyze(tmp_path / "none", reader="tshark")


def test_a_file_that_is_cut_short_gives_what_came_before(tshark: str, recorded: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.pcapng"
    path.write_bytes((recorded / "peer-dead.pcapng").read_bytes()[:-40])
    read = ka.analyze(path, reader="tshark")
    (damage,) = read.damages
    assert "cut short" in damage and list(read.captures.frames) == list(ka.analyze(path).captures.frames)


def test_tshark_dies_in_the_middle_of_a_line(tshark: str, recorded: Path, tmp_path: Path) -> None:
    dying = tmp_path / "dying"
    dying.write_text(f'#!/bin/sh\n{tshark} "$@" | head -c 1500\nkill -9 $$\n')
    dying.chmod(0o755)
    with TsharkSource(str(recorded / "peer-dead.pcapng"), program=str(dying)) as source:
        frames = sum(len(chunk.frames) for chunk in source.chunks())
    assert 0 < frames < 15
    assert [each.reason for each in source.facts.damages] == ["it was ended by signal 9"]


def test_what_tshark_complains_of_comes_before_its_help(tshark: str, recorded: Path) -> None:
    with pytest.raises(ka.UnreadableError, match="peer-dead.pcapng: tshark could not read it: .*option"):
        TsharkSource(str(recorded / "peer-dead.pcapng"), words=["-Z"])
    with pytest.raises(ka.MissingToolError, match="^there is no /none/tshark; to get it: apt install"):
        TsharkSource(str(recorded / "peer-dead.pcapng"), program="/none/tshark")


def test_lines_that_were_not_asked_for(tshark: str, recorded: Path) -> None:
    source = TsharkSource(str(recorded / "peer-dead.pcapng"), words=["-z", "conv,tcp"])
    with source, pytest.raises(ka.UnreadableError, match="peer-dead.pcapng: tshark says what was not asked$"):
        list(source.chunks())


def test_no_tshark(recorded: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ka.MissingToolError, match=r"^tshark is not installed; to get it: apt install tshark"):
        ka.analyze(recorded / "peer-dead.pcapng", reader="tshark")


def test_no_such_reader(recorded: Path) -> None:
    with pytest.raises(ka.UsageError, match=r"^analyze: no reader 'wireshark'; there are: '', 'tshark'$"):
        ka.analyze(recorded / "peer-dead.pcapng", reader="wireshark")


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("1795412161.541537073", 1795412161541537073),
        ("0.000000001", 1),
        ("2024-11-25T13:45:37.622961000Z", 1732542337622961000),
        ("2024-11-25T13:45:37Z", 1732542337000000000),
    ],
)
def test_times_as_releases_write_them(text: str, ns: int) -> None:
    assert time_ns(text) == ns


def test_what_makes_no_sense_is_told() -> None:
    nothing = {field: [] for field in FIELDS}
    for broken in ({}, {"frame.number": ["1"], "frame.time_epoch": ["soon"]}):
        with pytest.raises(ka.UnreadableError, match="^x: tshark says what makes no sense: "):
            list(RebuiltSource("x", [nothing | broken]).chunks())
