"""What was measured, as plain data, and the figures that follow from it."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.tools import PROJECT, TCPTRACE, TSHARK, WALKER

SCHEMA = 1
BASE_BYTES, EVENT_BYTES, FLOW_BYTES = 300_000_000, 64, 320  # memory contract


@dataclass
class Point:
    """All runs of one tool on one capture."""

    frames: int
    seconds: list[float]
    peak_bytes: int

    @property
    def median(self) -> float:
        return median(self.seconds)


@dataclass
class Timing:
    """One tool, on captures of ascending size."""

    tool: str
    does: str
    points: list[Point]
    sliced: bool = False

    def per_frame_us(self) -> float | None:
        """Cost of one more frame: the larger capture minus the smallest."""
        small, large = self.points[0], self.points[-1]
        if large.frames == small.frames:
            return None
        return (large.median - small.median) / (large.frames - small.frames) * 1e6

    def seconds_for(self, frames: int) -> float | None:
        """Median wall time; of a slice, extended by the cost of the frames it lacks.

        None if it was not measured, also where a slice was so short that noise is all it shows.
        """
        for point in self.points:
            if point.frames == frames:
                return point.median
        cost = self.per_frame_us()
        if not self.sliced or cost is None or cost <= 0:
            return None
        last = self.points[-1]
        return last.median + (frames - last.frames) * cost / 1e6

    def peak_bytes(self) -> int:
        return self.points[-1].peak_bytes


@dataclass
class Startup:
    """A tiny capture beside a Python that only imports, in alternation."""

    project_s: list[float]
    imports_s: list[float]

    def ratio(self) -> float:
        return median(self.project_s) / median(self.imports_s)


@dataclass
class Memory:
    """Peak memory of the project on a capture whose flows and events are known."""

    what: str
    frames: int
    flows: int
    events: int
    peak_bytes: int

    def allowed_bytes(self) -> int:
        return BASE_BYTES + EVENT_BYTES * self.events + FLOW_BYTES * self.flows


@dataclass
class Report:
    """One session of measuring."""

    machine: dict[str, str]
    captures: list[dict[str, Any]]
    runs: int
    timings: list[Timing] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    startup: Startup | None = None
    memory: list[Memory] = field(default_factory=list)
    first_compile_s: float | None = None
    checked: dict[str, list[int]] = field(default_factory=dict)  # what → [found, true]
    schema: int = SCHEMA

    def timing(self, tool: str) -> Timing | None:
        return next((timing for timing in self.timings if timing.tool == tool), None)

    def frames(self) -> list[int]:
        return [int(capture["frames"]) for capture in self.captures]

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")


def load(path: Path) -> Report:
    data = json.loads(path.read_text(encoding="utf-8"))
    if data.get("schema") != SCHEMA:
        raise ValueError(f"{path.name} has another schema than {SCHEMA}")
    data["timings"] = [
        Timing(**{**timing, "points": [Point(**point) for point in timing["points"]]})
        for timing in data["timings"]
    ]
    data["startup"] = Startup(**data["startup"]) if data["startup"] else None
    data["memory"] = [Memory(**memory) for memory in data["memory"]]
    return Report(**data)


@dataclass(frozen=True)
class Target:
    """One line of the contract: a figure and its bound."""

    what: str
    measured: float
    bound: float | None  # None: told, not promised
    at_most: bool = True
    unit: str = "x"
    scaled: bool = False

    @property
    def met(self) -> bool | None:
        if self.bound is None:
            return None
        return self.measured <= self.bound if self.at_most else self.measured >= self.bound


def targets(report: Report) -> list[Target]:
    """Design section 8, as far as this session measured it."""
    found = []
    project, walker = report.timing(PROJECT), report.timing(WALKER)
    if project and walker:
        cost, walk = project.per_frame_us(), walker.per_frame_us()
        if cost and walk:
            found.append(Target("cost per further frame, to capinfos -c", cost / walk, 1.5))
        if cost and report.startup:
            first = project.points[0].median - median(report.startup.project_s)
            before = first / project.points[0].frames * 1e6
            found.append(
                Target("cost per further frame, to one of the first (linear: 1)", cost / before, None)
            )
    largest = report.frames()[-1]
    for peer, times in ((TSHARK, 100.0), (TCPTRACE, 10.0)):
        timing = report.timing(peer)
        if not project or not timing:
            continue
        mine, theirs = project.seconds_for(largest), timing.seconds_for(largest)
        if mine and theirs:
            what = f"{largest / 1e6:g} M frames, times faster than {peer}"
            found.append(Target(what, theirs / mine, times, at_most=False, scaled=timing.sliced))
    if report.startup:
        found.append(Target("tiny file, to importing numpy and numba", report.startup.ratio(), 2.2))
    if report.first_compile_s is not None:
        found.append(Target("first-ever run, compiling", report.first_compile_s, 30.0, unit="s"))
    for entry in report.memory:
        what = f"peak memory, {entry.what}"
        found.append(Target(what, entry.peak_bytes / 1e6, entry.allowed_bytes() / 1e6, unit="MB"))
    return found
