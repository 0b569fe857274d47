"""What very many connections were doing, summed up, is what each was doing."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import numpy as np
import pytest

from analyzer import kinds
from analyzer.present.colours import LIGHT
from analyzer.present.lanes import ACTIVE
from analyzer.present.plots.summed import STEPS, mean_counts, summed
from tests.present.plots.lanes_made import busy, dead, row


def test_means_are_those_of_counting_one_by_one() -> None:
    chance = random.Random(1)
    starts = [chance.uniform(0, 90) for _ in range(200)]
    ends = [start + chance.uniform(0, 10) for start in starts]
    edges = np.linspace(0, 100, 31)
    slow = [
        sum(max(0, min(end, right) - max(start, left)) for start, end in zip(starts, ends, strict=True))
        / (right - left)
        for left, right in zip(edges[:-1], edges[1:], strict=True)
    ]
    assert mean_counts(starts, ends, edges) == pytest.approx(np.array(slow), abs=1e-6)


def test_each_verdict_has_a_band_with_its_phases() -> None:
    figure = summed([*(dead(flow) for flow in range(30)), busy(30)], "said", LIGHT)
    assert [note["text"] for note in figure["layout"]["annotations"]] == [
        "<b>peer_dead</b>  30",
        "<b>alive</b>  1",
    ]
    first = {each["name"]: each["y"] for each in figure["data"] if each["yaxis"] == "y"}
    at = {second: second * STEPS // 100 for second in (5, 30, 72, 95)}
    assert first["active"][at[5]] == first["idle"][at[30]] == 30
    assert first["probes unanswered"][at[72]] == first["dead"][at[95]] == 30
    assert first["active"][at[72]] == 0


def test_an_axis_ends_at_a_whole_number_of_connections() -> None:
    """The mean over a step can be any number, but nobody counts 2.3 connections."""
    brief = [replace(row(flow, kinds.CLOSED, [(ACTIVE, 1.3)]), end_ns=round(1.6e9)) for flow in range(1, 4)]
    figure = summed([dead(0), *brief], "said", LIGHT)
    assert max(max(each["y"]) for each in figure["data"] if each["yaxis"] == "y2") == pytest.approx(2.16)
    layout = figure["layout"]
    assert layout["yaxis2"]["ticktext"] == ["0", "3"] and layout["yaxis2"]["tickvals"] == [0, 3]
    assert layout["yaxis"]["ticktext"] == ["0", "1"]


def test_20_000_connections_are_small() -> None:
    rows = [busy(flow) if flow % 2 else dead(flow) for flow in range(20_000)]
    figure = summed(rows, "said", LIGHT)
    assert len(json.dumps(figure)) < 200_000
    assert len(figure["layout"]["annotations"]) == 2


def test_the_gravest_is_on_top() -> None:
    figure = summed([busy(0), dead(1)], "said", LIGHT)
    top, below = figure["layout"]["annotations"]
    assert kinds.VERDICT_WORDS[kinds.PEER_DEAD] in top["text"] and top["y"] > below["y"]
