"""`Analysis`: what people hold in Python."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

import analyzer as ka
from tests.helpers import wire
from tests.helpers.timeline import timeline

PROBED = """
    0.000   c>s   S   0
    0.010   s>c   SA  0:1
    0.011   c>s   A   1:1
    1.000   c>s   PA  1+5:1
    1.010   s>c   A   1:6
    11.000  c>s   A   5:1
    11.010  s>c   A   1:6
    2000.0  x>y   S   0
"""
ENDS = {"x": ("2001:db8::1", 40001), "y": ("2001:db8::2", 22)}


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    path = tmp_path / "probed.pcap"
    path.write_bytes(wire.pcap_bytes(timeline(PROBED, endpoints=ENDS).records))
    return path


@pytest.fixture
def analysis(capture: Path) -> ka.Analysis:
    return ka.analyze(capture)


def test_tables_are_built_once(analysis: ka.Analysis) -> None:
    assert analysis.flows is analysis.flows
    assert list(analysis.flows.flow) == [0, 1]
    assert list(analysis.captures.frames) == [8]
    assert "keepalive_probe" in set(analysis.events.kind)
    assert list(analysis.probe_runs.flow) == [0]
    assert list(analysis.handshakes.outcome) == ["completed", "unanswered"]


def test_findings(analysis: ka.Analysis) -> None:
    assert list(analysis.findings.finding) == ["no_answer"]
    assert list(analysis.flows.findings) == [[], ["no_answer"]]
    assert list(analysis.flows["stack"]) == ["", ""]
    [row] = analysis.flow(1).findings.to_dict("records")
    assert (row["flow"], row["frames"], row["scope"]) == (1, [8], "flow")
    assert analysis.flow(0).findings.empty


def test_packets_are_read_when_they_are_wanted(analysis: ka.Analysis) -> None:
    packets = analysis.packets()
    assert len(packets) == 8 and analysis.packets() is packets
    assert set(packets.kind) >= {"data", "ack"}


def test_profiles_of_ones_own_are_read_first(capture: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text('[[system]]\nname = "ours"\nsource = "measured"\ntime_s = 10\n')
    assert len(ka.analyze(capture, profiles=[mine]).packets()) == 8
    mine.write_text("[[system]]\n")
    with pytest.raises(ka.UsageError, match=r"mine\.toml: \[\[system\]\] 1: 'name' is missing"):
        ka.analyze(capture, profiles=[mine])


def test_a_flow(analysis: ka.Analysis) -> None:
    flow = analysis.flow(0)
    assert flow.verdict == analysis.flows.verdict[0]
    assert flow.reason == analysis.flows.reason[0]
    assert flow.display_filter == analysis.flows.display_filter[0]
    assert set(flow.events.flow) == {0} and len(flow.probe_runs) == 1
    assert "keep-alive probe" in flow.timeline() and "data, 5 bytes" in flow.timeline(whole=True)
    assert "22:13:20.000" in flow.timeline(clock="utc")


def test_no_such_flow(analysis: ka.Analysis) -> None:
    with pytest.raises(ka.UsageError, match=r"^no connection 2; there are 2, numbered from 0$"):
        analysis.flow(2)


def test_files(analysis: ka.Analysis, tmp_path: Path) -> None:
    analysis.to_json(tmp_path / "a.json")
    analysis.to_csv(tmp_path / "csv")
    analysis.to_parquet(tmp_path / "parquet")
    assert len(json.loads((tmp_path / "a.json").read_text())["flows"]) == 2
    names = {"captures", "flows", "events", "probe_runs", "handshakes", "findings"}
    assert {path.stem for path in (tmp_path / "csv").iterdir()} == names
    assert {path.stem for path in (tmp_path / "parquet").iterdir()} == names


def test_it_shows_itself(analysis: ka.Analysis) -> None:
    assert repr(analysis).startswith("<Analysis of ") and "2 connections" in repr(analysis)
    assert len(analysis) == sum(analysis.verdicts.values()) == 2
    assert repr(analysis.flow(0)).startswith("<Flow 0: ")


@pytest.mark.skipif(os.name == "nt", reason="such names cannot be")
def test_names_are_escaped_where_it_shows_itself(capture: Path) -> None:
    evil = capture.with_name("<script>\x1b[2J.pcap")
    capture.rename(evil)
    analysis = ka.analyze(evil)
    assert "<script>" not in analysis._repr_html_() and "&lt;script&gt;" in analysis._repr_html_()
    assert "\x1b" not in analysis._repr_html_() + repr(analysis)


def test_what_cannot_be_read(tmp_path: Path, capture: Path) -> None:
    with pytest.raises(ka.UnreadableError, match="no such file"):
        ka.analyze(tmp_path / "none.pcap")
    with pytest.raises(ka.UsageError, match="nothing to read was named"):
        ka.analyze()
    some = ka.analyze(capture, tmp_path / "none.pcap")
    assert [path for path, _ in some.failures] == [str(tmp_path / "none.pcap")]


def test_damage_is_told(capture: Path) -> None:
    capture.write_bytes(capture.read_bytes()[:-3])
    (damage,) = ka.analyze(capture).damages
    assert damage.startswith(f"{capture}: ") and "at byte" in damage


@pytest.mark.tshark
def test_display_filters_find_the_connections_frames(
    tshark: str, analysis: ka.Analysis, capture: Path
) -> None:
    for number, frames in ((0, ["1", "2", "3", "4", "5", "6", "7"]), (1, ["8"])):
        words = [tshark, "-n", "-r", str(capture), "-Y", analysis.flow(number).display_filter]
        done = subprocess.run(
            [*words, "-T", "fields", "-e", "frame.number"], capture_output=True, text=True, check=True
        )
        assert done.stdout.split() == frames
