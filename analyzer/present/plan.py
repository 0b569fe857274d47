"""What other keep-alive timers would have found, spared and cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from analyzer.present.connection import ends_of, paragraph
from analyzer.present.console import CAPTURES_SHOWN, capture_lines
from analyzer.present.paper import Line
from analyzer.present.words import Clock, cells
from analyzer.tables.about import About
from analyzer.wording import counted, duration, number

Row = dict[str, Any]
SECOND_NS = 1_000_000_000


class Planned(Protocol):
    """A plan, as `analyzer.plan` makes it; times in seconds, bounds in nanoseconds."""

    @property
    def time_s(self) -> int: ...
    @property
    def interval_s(self) -> int: ...
    @property
    def count(self) -> int: ...
    @property
    def found_after_s(self) -> int: ...
    @property
    def totals(self) -> dict[str, Any]: ...
    @property
    def settings(self) -> dict[str, str]: ...
    @property
    def bounds(self) -> Any: ...


Listed = tuple[Sequence[Row], int]
"""The first rows of the plan table, as plain values, that belong to a list; and how many do."""


@dataclass(frozen=True)
class PlanView:
    """What the page shows. clocks: one a capture.

    dead: peers that died or rebooted. lost: on the path, after a silence. given_up: connections that
    the timers might have taken for dead.
    """

    captures: Sequence[About]
    clock: Clock
    clocks: Mapping[int, Clock]
    plan: Planned
    dead: Listed
    lost: Listed
    given_up: Listed


def plan_page(view: PlanView, width: int) -> Iterator[Line]:
    """The whole page."""
    for about in view.captures[:CAPTURES_SHOWN]:
        yield from capture_lines(about, view.clock, width)
    if len(view.captures) > CAPTURES_SHOWN:
        yield [(f"… and {counted(len(view.captures) - CAPTURES_SHOWN, 'capture')} more", "faint")]
    yield []
    yield from timers(view, width)
    yield from cost(view, width)
    yield from dead_peers(view, width)
    yield from losses(view, width)
    yield from outages(view, width)
    yield []
    yield [("To paste", "title")]
    for name, text in view.plan.settings.items():
        yield [(f"  {name}", "faint")]
        yield [(f"    {text}", "")]  # in one piece, however long


def timers(view: PlanView, width: int) -> Iterator[Line]:
    """The timers, and how long a dead peer goes unnoticed."""
    plan = view.plan
    word = "Recommended" if plan.bounds else "Planned"
    words = f"{word}: keepalive time {plan.time_s} s, interval {plan.interval_s} s, count {plan.count}"
    yield from paragraph(words, width, "title", "")
    found = f"A dead peer is found {duration(plan.found_after_s)} after its last sign of life."
    yield from paragraph(found, width, "", "  ")
    if plan.bounds:
        yield from paragraph(f"The cheapest that {bounds_in_words(plan.bounds)}.", width, "faint", "  ")


def bounds_in_words(bounds: Any) -> str:
    """What recommended timers had to keep to."""
    words = [f"find a dead peer within {duration(bounds.within_ns / SECOND_NS)}"]
    if bounds.timeout_ns is not None:
        after = duration(bounds.timeout_ns / SECOND_NS)
        device = {
            "given": f"the device's timeout of {after}",
            "survived": f"{after} of silence, which connections survived here",
            "halved": f"{after} of silence, half of what lost a connection here",
        }[bounds.basis]
        words.append(f"repeat a lost probe before {device}")
    if bounds.outage_ns:
        words.append(f"bear the outage of {duration(bounds.outage_ns / SECOND_NS)} that was lived through")
    return ", ".join(words[:-1]) + (" and " if len(words) > 1 else "") + words[-1]


def cost(view: PlanView, width: int) -> Iterator[Line]:
    """Segments an hour, as planned and as captured."""
    totals = view.plan.totals
    if not totals["hours"]:
        return
    planned, seen = totals["probing_planned_per_hour"], totals["probing_seen_per_hour"]
    text = (
        f"Cost: {planned:,.0f} segments an hour for {counted(totals['connections'], 'connection')}, "
        f"where the capture has {seen:,.0f}"
    )
    yield from paragraph(text + ".", width, "", "  ")


def dead_peers(view: PlanView, width: int) -> Iterator[Line]:
    """When each dead peer was found, and when it would have been."""
    rows, count = view.dead
    table = [("FLOW", "CLIENT → SERVER", "FOUND AFTER", "PLANNED", "LAST HEARD")]
    for row in rows:
        heard = row["last_heard"]
        found = "not found" if row["found"] is None else duration((row["found"] - heard) / SECOND_NS)
        planned = duration((row["planned_found"] - heard) / SECOND_NS)
        table.append((*flow_and_ends(row), found, planned, view.clocks[row["capture"]].time(heard)))
    sooner = number(view.plan.totals["found_sooner"])
    yield from listing(
        f"Peers that died or rebooted: {number(count)}, found sooner: {sooner}", table, count, width
    )


def losses(view: PlanView, width: int) -> Iterator[Line]:
    """Connections that a device on the path forgot."""
    rows, count = view.lost
    table = [("FLOW", "CLIENT → SERVER", "SILENT FOR", "SPARED")]
    table += [(*flow_and_ends(row), duration(row["lost_after_s"]), row["spared"]) for row in rows]
    totals = view.plan.totals
    spared = ", ".join(f"{number(totals[f'spared_{word}'])} {word}" for word in ("yes", "perhaps", "no"))
    yield from listing(
        f"Lost on the path after a silence: {number(count)}, spared: {spared}", table, count, width
    )


def outages(view: PlanView, width: int) -> Iterator[Line]:
    """Connections that lived, and which these timers might have given up."""
    rows, count = view.given_up
    table = [("FLOW", "CLIENT → SERVER", "OUTAGE")]
    table += [(*flow_and_ends(row), duration(row["outage_s"])) for row in rows]
    patience = duration(view.plan.interval_s * view.plan.count)
    text = f"Perhaps given up too soon: {number(count)}, which lived through an outage of {patience} or more"
    yield from listing(text, table, count, width)


def flow_and_ends(row: Row) -> tuple[str, str]:
    return str(row["flow"]), " → ".join(ends_of(row))


def listing(title: str, table: Sequence[Sequence[str]], count: int, width: int) -> Iterator[Line]:
    """A titled table, its numbers to the right. Last columns that do not fit are left out; where but
    one would be left, the ends stand on a line of their own."""
    if not count:
        return
    yield []
    yield from paragraph(title, width, "title", "")
    rooms = [max(map(cells, column)) for column in zip(*table, strict=True)]
    fitting = next((n for n in range(len(rooms), 2, -1) if sum(rooms[:n]) + 2 * n <= width), 0)
    for place, (flow, ends, *others) in enumerate(table):
        style = "" if place else "faint"
        right = [f"  {text:>{room}}" for text, room in zip(others, rooms[2:], strict=True)]
        if fitting:
            words = ends + " " * (rooms[1] - cells(ends)) + "".join(right[: fitting - 2])
            yield [(f"  {flow:>{rooms[0]}}  {words}", style)]
        else:
            yield [(f"  {flow:>{rooms[0]}}  {ends}", style)]
            yield [(" " * (2 + rooms[0]) + "".join(right), style)]
    if count > len(table) - 1:
        yield [(f"  … and {number(count - len(table) + 1)} more: --limit 0 shows all", "faint")]
