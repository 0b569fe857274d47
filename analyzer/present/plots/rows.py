"""Connections and their lanes, as the plots of timelines draw them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from analyzer import kinds
from analyzer.kinds import MISSING, VERDICT_WORDS
from analyzer.present.lanes import CLOSED, TAILS, Event, Lane, lane
from analyzer.present.urgency import VERDICT_ORDER
from analyzer.tables import Tables
from analyzer.wording import endpoint

ARROW = " → "
COLUMNS = ("flow", "capture", "client", "client_port", "server", "server_port", "start", "end", "verdict")


@dataclass(frozen=True)
class Row:
    """One connection. verdict: code. start_ns, end_ns, capture_end_ns: since its capture began."""

    flow: int
    name: str
    verdict: int
    start_ns: int
    end_ns: int
    capture_end_ns: int
    lane: Lane
    zero_ns: int

    @property
    def word(self) -> str:
        return VERDICT_WORDS[self.verdict]

    def phases(self, tail: bool = True) -> Iterator[tuple[int, int, int]]:
        """Phase, from when and to when. tail: what it is after its last segment, too."""
        ends = [*(since for _, since in self.lane.phases[1:]), self.end_ns + self.zero_ns]
        for (phase, since), until in zip(self.lane.phases, ends, strict=True):
            if until > since:
                yield phase, since - self.zero_ns, until - self.zero_ns
        after = TAILS[self.verdict]
        if self.end_ns < self.capture_end_ns and (tail or after != CLOSED):
            yield after, self.end_ns, self.capture_end_ns


def rows_of(tables: Tables, segments: str) -> list[Row]:
    """The connections in their order. segments: the table to draw from; packets know every pause."""
    ends = _capture_ends(tables)
    events, heard = _events(tables, segments), _last_heard(tables)
    rows = []
    for block in tables.flows(COLUMNS):
        columns = (block[name] if isinstance(block[name], list) else block[name].tolist() for name in COLUMNS)
        for flow, capture, client, client_port, server, server_port, start, end, verdict in zip(
            *columns, strict=True
        ):
            name = ARROW.join((endpoint(client, client_port), endpoint(server, server_port)))
            zero, last = ends[capture]
            drawn = lane(events.get(flow, ()), start, end, verdict, heard.get(flow, MISSING))
            rows.append(Row(flow, name, verdict, start - zero, end - zero, last - zero, drawn, zero))
    return rows


def by_verdict(rows: list[Row]) -> list[Row]:
    """The gravest verdicts first; those of one verdict as they ended, so that what goes together shows."""
    rank = {code: place for place, code in enumerate(VERDICT_ORDER)}
    return sorted(rows, key=lambda row: (rank[row.verdict], row.end_ns))


def _capture_ends(tables: Tables) -> dict[int, tuple[int, int]]:
    """When each capture began and ended, ns; 0 where it has no time."""
    return {
        each.capture: (each.start_ns, each.end_ns) if each.start_ns != MISSING else (0, 0)
        for each in tables.selection.results
    }


def _events(tables: Tables, name: str) -> dict[int, list[Event]]:
    """What the lane of each connection is drawn from."""
    events: dict[int, list[Event]] = {}
    for block in tables.blocks(name):
        known = (block["flow"] != MISSING) & (block["kind"] != kinds.DUPLICATE)
        columns = (block[each][known].tolist() for each in ("frame", "time", "kind", "gap_s", "answers"))
        for flow, event in zip(
            block["flow"][known].tolist(), map(Event._make, zip(*columns, strict=True)), strict=True
        ):
            events.setdefault(flow, []).append(event)
    return events


def _last_heard(tables: Tables) -> dict[int, int]:
    """The last sign of life of the stalled connections: of no other a lane shows it, and it takes long."""
    stalled = np.flatnonzero(tables.selection.field("verdict") == kinds.STALLED)
    chosen = Tables(tables.selection.ordered(stalled), tables.diagnosis)
    return {
        flow: heard
        for block in chosen.flows(("flow", "last_sign_of_life"))
        for flow, heard in zip(block["flow"].tolist(), block["last_sign_of_life"].tolist(), strict=True)
    }
