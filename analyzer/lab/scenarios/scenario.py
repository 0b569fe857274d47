"""What a scenario is, and the list of them all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from analyzer.lab.network import Network
from analyzer.lab.stage import Stage

Play = Callable[[Stage], None]


@dataclass(frozen=True)
class Scenario:
    """A story to be recorded: `play` acts it out on a stage and states what the recording must give."""

    name: str
    shows: str
    duration_s: int
    play: Play
    ipv6_too: bool = False
    """Whether all recordings include one over IPv6."""
    network: type[Network] = Network
    """What it plays on."""


SCENARIOS: dict[str, Scenario] = {}
"""All of them, by name."""


def scenario(
    name: str,
    shows: str,
    duration_s: int,
    ipv6_too: bool = False,
    network: type[Network] = Network,
) -> Callable[[Play], Play]:
    """Enter a function into the list. `shows`: one sentence; `duration_s`: about how long it plays."""

    def enter(play: Play) -> Play:
        SCENARIOS[name] = Scenario(name, shows, duration_s, play, ipv6_too, network)
        return play

    return enter
