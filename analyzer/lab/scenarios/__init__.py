"""The scenarios: one function each, in a module per family; importing a module enters its scenarios."""

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
from analyzer.lab.scenarios.scenario import SCENARIOS, Scenario

__all__ = [
    "SCENARIOS",
    "Scenario",
    "endings",
    "handshakes",
    "heartbeats",
    "lookalikes",
    "many",
    "middleboxes",
    "outcomes",
    "paths",
    "reboots",
    "vantages",
]
