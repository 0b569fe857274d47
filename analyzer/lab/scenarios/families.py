"""All scenarios, in the order of the story that their families tell."""

from __future__ import annotations

from analyzer.lab.scenarios import (
    endings,
    handshakes,
    heartbeats,
    lookalikes,
    many,
    middleboxes,
    outcomes,
    paths,
    reboots,
    vantages,
)
from analyzer.lab.scenarios.scenario import ENTERED

FAMILIES = (
    *(outcomes, reboots, paths, middleboxes, endings),
    *(handshakes, lookalikes, heartbeats, vantages, many),
)

SCENARIOS = {
    scenario.name: scenario
    for family in FAMILIES
    for scenario in ENTERED
    if scenario.play.__module__ == family.__name__
}
"""All of them, by name."""
