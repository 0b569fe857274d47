"""`Analysis`: what people hold in Python."""

from __future__ import annotations

import ipaddress
import json
import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
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


def test_a_choice_is_an_analysis_that_everything_obeys(analysis: ka.Analysis, tmp_path: Path) -> None:
    chosen = analysis.where(verdict="no_answer")
    assert isinstance(chosen, ka.Analysis)
    assert (len(chosen), chosen.verdicts, list(chosen.flows.flow)) == (1, {"no_answer": 1}, [1])
    assert set(chosen.events.flow) == {1} and chosen.probe_runs.empty and list(chosen.handshakes.flow) == [1]
    assert set(chosen.packets().flow) == {1} and set(analysis.packets().flow) == {0, 1}
    assert set(chosen.states().flow) == {1}
    assert list(chosen.plan(10, 5, 3).connections.flow) == [1]
    chosen.to_json(tmp_path / "chosen.json")
    assert [each["flow"] for each in json.loads((tmp_path / "chosen.json").read_text())["flows"]] == [1]
    assert chosen.flow(1).verdict == "no_answer"
    with pytest.raises(ka.UsageError, match=r"^connection 0 is none of the 1 that were chosen$"):
        chosen.flow(0)


@pytest.mark.parametrize(
    ("wanted", "flows"),
    [
        ({"verdict": ["no_answer", "alive"]}, [1]),
        ({"finding": "no_answer"}, [1]),
        ({"host": "2001:db8::/64"}, [1]),
        ({"host": ipaddress.ip_network("2001:db8::/64"), "port": 23}, []),
        ({"port": [22, 4711]}, [1]),
        ({"flow": [0]}, [0]),
        ({"flow": np.array([0, 1]), "since": 1999}, [1]),
        ({"since": 11.005}, [0, 1]),
        ({"until": "2023-11-14T22:30:00Z"}, [0]),
        ({"until": datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)}, [0]),
        ({}, [0, 1]),
        ({"flow": []}, []),
        ({"flow": np.array([], np.int64), "port": 22}, []),
        ({"verdict": ()}, []),
        ({"host": iter(())}, []),
        ({"flow": iter([1])}, [1]),
        ({"since": None}, [0, 1]),
    ],
)
def test_filters_are_those_of_the_command_line(
    analysis: ka.Analysis, wanted: dict[str, Any], flows: list[int]
) -> None:
    assert list(analysis.where(**wanted).flows.flow) == flows


def test_choices_in_a_row_all_hold(analysis: ka.Analysis) -> None:
    assert list(analysis.where(flow=[0, 1]).where(port=22).where(verdict="no_answer").flows.flow) == [1]
    assert analysis.where(flow=0).where(flow=1).flows.empty
    timed = analysis.where(since=5).where(until=11.005)
    assert list(timed.flows.flow) == [0]
    assert list(timed.events.kind) == ["keepalive_probe"]
    assert list(timed.flow(0).events.kind) == ["keepalive_probe"]


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"verdict": "dead"}, r"^where\(verdict=…\): no verdict 'dead'; there are: refused, "),
        ({"finding": "dead"}, r"^where\(finding=…\): no finding 'dead'; there are: peer_dead, "),
        ({"host": "example"}, r"^where\(host=…\) 'example': an IP address or a network is wanted, such as"),
        ({"port": 65536}, r"^where\(port=…\) '65536': a port number from 0 to 65535 is wanted$"),
        ({"since": "noon"}, r"^where\(since=…\) 'noon': seconds since the capture's start are wanted"),
        ({"flow": "one"}, r"^where\(flow=…\) 'one': the number of a connection is wanted"),
        ({"verdicts": "alive"}, r"^no filter 'verdicts'; there are: flow, verdict, finding, host, port,"),
    ],
)
def test_choices_that_make_no_sense(analysis: ka.Analysis, wanted: dict[str, Any], message: str) -> None:
    with pytest.raises(ka.UsageError, match=message):
        analysis.where(**wanted)
