"""The tables of a live capture as folders of Parquet parts, readable whenever the writer dies.

A part is on the disk before it has its name. The last part of a table is written anew with the rows that
came since, until it is full: so there are few files, however long the capture. What changes is written
again: see `REVISION` and docs/recording.md.
"""

from __future__ import annotations

import os
from collections.abc import Hashable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from analyzer.errors import UsageError
from analyzer.facts import CaptureResult
from analyzer.kinds import NO_FLOW
from analyzer.news import News
from analyzer.records import taken
from analyzer.tables import parquet, schema
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
MOST_WAITING = 20_000  # events, or connections, before a flush that nobody asked for: some 50 MB
MOST_KNOWN = 100_000  # connections of which is known what was written last; of others it is written again
BLOCK = 1 << 11  # connections at a time, as in `rows`


class Parts:
    """The parts of one table: `folder/part-000000.parquet` and so on."""

    def __init__(self, table: Table, folder: Path) -> None:
        self._table = table
        self._folder = folder
        self._schema = parquet.arrow_schema(table, LAYOUT)
        self._number = 0
        self._rows: list[Any] = []
        self._changed = False
        folder.mkdir(parents=True, exist_ok=True)
        self.add(empty(table))  # so that there is something to read from the start

    def add(self, block: Block) -> None:
        """Rows for the next writing."""
        self._rows.append(parquet.arrow_table(self._table, self._schema, block))
        self._changed = True

    def replace(self, block: Block) -> None:
        """Rows instead of those that are there."""
        self._rows.clear()
        self.add(block)

    def take(self) -> tuple[list[Any], Path] | None:
        """What to write where, if there are new rows; a part that is full will get no more."""
        if not self._changed:
            return None
        rows, path = list(self._rows), self._folder / f"part-{self._number:06}.parquet"
        self._changed = False
        if sum(each.num_rows for each in rows) >= FULL:
            self._number += 1
            self._rows.clear()
        return rows, path


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

    A thread of its own writes: a disk takes its time.
    """

    def __init__(self, folder: str | os.PathLike[str], diagnosis: Diagnosis) -> None:
        """Make the folder. Raises UsageError where it holds the tables of another capture, OSError where
        nothing can be written there."""
        self._diagnosis = diagnosis
        root = Path(folder)
        if any((root / name).is_dir() for name in NAMES):
            raise UsageError(f"{folder}: there are tables of another capture already")
        self._parts = {name: Parts(table, root / name) for name, table in RECORDED.items()}
        self._thread = ThreadPoolExecutor(1, "parts")
        self._writing: Future[None] | None = None
        self._revision = 0
        self._events = 0
        self._waiting: dict[
            int, tuple[int, CaptureResult, int]
        ] = {}  # by flow: its latest news, and row there
        self._latest: News | None = None
        self._handshakes = Known()
        self._runs = Known()
        self._write()
        self._settle()  # what cannot be written is known before the capture begins

    def add(self, news: News) -> None:
        """Take note of news."""
        self._revision += 1
        self._latest = news
        result = news.result
        for rows in (news.events, news.corrections):
            if len(rows):
                self._events += len(rows)
                self._add("events", labelled_block(result, rows), self._revision)
        if news.findings:
            self._add("findings", findings_block(news.findings, [result]), self._revision)
        touched = touched_rows(news)
        numbers = result.flow_numbers(touched).tolist()
        for number, row in zip(numbers, touched.tolist(), strict=True):
            self._waiting[number] = self._revision, result, row
        if self._is_much():
            self.flush()

    def flush(self, wait: bool = False) -> None:
        """Write what was added. wait: until it is on the disk. Raises OSError where writing fails, or
        failed since the last time."""
        if self._writing is not None and (wait or self._writing.done() or self._is_much()):
            self._settle()
        if self._writing is None and self._latest is not None:
            for revision, result, rows in self._take_waiting():
                self._add_flows(revision, result, rows)
            self._parts["captures"].replace(block_of(RECORDED["captures"], self._capture(self._latest)))
            self._events = 0
            self._latest = None
            self._write()
        if wait:
            self._settle()

    def close(self) -> None:
        """Write the rest."""
        try:
            self.flush(wait=True)
        finally:
            self._thread.shutdown()

    def _is_much(self) -> bool:
        return max(self._events, len(self._waiting)) >= MOST_WAITING

    def _settle(self) -> None:
        """Wait for what is being written; raise why it failed, once."""
        writing, self._writing = self._writing, None
        if writing is not None:
            writing.result()

    def _write(self) -> None:
        ready = [each for each in (parts.take() for parts in self._parts.values()) if each is not None]
        self._writing = self._thread.submit(_write_parts, ready)

    def _capture(self, news: News) -> dict[str, Any]:
        totals = news.totals
        row = capture_row(news.result) | {"revision": self._revision}
        row |= {"frames": totals.frames, "tcp_segments": totals.segments}
        return row if totals.dropped is None else row | {"dropped": totals.dropped}

    def _take_waiting(self) -> Iterator[tuple[int, CaptureResult, Array]]:
        """The connections that wait, by the news that spoke of them last."""
        by_news: dict[int, tuple[CaptureResult, list[int]]] = {}
        for revision, result, row in self._waiting.values():
            by_news.setdefault(revision, (result, []))[1].append(row)
        self._waiting.clear()
        for revision in sorted(by_news):
            result, rows = by_news.pop(revision)
            for start in range(0, len(rows), BLOCK):
                yield revision, result, np.array(sorted(rows[start : start + BLOCK]), np.int64)

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


def _write_parts(ready: list[tuple[list[Any], Path]]) -> None:
    for rows, path in ready:
        parquet.write_part(rows, path)


def touched_rows(news: News) -> Array:
    """The connections that news speak of."""
    touched = np.zeros(len(news.result.flows), bool)
    for rows in (news.events["flow"], news.corrections["flow"]):
        touched[rows[rows != NO_FLOW]] = True
    touched[news.judged] = True
    for finding in news.findings:
        touched[finding.flows] = True
    touched[[row for row, _ in news.withdrawn]] = True
    return np.flatnonzero(touched)
