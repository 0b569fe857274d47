"""`Analysis`: the analyzed captures as the object that people hold in Python.

Tables are built when they are first asked for, and kept; pandas is loaded with the first.
"""

from __future__ import annotations

import html
import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from analyzer import pipeline
from analyzer.errors import KeepaliveError, UsageError
from analyzer.flow import Flow
from analyzer.kinds import VERDICT_WORDS
from analyzer.plotting import Plots
from analyzer.rules import SECOND_NS, Options, Rules
from analyzer.tables import Filters, Tables, TableSource, choose, moment_of
from analyzer.tables.files import replacing, write_csv, write_json

if TYPE_CHECKING:
    import pandas as pd

    from analyzer.plan import Plan

Path = str | os.PathLike[str]


def analyze(
    *sources: Path,
    join: bool = False,
    packets: bool = False,
    dedup_window_s: float = 0.01,
    profiles: Sequence[Path] = (),
) -> Analysis:
    """Analyze captures: files, folders, globs, or "-" for standard input.

    join: make one capture of all files, in time order. packets: keep every segment from the start
    (`Analysis.packets` reads the files again otherwise). dedup_window_s: equal segments this close
    are copies of one. profiles: TOML files of stacks and middleboxes of your own.

    Raises KeepaliveError where nothing could be read. What could be read only in part is in
    `Analysis.failures` and `Analysis.damages`.
    """
    rules = Rules(dedup_window_ns=round(dedup_window_s * 1e9))
    paths = [os.fspath(source) for source in sources]
    if not paths:
        raise UsageError("analyze: nothing to read was named")
    options = Options(join, packets, tuple(os.fspath(each) for each in profiles), rules)
    outcome = pipeline.analyze(paths, options)
    if not outcome.captures:
        raise outcome.failures[0][1] if outcome.failures else KeepaliveError("nothing to read")
    return Analysis(paths, options, outcome)


class Analysis:
    """Connections, events, probe runs, handshakes and findings of one or more captures, as DataFrames.

    The columns are those of every other output; `analyzer.tables.TABLES` documents each.
    """

    def __init__(self, sources: Sequence[str], options: Options, outcome: pipeline.Outcome) -> None:
        self._sources = list(sources)
        self._options = options
        self._outcome = outcome
        self._packets: pd.DataFrame | None = None

    @property
    def failures(self) -> list[tuple[str, KeepaliveError]]:
        """Sources that could not be read at all, and why."""
        return list(self._outcome.failures)

    @property
    def damages(self) -> list[str]:
        """Where captures are damaged; the results cover the rest."""
        captures = self._outcome.captures
        return [f"{each.facts.path}: {damage}" for each in captures for damage in each.facts.damages]

    @cached_property
    def captures(self) -> pd.DataFrame:
        """One row per capture."""
        return self._frame("captures")

    @cached_property
    def flows(self) -> pd.DataFrame:
        """One row per TCP connection: ends, times, counts, verdict and reason, timers, states."""
        return self._frame("flows")

    @cached_property
    def events(self) -> pd.DataFrame:
        """One row per segment that says something about a connection's life."""
        return self._frame("events")

    @cached_property
    def probe_runs(self) -> pd.DataFrame:
        """One row per run of keep-alive probes."""
        return self._frame("probe_runs")

    @cached_property
    def handshakes(self) -> pd.DataFrame:
        """One row per connection of which a SYN or SYN-ACK was seen."""
        return self._frame("handshakes")

    @cached_property
    def findings(self) -> pd.DataFrame:
        """One row per thing worth telling, with evidence and advice, the gravest first."""
        return self._frame("findings")

    def packets(self) -> pd.DataFrame:
        """One row per segment; reads the sources again where they were read without `packets`."""
        if self._packets is None:
            self._keep_packets()
            self._packets = self._frame("packets")
        return self._packets

    def states(self, at: float | str | datetime | None = None) -> pd.DataFrame:
        """Every change of a TCP state of either end of a connection (`analyzer.tables.states.STATES`).

        at: only the ends that were open then, as netstat on each host would have shown them: seconds
        since each capture's start, "12:03:11", "2026-11-20T12:03:11Z" or a datetime; else in UTC.
        """
        from analyzer.tables.states import StateTables

        try:
            moment = None if at is None else moment_of(at)
        except ValueError as error:
            raise UsageError(f"states(at={at!r}): {error}") from None
        return self._frame("states", StateTables(self._tables(), self._diagnosis(), at=moment))

    def plan(
        self, time_s: int = 60, interval_s: int = 10, count: int = 6, *, timeout_s: float | None = None
    ) -> Plan:
        """What these timers would have made of idle and dead periods. timeout_s: of a device on the path."""
        from analyzer.plan import planned

        self._keep_packets()
        timers = pipeline.Timers(time_s * SECOND_NS, interval_s * SECOND_NS, count)
        return planned(self._tables().selection, self._options, timers, timeout_s)

    def recommend(self, detect_within_s: float = 120, *, timeout_s: float | None = None) -> Plan:
        """The plan of the cheapest timers that find a dead peer in time; UsageError: there are none."""
        from analyzer.plan import recommended

        self._keep_packets()
        return recommended(self._tables().selection, self._options, detect_within_s, timeout_s)

    @property
    def plot(self) -> Plots:
        """Its plots: `a.plot.timelines()`, and more."""
        return Plots(self)

    def flow(self, number: int) -> Flow:
        """One connection, by its number in the `flow` column."""
        return Flow(self, number)

    def to_json(self, path: Path) -> None:
        """One JSON document."""
        with replacing(path) as stream:
            write_json(self._tables(), stream)

    def to_csv(self, folder: Path) -> None:
        """A folder with a CSV file for each table."""
        write_csv(self._tables(), folder)

    def to_parquet(self, folder: Path) -> None:
        """A folder with a Parquet file for each table."""
        from analyzer.tables.parquet import write_parquet

        write_parquet(self._tables(), folder)

    @property
    def verdicts(self) -> dict[str, int]:
        """How many connections have which verdict, the frequent ones first."""
        counts = np.sum([result.verdicts for result in self._outcome.captures], axis=0).tolist()
        found = [(word, count) for word, count in zip(VERDICT_WORDS, counts, strict=True) if count]
        return dict(sorted(found, key=lambda item: -item[1]))

    def _tables(self, filters: Filters | None = None) -> Tables:
        selection = choose(self._outcome.captures, filters or Filters())
        return Tables(selection, self._diagnosis(), self._options.packets)

    def _diagnosis(self) -> pipeline.Diagnosis:
        return pipeline.Diagnosis(self._options.rules, self._options.profiles)

    def _frame(self, name: str, tables: TableSource | None = None) -> pd.DataFrame:
        from analyzer.tables.frames import data_frame

        return data_frame(tables or self._tables(), name)

    def _keep_packets(self) -> None:
        """Read the sources once more, keeping every segment."""
        if self._options.packets:
            return
        if not self._sources:
            raise UsageError("a live capture keeps no packets, only events")
        if "-" in self._sources:
            raise UsageError("standard input cannot be read again: analyze(…, packets=True) keeps segments")
        options = replace(self._options, packets=True)
        self._outcome = pipeline.analyze(self._sources, options)
        self._options = options

    def __len__(self) -> int:
        return sum(len(result.flows) for result in self._outcome.captures)

    def __repr__(self) -> str:
        names = ", ".join(result.facts.path for result in self._outcome.captures[:3])
        more = ", …" if len(self._outcome.captures) > 3 else ""
        verdicts = ", ".join(f"{count} {verdict}" for verdict, count in self.verdicts.items())
        from analyzer.present import printable

        return f"<Analysis of {printable(names)}{more}: {len(self)} connections ({verdicts or 'none'})>"

    def _repr_html_(self) -> str:
        from analyzer.present import printable

        rows = "".join(
            f"<tr><td>{html.escape(verdict)}</td><td style='text-align:right'>{count:,}</td></tr>"
            for verdict, count in self.verdicts.items()
        )
        names = ", ".join(printable(result.facts.path) for result in self._outcome.captures[:5])
        title = f"<b>{html.escape(names)}</b>: {len(self):,} connections"
        return f"<div>{title}<table><tr><th>verdict</th><th>connections</th></tr>{rows}</table></div>"
