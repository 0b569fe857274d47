"""Values are where the axes say."""

from __future__ import annotations

import re

import pytest

from analyzer.errors import UsageError
from analyzer.present.colours import LIGHT
from analyzer.present.plots.canvas import axis, ticks
from analyzer.present.plots.picture.axes import Area, axes_of, grid, labels, left_margin

AREA = Area(100, 50, 900, 450)
LAYOUT = {
    "xaxis": axis(LIGHT, "time", range=[0, 10], **ticks([0, 5, 10, 11], ["0", "5", "10", "11"])),
    "yaxis2": axis(LIGHT, range=[3, -1], domain=[0, 0.5], showline=True, **ticks([0], ["first"])),
}


def test_ranges_and_domains() -> None:
    axes = axes_of(LAYOUT, AREA)
    assert axes["x"].at(5) == 500 and axes["x"].length == 80
    assert (axes["y2"].at(3), axes["y2"].at(-1)) == (450, 250)  # lower half, turned round


def test_ticks_beyond_the_range_are_left_out() -> None:
    assert axes_of(LAYOUT, AREA)["x"].ticks == [(100, "0"), (500, "5"), (900, "10")]


def test_a_line_for_each_tick_across_the_other_axis() -> None:
    axes = axes_of(LAYOUT, AREA)
    vertical, horizontal, edge = grid(axes["x"], axes["y2"])
    assert re.findall(r"M(\d+)\.0 450\.0V250\.0", vertical) == ["100", "500", "900"]
    assert "H900.0" in horizontal and "M100.0 450.0V250.0" in edge


def test_labels_of_ticks_and_title() -> None:
    drawn = list(labels(axes_of(LAYOUT, AREA)["x"], 450, 8))
    assert [re.sub("<[^>]*>", "", each) for each in drawn] == ["0", "5", "10", "time"]


def test_long_labels_get_room() -> None:
    wide = {"yaxis": axis(LIGHT, range=[0, 1], **ticks([0], ["10.0.0.1:50000 → 10.0.0.2:443"]))}
    assert left_margin(wide, 60) > 150
    assert left_margin(LAYOUT, 60) == 60


@pytest.mark.parametrize("change", [{"type": "date"}, {"type": "log"}])
def test_other_axes_are_refused(change: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="xaxis has no linear range"):
        axes_of({"xaxis": LAYOUT["xaxis"] | change}, AREA)
    with pytest.raises(UsageError):
        axes_of({"xaxis": {"tickvals": []}}, AREA)
