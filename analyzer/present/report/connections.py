"""The connections of a report: every column of the flows table, and their lanes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from analyzer.kinds import SEVERITY_WORDS
from analyzer.present.lanes import TAILS, Event, lane
from analyzer.present.report.encoding import encoded, filter_parts, lane_text, with_words
from analyzer.present.urgency import severities
from analyzer.tables import Tables
from analyzer.tables.schema import FLOWS
from analyzer.tables.values import Array, Block

ENDS = ("client", "server", "client_port", "server_port")
"""Columns of which a display filter is made, in the order in which it names them."""


def connections(tables: Tables, zeros_ns: Array, tell: Callable[[str], str]) -> dict[str, Any]:
    """Columns by name, each with what the schema says of it; and beside them:

    attention: the gravest severity of verdict and findings. lanes, tails: as `encoding.lane_text`
    writes them, and the phase from the last segment on.
    """
    block = tables.table("flows")
    for column in FLOWS.columns:
        if column.type == "text":
            block[column.name] = [tell(each) for each in block[column.name]]
    columns = {
        column.name: {
            "type": column.type,
            "text": column.text,
            "unit": column.unit,
            "values": _filters(block)
            if column.name == "display_filter"
            else encoded(column, block[column.name], zeros_ns),
        }
        for column in FLOWS.columns
    }
    return {
        "count": len(tables.selection),
        "columns": columns,
        "attention": with_words([SEVERITY_WORDS[each] for each in severities(tables.selection).tolist()]),
        "lanes": _lanes(tables, block),
        "tails": "".join(str(TAILS[verdict]) for verdict in block["verdict"].tolist()),
    }


def _filters(block: Block) -> dict[str, Any]:
    """Display filters, which are long and alike: as `encoding.filter_parts` takes them apart."""
    ends = zip(*(map(str, block[name]) for name in ENDS), strict=True)
    parts = [
        filter_parts(text, dict(zip(ENDS, values, strict=True)))
        for text, values in zip(block["display_filter"], ends, strict=True)
    ]
    return {"parts": with_words([head for head, _ in parts]), "frames": [frames for _, frames in parts]}


def _lanes(tables: Tables, block: Block) -> list[str]:
    """Of each connection its phases and marks as text."""
    events: dict[int, list[Event]] = {}
    for rows in tables.blocks("events"):
        columns = (rows[name].tolist() for name in ("frame", "time", "kind", "gap_s", "answers"))
        for flow, *event in zip(rows["flow"].tolist(), *columns, strict=True):
            events.setdefault(flow, []).append(Event._make(event))
    wanted = (block[name].tolist() for name in ("flow", "start", "end", "verdict", "last_sign_of_life"))
    return [
        lane_text(lane(events.get(flow, ()), start, end, verdict, heard), start, end)
        for flow, start, end, verdict, heard in zip(*wanted, strict=True)
    ]
