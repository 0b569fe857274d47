"""The list of scenarios."""

from __future__ import annotations

import re
from itertools import groupby

from analyzer.lab import SCENARIOS
from analyzer.lab.scenarios import FAMILIES
from analyzer.lab.scenarios.scenario import ENTERED


def test_the_outcomes_of_keep_alive_come_first() -> None:
    assert list(SCENARIOS)[:3] == ["alive", "peer-dead", "peer-rebooted"]


def test_families_stand_together_and_have_short_titles() -> None:
    families = [scenario.family for scenario in SCENARIOS.values()]
    assert len(list(groupby(families))) == len(set(families)) == len(FAMILIES)
    assert all(0 < len(title) <= 80 for title in families)


def test_none_that_was_entered_is_left_out() -> None:
    assert sorted(SCENARIOS) == sorted(scenario.name for scenario in ENTERED)


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
