"""How many ends were in which state at which moment."""

from __future__ import annotations

import numpy as np

from analyzer.kinds import STATE_WORDS
from analyzer.present.colours import LIGHT
from analyzer.present.plots.states import MOMENTS, courses, states

ESTABLISHED, CLOSE_WAIT, CLOSED = map(STATE_WORDS.index, ("ESTABLISHED", "CLOSE-WAIT", "CLOSED"))
S = 1_000_000_000


def block(*changes: tuple[float, int, int]) -> dict[str, object]:
    times, state, before = zip(*changes, strict=True)
    return {
        "capture": np.zeros(len(changes), np.int64),
        "time": np.array([round(5 * S + each * S) for each in times]),
        "state": np.array(state, np.uint8),
        "before": np.array(before, np.uint8),
    }


CHANGES = block(
    (0, ESTABLISHED, 255), (1, ESTABLISHED, 255), (4, CLOSE_WAIT, ESTABLISHED), (6, CLOSED, CLOSE_WAIT)
)


def test_counts_go_up_and_down_with_the_changes() -> None:
    times, counts = courses([CHANGES], {0: 5 * S}, 10 * S)
    assert (times / S).tolist() == [0, 1, 4, 6, 10]
    assert counts[ESTABLISHED].tolist() == [1, 2, 1, 1, 1]
    assert counts[CLOSE_WAIT].tolist() == [0, 0, 1, 0, 0]
    assert not counts[CLOSED].any()


def test_of_very_many_changes_some_moments_are_drawn_and_said() -> None:
    many = block(*((place / 100, ESTABLISHED, 255) for place in range(5000)))
    figure = states([many], {0: 5 * S}, 50 * S, "said", LIGHT)
    [area] = figure["data"]
    assert len(area["x"]) == MOMENTS
    assert area["y"][-1] == 5000
    assert "at most 5,000 ends open at once, at 400 moments" in figure["layout"]["title"]["text"]


def test_what_may_be_wrong_stands_on_the_axis() -> None:
    names = [each["name"] for each in states([CHANGES], {0: 5 * S}, 10 * S, "said", LIGHT)["data"]]
    assert names == ["CLOSE-WAIT", "ESTABLISHED"]


def test_nothing_open() -> None:
    assert states([], {}, 0, "said", LIGHT)["data"] == []
