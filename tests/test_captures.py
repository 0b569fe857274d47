"""Real captures through the whole pipeline: reviewed labels, Wireshark's stream numbers, kernels' own counts.

Exact, and without a list of exceptions: where a line here fails, the analyzer is wrong.
"""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from analyzer import kinds
from analyzer.facts import CaptureResult
from analyzer.pipeline import analyze
from analyzer.rules import Options
from tests.helpers.sidecars import CHECKS, Check, Given, read_sidecar, segments_of

RECORDED = Path(__file__).parent.parent / "captures" / "recorded"
SIDECARS = sorted(path.stem for path in RECORDED.glob("*.json"))

TSHARK_CHECKED_WITH = "4.0.17"
"""Stream numbers differ between series of Wireshark (design 4.4), so only this series is compared."""

REVIEWED = ("keepalive_probe", "keepalive_reply", "keepalive_reset", "zero_window_probe", "zero_window_reply")
"""The kinds that `labels.json` speaks of."""


def shared(pattern: str) -> list[str]:
    """Names of the shared captures, each to be a test of its own; where there are none, one that skips."""
    folder = Path(os.environ.get("KEEPALIVE_CAPTURES") or "/nonexistent")
    return sorted(str(path.relative_to(folder)) for path in folder.glob(pattern)) or ["absent"]


ALL_SHARED = [name for name in shared("**/*.pcap*") if not name.endswith(".md")]


@functools.cache
def analyzed(path: Path) -> CaptureResult:
    """One capture with all its segments; several tests look at the same."""
    outcome = analyze([str(path)], Options(packets=True))
    assert not outcome.failures
    (capture,) = outcome.captures
    assert not capture.facts.damages
    return capture


def known_labels() -> dict[str, dict[str, str]]:
    folder = os.environ.get("KEEPALIVE_CAPTURES", "")
    path = Path(folder) / "labels.json"
    return json.loads(path.read_text(encoding="utf-8")) if folder and path.is_file() else {"absent": {}}


@pytest.mark.parametrize("name", sorted(known_labels()))
def test_labels_are_the_reviewed_ones(shared_captures: Path, name: str) -> None:
    expected = {int(frame): kind for frame, kind in known_labels()[name].items()}
    found = {
        int(row.frame): kinds.KIND_WORDS[row.kind]
        for row in segments_of(analyzed(shared_captures / name))
        if kinds.KIND_WORDS[row.kind] in REVIEWED
    }
    assert found == expected


def test_every_shared_capture_has_labels(shared_captures: Path) -> None:
    assert {path.name for path in shared_captures.glob("*.pcap*")} == set(known_labels())


@functools.cache
def tshark_version() -> str:
    said = subprocess.run(["tshark", "--version"], capture_output=True, text=True, check=True).stdout
    match = re.search(r"\d+\.\d+\.\d+", said)
    return match.group() if match else "unknown"


@pytest.fixture
def same_tshark(tshark: str) -> str:
    """tshark of the series whose stream numbers we know."""
    if tshark_version().rsplit(".", 1)[0] != TSHARK_CHECKED_WITH.rsplit(".", 1)[0]:
        pytest.skip(f"streams were checked with tshark {TSHARK_CHECKED_WITH}, this is {tshark_version()}")
    return tshark


def tshark_rows(tshark: str, path: Path) -> tuple[int, dict[int, tuple[int, int, int, int]]]:
    """Number of frames; and frame → stream, payload length, SEG.SEQ, SEG.ACK of the innermost TCP header."""
    command = [tshark, "-n", "-r", str(path), "-T", "fields", "-E", "occurrence=l"]
    command += ["-o", "tcp.relative_sequence_numbers:FALSE", "-o", "tcp.analyze_sequence_numbers:TRUE"]
    for field in ("frame.number", "tcp.stream", "tcp.len", "tcp.seq", "tcp.ack"):
        command += ["-e", field]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    lines = [line.split("\t") for line in said.splitlines()]
    tcp = {int(line[0]): tuple(int(value or 0) for value in line[1:]) for line in lines if line[1]}
    return len(lines), tcp  # type: ignore[return-value]


@pytest.mark.tshark
@pytest.mark.parametrize("name", ALL_SHARED)
def test_frames_streams_and_lengths_are_wireshark_s(
    shared_captures: Path, same_tshark: str, name: str
) -> None:
    frames, expected = tshark_rows(same_tshark, shared_captures / name)
    capture = analyzed(shared_captures / name)
    assert capture.frames == frames
    found = {
        int(row.frame): (int(row.flow), int(row.length), int(row.seq), int(row.ack))
        for row in segments_of(capture)
        if row.sender != kinds.NO_SENDER
    }
    quoted = {int(row.frame) for row in segments_of(capture) if row.kind == kinds.ICMP}
    assert found == {frame: row for frame, row in expected.items() if frame not in quoted}
    assert capture.tcp_segments == len(found)


@pytest.mark.tshark
@pytest.mark.parametrize("name", ALL_SHARED)
def test_frame_counts_are_those_of_capinfos(shared_captures: Path, name: str) -> None:
    capinfos = shutil.which("capinfos")
    if capinfos is None:
        pytest.skip("capinfos is not installed")
    command = [capinfos, "-T", "-r", "-M", "-c", str(shared_captures / name)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert analyzed(shared_captures / name).frames == int(said.split("\t")[-1])


def mistaken_by_wireshark(tshark: str, path: Path) -> None:
    """What it flags as keep-alive, less probes and copies, is what we mark as mistakable."""
    command = [tshark, "-n", "-r", str(path), "-Y", "tcp.analysis.keep_alive"]
    command += ["-T", "fields", "-e", "frame.number"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rows = segments_of(analyzed(path))
    ours = {int(row.frame) for row in rows if row.kind in (kinds.KEEPALIVE_PROBE, kinds.DUPLICATE)}
    marked = {
        int(row.frame)
        for row in rows
        if row.sender != kinds.NO_SENDER and row.marks & kinds.EVENT_PROBE_SHAPE
    }
    assert set(map(int, said.split())) - ours == marked


@pytest.mark.tshark
@pytest.mark.parametrize("name", ALL_SHARED)
def test_mistaken_keepalives_of_shared_captures(shared_captures: Path, same_tshark: str, name: str) -> None:
    mistaken_by_wireshark(same_tshark, shared_captures / name)


@pytest.mark.tshark
@pytest.mark.parametrize("name", SIDECARS)
def test_mistaken_keepalives_of_recordings(same_tshark: str, name: str) -> None:
    mistaken_by_wireshark(same_tshark, RECORDED / read_sidecar(RECORDED / f"{name}.json")["capture"])


@functools.cache
def recording(name: str) -> Given:
    """A recording analyzed, beside its sidecar."""
    sidecar = read_sidecar(RECORDED / f"{name}.json")
    return Given(analyzed(RECORDED / sidecar["capture"]), sidecar)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", SIDECARS)
def test_recordings_give_what_they_must(name: str, check: Check) -> None:
    check(recording(name))
