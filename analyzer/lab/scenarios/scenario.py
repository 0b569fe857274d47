"""What a scenario is, and the list that each enters."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from analyzer.lab.network import Network
from analyzer.lab.stage import Stage

Play = Callable[[Stage], None]


class OverIPv6(Enum):
    """Whether a scenario can be recorded over IPv6 too, and whether all recordings include that."""

    NEVER = "IPv4 only"
    ON_REQUEST = ""
    ALWAYS = "also over IPv6"


@dataclass(frozen=True)
class Scenario:
    """A story to be recorded: `play` acts it out on a stage and states what the recording must give."""

    name: str
    shows: str
    duration_s: int
    play: Play
    ipv6: OverIPv6 = OverIPv6.ON_REQUEST
    network: type[Network] = Network
    """What it plays on."""
    needs: tuple[str, ...] = ()
    """Programs that it needs beside those that all need; a capture program of its own choice is one."""

    @property
    def family(self) -> str:
        """What it and its neighbours in the list are about: the title of their module."""
        return (sys.modules[self.play.__module__].__doc__ or "").partition("\n")[0].rstrip(".")


ENTERED: list[Scenario] = []
"""All of them, as their modules were imported."""


def scenario(
    name: str,
    shows: str,
    duration_s: int,
    ipv6: OverIPv6 = OverIPv6.ON_REQUEST,
    network: type[Network] = Network,
    needs: tuple[str, ...] = (),
) -> Callable[[Play], Play]:
    """Enter a function into the list. `shows`: one sentence; `duration_s`: about how long it plays."""

    def enter(play: Play) -> Play:
        ENTERED.append(Scenario(name, shows, duration_s, play, ipv6, network, needs))
        return play

    return enter
