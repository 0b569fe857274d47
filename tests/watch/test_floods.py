"""Floods of connections that are none: the real ones stay, what is told of the others is bounded."""

from __future__ import annotations

import json
import time
from io import StringIO
from pathlib import Path

import pytest

from analyzer.live_capture import Live
from analyzer.pipeline import Diagnosis
from analyzer.rules import Rules
from analyzer.sources.live import open_follow
from analyzer.tables.lines import JsonLines
from analyzer.watch import watching
from benchmarks.floods import FLOODS, fates
from benchmarks.generate import Settings, generate

REAL, FLOOD, ROOM = 100, 30_000, 2_000


@pytest.mark.parametrize("kind", FLOODS)
def test_a_flood_evicts_no_real_connection_and_changes_no_verdict(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "flood.pcap"
    truth = generate(path, Settings(flows=REAL, flood=kind, flood_size=FLOOD))
    lines = StringIO()
    told = JsonLines(lines, Diagnosis(Rules()))
    live = Live(open_follow(str(path)), most_flows=ROOM, tell=(told.tell,))
    live.start()
    while live.totals().frames < truth["frames"]:
        assert live.running
        time.sleep(0.05)
    live.stop()
    totals = live.totals()
    told.end(totals)
    rows = [json.loads(line) for line in lines.getvalue().splitlines()]
    flows = live.flows
    real = flows[flows.flow < REAL].verdict.value_counts()
    assert {word: count for word, count in real.items() if count} == fates(REAL)
    if kind == "refused":  # where a SYN has left before, its refusal is a connection of its own
        assert totals.connections >= REAL + FLOOD
    else:
        assert totals.connections == REAL + FLOOD
    assert totals.held + sum(totals.retired.values()) == totals.connections
    assert not totals.retired["probed"]
    assert totals.held <= ROOM
    assert rows[-1]["retired"] == totals.retired
    said = len({row["flow"] for row in rows if row["type"] == "verdict" and row["flow"] >= REAL})
    assert said <= 5 * watching.MOST_SAID
    assert said + totals.unsaid <= totals.connections - REAL
