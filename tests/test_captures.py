"""Real captures through the whole pipeline: reviewed labels, Wireshark's stream numbers, kernels' own counts.

Exact, and without a list of exceptions: where a line here fails, the analyzer is wrong.
"""

from __future__ import annotations

import functools
import itertools
import json
import os
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analyzer import kinds
from analyzer.facts import CaptureResult
from analyzer.pipeline import Diagnosis, analyze
from analyzer.rules import Options, Rules
from analyzer.tables.addresses import address_text

RECORDED = Path(__file__).parent.parent / "captures" / "recorded"
SIDECARS = sorted(path.stem for path in RECORDED.glob("*.json"))

TSHARK_CHECKED_WITH = "4.0.17"
"""Stream numbers differ between series of Wireshark (design 4.4), so only this series is compared."""

REVIEWED = ("keepalive_probe", "keepalive_reply", "keepalive_reset", "zero_window_probe", "zero_window_reply")
"""The kinds that `labels.json` speaks of."""

IN_SIDECARS = {
    "keepalive_probe": "probe",
    "keepalive_reply": "answer",
    "zero_window_probe": "window_probe",
    "zero_window_reply": "window_answer",
    "reset": "reset",
    "keepalive_reset": "reset",
    "keepalive_timeout": "reset",
}
"""What the lab calls a segment that we label so."""

LATENESS = 1.125
SLACK_S = 0.010
"""The kernel's timers fire late, never early: by an eighth and 10 ms at most (captures/README.md)."""


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


def segments_of(capture: CaptureResult) -> list[Any]:
    """Every row of a capture in frame order."""
    assert capture.packets is not None
    return [row for batch in capture.packets.batches() for row in batch]


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


def recording(name: str) -> tuple[CaptureResult, Any, dict[str, Any], dict[str, Any]]:
    """A recording analyzed; the FLOW row, the claims of the one connection it is about, its whole sidecar."""
    sidecar = json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))
    capture = analyzed(RECORDED / sidecar["capture"])
    (connection,) = sidecar["must_give"]["connections"]
    (flow,) = capture.flows
    return capture, flow, connection, sidecar


def side_of(flow: Any, end: str) -> int:
    return int(flow.client) if end == "client" else 1 - int(flow.client)


def with_crossings(said: list[str], claims: dict[str, Any]) -> list[str]:
    """What a side said; where its sidecar has a crossing, a probe and an answer in either order are one."""
    words = iter(said)
    found: list[str] = []
    for expected in claims["order"]:
        taken = list(itertools.islice(words, 2 if expected == "crossing" else 1))
        found += ["crossing"] if sorted(taken) == ["answer", "probe"] else taken
    return found + list(words)


@pytest.mark.parametrize("name", SIDECARS)
def test_recording_gives_what_its_kernels_counted(name: str) -> None:
    capture, flow, connection, _ = recording(name)
    assert kinds.VERDICT_WORDS[flow.verdict] == connection["verdict"]
    for end in ("client", "server"):
        side = side_of(flow, end)
        address = address_text(int(flow.address_high[side]), int(flow.address_low[side]))
        assert (address, flow.port[side]) == (connection[end], connection[f"{end}_port"])
        said = [kinds.KIND_WORDS[row.kind] for row in segments_of(capture) if int(row.sender) == side]
        count = Counter(said)
        claims = connection["sides"][end]
        found = {
            "order": with_crossings([IN_SIDECARS[kind] for kind in said if kind in IN_SIDECARS], claims),
            "retransmissions": count["retransmission"] + count["syn_retransmission"],
            "segments": count.total() - count["duplicate"],
            "duplicates": count["duplicate"],
        }
        assert found == {claim: claims.get(claim, found[claim]) for claim in found}


def timers_of(capture: CaptureResult) -> Any:
    """The SUMMARY row of a capture's only connection."""
    (summary,) = Diagnosis(Rules()).summarize(capture, np.arange(1))
    return summary


@pytest.mark.parametrize("name", SIDECARS)
def test_recorded_timers_are_those_of_the_sockets(name: str) -> None:
    """Where the analyzer names a timer at all; never early, and late no more than a kernel is."""
    capture, _, _, sidecar = recording(name)
    summary = timers_of(capture)
    for who, end in enumerate(("client", "server")):
        options = {k: v for socket in sidecar["sockets"][end] for k, v in socket.get("options", {}).items()}
        for measured_ns, option in (
            (int(summary.keepalive_time_ns[who]), "TCP_KEEPIDLE"),
            (int(summary.keepalive_interval_ns[who]), "TCP_KEEPINTVL"),
        ):
            if measured_ns != kinds.MISSING:
                assert options[option] <= measured_ns / 1e9 <= options[option] * LATENESS + SLACK_S
        if summary.keepalive_count[who] != -1:
            assert summary.keepalive_count[who] == options["TCP_KEEPCNT"]


@pytest.mark.parametrize("name", SIDECARS)
def test_recorded_timers_are_named_where_the_capture_shows_them(name: str) -> None:
    capture, _, connection, _ = recording(name)
    summary = timers_of(capture)
    for who, end in enumerate(("client", "server")):
        claims = connection["sides"][end]
        named = {
            "keepalive_time_s": summary.keepalive_time_ns[who] != kinds.MISSING,
            "keepalive_interval_s": summary.keepalive_interval_ns[who] != kinds.MISSING,
            "keepalive_count": summary.keepalive_count[who] != -1,
        }
        assert {claim for claim in named if claim in claims} == {claim for claim in named if named[claim]}


@pytest.mark.parametrize("name", SIDECARS)
def test_recorded_answers_add_up(name: str) -> None:
    capture, _, connection, _ = recording(name)
    summary = timers_of(capture)
    sides = connection["sides"]
    assert summary.probes == sum(side["probes"] for side in sides.values())
    assert summary.replies == sum(side["answers"] for side in sides.values())
    assert summary.probes == summary.replies + summary.resets + summary.unanswered
