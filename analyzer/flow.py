"""`Flow`: one connection of an analysis."""

from __future__ import annotations

import io
from functools import cached_property
from typing import TYPE_CHECKING, Any

from analyzer.errors import UsageError
from analyzer.tables import Filters, Tables
from analyzer.tables.about import plain_rows

if TYPE_CHECKING:
    import pandas as pd

    from analyzer.analysis import Analysis
    from analyzer.facts import CaptureResult
    from analyzer.present.plots.figure import Plot
    from analyzer.present.timeline import Connection


class Flow:
    """One connection of an analysis."""

    def __init__(self, analysis: Analysis, number: int) -> None:
        self._analysis = analysis
        self.number = number
        if not len(self._tables().selection):
            if analysis._filters.empty:
                raise UsageError(f"no connection {number}; there are {len(analysis)}, numbered from 0")
            raise UsageError(f"connection {number} is none of the {len(analysis)} that were chosen")

    @cached_property
    def row(self) -> dict[str, Any]:
        """Its row of the flows table; times in nanoseconds since the epoch, None where missing."""
        return plain_rows(self._tables(), "flows")[0]

    @property
    def verdict(self) -> str:
        """What became of it."""
        return str(self.row["verdict"])

    @property
    def reason(self) -> str:
        """Why."""
        return str(self.row["reason"])

    @property
    def display_filter(self) -> str:
        """What to paste into Wireshark to see it."""
        return str(self.row["display_filter"])

    @property
    def events(self) -> pd.DataFrame:
        """Its rows of the events table."""
        return self._frame("events")

    @property
    def probe_runs(self) -> pd.DataFrame:
        """Its rows of the probe_runs table."""
        return self._frame("probe_runs")

    @property
    def findings(self) -> pd.DataFrame:
        """Its rows of the findings table, those of its path and hosts too."""
        return self._frame("findings")

    def timeline(self, width: int = 100, clock: str = "relative", whole: bool = False) -> str:
        """The ladder that `keepalive analyze --flow` draws, as text.

        clock: "relative" to the start of the capture, "utc" or "local". whole: sum nothing up.
        """
        from analyzer.present import Clock, Paper, write
        from analyzer.present.timeline import timeline

        self._analysis._keep_packets()
        text = io.StringIO()
        lines = timeline(self.connection(), Clock(clock, self._result.start_ns), width, whole)
        write(lines, text, Paper(width))
        return text.getvalue()

    def plot(self, clock: str = "relative", *, theme: str = "light") -> Plot:
        """Its segments as a sequence between client and server, pauses to scale, as a Plotly figure.

        clock: "relative" to the start of the capture, "utc" or "local". theme: "light" or "dark".
        """
        return self._analysis.plot.flow(self, clock, theme=theme)

    def connection(self, segments: str = "packets") -> Connection:
        """What a timeline is drawn of. segments: the table that they come from; "events" has fewer."""
        from analyzer.present.timeline import Connection

        return Connection.of(self._tables(), segments)

    @property
    def _result(self) -> CaptureResult:
        selection = self._tables().selection
        return selection.results[int(selection.part[0])]

    def _tables(self) -> Tables:
        return self._analysis._tables(Filters(flows=(self.number,)))

    def _frame(self, name: str) -> pd.DataFrame:
        from analyzer.tables.frames import data_frame

        return data_frame(self._tables(), name)

    def __str__(self) -> str:
        return self.timeline()

    def __repr__(self) -> str:
        return f"<Flow {self.number}: {self.verdict}, {self.reason}>"

    def _repr_html_(self) -> str:
        from analyzer.present import Clock
        from analyzer.present.cards import flow_card

        findings = plain_rows(self._tables(), "findings")
        clock = Clock(zero_ns=self._result.start_ns)
        return flow_card(self.row, findings, self._result.facts.path, clock)
