"""`keepalive states`: what netstat would have shown, to the letter, and its tables."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import analyzer
from analyzer.commands.main import main
from analyzer.errors import UsageError
from analyzer.tables.states import STATES
from tests.helpers import wire
from tests.helpers.timeline import timeline

STORY = """
    0.000   c>s   S   0
    0.010   s>c   SA  0:1
    0.011   c>s   A   1:1
    4.000   d>s   S   0
    4.010   s>d   SA  0:1
    4.011   d>s   A   1:1
    10.000  c>s   FA  1:1
    10.010  s>c   A   1:2
    20.000  x>y   S   0
    30.000  d>s   FA  1:1
    30.010  s>d   FA  1:2
    30.011  d>s   A   2:2
"""
ENDS = {"d": ("10.0.0.1", 40001), "x": ("2001:db8::1", 40001), "y": ("2001:db8::2", 22)}
"""The server's application does not close flow 0; flow 1 ends in TIME-WAIT; nobody answers flow 2."""


@pytest.fixture
def keepalive(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")

    def run(*words: object) -> tuple[int, str, str]:
        return main(["states", *map(str, words)]), *capsys.readouterr()

    return run


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    path = tmp_path / "three.pcap"
    path.write_bytes(wire.pcap_bytes(timeline(STORY, endpoints=ENDS).records))
    return path


def test_what_people_see(keepalive: Any, capture: Path) -> None:
    status, out, err = keepalive(capture, "--host", "10.0.0.0/8")
    assert (status, err) == (0, "")
    assert out.splitlines()[3:] == [
        "10.0.0.1  2 of 2 connections open when the capture ended",
        "  STATE              NOW      PEAK        AT  0.000 … 30.011",
        "  SYN-SENT             0         1     0.000  █   █",
        "  ESTABLISHED          0         2     4.011  ▄▄▄▄████████▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄",
        "  FIN-WAIT-1           0         1    10.000             █                     █",
        "  FIN-WAIT-2           1         1    10.010             ███████████████████████",
        "  TIME-WAIT            1         1    30.010                                   █",
        "",
        "  PROTO  LOCAL           REMOTE        STATE          FOR  FLOW",
        "  tcp    10.0.0.1:40000  10.0.0.2:443  FIN-WAIT-2  20.0 s     0",
        "  tcp    10.0.0.1:40001  10.0.0.2:443  TIME-WAIT   1.0 ms     1",
        "",
        "10.0.0.2  1 of 2 connections open when the capture ended",
        "  STATE              NOW      PEAK        AT  0.000 … 30.011",
        "  SYN-RECEIVED         0         1     0.010  █   █",
        "  ESTABLISHED          0         2     4.011  ▄▄▄▄████████▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄",
        "  CLOSE-WAIT           1         1    10.010             ███████████████████████",
        "  LAST-ACK             0         1    30.010                                   █",
        "",
        "  PROTO  LOCAL         REMOTE          STATE          FOR  FLOW",
        "  tcp    10.0.0.2:443  10.0.0.1:40000  CLOSE-WAIT  20.0 s     0",
    ]


def test_at_a_moment(keepalive: Any, capture: Path) -> None:
    _, out, _ = keepalive(capture, "--at", "8", "--port", "443", "--limit", "1")
    assert "10.0.0.1  2 of 2 connections open at 8.000" in out
    assert "  tcp    10.0.0.1:40000  10.0.0.2:443  ESTABLISHED  7.989 s     0" in out
    assert "  … and 1 more: --limit 0 shows all" in out
    _, by_clock, _ = keepalive(capture, "--at", "22:13:28", "--port", "443", "--utc")
    assert "2 of 2 connections open at 22:13:28.000" in by_clock


def test_ipv6_and_what_was_never_heard(keepalive: Any, capture: Path) -> None:
    _, out, _ = keepalive(capture, "--host", "2001:db8::2")
    assert "  tcp6   [2001:db8::2]:22  [2001:db8::1]:40001  UNKNOWN  10.0 s     2" in out


def test_tables(keepalive: Any, capture: Path, tmp_path: Path) -> None:
    status, out, _ = keepalive(capture, "--json")
    document = json.loads(out)
    assert (status, list(document)) == (0, ["schema", "captures", "states"])
    assert tuple(document["states"][0]) == STATES.names
    assert len(document["states"]) == 4 + 3 + 4 + 4 + 2  # ends of flow 0, 1, and 2 together
    assert keepalive(capture, "--csv", tmp_path / "csv", "--at", "8", "--host", "10.0.0.2")[0] == 0
    rows = list(csv.DictReader((tmp_path / "csv" / "states.csv").read_text().splitlines()))
    assert [(row["flow"], row["side"], row["state"]) for row in rows] == [
        ("0", "server", "ESTABLISHED"),
        ("1", "server", "ESTABLISHED"),
    ]
    assert keepalive(capture, "--parquet", tmp_path / "pq")[0] == 0
    assert {path.name for path in (tmp_path / "pq").iterdir()} == {"captures.parquet", "states.parquet"}


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["--at", "31"], "--at 31: no capture holds that moment; they last from "),
        (["--at", "-1"], "--at -1: no capture holds that moment"),
        (["--at", "soon"], "--at 'soon': seconds since the capture's start are wanted"),
        (["--limit", "-2"], "--limit: a number from 0 is wanted; 0 means all"),
    ],
)
def test_wrong_usage(keepalive: Any, capture: Path, words: list[str], error: str) -> None:
    status, out, err = keepalive(capture, *words)
    assert (status, out) == (2, "")
    assert err.startswith(f"keepalive: {error}") and err.count("\n") == 1


class TestPython:
    @pytest.mark.parametrize(
        ("at", "seconds"),
        [(0.005, 0.005), (8, 8), ("20.5", 20.5), ("22:13:40.5", 20.5), ("2023-11-14T22:13:30.005Z", 10.005)],
    )
    def test_changes_add_up_to_the_states_in_force(
        self, capture: Path, at: float | str, seconds: float
    ) -> None:
        a = analyzer.analyze(capture)
        changes = a.states()
        past = changes[changes.time <= a.captures.start[0] + pd.Timedelta(seconds=seconds)]
        counts = past.state.value_counts().sub(past.before.value_counts(), fill_value=0).drop("CLOSED")
        held = a.states(at).state.value_counts()
        assert counts[counts > 0].to_dict() == held[held > 0].to_dict()

    def test_the_end_agrees_with_the_flows_table(self, capture: Path) -> None:
        a = analyzer.analyze(capture)
        held = a.states(at=a.captures.end[0]).set_index(["flow", "side"]).state
        for flow in a.flows.itertuples():
            for side in ("client", "server"):
                assert held.get((flow.flow, side), "CLOSED") == getattr(flow, f"{side}_state")

    def test_no_time(self, capture: Path) -> None:
        with pytest.raises(UsageError, match=r"states\(at='soon'\): seconds since"):
            analyzer.analyze(capture).states(at="soon")
