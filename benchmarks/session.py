"""One session of measuring: captures made or given, tools in turn, a report at the end."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import measure
from benchmarks.machine import describe
from benchmarks.measure import CommandFailed, Sample, Say
from benchmarks.report import Memory, Point, Report, Startup, Timing
from benchmarks.slices import count_frames, warm, write_slice
from benchmarks.tools import PROJECT, PROJECT_JSON, Tool

IMPORTS = ("-c", "import numpy, numba")
KNOWN = ("settings", "flows", "events", "probes", "replies")
LESS = 5  # a slice is measured whole and at this fraction, for the cost per frame


@dataclass(frozen=True)
class Plan:
    """How to measure."""

    project: Sequence[str]
    tools: Sequence[Tool]
    runs: int
    startup_runs: int
    slice: int | None  # frames for the slow tools: None each its own, 0 everything
    first_compile: bool
    check: bool


@dataclass
class Capture:
    """A file to measure on, and what is known about its content."""

    path: Path
    frames: int
    truth: dict[str, Any] = field(default_factory=dict)

    def facts(self) -> dict[str, Any]:
        known = {key: value for key, value in self.truth.items() if key in KNOWN}
        return {"frames": self.frames, "bytes": self.path.stat().st_size, **known}


def open_capture(path: Path) -> Capture:
    """A capture with its sidecar, if there is one that fits."""
    side = path.with_name(path.name + ".json")
    if side.exists():
        truth = json.loads(side.read_text(encoding="utf-8"))
        if truth.get("bytes") == path.stat().st_size:
            return Capture(path, truth["frames"], truth)
    return Capture(path, count_frames(path))


def make_capture(path: Path, arguments: Sequence[str], say: Say) -> Capture:
    """Generates a capture, in a process of its own: numpy's memory must not count here."""
    say(f"generating {path.name}")
    command = [sys.executable, "-m", "benchmarks.generate", str(path), *arguments]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return open_capture(path)


def hold(plan: Plan, captures: Sequence[Capture], tiny: Capture, crowd: Capture | None, say: Say) -> Report:
    """Measures everything that the plan asks for."""
    captures = sorted(captures, key=lambda capture: capture.frames)
    report = Report(describe(), [capture.facts() for capture in captures], plan.runs)
    with tempfile.TemporaryDirectory() as folder:
        for capture in captures:
            warm(capture.path)
        _warm_up(plan, [tiny, captures[0]], report, say)
        _compare(plan, captures, report, Path(folder), say)
    for capture in captures:
        report.memory += list(_memory(report, capture))
    if PROJECT in report.left_out:
        return report
    try:
        _project_alone(plan, captures[0], tiny, crowd, report, say)
    except CommandFailed as error:  # what was measured before must not be lost
        say(f"left out: {error}")
        report.left_out["measurements of the project alone"] = str(error)
    return report


def _project_alone(
    plan: Plan, smallest: Capture, tiny: Capture, crowd: Capture | None, report: Report, say: Say
) -> None:
    if plan.first_compile:
        report.first_compile_s = _first_compile(plan, tiny, say)
    if plan.startup_runs:
        report.startup = _startup(plan, tiny, say)
    if crowd:
        report.memory.append(_crowd(plan, crowd, say))
    if plan.check and smallest.truth:
        report.checked = check(plan.project, smallest)


def _warm_up(plan: Plan, captures: Sequence[Capture], report: Report, say: Say) -> None:
    """Runs each tool on the tiny capture, this project also on the smallest: imports and kernels."""
    for tool in plan.tools:
        if why := tool.missing():
            report.left_out[tool.name] = why
            continue
        say(f"warming up: {tool.name}")
        try:
            for capture in captures if tool.name in (PROJECT, PROJECT_JSON) else captures[:1]:
                measure.run(tool.line(capture.path))
        except CommandFailed as error:
            say(f"left out: {tool.name}: {error}")
            report.left_out[tool.name] = str(error)


def _compare(plan: Plan, captures: Sequence[Capture], report: Report, folder: Path, say: Say) -> None:
    inputs: dict[str, tuple[Tool, list[Capture], bool]] = {}
    for tool in plan.tools:
        if tool.name in report.left_out:
            continue
        size = tool.slice if plan.slice is None or not tool.slice else plan.slice
        sliced = 0 < size < captures[-1].frames
        inputs[tool.name] = (tool, _slices(captures[-1], size, folder) if sliced else list(captures), sliced)
    commands = {
        f"{name}, {capture.frames:,} frames": tool.line(capture.path)
        for name, (tool, parts, _) in inputs.items()
        for capture in parts
    }
    samples = measure.alternate(commands, plan.runs, say)
    for name, (tool, parts, sliced) in inputs.items():
        points = []
        for capture in parts:
            found = samples[f"{name}, {capture.frames:,} frames"]
            if isinstance(found, str):
                report.left_out[name] = found
                break
            points.append(_point(capture, found))
        else:
            report.timings.append(Timing(name, tool.does, points, sliced))


def _slices(capture: Capture, size: int, folder: Path) -> list[Capture]:
    """The first frames of a capture: a fifth of the slice, and the slice."""
    parts = []
    for count in (max(1, size // LESS), size):
        path = folder / f"{count}-{capture.path.name}"
        if not path.exists():
            write_slice(capture.path, count, path)
        parts.append(Capture(path, count))
    return parts


def _point(capture: Capture, samples: Sequence[Sample]) -> Point:
    seconds = [sample.seconds for sample in samples]
    return Point(capture.frames, seconds, max(sample.peak_bytes for sample in samples))


def _first_compile(plan: Plan, tiny: Capture, say: Say) -> float:
    say("compiling into an empty cache")
    with tempfile.TemporaryDirectory() as cache:
        return measure.run([*plan.project, str(tiny.path)], {"NUMBA_CACHE_DIR": cache}).seconds


def _startup(plan: Plan, tiny: Capture, say: Say) -> Startup:
    commands = {"tiny file": [*plan.project, str(tiny.path)], "only imports": [sys.executable, *IMPORTS]}
    samples = measure.alternate(commands, plan.startup_runs, say)
    timed = []
    for name in commands:
        found = samples[name]
        if isinstance(found, str):
            raise CommandFailed(found)
        timed.append([sample.seconds for sample in found])
    return Startup(*timed)


def _memory(report: Report, capture: Capture) -> Iterator[Memory]:
    """From the runs already made, where a sidecar tells flows and events."""
    if not capture.truth:
        return
    for name in (PROJECT, PROJECT_JSON):
        timing = report.timing(name)
        for point in timing.points if timing else []:
            if point.frames == capture.frames:
                yield _entry(f"{name}, {capture.frames / 1e6:g} M frames", capture, point.peak_bytes)


def _crowd(plan: Plan, crowd: Capture, say: Say) -> Memory:
    """One run on many short connections: what a flow costs."""
    say("many short connections")
    warm(crowd.path)
    peak = measure.run([*plan.project, str(crowd.path)]).peak_bytes
    return _entry(f"{crowd.truth['flows']:,} connections", crowd, peak)


def _entry(what: str, capture: Capture, peak: int) -> Memory:
    return Memory(what, capture.frames, capture.truth["flows"], capture.truth["events"], peak)


def check(project: Sequence[str], capture: Capture) -> dict[str, list[int]]:
    """What the project finds in a generated capture beside what was put there: [found, true]."""
    done = subprocess.run([*project, "--json", str(capture.path)], stdout=subprocess.PIPE, check=False)
    if done.returncode:
        raise CommandFailed(f"--check exited with {done.returncode}")
    flows = json.loads(done.stdout)["flows"]
    found = {"flows": len(flows)}
    for column in ("probes", "replies"):
        found[column] = sum(int(flow[column] or 0) for flow in flows)
    return {name: [value, int(capture.truth[name])] for name, value in found.items()}
