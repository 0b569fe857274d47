"""Axes, ticks and text that all plots share."""

from __future__ import annotations

import math

import pytest

from analyzer.present.colours import LIGHT
from analyzer.present.plots.canvas import (
    Entry,
    Head,
    Scale,
    capture_name,
    count_axis,
    drawing,
    duration_axis,
    nothing,
    numbers,
    plain,
    setting,
    steps,
    tinted,
)


def test_nothing_of_a_capture_is_markup() -> None:
    assert plain("<b>&amp; $x$ %{y}\x1b[31m") == r"&lt;b&gt;&amp;amp; &#36;x&#36; %&#123;y}\x1b[31m"


def test_long_paths_become_names() -> None:
    assert capture_name("/captures/office.pcapng") == "office.pcapng"
    assert capture_name("-") == "standard input"
    assert len(capture_name("x" * 300)) == 80


def test_the_head_has_title_sentence_and_key() -> None:
    key = [Entry("■", "#123456", "dead")]
    figure = drawing(Head("Title", "said", key), LIGHT, 100, [])
    text = figure["layout"]["title"]["text"]
    assert text.startswith("<b>Title</b><br>")
    assert "<span style='color:#123456'>■</span> dead" in text
    without = drawing(Head("Title", "said"), LIGHT, 100, [])
    assert figure["layout"]["height"] - without["layout"]["height"] == 20
    long = drawing(Head("Title", "word " * 60), LIGHT, 100, [])["layout"]["title"]["text"]
    assert long.count("<br>") > 2


def test_an_empty_figure_says_why() -> None:
    assert nothing("Title", "no reason", LIGHT)["layout"]["annotations"][0]["text"] == "no reason"


@pytest.mark.parametrize(
    "end, ticks", [(10, [0, 2, 4, 6, 8, 10]), (3, [0, 0.5, 1, 1.5, 2, 2.5, 3]), (0.7, None), (86399, None)]
)
def test_ticks_are_round_and_few(end: float, ticks: list[float] | None) -> None:
    places = steps(end)
    assert ticks is None or places == ticks
    assert 3 <= len(places) <= 9 and places[-1] <= end


@pytest.mark.parametrize(
    "span, unit, end",
    [
        (0.0002, "µs", 200),
        (0.5, "ms", 500),
        (12, "s", 12),
        (299, "s", 299),
        (600, "min", 10),
        (36000, "h", 10),
    ]
    + [(864000, "d", 10), (0, "µs", 0.001)],
)
def test_times_are_in_a_unit_that_reads_well(span: float, unit: str, end: float) -> None:
    scale = Scale.of(span)
    assert scale.unit == unit
    assert scale.end == pytest.approx(end)
    assert scale.of_ns(span * 1e9) == pytest.approx(end, abs=0.001)
    assert f", {unit}" in scale.axis(LIGHT, "time")["title"]["text"]


@pytest.mark.parametrize(
    "seconds, text",
    [(2e-5, "20 µs"), (0.005, "5 ms"), (75, "75 s"), (7200, "2 h"), (60, "60 s"), (120, "2 min")],
)
def test_settings_are_said_shortly(seconds: float, text: str) -> None:
    assert setting(seconds) == text


@pytest.mark.parametrize("low, high", [(2e-5, 3e-5), (1e-6, 1e5), (60, 60), (0, 0.1), (900, 7200)])
def test_an_axis_of_durations_has_enough_ticks_for_any_span(low: float, high: float) -> None:
    json = duration_axis(LIGHT, "time", [low, high])
    assert 2 <= len(json["tickvals"]) <= 9
    assert json["range"][0] < math.log10(max(low, 1e-7)) and math.log10(high) < json["range"][1]
    assert len(json["ticktext"]) == len(json["tickvals"])


def test_counts_have_whole_ticks() -> None:
    assert count_axis(LIGHT, "n", 1)["tickvals"] == [0, 1]
    assert count_axis(LIGHT, "n", 20000)["ticktext"][-1] == "20,000"


def test_missing_numbers_are_null() -> None:
    assert numbers([1.23456789, math.nan], 2) == [1.23, None]


def test_tints() -> None:
    assert tinted("#ff0080", 0.5) == "rgba(255,0,128,0.5)"
