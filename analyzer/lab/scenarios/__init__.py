"""The scenarios: one function each, in a module per family, which tell their story in this order."""

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
from analyzer.lab.scenarios.scenario import ENTERED, OverIPv6, Scenario

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

__all__ = ["FAMILIES", "SCENARIOS", "OverIPv6", "Scenario"]
