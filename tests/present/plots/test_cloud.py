"""Durations over time: points, or how dense they lie."""

from __future__ import annotations

import json

import numpy as np

from analyzer.present.colours import LIGHT
from analyzer.present.plots.canvas import Scale
from analyzer.present.plots.cloud import MOST_POINTS, Cloud, Look, Words, cloud

LOOKS = {code: Look(f"group {code}", f"#12345{code}", code == 1) for code in (1, 2, 0)}
WORDS = Words("Title", "said", "answer minus probe", "answer")


def some(count: int) -> Cloud:
    chance = np.random.default_rng(1)
    times = (chance.uniform(0, 100, count) * 1e9).astype(np.int64)
    whole = chance.integers(0, 2, (3, count))
    return Cloud(times, 10 ** chance.uniform(-4, -1, count), *whole)


def drawn(points: Cloud) -> dict[str, object]:
    return cloud(points, WORDS, Scale.of(100), LIGHT, LOOKS)


def test_few_are_drawn_one_by_one() -> None:
    points = some(50)
    figure = drawn(points)
    assert sum(len(each["x"]) for each in figure["data"]) == 50
    second = figure["data"][-1]
    own = points.group == 1
    assert second["customdata"] == np.column_stack([points.flow[own], points.frame[own]]).tolist()
    assert np.allclose(10 ** np.array(second["y"]), points.seconds[own], rtol=1e-3)
    assert second["marker"]["symbol"] == "circle-open"
    assert "50 answers" in figure["layout"]["title"]["text"]


def test_the_first_group_lies_on_top_and_is_named_first_and_empty_ones_are_not_named() -> None:
    figure = drawn(some(50))
    assert [each["name"] for each in figure["data"]] == ["group 0", "group 1"]
    title = figure["layout"]["title"]["text"]
    assert title.index("group 1") < title.index("group 0")
    assert "group 2" not in title


def test_many_are_a_density_with_all_of_them_in_it() -> None:
    points = some(50 * MOST_POINTS)
    density, median = drawn(points)["data"]
    assert sum(map(sum, density["customdata"])) == len(points)
    middle = float(np.median(points.seconds))
    assert all(0.8 < 10**y / middle < 1.25 for y in median["y"])
    assert len(json.dumps(drawn(points))) < 200_000
    colours = {colour for _, colour in density["colorscale"]}
    assert not colours & set(LIGHT.verdicts.values()) and {LIGHT.ground, LIGHT.faint} == colours
