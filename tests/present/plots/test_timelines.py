"""Swimlanes have a bar for each phase and a mark for each thing that happened, however many there are."""

from __future__ import annotations

import json
from typing import Any

import pytest

from analyzer import kinds
from analyzer.present.colours import LIGHT
from analyzer.present.lanes import PHASE_WORDS
from analyzer.present.plots.rows import by_verdict
from analyzer.present.plots.timelines import LABELLED, MOST_MARKS, timelines
from tests.present.plots.lanes_made import busy, dead, row


def traces(rows: list[Any]) -> dict[str, Any]:
    return {each.get("name", "edge"): each for each in timelines(rows, "said", LIGHT)["data"]}


def test_bars_are_the_phases_of_the_lane() -> None:
    found = traces([dead(7)])
    bars = {
        name: list(zip(found[name]["base"], found[name]["x"], strict=True))
        for name in ("active", "idle", "probes unanswered", "dead")
    }
    assert bars == {
        "active": [(1, 10)],
        "idle": [(11, 59)],
        "probes unanswered": [(70, 20)],
        "dead": [(90, 10)],  # what it is after its last segment
    }
    assert found["active"]["customdata"] == [7]


def test_marks_are_where_they_happened() -> None:
    found = traces([dead()])
    assert found["unanswered probe"]["x"] == [70, 75, 80]
    assert found["reply"]["x"] == [40.1]
    assert found["RST"]["x"] == [90]
    assert found["probe"]["y"][0] < found["reply"]["y"][0]  # above and below the lane
    assert "closed" not in found


def test_every_lane_of_few_is_labelled() -> None:
    rows = [dead(flow) for flow in range(LABELLED)]
    axis = timelines(rows, "said", LIGHT)["layout"]["yaxis"]
    assert len(axis["ticktext"]) == LABELLED
    assert "10.0.0.1:3 → 10.0.0.2:443  <b>peer_dead</b>  3" in axis["ticktext"][3]


def test_of_many_each_verdict_is_named_once_in_the_middle_of_its_lanes() -> None:
    rows = by_verdict([busy(0), *(dead(flow) for flow in range(1, 101))])
    figure = timelines(rows, "said", LIGHT)
    axis = figure["layout"]["yaxis"]
    assert axis["ticktext"] == ["<b>peer_dead</b> 100 ", "<b>alive</b> 1 "]
    assert axis["tickvals"] == [49.5, 100]
    assert "reply" not in {each.get("name") for each in figure["data"]}


def test_600_lanes_as_full_as_they_get_are_small() -> None:
    rows = [busy(flow, marks=500) for flow in range(600)]
    assert len(json.dumps(timelines(rows, "said", LIGHT))) < 3_000_000


def test_marks_on_one_another_are_counted() -> None:
    found = traces([busy(flow, marks=20_000) for flow in range(20)])
    marks = [each for each in found.values() if each["type"] == "scatter"]
    assert sum(len(each["x"]) for each in marks) <= MOST_MARKS
    told = sum(int(text.split(" × ")[0]) if " × " in text else 1 for each in marks for text in each["text"])
    assert told == 20 * 20_000


def test_a_closed_connection_ends_in_a_thin_line() -> None:
    found = traces([row(0, kinds.CLOSED, [(0, 1)])])
    assert found["closed"]["width"] < found["active"]["width"] / 4


@pytest.mark.parametrize("phase", PHASE_WORDS)
def test_colours_are_those_of_the_table(phase: str) -> None:
    rows = [dead(), row(1, kinds.CLOSED, [(0, 1)])]
    colours = {each["marker"]["color"] for each in traces(rows).values() if each.get("name")}
    assert LIGHT.lanes[phase] in colours


def test_long_names_are_cut_and_pointed_at_in_full() -> None:
    name = "[2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff]:50000 → [2001:db8:aaaa:bbbb:cccc:dddd:eeee:fff0]:443"
    long = type(dead())(**{**dead().__dict__, "name": name})
    figure = timelines([long], "said", LIGHT)
    label = figure["layout"]["yaxis"]["ticktext"][0]
    assert label.startswith("[2001:db8:aa…eeee:ffff]:50000 → [2001:db8:aa…d:eeee:fff0]:443  <b>")
    assert name in figure["data"][-1]["hovertext"][0]
