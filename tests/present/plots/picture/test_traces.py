"""Bars, points, lines, areas and densities are drawn where their values are."""

from __future__ import annotations

import re
from typing import Any

import pytest

from analyzer.errors import UsageError
from analyzer.present.plots.picture.axes import Axis
from analyzer.present.plots.picture.traces import SYMBOLS, Stacks, trace
from analyzer.present.plots.timelines import MARKS

ACROSS = Axis("x", {"range": [0, 10]}, 0, 100)
UP = Axis("y", {"range": [0, 10]}, 100, 0)


def drawn(json: dict[str, Any], stacks: Stacks | None = None, stacked: bool = True) -> list[str]:
    return list(trace(json, ACROSS, UP, stacks or Stacks(), stacked, "#000000"))


def path(svg: str) -> str:
    return re.search(r" d='([^']*)'", svg)[1]


def test_bars_across_have_base_and_length() -> None:
    bar = {"type": "bar", "orientation": "h", "width": 1, "base": [2], "x": [3], "y": [5]}
    [svg] = drawn(bar | {"marker": {"color": "#ff0000"}})
    assert path(svg) == "M20.00 55.00H50.00V45.00H20.00Z"


def test_bars_too_short_to_see_are_seen() -> None:
    bar = {"type": "bar", "orientation": "h", "width": 1, "base": [2], "x": [0.0001], "y": [5]}
    [svg] = drawn(bar | {"marker": {"color": "#ff0000"}})
    assert "H21.20" in path(svg)


def test_bars_have_their_own_colours_and_text() -> None:
    bar = {"type": "bar", "orientation": "h", "width": 1, "x": [3, 4], "y": [1, 2], "text": ["a", "b"]}
    svg = drawn(bar | {"textposition": "outside", "marker": {"color": ["#ff0000", "#00ff00"]}})
    assert ["#ff0000" in each for each in svg[:2]] == [True, False]
    assert "x='34.0'" in svg[2] and "x='44.0'" in svg[3]


def test_bars_stand_on_one_another() -> None:
    bar = {"type": "bar", "width": 2, "x": [5], "y": [3], "marker": {"color": "#ff0000"}}
    stacks = Stacks()
    first, second = drawn(bar, stacks) + drawn(bar, stacks)
    assert path(first) == "M40.00 100.00H60.00V70.00H40.00Z"
    assert path(second) == "M40.00 70.00H60.00V40.00H40.00Z"


def test_areas_are_steps_on_one_another() -> None:
    area = {"type": "scatter", "stackgroup": "s", "x": [0, 5, 10], "y": [1, 2, 2], "fillcolor": "#ff0000"}
    stacks = Stacks()
    first, second = drawn(area, stacks) + drawn(area, stacks)
    assert path(first) == "M0.0 90.0H50.0V80.0H100.0V80.0V100.0V100.0H50.0V100.0H0.0Z"
    assert path(second).startswith("M0.0 80.0H50.0V60.0")


def test_lines_break_where_a_value_is_missing() -> None:
    line = {"color": "#000000", "width": 1, "dash": "dot"}
    json = {"type": "scatter", "mode": "lines", "x": [0, 1, None, 2], "y": [0, 1, None, 2], "line": line}
    [svg] = drawn(json)
    assert path(svg) == "M0.0 100.0L10.0 90.0M20.0 80.0"
    assert "stroke-dasharray" in svg


def test_marks_of_no_size_are_left_out() -> None:
    marker = {"symbol": "circle", "color": "#000000", "size": [0, 10]}
    [svg] = drawn({"type": "scatter", "mode": "markers", "x": [1, 2], "y": [1, 2], "marker": marker})
    assert path(svg).count("M") == 1 and path(svg).startswith("M15.0 80.0")


@pytest.mark.parametrize("symbol", sorted({look.symbol for look in MARKS.values()} | SYMBOLS.keys()))
def test_symbols_are_as_large_as_they_are_said_to_be(symbol: str) -> None:
    marker = {"symbol": symbol, "color": "#000000", "size": 20, "line": {"width": 1}}
    [svg] = drawn({"type": "scatter", "mode": "markers", "x": [5], "y": [5], "marker": marker})
    if not symbol.startswith("circle"):
        numbers = [float(each) for each in re.findall(r"-?[\d.]+", path(svg))]
        assert min(numbers) >= 35 and max(numbers) <= 65 and max(numbers) - min(numbers) >= 15
    assert ("fill='none'" in svg) == symbol.endswith(("-open", "-thin"))


def test_a_density_is_stronger_where_there_is_more() -> None:
    scale = [[0, "#ffffff"], [1, "#000000"]]
    json = {"type": "heatmap", "x": [2, 4], "y": [2, 4], "z": [[0, 1], [0.5, 0]], "zmax": 1}
    svg = drawn(json | {"colorscale": scale})
    assert len(svg) == 2
    assert "#808080" in svg[0] and path(svg[0]) == "M10.00 70.00H30.00V50.00H10.00Z"
    assert "#000000" in svg[1]


def test_text_stands_above_its_point() -> None:
    json = {"type": "scatter", "mode": "text", "x": [5], "y": [5], "text": ["hello"]}
    [svg] = drawn(json | {"textfont": {"size": 10, "color": ["#123456"]}})
    assert "hello" in svg and "#123456" in svg and 40 < float(re.search(r"y='([\d.]+)'", svg)[1]) < 50


def test_what_is_not_known_is_refused() -> None:
    with pytest.raises(UsageError, match="cannot draw pie"):
        drawn({"type": "pie"})
