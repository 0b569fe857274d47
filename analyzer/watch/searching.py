"""Findings of a live capture: which are new, and which do not hold any more."""

from __future__ import annotations

from enum import Enum

import numpy as np
from numpy.typing import NDArray

from analyzer.diagnose import OWN_NAMES, find
from analyzer.facts import CaptureResult, Finding
from analyzer.pipeline import Diagnosis
from analyzer.records import taken
from analyzer.rules import Options
from analyzer.watch.tallies import NAMES
from analyzer.watch.told import Told, of_the_crowd

MOST_NEW = 500  # connections of which nothing came, whose findings are told at once
ALL_NAMES = np.uint32(0xFFFFFFFF)


class Search(Enum):
    """Where to search for findings."""

    NOWHERE = 0
    STIRRED = 1  # connections of which something came since
    EVERYWHERE = 2  # also for what only time brings, and about hosts, paths and the capture


class Searcher:
    """Searches connections for findings, and notes in `told` what was found."""

    def __init__(self, told: Told, options: Options) -> None:
        self._told = told
        self._options = options
        self._diagnosis = Diagnosis(options.rules, options.profiles)
        self._wide: set[tuple[int, int, int]] = set()  # name, scope, first flow's number of wide ones told

    def search(
        self, result: CaptureResult, rows: NDArray[np.int64], searched: NDArray[np.bool_], search: Search
    ) -> tuple[list[Finding], list[tuple[int, int]]]:
        """Findings that are new, and (row, name) of those that do not hold any more, in rows of `result`.

        rows: by row of the table, the row in the result.
        """
        told = self._told.rows
        held = np.flatnonzero(rows >= 0)
        result.findings.marks[rows[held]] = told.marks[held]
        if search is Search.NOWHERE:
            return [], []
        found = find(result, self._options.rules, self._options.profiles)
        looked = np.flatnonzero(searched)
        told.stirred[looked] = False
        before, after = told.marks[looked], found.marks[rows[looked]]
        names = ALL_NAMES if search is Search.EVERYWHERE else OWN_NAMES
        assert result.shortened is not None
        kept = np.where(result.shortened[rows[looked]], np.uint32(0), names)  # without evidence: still so
        new, ended = after & ~before & names, before & ~after & kept
        self._spare_the_crowd(result, rows[looked], new)
        told.marks[looked] = before & ~ended | new
        result.findings.marks[rows[held]] = told.marks[held]
        findings = self._of_flows(result, rows[looked], new)
        if search is Search.EVERYWHERE:
            findings += self._wide_ones(result, found.wide)
        withdrawn = [
            (int(rows[looked[place]]), name)
            for place in np.flatnonzero(ended).tolist()
            for name in range(NAMES)
            if int(ended[place]) >> name & 1
        ]
        return findings, withdrawn

    @staticmethod
    def _spare_the_crowd(result: CaptureResult, rows: NDArray[np.int64], new: NDArray[np.uint32]) -> None:
        """Put off what was found of connections of which nothing came, where these are many."""
        some = np.flatnonzero(new)
        flows = taken(result.flows, rows[some])
        new[some[of_the_crowd(flows.verdict, flows)][MOST_NEW:]] = 0

    def _of_flows(
        self, result: CaptureResult, rows: NDArray[np.int64], new: NDArray[np.uint32]
    ) -> list[Finding]:
        """The new findings about one connection. new: their bits, by place in `rows`."""
        some = np.flatnonzero(new)
        if not len(some):
            return []
        bits = dict(zip(rows[some].tolist(), new[some].tolist(), strict=True))
        told = self._diagnosis.findings(result, rows[some], int(np.bitwise_or.reduce(new)))
        self._diagnosis.forget()  # else it keeps the result until the next one
        return [each for each in told if bits[int(each.flows[0])] >> each.name & 1]

    def _wide_ones(self, result: CaptureResult, wide: tuple[Finding, ...]) -> list[Finding]:
        """Those of hosts, paths and the capture that were not told yet."""
        new = []
        for each in wide:
            first = int(result.flow_numbers(each.flows[:1])[0]) if len(each.flows) else -1
            if (each.name, each.scope, first) not in self._wide:
                self._wide.add((each.name, each.scope, first))
                new.append(each)
        return new
