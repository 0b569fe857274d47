"""Connections of recorded captures, as a feed gives them to the screen."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import analyzer as ka
from analyzer.present.timeline import Connection
from analyzer.tables import Filters
from analyzer.tables.about import plain_rows
from analyzer.tables.labelled import segments
from tests.project.modules import ROOT


@cache
def opened(name: str, number: int = 0) -> Connection:
    """The first connection of a recorded capture, under a number."""
    analysis = ka.analyze(str(ROOT / "captures" / "recorded" / f"{name}.pcapng"))
    tables = analysis._tables(Filters(flows=(0,)))
    result = tables.selection.results[0]
    connection = Connection(
        plain_rows(tables, "flows")[0],
        plain_rows(tables, "probe_runs"),
        plain_rows(tables, "findings"),
        segments(tables, "events"),
        result.facts.path,
        result.end_ns,
        going_on=True,
    )
    return replace(connection, flow=connection.flow | {"flow": number})
