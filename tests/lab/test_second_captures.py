"""Recordings from two vantage points at once: what the second lacks is what the middlebox stopped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from analyzer import compare
from analyzer.comparison import Comparison
from analyzer.lab import SCENARIOS, LabError, record
from analyzer.lab.capture import DUMPCAP
from analyzer.lab.stage import Stage

from .conditions import needs_lab
from .pretend import PretendNetwork
from .recordings import RECORDED, read_sidecar, sidecar_paths

TWICE = [path for path in sidecar_paths() if "second_capture" in read_sidecar(path)]

SAID = {
    "two-vantages": (
        "probes_lost",
        "addresses",
        "probes 1 to 3 and the RST of the client (A's frames 13, 14, 15, 16) left A and never reached B: "
        "lost between the two; the first after 6.0",
    ),
    "two-vantages-nat": (
        "made_between",
        "sequence_numbers",
        "RST in the server's name at A (A's frame 14) never passed B: something between the two made it; "
        "probe 1 of the client (A's frame 13) left A and never reached B: lost between the two; the first "
        "after 6.0",
    ),
}
"""By scenario: outcome, what the connections are aligned by, and how the summary begins."""


def check(comparison: Comparison, sidecar: dict[str, Any]) -> None:
    outcome, aligned_by, begins = SAID[sidecar["scenario"]]
    connections = comparison.connections
    assert len(connections) == len(sidecar["must_give"]["connections"])
    assert len(comparison.alone) == 0
    assert set(connections.aligned_by) == {aligned_by}
    assert set(connections.nearer) == {"client"}
    assert list(connections.outcome) == [outcome, "all_arrived"]
    assert set(connections.confidence) == {"certain"}
    assert connections.summary[0].startswith(begins)
    for end, count in sidecar["second_capture"]["lacks"].items():
        assert connections[f"{end}_a_only"].sum() == count
        assert connections[f"{end}_b_only"].sum() == 0
    clock = comparison.clock.iloc[0]
    assert clock.basis == "both_directions"
    assert abs(clock.offset_s) <= clock.uncertainty_s + 20e-6  # one clock, and a busy machine


def test_both_scenarios_are_recorded() -> None:
    assert {read_sidecar(path)["scenario"] for path in TWICE} == set(SAID)


@pytest.mark.parametrize("path", TWICE, ids=lambda path: path.stem)
def test_a_comparison_finds_what_the_second_capture_lacks(path: Path) -> None:
    sidecar = read_sidecar(path)
    check(compare(RECORDED / sidecar["capture"], RECORDED / sidecar["second_capture"]["capture"]), sidecar)


@needs_lab
@pytest.mark.slow
def test_so_does_one_of_a_fresh_recording(tmp_path: Path) -> None:
    recording = record(SCENARIOS["two-vantages-nat"], tmp_path)
    assert recording.second is not None
    assert recording.second.name == "two-vantages-nat-near-server.pcapng"
    check(compare(recording.capture, recording.second), read_sidecar(recording.sidecar))


def test_only_what_was_recorded_twice_can_lack_anything() -> None:
    with pytest.raises(LabError, match="no second capture"):
        Stage(PretendNetwork(), DUMPCAP, Path("nowhere.pcapng")).second_lacks(client=1)
