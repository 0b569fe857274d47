"""Colours can be told from one another and from the ground, by everybody."""

from __future__ import annotations

import re
from itertools import combinations

import pytest

from analyzer import kinds
from analyzer.present.colours import MARKS, THEMES, Colours
from analyzer.present.lanes import PHASE_WORDS
from tests.helpers.colour_sight import SIGHTS, contrast, distance

GROUPS = ("verdicts", "severities", "lanes", "marks", "states")
LEAST = 7.5  # in Oklab times 100; 2 can just be told, and everything is labelled besides

themes = pytest.mark.parametrize("colours", THEMES.values(), ids=THEMES)


@themes
def test_every_word_has_its_colour(colours: Colours) -> None:
    assert set(colours.verdicts) == set(kinds.VERDICT_WORDS)
    assert set(colours.severities) == set(kinds.SEVERITY_WORDS)
    assert set(colours.states) == set(kinds.STATE_WORDS)
    assert set(colours.lanes) == set(PHASE_WORDS)
    assert set(colours.marks) >= set(MARKS.values())
    used = [colour for group in GROUPS for colour in getattr(colours, group).values()]
    assert all(re.fullmatch("#[0-9a-f]{6}", each) for each in used)


@themes
@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("group", GROUPS)
def test_colours_that_stand_side_by_side_differ(colours: Colours, group: str, sight: str) -> None:
    named = getattr(colours, group)
    for one, other in combinations(named, 2):
        assert distance(named[one], named[other], sight) >= LEAST, (one, other)


@themes
def test_colours_stand_out_from_the_ground(colours: Colours) -> None:
    for group in GROUPS:
        for word, colour in getattr(colours, group).items():
            least = 1.9 if word == "idle" else 3  # WCAG 2.2, 1.4.11; silence stays in the background
            assert contrast(colour, colours.ground) >= least, (group, word)
    assert contrast(colours.ink, colours.ground) >= 7  # 1.4.6
    assert contrast(colours.faint, colours.ground) >= 4.5  # 1.4.3


def test_both_grounds_have_the_same_words() -> None:
    light, dark = THEMES["light"], THEMES["dark"]
    assert all(list(getattr(light, each)) == list(getattr(dark, each)) for each in GROUPS)


def test_white_on_black_is_measured_as_the_standards_say() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert distance("#000000", "#ffffff", "normal") == pytest.approx(100, abs=0.1)
    red, green = "#c83c14", "#4b7d14"
    assert distance(red, green, "deuteranope") < distance(red, green, "normal") / 3
