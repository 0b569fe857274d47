"""Bars, by hand."""

from __future__ import annotations

from analyzer.present.sparkline import BARS, sparkline


def test_every_height() -> None:
    assert sparkline(range(1, 9)) == BARS


def test_the_smallest_count_is_seen_beside_the_highest() -> None:
    assert sparkline([0, 1, 1000, 0]) == " ▁█ "


def test_nothing() -> None:
    assert sparkline([]) == ""
    assert sparkline([0, 0]) == "  "
