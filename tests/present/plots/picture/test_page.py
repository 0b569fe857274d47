"""A whole picture: well-formed, with everything the figure says."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np

from analyzer import kinds
from analyzer.present.colours import DARK, LIGHT
from analyzer.present.plots.canvas import nothing
from analyzer.present.plots.picture.page import svg
from analyzer.present.plots.summed import summed
from analyzer.present.plots.timelines import timelines
from analyzer.present.plots.timers import Known, Measured, timers
from tests.present.plots.lanes_made import busy, dead

NAMESPACE = "{http://www.w3.org/2000/svg}"


def words(picture: str) -> list[str]:
    root = ElementTree.fromstring(picture)
    return ["".join(each.itertext()).strip() for each in root.iter(f"{NAMESPACE}text")]


def test_size_ground_and_texts() -> None:
    picture = svg(timelines([dead(3), busy(4)], "said", DARK), 700)
    root = ElementTree.fromstring(picture)
    assert root.get("width") == "700"
    assert root.find(f"{NAMESPACE}rect").get("fill") == DARK.ground
    assert any("10.0.0.1:3 → 10.0.0.2:443" in each for each in words(picture))
    assert any(each.startswith("Connections over time") for each in words(picture))
    assert "since the capture began, s" in words(picture)


def test_bars_are_within_the_picture() -> None:
    picture = svg(timelines([dead(each) for each in range(9)], "said", LIGHT), 700)
    for left, right in re.findall(r"M([\d.]+) [\d.]+H([\d.]+)V", picture):
        assert 0 <= float(left) < float(right) <= 700


def test_bands_have_axes_of_their_own() -> None:
    picture = svg(summed([dead(1), busy(2)], "said", LIGHT), 900)
    assert {"peer_dead  1", "alive  1"} <= set(words(picture))


def test_notes_and_shapes_of_subplots() -> None:
    time = Measured("keepalive time", np.array([60.1]), np.array([kinds.ALIVE]))
    interval = Measured("keepalive interval", np.array([1.01]), np.array([kinds.ALIVE]))
    picture = svg(timers(time, interval, [Known("system", 60, 1)], "said", LIGHT), 900)
    assert {"60 s system", "1 s system", "keepalive time", "keepalive interval"} <= set(words(picture))
    assert picture.count("stroke-dasharray='2 4'") == 2


def test_nothing_to_draw() -> None:
    assert "no reason" in words(svg(nothing("Title", "no reason", LIGHT), 900))
