"""From analyzed captures to the rows of every table, a block at a time.

Nothing here knows pandas, JSON or Parquet: the writers turn blocks into those.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from analyzer import found, kinds
from analyzer.facts import Finding
from analyzer.kinds import MISSING
from analyzer.tables import schema
from analyzer.tables.blocks import capture_row, findings_block, handshake_block, labelled_block, run_block
from analyzer.tables.flow_columns import Diagnosis, FlowView, flow_block
from analyzer.tables.select import Selection, finding_bits, passing_rows
from analyzer.tables.source import TableSource, column_of, empty
from analyzer.tables.stretches import MOST_FLOWS, probes_of, stretches
from analyzer.tables.values import Array, Block, join


@dataclass(frozen=True)
class Tables(TableSource):
    """The tables of a selection. `packets`: whether the packets table is among them."""

    selection: Selection
    diagnosis: Diagnosis
    packets: bool = False

    @property
    def layout(self) -> str:
        return schema.SCHEMA

    @property
    def names(self) -> tuple[str, ...]:
        """The tables to write, in the order of the contract."""
        return tuple(name for name in schema.TABLES if name != "packets" or self.packets)

    def described(self, name: str) -> schema.Table:
        return schema.TABLES[name]

    def blocks(self, name: str) -> Iterator[Block]:
        makers = {
            "captures": self._captures,
            "flows": self.flows,
            "events": self._events,
            "packets": self._packets,
            "probe_runs": self._probe_runs,
            "handshakes": self._handshakes,
            "findings": self._findings,
        }
        return makers[name]()

    def flows(self, names: tuple[str, ...] = schema.FLOWS.names) -> Iterator[Block]:
        """The flows table, or some of its columns, in the order of the selection."""
        for some in stretches(self._probes()):
            part, row = self.selection.part[some], self.selection.row[some]
            order = np.argsort(part, kind="stable")
            views = [
                FlowView(self.selection.results[each], row[part == each], self.diagnosis)
                for each in np.unique(part).tolist()
            ]
            place = np.empty(len(order), np.int64)
            place[order] = np.arange(len(order))
            yield join([flow_block(view, names) for view in views], place)

    def column(self, name: str) -> Any:
        """One column of the flows table."""
        parts = [block[name] for block in self.flows((name,))]
        if not parts:
            return empty(schema.FLOWS)[name]
        return (
            np.concatenate(parts) if isinstance(parts[0], np.ndarray) else [x for part in parts for x in part]
        )

    def sorted(self, name: str, descending: bool = False) -> Tables:
        """The same connections ordered by a column of the flows table, missing values last."""
        column = schema.FLOWS[name]
        ranks, missing = _ranks(column, self.column(name))
        order = np.lexsort((-ranks if descending else ranks, missing))
        return replace(self, selection=self.selection.ordered(order))

    def first(self, count: int) -> Tables:
        """The first `count` connections."""
        return replace(self, selection=self.selection.ordered(np.arange(min(count, len(self.selection)))))

    def _captures(self) -> Iterator[Block]:
        results = self.selection.results
        if results:
            rows = [capture_row(result) for result in results]
            yield {
                column.name: column_of(column, [row[column.name] for row in rows])
                for column in schema.CAPTURES.columns
            }

    def _events(self) -> Iterator[Block]:
        quiet = np.array(sorted(kinds.PACKETS_ONLY), np.uint8)
        for part, result in enumerate(self.selection.results):
            for batch in result.events.batches():
                kept = passing_rows(self.selection, part, batch) & ~np.isin(batch["kind"], quiet)
                yield labelled_block(result, batch[kept])

    def _packets(self) -> Iterator[Block]:
        for part, result in enumerate(self.selection.results):
            if result.packets is not None:
                for batch in result.packets.batches():
                    yield labelled_block(result, batch[passing_rows(self.selection, part, batch)])

    def _probe_runs(self) -> Iterator[Block]:
        for part, result in enumerate(self.selection.results):
            rows = np.flatnonzero(self.selection.chosen(part))
            for some in stretches(probes_of(result, rows)):
                yield run_block(result, result.find_probing(rows[some])[0])

    def _handshakes(self) -> Iterator[Block]:
        for part, result in enumerate(self.selection.results):
            rows = np.flatnonzero(self.selection.chosen(part))
            for start in range(0, len(rows), MOST_FLOWS):
                yield handshake_block(result, rows[start : start + MOST_FLOWS])

    def _findings(self) -> Iterator[Block]:
        """By severity: first those about more than one connection, then in the order of the selection."""
        selection, wide, marks = self.selection, self.selection.wide_findings(), self.selection.marks
        probes = self._probes()
        for severity in (kinds.PROBLEM, kinds.WARNING, kinds.NOTE):
            grave = [finding for finding in wide if finding.severity == severity]
            if grave:
                yield findings_block(grave, selection.results)
            names = finding_bits(name for name, each in enumerate(found.SEVERITY) if each == severity)
            places = np.flatnonzero(marks & names)
            for some in stretches(probes[places]):
                told = self._told(places[some], int(names))
                if told:
                    yield findings_block(told, selection.results)

    def _probes(self) -> Array:
        """How many keep-alive probes each connection of the selection has."""
        probes = np.zeros(len(self.selection), np.int64)
        for part, result in enumerate(self.selection.results):
            of_it = self.selection.part == part
            probes[of_it] = probes_of(result, self.selection.row[of_it])
        return probes

    def _told(self, places: Array, names: int) -> list[Finding]:
        """The findings about single connections at these places of the selection, in that order."""
        told: list[tuple[int, Finding]] = []
        for part in np.unique(self.selection.part[places]).tolist():
            own = places[self.selection.part[places] == part]
            rows = self.selection.row[own]
            place = dict(zip(rows.tolist(), own.tolist(), strict=True))
            findings = self.diagnosis.findings(self.selection.results[part], rows, names)
            told += [(place[int(finding.flows[0])], finding) for finding in findings]
        return [finding for _, finding in sorted(told, key=lambda each: (each[0], each[1].start_ns))]


def _ranks(column: schema.Column, values: Any) -> tuple[Array, Array]:
    """Integers that sort as the values do, and which of them are missing."""
    if column.type == "category" and not column.ordered:
        codes = np.argsort(np.argsort(np.array(column.words)))
        missing = values >= len(codes)
        return codes[np.where(missing, 0, values)], missing
    if column.type == "words":
        values = [";".join(value) for value in values]
    array = np.array(values, dtype=object if isinstance(values, list) else None)
    missing = np.isnan(array) if array.dtype.kind == "f" else array == MISSING
    return np.unique(array, return_inverse=True)[1], np.asarray(missing, bool)
