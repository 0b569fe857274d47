"""What netstat on each host would have shown: how it came to that, and the list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from analyzer.present.connection import paragraph
from analyzer.present.console import capture_lines
from analyzer.present.paper import Line
from analyzer.present.sparkline import sparkline
from analyzer.present.words import Clock, cells
from analyzer.tables.about import About
from analyzer.wording import counted, duration, endpoint, number

Row = dict[str, Any]

WARNING_STATES = frozenset(("CLOSE-WAIT",))  # the application has been told, and has not closed
MOST_STEPS = 60
NUMBER = 10  # columns of a count


@dataclass(frozen=True)
class StateCourse:
    """How many ends of a host were in a state: now, at most and when (ns), and in each step."""

    state: str
    now: int
    peak: int
    peak_ns: int
    highest: Sequence[int]


@dataclass(frozen=True)
class HostView:
    """One host. ends: how many ends of connections it had in all. open: now; rows: of these the
    rows of the states table to list, as plain values.
    """

    host: str
    ends: int
    open: int
    courses: Sequence[StateCourse]
    rows: Sequence[Row]


@dataclass(frozen=True)
class StatesView:
    """One capture. at_ns: the moment, None where the capture does not reach to it. hosts: of how many."""

    about: About
    clock: Clock
    at_ns: int | None
    hosts: Sequence[HostView]
    host_count: int

    @property
    def end_ns(self) -> int:
        return int(self.about.row["end"])


def steps_for(clock: Clock, width: int) -> int:
    """How many steps of a course fit on a line behind state, now, peak and when."""
    return max(10, min(MOST_STEPS, width - 14 - 2 * NUMBER - moment_width(clock) - 2))


def moment_width(clock: Clock) -> int:
    return 10 if clock.mode == "relative" else 14


def states_page(view: StatesView, width: int) -> Iterator[Line]:
    """The page of one capture."""
    yield from capture_lines(view.about, view.clock, width)
    if view.at_ns is None:
        yield []
        yield [("nothing to show: this capture does not reach to that moment", "warning")]
        return
    if not view.hosts:
        yield []
        yield [("no connection to show", "title")]
    for host in view.hosts:
        yield []
        yield from heading(host, view, width)
        yield from history(host, view, width)
        if host.rows:
            yield []
            yield from netstat(host, view)
    hidden = view.host_count - len(view.hosts)
    if hidden:
        yield []
        text = f"… and {counted(hidden, 'host')} more: --limit 0 shows all, --host and --port choose"
        yield from paragraph(text, width, "faint", "")


def heading(host: HostView, view: StatesView, width: int) -> Iterator[Line]:
    """The host, and how much it had open."""
    at_ns = view.at_ns or 0
    when = "when the capture ended" if at_ns == view.end_ns else f"at {view.clock.time(at_ns)}"
    text = f"{number(host.open)} of {counted(host.ends, 'connection')} open {when}"
    line: Line = [(host.host, "title"), ("  " + text, "")]
    if cells(host.host) + 2 + len(text) <= width:
        yield line
    else:
        yield line[:1]
        yield [("  " + text, "")]


def history(host: HostView, view: StatesView, width: int) -> Iterator[Line]:
    """How many were in each state over the capture."""
    steps, room = steps_for(view.clock, width), moment_width(view.clock)
    start, end = view.clock.time(view.about.row["start"]), view.clock.time(view.end_ns)
    scale = f"{start} … {end}" if len(start) + len(end) + 3 <= steps else ""
    yield [(f"  {'STATE':12}{'NOW':>{NUMBER}}{'PEAK':>{NUMBER}}{'AT':>{room}}  {scale}", "faint")]
    for course in host.courses:
        style = "warning" if course.state in WARNING_STATES else ""
        yield [
            (f"  {course.state:12}", style),
            (f"{number(course.now):>{NUMBER}}{number(course.peak):>{NUMBER}}", ""),
            (f"{view.clock.time(course.peak_ns):>{room}}", "faint"),
            ("  " + sparkline(course.highest), style or "probe"),
        ]


def netstat(host: HostView, view: StatesView) -> Iterator[Line]:
    """The open connections as netstat lists them, with how long each had been in its state."""
    at_ns = view.at_ns or 0
    table = [("PROTO", "LOCAL", "REMOTE", "STATE", "FOR", "FLOW")]
    for row in host.rows:
        protocol = "tcp6" if ":" in row["host"] else "tcp"
        local, remote = endpoint(row["host"], row["port"]), endpoint(row["peer"], row["peer_port"])
        lasted = duration((at_ns - row["time"]) / 1e9)
        table.append((protocol, local, remote, row["state"], lasted, str(row["flow"])))
    widths = [max(map(cells, column)) for column in zip(*table, strict=True)]
    for place, (*words, lasted, flow) in enumerate(table):
        left = "".join(
            "  " + word + " " * (room - cells(word)) for word, room in zip(words, widths, strict=False)
        )
        style = "faint" if not place else "warning" if words[3] in WARNING_STATES else ""
        yield [(f"{left}  {lasted:>{widths[4]}}  {flow:>{widths[5]}}", style)]
    hidden = host.open - len(host.rows)
    if hidden:
        yield [(f"  … and {number(hidden)} more: --limit 0 shows all", "faint")]
