"""`Analysis`: the analyzed captures as the object that people hold in Python.

Tables are built when they are first asked for, and kept; pandas is loaded with the first.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from analyzer import pipeline
from analyzer.errors import KeepaliveError, UsageError
from analyzer.flow import Flow
from analyzer.kinds import VERDICT_WORDS
from analyzer.plotting import Plots
from analyzer.rules import SECOND_NS, Options, Rules
from analyzer.tables import Filters, Tables, TableSource, choose, moment_of
from analyzer.tables.files import replacing, write_csv, write_json
from analyzer.tables.wanted import Wanted, filters_of
from analyzer.wording import counted

if TYPE_CHECKING:
    import pandas as pd

    from analyzer.plan import Plan
    from analyzer.present import Overview

Path = str | os.PathLike[str]

MOST_SHOWN, WIDTH = 30, 100  # connections and columns of text, as on the command line


def analyze(
    *sources: Path | Iterable[Any],
    join: bool = False,
    packets: bool = False,
    dedup_window_s: float = 0.01,
    profiles: Sequence[Path] = (),
    reader: str = "",
) -> Analysis:
    """Analyze captures: files, folders, globs, "-" for standard input, or packets that are there already.

    Such are packets of scapy (a PacketList, or anything to go through) and captures of pyshark: one of a
    file is read by tshark, with its display filter and preferences, others give the packets they hold, as
    does a list of them. What lies behind the last frame that a display filter passes is not known, not even
    that time went on. Neither tells of interfaces and their losses, and tshark of no link types.

    join: make one capture of all files, in time order. packets: keep every segment from the start
    (`Analysis.packets` reads the files again otherwise). dedup_window_s: equal segments this close
    are copies of one. profiles: TOML files of stacks and middleboxes of your own. reader: "tshark" has
    tshark take the frames apart: it knows more formats and link types, and takes a hundred times as long.

    Raises KeepaliveError where nothing could be read. What could be read only in part is in
    `Analysis.failures` and `Analysis.damages`.
    """
    rules = Rules(dedup_window_ns=round(dedup_window_s * 1e9))
    if reader not in pipeline.READERS:
        raise UsageError(
            f"analyze: no reader {reader!r}; there are: {', '.join(map(repr, pipeline.READERS))}"
        )
    given = [
        os.fspath(each) if isinstance(each, str | os.PathLike) else pipeline.held(each) for each in sources
    ]
    if not given:
        raise UsageError("analyze: nothing to read was named")
    options = Options(join, packets, tuple(os.fspath(each) for each in profiles), rules, reader)
    outcome = pipeline.analyze(given, options)
    if not outcome.captures:
        raise outcome.failures[0][1] if outcome.failures else KeepaliveError("nothing to read")
    return Analysis(outcome)


class Analysis:
    """Connections, events, probe runs, handshakes and findings of one or more captures, as DataFrames.

    The columns are those of every other output; `analyzer.columns` documents each.
    """

    def __init__(self, outcome: pipeline.Outcome, filters: Filters | None = None) -> None:
        self._outcome = outcome
        self._options = outcome.options
        self._filters = filters or Filters()

    def where(self, **wanted: Unpack[Wanted]) -> Analysis:
        """Some of the connections, as an analysis of its own that everything obeys: tables, plots, files.

        `a.where(verdict="peer_dead", host="10.0.0.0/8", port=[443, 8443], since=60)`. Filters: flow,
        verdict, finding, host (an address or a network) and port (of either end), since and until
        (connections with a segment between them, and of those the events and packets between them;
        seconds since the capture's start, "2026-11-20T12:03:11Z" or a datetime, else in UTC).
        Several values of one are alternatives, and no value at all chooses no connection; the filters
        must all agree, with earlier ones, too.
        """
        return Analysis(self._outcome, self._within(filters_of(wanted, "where({}=…)".format)))

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
        self._keep_packets()
        return self._packets

    @cached_property
    def _packets(self) -> pd.DataFrame:
        return self._frame("packets")

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

    def report(self, path: Path, *, anonymize: bool = False) -> None:
        """One HTML file that shows all of this in a browser, without a network.

        anonymize: give other addresses to the hosts (those of an anonymized extract) and other names to
        files and interfaces, and leave comments and capture filters out; times and ports stay.
        """
        from analyzer.present import most_urgent
        from analyzer.present.report import Wish, write_report

        tables = self._tables()
        urgent = replace(tables, selection=most_urgent(tables.selection))
        write_report(urgent, path, Wish(anonymize=anonymize))

    def annotate(self, path: Path, *, every: bool = False) -> None:
        """A copy of the capture file, as pcapng, with what is said of these connections as packet comments.

        every: label every segment, plain data and acknowledgments, too.
        """
        from analyzer.copies import annotate, check_again

        check_again(self._outcome, path)
        if every:
            self._keep_packets()
        annotate(self._tables(), path, every=every)

    def extract(self, path: Path, *, only: str = "", anonymize: bool = False) -> None:
        """The frames of these connections, and what else their verdicts rest on, in the file's format.

        only: "keepalive" takes keep-alive probes, their answers and giving up alone. anonymize: other
        addresses, no payload, and nothing of the file but its frames; times and ports stay.
        """
        from analyzer.copies import check_again, extract

        check_again(self._outcome, path, only)
        self._keep_packets()
        extract(self._tables().selection, path, only, anonymize)

    @property
    def verdicts(self) -> dict[str, int]:
        """How many connections have which verdict, the frequent ones first."""
        counts = np.bincount(self._tables().selection.field("verdict"), minlength=len(VERDICT_WORDS)).tolist()
        found = [(word, count) for word, count in zip(VERDICT_WORDS, counts, strict=True) if count]
        return dict(sorted(found, key=lambda item: -item[1]))

    def _within(self, filters: Filters) -> Filters:
        return filters if self._filters.empty else replace(filters, within=self._filters)

    def _tables(self, filters: Filters | None = None) -> Tables:
        chosen = self._within(filters) if filters else self._filters
        selection = choose(self._outcome.captures, chosen)
        return Tables(selection, self._diagnosis(), self._options.packets)

    def _diagnosis(self) -> pipeline.Diagnosis:
        return pipeline.Diagnosis(self._options.rules, self._options.profiles)

    def _keep_packets(self) -> None:
        self._outcome.keep_packets()

    def _frame(self, name: str, tables: TableSource | None = None) -> pd.DataFrame:
        from analyzer.tables.frames import data_frame

        return data_frame(tables or self._tables(), name)

    def __len__(self) -> int:
        return len(self._tables().selection)

    def __repr__(self) -> str:
        names = ", ".join(result.facts.path for result in self._outcome.captures[:3])
        more = ", …" if len(self._outcome.captures) > 3 else ""
        verdicts = ", ".join(f"{count} {verdict}" for verdict, count in self.verdicts.items())
        from analyzer.present import printable

        there = counted(len(self), "connection")
        return f"<Analysis of {printable(names)}{more}: {there}{f' ({verdicts})' if verdicts else ''}>"

    def __str__(self) -> str:
        """The overview that `keepalive analyze` shows."""
        from analyzer.present import Paper, overview, write

        text = io.StringIO()
        write(overview(self._overview(MOST_SHOWN), WIDTH), text, Paper(WIDTH))
        return text.getvalue()

    def _repr_html_(self) -> str:
        from analyzer.present.cards import FLOWS_SHOWN, analysis_card

        return analysis_card(self._overview(FLOWS_SHOWN + 1))

    def _overview(self, most: int) -> Overview:
        from analyzer.present import Clock, Overview

        starts = [result.start_ns for result in self._outcome.captures]
        return Overview.of(self._tables(), most, Clock().starting(starts[0] if starts else 0))
