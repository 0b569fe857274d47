"""The tables of a live capture as folders of Parquet parts, readable whenever the writer dies.

A part is on the disk before it has its name. The last part of a table is written anew with the rows that
came since, until it is full: so there are few files, however long the capture. What changes is written
again: see `REVISION` and docs/recording.md.
"""

from __future__ import annotations

import os
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from analyzer.errors import UsageError
from analyzer.facts import CaptureResult
from analyzer.kinds import NO_ANSWER, NO_FLOW, UNKNOWN
from analyzer.news import News
from analyzer.records import taken
from analyzer.tables import schema
from analyzer.tables.blocks import capture_row, findings_block, handshake_block, labelled_block, run_block
from analyzer.tables.flow_columns import Diagnosis, FlowView, flow_block
from analyzer.tables.lines import block_of
from analyzer.tables.schema import Column, Table
from analyzer.tables.source import empty, length
from analyzer.tables.values import Array, Block, take

REVISION = Column(
    "revision",
    "integer",
    "Rises with each writing; of several rows of the same thing the one with the highest holds.",
)
NAMES = ("captures", "flows", "events", "probe_runs", "handshakes", "findings")
RECORDED = {
    name: replace(table, columns=(*table.columns, REVISION))
    for name, table in schema.TABLES.items()
    if name in NAMES
}
LAYOUT = f"{schema.SCHEMA}-parts"

FULL = 10_000  # rows of a part; our choice: written anew within some tens of milliseconds
MOST_WAITING = 20_000  # events and verdicts before a flush that nobody asked for: some 50 MB
MOST_NEWS = 100  # likewise; each holds its connections
MOST_KNOWN = 100_000  # connections of which is known what was written last; of others it is written again
BLOCK = 1 << 11  # connections at a time, as in `rows`
UNANSWERED = (NO_ANSWER, UNKNOWN)
"""Verdicts that a flood has millions of."""


class Parts:
    """The parts of one table: `folder/part-000000.parquet` and so on."""

    def __init__(self, table: Table, folder: Path) -> None:
        from analyzer.tables.parquet import arrow_schema

        self._table = table
        self._folder = folder
        self._schema = arrow_schema(table, LAYOUT)
        self._number = 0
        self._rows: list[Any] = []
        self._changed = False
        folder.mkdir(parents=True, exist_ok=True)
        self.add(empty(table))  # so that there is something to read from the start

    def add(self, block: Block) -> None:
        """Rows for the next writing."""
        from analyzer.tables.parquet import arrow_table

        self._rows.append(arrow_table(self._table, self._schema, block))
        self._changed = True

    def replace(self, block: Block) -> None:
        """Rows instead of those that are there."""
        self._rows.clear()
        self.add(block)

    def write(self) -> None:
        """Write the current part, if it has new rows; begin another when it is full."""
        from analyzer.tables.parquet import write_part

        if not self._changed:
            return
        write_part(self._rows, self._folder / f"part-{self._number:06}.parquet")
        self._changed = False
        if sum(each.num_rows for each in self._rows) >= FULL:
            self._number += 1
            self._rows.clear()


@dataclass
class Known:
    """What was written last of each thing, to write what is new only; the oldest is forgotten."""

    last: dict[Hashable, Any] = field(default_factory=dict)

    def is_new(self, key: Hashable, value: Any) -> bool:
        """Whether the value differs from the last one of the key; remembers it."""
        if self.last.get(key) == value:
            return False
        self.last.pop(key, None)
        self.last[key] = value
        if len(self.last) > MOST_KNOWN:
            del self.last[next(iter(self.last))]
        return True


class PartsWriter:
    """Collects news, and writes them as parts when told to, or when there are many.

    One thread may add while another one flushes.
    """

    def __init__(self, folder: str | os.PathLike[str], diagnosis: Diagnosis) -> None:
        """Make the folder. Raises UsageError where it holds the tables of another capture, OSError where
        nothing can be written there."""
        self._diagnosis = diagnosis
        root = Path(folder)
        if any((root / name).is_dir() for name in NAMES):
            raise UsageError(f"{folder}: there are tables of another capture already")
        self._parts = {name: Parts(table, root / name) for name, table in RECORDED.items()}
        self._collecting, self._writing = Lock(), Lock()
        self._revision = 0
        self._news: list[tuple[int, News]] = []
        self._events = 0
        self._handshakes = Known()
        self._runs = Known()
        for parts in self._parts.values():
            parts.write()

    def add(self, news: News) -> None:
        """Take note of news. Where many wait already, they are written first; raises OSError then."""
        with self._collecting:
            self._revision += 1
            self._news.append((self._revision, news))
            self._events += len(news.events) + len(news.corrections) + len(news.judged)
            much = self._events >= MOST_WAITING or len(self._news) >= MOST_NEWS
        if much:
            self.flush()

    def flush(self) -> None:
        """Write what was added; when this returns, it is on the disk. Raises OSError where that fails."""
        with self._writing:
            with self._collecting:
                news, self._news, self._events = self._news, [], 0
            if not news:
                return
            for revision, each in news:
                self._add_rows(revision, each)
            for revision, result, rows in _latest_of(news):
                self._add_flows(revision, result, rows)
            self._parts["captures"].replace(block_of(RECORDED["captures"], _capture(*news[-1])))
            for parts in self._parts.values():
                parts.write()

    def _add_rows(self, revision: int, news: News) -> None:
        """What is never written again: events, what they prove to be, findings."""
        for rows in (news.events, news.corrections):
            if len(rows):
                self._add("events", labelled_block(news.result, rows), revision)
        if news.findings:
            self._add("findings", findings_block(news.findings, [news.result]), revision)

    def _add_flows(self, revision: int, result: CaptureResult, rows: Array) -> None:
        view = FlowView(result, rows, self._diagnosis)
        self._add("flows", flow_block(view, schema.FLOWS.names), revision)
        handshakes = handshake_block(result, rows)
        columns = [handshakes[name].tolist() for name in ("flow", "syn_count", "syn_ack_count", "outcome")]
        fresh = [self._handshakes.is_new(flow, tuple(rest)) for flow, *rest in zip(*columns, strict=True)]
        self._add("handshakes", handshakes, revision, np.flatnonzero(fresh))
        probing = rows[result.flows["probing"][rows] > 0]  # as diagnosis asks for them, so they are at hand
        runs = self._fresh_runs(result, result.find_probing(probing)[0])
        if len(runs):
            self._add("probe_runs", run_block(result, runs), revision)

    def _fresh_runs(self, result: CaptureResult, runs: Any) -> Any:
        """Those of RUN rows that are new or went on: of each side the latest that was written, and later."""
        flows = result.flow_numbers(runs["flow"]).tolist()
        keys = list(zip(flows, runs["prober"].tolist(), strict=True))
        columns = (runs[name].tolist() for name in ("first_frame", "end_ns", "probes", "answered", "outcome"))
        fresh = []
        for key, run in zip(keys, zip(*columns, strict=True), strict=True):
            last = self._runs.last.get(key)
            fresh.append((last is None or run[0] >= last[0]) and self._runs.is_new(key, run))
        return taken(runs, np.array(fresh, bool))

    def _add(self, name: str, block: Block, revision: int, chosen: Array | None = None) -> None:
        if chosen is not None:
            block = {column: take([values], chosen) for column, values in block.items()}
        count = length(block)
        if count:
            self._parts[name].add(block | {"revision": np.full(count, revision, np.int64)})


def _capture(revision: int, news: News) -> dict[str, Any]:
    """The row of the captures table."""
    row = capture_row(news.result) | {"revision": revision}
    row |= {"frames": news.totals.frames, "tcp_segments": news.totals.segments}
    return row if news.totals.dropped is None else row | {"dropped": news.totals.dropped}


def _latest_of(news: list[tuple[int, News]]) -> Iterator[tuple[int, CaptureResult, Array]]:
    """The connections to write, each as of the last news that speak of it."""
    last: dict[int, tuple[int, int]] = {}
    for place, (_, each) in enumerate(news):
        rows = rows_to_write(each)
        for number, row in zip(each.result.flow_numbers(rows).tolist(), rows.tolist(), strict=True):
            last[number] = place, row
    rows_of: dict[int, list[int]] = {}
    for place, row in last.values():
        rows_of.setdefault(place, []).append(row)
    for place in sorted(rows_of):
        rows = np.sort(np.array(rows_of[place], np.int64))
        for start in range(0, len(rows), BLOCK):
            yield news[place][0], news[place][1].result, rows[start : start + BLOCK]


def rows_to_write(news: News) -> Array:
    """The connections that news speak of; those that nobody answered only if more than an event is told."""
    flows = news.result.flows
    chosen = np.zeros(len(flows), bool)
    for rows in (news.events["flow"], news.corrections["flow"]):
        chosen[rows[rows != NO_FLOW]] = True
    chosen &= ~np.isin(flows["verdict"], UNANSWERED)
    chosen[news.judged] = True
    for finding in news.findings:
        chosen[finding.flows] = True
    chosen[[row for row, _ in news.withdrawn]] = True
    return np.flatnonzero(chosen)
