"""Scenarios of the lab, played side by side, each in a network with addresses of its own."""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_address
from pathlib import Path

from analyzer.lab import SCENARIOS, LabError, NotAsPlannedError, OverIPv6, Scenario
from analyzer.lab.capture import find_tool
from analyzer.lab.network import ENDS, MANY, PLACES, Network
from analyzer.lab.requirements import require_programs
from analyzer.lab.stage import Stage
from analyzer.lab.truth import Expected
from analyzer.lab.vantage import NEAR_CLIENT, Second, Vantage
from tests.soak.mirror import Mirror, Observer

UNCUT = "short-snap-length"
"""Not played: a mirror copies whole frames."""


@dataclass(frozen=True)
class Played:
    """What must have been told of one play. failure: why its truth is not known, else ""."""

    scenario: str
    ip_version: int
    place: int
    expected: tuple[Expected, ...]
    failure: str = ""

    @property
    def name(self) -> str:
        return f"{self.scenario}{'' if self.ip_version == 4 else ' over IPv6'} at {self.place}"


def place_of(address: str) -> int | None:
    """Which network an address is in; None: none of the lab's."""
    number = ip_address(address)
    whole, bits = MANY[number.version]
    if number not in whole:
        return None
    return (int(number) - int(whole.network_address) >> number.max_prefixlen - bits) // len(ENDS)


class MirroredStage(Stage):
    """A stage whose capture is a mirror port."""

    def __init__(self, network: Network, observer: Observer, place: int) -> None:
        super().__init__(network, find_tool(), Path("nowhere"))
        self._observer = observer
        self._place = place

    def start_capture(self, vantage: Vantage = NEAR_CLIENT, second: Vantage | None = None) -> None:
        """The second capture of a scenario is of no use to one watcher."""
        super().start_capture(vantage)
        if second is not None:
            self.second = Second(second, self._path)

    def _capture_at(self, vantage: Vantage, path: Path) -> Mirror:  # type: ignore[override]
        only_from = self._network.links[vantage.only_from].host if vantage.only_from else None
        host = self._network.host(vantage.host)
        return self._running.enter_context(Mirror(self._observer, host, vantage, only_from, self._place))


def play(scenario: Scenario, ip_version: int, place: int, observer: Observer) -> Played:
    """Play it once."""
    played = Played(scenario.name, ip_version, place, ())
    try:
        require_programs(scenario.needs)
        network = scenario.network(ip_version, place)
        with network, MirroredStage(network, observer, place) as stage:
            scenario.play(stage)
        return replace(played, expected=tuple(stage.expected))
    except NotAsPlannedError as error:
        return replace(played, failure=f"not as planned: {error}")
    except LabError as error:
        return replace(played, failure=str(error))


class Playing:
    """Plays scenarios again and again until `end_s` (monotonic), `jobs` at a time, all equally often.

    No play begins that would take longer than that.
    """

    def __init__(self, observer: Observer, end_s: float, jobs: int, names: Sequence[str] = ()) -> None:
        self.played: list[Played] = []
        self.errors: list[BaseException] = []
        self._observer = observer
        self._end_s = end_s
        self._places = itertools.count(1)
        self._waiting: list[tuple[Scenario, int]] = []
        self._all = [
            (each, version)
            for each in SCENARIOS.values()
            if each.name != UNCUT and (not names or each.name in names)
            for version in ((4,) if each.ipv6 is OverIPv6.NEVER else (4, 6))
        ]
        self._random = random.Random(5)
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._run) for _ in range(jobs)]

    def run(self) -> list[Played]:
        """Returns when the last play is over. Raises what a play raised that is no outcome of one."""
        for each in self._threads:
            each.start()
        for each in self._threads:
            each.join()
        if self.errors:
            raise self.errors[0]
        return self.played

    def _run(self) -> None:
        try:
            while (drawn := self._draw()) is not None:
                self.played.append(play(*drawn, self._observer))
        except BaseException as error:
            self.errors.append(error)

    def _draw(self) -> tuple[Scenario, int, int] | None:
        with self._lock:
            if not self._waiting:
                self._waiting = self._random.sample(self._all, len(self._all))
            left_s = self._end_s - time.monotonic()
            for number, (scenario, version) in enumerate(self._waiting):
                if scenario.duration_s <= left_s and not self.errors:
                    del self._waiting[number]
                    return scenario, version, next(self._places) % PLACES
            return None
