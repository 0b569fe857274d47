"""Which connections to show: one choice that every table and every output obeys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from analyzer.facts import CaptureResult, Finding
from analyzer.kinds import MISSING, NO_FLOW, SIDE_SENT
from analyzer.tables.addresses import Network
from analyzer.tables.moments import Moment
from analyzer.tables.values import Array


@dataclass(frozen=True)
class Filters:
    """What was asked for. Values of one field are alternatives; the fields must all agree.

    flows: numbers unique in the analysis. verdicts, findings: codes. since, until: connections with a
    segment between them, and of those the events and packets between them. within: filters that
    connections must pass, too.
    """

    flows: tuple[int, ...] = ()
    verdicts: tuple[int, ...] = ()
    findings: tuple[int, ...] = ()
    hosts: tuple[Network, ...] = ()
    ports: tuple[int, ...] = ()
    since: Moment | None = None
    until: Moment | None = None
    within: Filters | None = None

    @property
    def empty(self) -> bool:
        return self == Filters()


@dataclass(frozen=True)
class Selection:
    """The chosen connections, in the order in which to show them.

    part: index into `results`; row: FLOW row there. `whole`: nothing was filtered out, so
    rows that belong to no connection are shown too.
    """

    results: Sequence[CaptureResult]
    part: Array
    row: Array
    whole: bool = True
    filters: Filters = field(default_factory=Filters)

    def __len__(self) -> int:
        return len(self.row)

    def ordered(self, order: Array) -> Selection:
        """The connections `order` picks, in that order."""
        whole = self.whole and len(order) == len(self)
        return Selection(self.results, self.part[order], self.row[order], whole, self.filters)

    def chosen(self, part: int) -> Array:
        """A boolean array over the FLOW rows of one capture."""
        mask = np.zeros(len(self.results[part].flows), bool)
        mask[self.row[self.part == part]] = True
        return mask

    @property
    def marks(self) -> Array:
        """uint32: which findings hold for the chosen connections, as bits."""
        return self.gather([result.findings.marks for result in self.results])

    def wide_findings(self) -> list[Finding]:
        """Findings about hosts, paths and captures, gravest first, that this choice has a part in.

        Those that explain a chosen connection; those that explain none in particular where
        nothing was filtered out, or just they were asked for.
        """
        named = self.filters.findings
        asked = Filters(findings=named) == self.filters
        told = []
        for part, result in enumerate(self.results):
            chosen = self.chosen(part) if result.findings.wide else None
            for finding in result.findings.wide:
                of_all = self.whole or (asked and finding.name in named and not len(finding.flows))
                if of_all or (chosen is not None and chosen[finding.flows].any()):
                    told.append(finding)
        return sorted(told, key=lambda finding: -finding.severity)

    def field(self, name: str) -> Array:
        """One field of the chosen FLOW records."""
        return self.gather([result.flows[name] for result in self.results])

    def gather(self, columns: list[Array]) -> Array:
        """Values of the chosen connections out of one array per capture."""
        if not columns:
            return np.zeros(0, np.int64)
        starts = np.cumsum([0, *(len(column) for column in columns[:-1])])
        chosen: Array = np.concatenate(columns)[starts[self.part] + self.row]
        return chosen


def choose(results: Sequence[CaptureResult], filters: Filters) -> Selection:
    """The connections that pass the filters, by capture and first appearance."""
    rows = [np.flatnonzero(_passes(result, filters)) for result in results]
    parts = [np.full(len(each), part, np.int64) for part, each in enumerate(rows)]
    nothing = [np.zeros(0, np.int64)]
    return Selection(
        results, np.concatenate(parts or nothing), np.concatenate(rows or nothing), filters.empty, filters
    )


def finding_bits(names: Iterable[int]) -> np.uint32:
    """Findings as they are marked in `Findings.marks`."""
    return np.uint32(sum(1 << name for name in set(names)))


def last_times(flows: Any) -> Array:
    """ns, the last segment of each flow that is no duplicate."""
    side = flows["side"]
    sent = (side["marks"] & SIDE_SENT) != 0
    latest = np.where(sent, side["last_time"], MISSING).max(axis=1)
    last: Array = np.maximum(latest, flows["start"])
    return last


def _passes(result: CaptureResult, filters: Filters) -> Array:
    flows = result.flows
    passes = _passes(result, filters.within) if filters.within else np.ones(len(flows), bool)
    if filters.flows:
        numbers = result.flow_numbers(np.arange(len(flows)))
        passes &= np.isin(numbers, np.array(filters.flows))
    if filters.verdicts:
        passes &= np.isin(flows["verdict"], np.array(filters.verdicts))
    if filters.findings:
        passes &= (result.findings.marks & finding_bits(filters.findings)) != 0
    if filters.hosts:
        high, low = flows["address_high"], flows["address_low"]
        passes &= np.any([host.holds(high, low) for host in filters.hosts], axis=(0, 2))
    if filters.ports:
        passes &= np.isin(flows["port"], np.array(filters.ports)).any(axis=1)
    if filters.since:
        passes &= last_times(flows) >= filters.since.within(result)
    if filters.until:
        passes &= flows["start"] <= filters.until.within(result)
    return passes


def passing_rows(selection: Selection, part: int, rows: Any) -> Array:
    """Which EVENT rows of one capture belong to the chosen connections and times."""
    result, filters = selection.results[part], selection.filters
    passes = np.ones(len(rows), bool)
    if not selection.whole:
        chosen = np.append(selection.chosen(part), False)  # the last: rows of no connection
        passes &= chosen[np.where(rows["flow"] == NO_FLOW, len(chosen) - 1, rows["flow"])]
    link: Filters | None = filters
    while link:
        if link.since:
            passes &= rows["time_ns"] >= link.since.within(result)
        if link.until:
            passes &= rows["time_ns"] <= link.until.within(result)
        link = link.within
    return passes
