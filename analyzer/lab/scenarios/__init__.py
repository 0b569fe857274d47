"""The scenarios: one function each, in a module per family; importing a module enters its scenarios."""

from analyzer.lab.scenarios.families import FAMILIES, SCENARIOS
from analyzer.lab.scenarios.scenario import OverIPv6, Scenario

__all__ = ["FAMILIES", "SCENARIOS", "OverIPv6", "Scenario"]
