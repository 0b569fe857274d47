"""Distributions of timers, and the known settings they fit."""

from __future__ import annotations

import numpy as np
import pytest

from analyzer import kinds
from analyzer.present.colours import LIGHT
from analyzer.present.plots.timers import Known, Measured, fitting, timers

KNOWN = [Known("Linux", 7200, 75), Known("Solaris", 7200, None), Known("<b>", 60, 1), Known("Go", 15, 15)]


def measured(seconds: list[float], verdict: int = kinds.ALIVE) -> Measured:
    return Measured("keepalive time", np.array(seconds, float), np.full(len(seconds), verdict))


def test_defaults_fit_timers_that_fire_late_but_not_early() -> None:
    defaults = [("Linux", 75.0), ("other", None), ("BSD", 75.0)]
    assert fitting(defaults, np.array([75.9])) == [("Linux, BSD", 75)]
    assert fitting(defaults, np.array([74.9])) == []
    assert fitting(defaults, np.array([90.0])) == []


def test_many_names_of_one_setting_are_summed_up() -> None:
    [(names, _)] = fitting([(str(each), 60.0) for each in range(9)], np.array([60.1]))
    assert names == "0, 1, 2 and 6 more"


def test_bars_hold_every_value_once() -> None:
    chance = np.random.default_rng(1)
    times = Measured("time", chance.uniform(1, 7200, 500), chance.integers(0, 13, 500))
    figure = timers(times, measured([75.1]), KNOWN, "said", LIGHT)
    first = [each for each in figure["data"] if each["xaxis"] == "x"]
    assert sum(sum(each["y"]) for each in first) == 500
    for each in first:
        code = kinds.VERDICT_WORDS.index(each["name"])
        assert sum(each["y"]) == np.count_nonzero(times.verdicts == code)
        assert each["marker"]["color"] == LIGHT.verdicts[each["name"]]


def test_neighbouring_settings_stand_apart() -> None:
    figure = timers(measured([60.0, 75.0]), measured([]), [], "said", LIGHT)
    assert len(figure["data"][0]["x"]) == 2


def test_settings_are_marked_where_they_fit_and_escaped() -> None:
    figure = timers(measured([7203.0, 60.2]), measured([75.2]), KNOWN, "said", LIGHT)
    texts = [note["text"] for note in figure["layout"]["annotations"]]
    assert texts == ["<b>60 s</b> &lt;b&gt;", "<b>2 h</b> Linux, Solaris", "<b>75 s</b> Linux"]
    assert [shape["xref"] for shape in figure["layout"]["shapes"]] == ["x", "x", "x2"]
    assert figure["layout"]["shapes"][1]["x0"] == pytest.approx(np.log10(7200))


def test_nothing_measured() -> None:
    assert timers(measured([]), measured([]), KNOWN, "said", LIGHT)["data"] == []
