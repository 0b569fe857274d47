"""A report as tables: in a terminal with rich, or as Markdown for the README."""

from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from benchmarks.report import Report, Target, Timing, targets
from benchmarks.tools import PROJECT, WALKER

BARE_MINIMUM = 12_000_000  # bytes; smaller peaks are those of the launcher


@dataclass(frozen=True)
class Grid:
    """A table before it is drawn: the first column is text, the others are figures."""

    title: str
    header: list[str]
    rows: list[list[str]]
    notes: tuple[str, ...] = ()


def duration(seconds: float | None) -> str:
    """Three digits, in the unit that reads best."""
    if seconds is None:
        return "-"
    if seconds < 0.1:
        return f"{seconds * 1000:.0f} ms"
    if seconds >= 7200:
        return f"{seconds / 3600:.1f} h"
    if seconds >= 100:
        return f"{seconds:.0f} s"
    return f"{seconds:.3g} s" if seconds >= 1 else f"{seconds:.2f} s"


def figure(value: float | None, unit: str = "") -> str:
    """Two digits of a small figure, whole numbers above 100."""
    if value is None:
        return "-"
    text = f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
    return f"{text} {unit}".strip()


def memory(size: int) -> str:
    return f"under {BARE_MINIMUM / 1e6:.0f} MB" if size < BARE_MINIMUM else f"{size / 1e6:.0f} MB"


def count(frames: int) -> str:
    return f"{frames / 1e6:g} M" if frames >= 100_000 else f"{frames:,}"


def grids(report: Report) -> list[Grid]:
    """All tables of a report."""
    made = [comparison(report), contract(report)]
    if report.checked:
        rows = [[what, f"{found:,}", f"{true:,}"] for what, (found, true) in report.checked.items()]
        made.append(Grid("What the capture holds", ["count", "found", "true"], rows))
    return made


def comparison(report: Report) -> Grid:
    """One row per tool."""
    sizes = report.frames()
    header = ["tool", "it does", *(f"{count(size)} frames" for size in sizes)]
    header += ["per further frame", "peak memory", "x keepalive", f"x {WALKER}"]
    base = [report.timing(PROJECT), report.timing(WALKER)]
    rows = [_row(timing, sizes, base) for timing in report.timings]
    return Grid("Beside other tools", header, rows, tuple(_notes(report)))


def _row(timing: Timing, sizes: list[int], base: list[Timing | None]) -> list[str]:
    mark = "~" if timing.sliced else ""
    walls = [timing.seconds_for(size) for size in sizes]
    row = [timing.tool, timing.does, *(mark + duration(wall) if wall else "-" for wall in walls)]
    cost = timing.per_frame_us()
    row.append(mark + figure(cost, "us") if cost and cost > 0 else "-")
    row.append(memory(timing.peak_bytes()) + (" *" if timing.sliced else ""))
    for other in base:
        ratio = None
        if other and walls[-1] and (wall := other.seconds_for(sizes[-1])):
            ratio = walls[-1] / wall
        row.append(figure(ratio))
    return row


def _notes(report: Report) -> list[str]:
    notes = [f"Wall time, median of {report.runs} runs in alternation; ratios of the last wall time."]
    for timing in report.timings:
        if timing.sliced:
            sizes = " and ".join(f"{point.frames:,}" for point in timing.points)
            how = "measured on the first {} frames, {}; * of the slice."
            worked = timing.seconds_for(report.frames()[-1]) is not None
            scaled = "scaled (~)" if worked else "too few to scale"
            notes.append(f"{timing.tool}: {how.format(sizes, scaled)}")
    notes += [f"{tool}: left out, {why.rstrip('.')}." for tool, why in report.left_out.items()]
    return notes


def contract(report: Report) -> Grid:
    """What was promised beside what was measured."""
    rows = [_target(target) for target in targets(report)]
    about = ", ".join(f"{name} {value}" for name, value in report.machine.items())
    return Grid("Promises", ["promise", "bound", "measured", "kept"], rows, (f"Measured on: {about}.",))


def _target(target: Target) -> list[str]:
    sign = "at most" if target.at_most else "at least"
    about = "~" if target.scaled else ""
    unit = target.unit
    bound = "" if target.bound is None else f"{sign} {target.bound:.4g} {unit}"
    kept = "" if target.met is None else "yes" if target.met else "no"
    return [target.what, bound, f"{about}{figure(target.measured)} {unit}", kept]


def markdown(grid: Grid) -> str:
    """The table for a README, notes below it."""
    ruler = ["---", *("---:" for _ in grid.header[1:])]
    if len(grid.header) > 1 and grid.header[1] == "it does":
        ruler[1] = "---"
    lines = [f"**{grid.title}**", ""]
    for row in (grid.header, ruler, *grid.rows):
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |")
    if grid.notes:
        lines += ["", *(f"- {note}" for note in grid.notes)]
    return "\n".join(lines) + "\n"


def draw(grid: Grid, console: Console) -> None:
    """The table for a terminal."""
    table = Table(title=grid.title, title_justify="left")
    for number, name in enumerate(grid.header):
        is_text = number == 0 or name == "it does"
        table.add_column(name, justify="left" if is_text else "right", no_wrap=number == 0)
    for row in grid.rows:
        table.add_row(*row)
    console.print(table)
    for note in grid.notes:
        console.print(note, style="dim", markup=False, highlight=False)
