"""Connections in a table for people: as many columns as the paper has room for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from analyzer.present.connection import ends_of, probing
from analyzer.present.paper import Line
from analyzer.present.words import cells
from analyzer.wording import duration, size

if TYPE_CHECKING:
    from analyzer.present.console import Overview

Row = dict[str, Any]


def listing(flows: Sequence[Row], facts: Overview, width: int) -> Iterator[Line]:
    """The connections that need no attention: one line each, as many columns as fit."""
    columns = _fitting(_cells(flows, facts), width)
    widths = [max(map(cells, column)) for _, column in columns]
    for place, row in enumerate(zip(*(column for _, column in columns), strict=True)):
        line: Line = []
        for cell, room, (right, _) in zip(row, widths, columns, strict=True):
            padding = " " * (room - cells(cell))
            style = flows[place - 1]["severity"] if place and cell == flows[place - 1]["verdict"] else ""
            line.append(("  " + (padding + cell if right else cell + padding), style if place else "faint"))
        yield line


def _cells(flows: Sequence[Row], facts: Overview) -> dict[str, tuple[bool, list[str]]]:
    """Heading to (right-aligned, heading and cells)."""

    def column(heading: str, values: list[str], right: bool = True) -> tuple[bool, list[str]]:
        return right, [heading, *values]

    ends = [ends_of(flow) for flow in flows]
    sent = [f"{size(flow['client_bytes'])} / {size(flow['server_bytes'])}" for flow in flows]
    probes = ["; ".join(probing(flow)) for flow in flows]
    return {
        "flow": column("FLOW", [str(flow["flow"]) for flow in flows]),
        "verdict": column("VERDICT", [flow["verdict"] for flow in flows], False),
        "ends": column("CLIENT → SERVER", [f"{client} → {server}" for client, server in ends], False),
        "start": column("START", [facts.clock_of(flow).time(flow["start"]) for flow in flows]),
        "lasted": column("LASTED", [duration(flow["duration_s"]) for flow in flows]),
        "sent": column("SENT", sent),
        "probing": column("PROBES", probes, False),
        "probes": column(
            "REPLIES", [f"{flow['replies']}/{flow['probes']}" if flow["probes"] else "" for flow in flows]
        ),
        "findings": column("FINDINGS", [", ".join(flow["findings"]) for flow in flows], False),
        "client": column("CLIENT", [client for client, _ in ends], False),
        "server": column("SERVER", [server for _, server in ends], False),
    }


LAYOUTS = (  # the first that fits
    ("flow", "verdict", "ends", "start", "lasted", "sent", "probing"),
    ("flow", "verdict", "ends", "start", "lasted", "sent", "probes"),
    ("flow", "verdict", "ends", "start", "lasted", "probes"),
    ("flow", "verdict", "ends", "lasted", "probes"),
    ("flow", "verdict", "ends", "probes"),
    ("flow", "verdict", "ends"),
)


def _fitting(columns: dict[str, tuple[bool, list[str]]], width: int) -> list[tuple[bool, list[str]]]:
    taken = {name: max(map(cells, column)) for name, (_, column) in columns.items()}
    found = ("findings",) if any(columns["findings"][1][1:]) else ()
    for layout in (*((*each, *found) for each in LAYOUTS), *LAYOUTS):
        if 2 + sum(taken[name] + 2 for name in layout) - 2 <= width:
            return [columns[name] for name in layout]
    return [columns[name] for name in LAYOUTS[-1]]  # a terminal wraps what no layout can hold
