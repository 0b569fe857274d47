"""The list of scenarios."""

from __future__ import annotations

import re

from analyzer.lab import SCENARIOS


def test_the_outcomes_of_keep_alive_come_first() -> None:
    assert list(SCENARIOS)[:3] == ["alive", "peer-dead", "peer-rebooted"]


def test_names_are_what_one_types_and_functions_are_called() -> None:
    for name, scenario in SCENARIOS.items():
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", name)
        assert scenario.name == name
        assert scenario.play.__name__ == name.replace("-", "_")


def test_each_says_in_one_sentence_what_it_shows() -> None:
    for scenario in SCENARIOS.values():
        assert re.fullmatch(r"[A-Z][^.]*\.", scenario.shows)
        assert "|" not in scenario.shows  # it stands in a table


def test_all_together_are_played_while_one_waits() -> None:
    assert all(scenario.duration_s <= 15 for scenario in SCENARIOS.values())
