"""`Plots`: the plots of an analysis. Plotly is loaded with the first."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np

from analyzer import found
from analyzer.errors import UsageError
from analyzer.kinds import MISSING, SENDER_WORDS, VERDICT_WORDS
from analyzer.tables import Filters, Tables
from analyzer.wording import counted, number

if TYPE_CHECKING:
    from analyzer.analysis import Analysis
    from analyzer.flow import Flow
    from analyzer.present.colours import Colours
    from analyzer.present.plots.canvas import Drawing
    from analyzer.present.plots.figure import Plot

MOST_LANES = 600  # connections that get a lane each
MOST_SUMMED = 50_000  # connections that are summed up: some seconds; our choice
MOST_FRAMES = 1_000_000  # that are read once more to see every pause


class Plots:
    """The plots of an analysis, as Plotly figures. theme: "light" or "dark"."""

    def __init__(self, analysis: Analysis) -> None:
        self._analysis = analysis

    def timelines(self, limit: int | None = None, *, theme: str = "light") -> Plot:
        """What each connection was doing when, the gravest on top.

        Of more than 600 connections how many were doing what, for each verdict; limit: instead draw
        so many of the gravest.
        """
        from analyzer.present.plots.rows import by_verdict, rows_of
        from analyzer.present.plots.summed import summed
        from analyzer.present.plots.timelines import timelines
        from analyzer.present.urgency import most_urgent

        if limit is not None and not 1 <= limit <= MOST_LANES:
            raise UsageError(f"timelines(limit={limit}): 1 to {MOST_LANES} connections have a lane each")
        tables = self._analysis._tables()
        every, apart = len(tables.selection), limit or MOST_LANES
        each = limit is not None or every <= apart
        segments = self._segments() if each else "events"
        tables = self._analysis._tables()
        urgent = Tables(most_urgent(tables.selection), tables.diagnosis, tables.packets)
        chosen = urgent.first(apart if each else MOST_SUMMED)
        rows = by_verdict(rows_of(chosen, segments))
        said = f"{self._where()}: {_part(len(rows), every)}"
        if segments == "events":
            said += ". Pauses that no probe broke count as active"
        draw = timelines if each else summed
        return self._figure(draw(rows, said, self._colours(theme)))

    def verdicts(self, *, theme: str = "light") -> Plot:
        """How many connections have which verdict."""
        from analyzer.present.plots.verdicts import verdicts

        found = np.bincount(self._analysis._tables().selection.field("verdict"), minlength=len(VERDICT_WORDS))
        counts = dict(zip(VERDICT_WORDS, found.tolist(), strict=True))
        return self._figure(verdicts(counts, self._where(), self._colours(theme)))

    def timers(self, *, theme: str = "light") -> Plot:
        """The keepalive times and intervals that were measured, and the known defaults they fit."""
        from analyzer.present.plots.timers import Known, Measured, timers

        names = [f"{side}_keepalive_{name}_s" for side in SENDER_WORDS for name in ("time", "interval")]
        tables = self._analysis._tables()
        probed = tables.selection.ordered(np.flatnonzero(tables.selection.field("probing")))
        parts = list(Tables(probed, tables.diagnosis).flows(("verdict", *names)))
        columns = {
            name: np.concatenate([part[name] for part in parts]) for name in ("verdict", *names) if parts
        }
        time, interval = (
            Measured.of(f"keepalive {name}", columns, [f"{side}_keepalive_{name}_s" for side in SENDER_WORDS])
            for name in ("time", "interval")
        )
        defaults = [Known(*row) for row in self._analysis._diagnosis().defaults()]
        return self._figure(timers(time, interval, defaults, self._where(), self._colours(theme)))

    def rtt(self, *, theme: str = "light") -> Plot:
        """How long the answers to probes took, over time."""
        from analyzer.present.plots.rtt import rtt

        return self._figure(rtt(self._analysis._tables(), self._where(), self._colours(theme)))

    def states(self, *, theme: str = "light") -> Plot:
        """How many ends of connections were in which TCP state, over time."""
        from analyzer.present.plots.states import states
        from analyzer.tables.states import StateTables

        tables = StateTables(self._analysis._tables(), self._analysis._diagnosis())
        zeros = {result.capture: result.start_ns for result in tables.selection.results}
        return self._figure(
            states(tables.blocks("states"), zeros, self._span_ns(), self._where(), self._colours(theme))
        )

    def heartbeats(self, *, theme: str = "light") -> Plot:
        """How steadily applications send their heartbeats: the pauses between messages, over time."""
        from analyzer.present.plots.heartbeats import heartbeats

        chosen = Filters(findings=(found.HEARTBEAT,))
        if len(self._analysis._tables(chosen).selection):
            with suppress(UsageError):  # live, or standard input: gone
                self._analysis._keep_packets()
        tables = self._analysis._tables(chosen)
        return self._figure(heartbeats(tables, self._where(), self._colours(theme)))

    def flow(self, flow: Flow, clock: str = "relative", *, theme: str = "light") -> Plot:
        """One connection; see `Flow.plot`."""
        from analyzer.present import Clock
        from analyzer.present.plots.ladder import ladder

        segments = "packets"
        try:
            self._analysis._keep_packets()
        except UsageError:  # live, or standard input: gone
            segments = "events"
        clock_ = Clock(clock, flow._result.start_ns)
        return self._figure(ladder(flow.connection(segments), clock_, self._colours(theme)))

    def _span_ns(self) -> int:
        """How long the longest capture is."""
        results = self._analysis._outcome.captures
        return max((each.end_ns - each.start_ns for each in results if each.start_ns != MISSING), default=0)

    def _segments(self) -> str:
        """The table to draw lanes from: packets, where it costs little to have them."""
        analysis = self._analysis
        frames = sum(result.frames for result in analysis._outcome.captures)
        if frames <= MOST_FRAMES:
            with suppress(UsageError):  # live, or standard input: gone
                analysis._keep_packets()
                return "packets"
        return "packets" if analysis._options.packets else "events"

    def _where(self) -> str:
        """Which captures, as a title says it."""
        from analyzer.present.plots.canvas import capture_name

        paths = [each.facts.path for each in self._analysis._outcome.captures]
        if len(paths) > 2:
            return f"{capture_name(paths[0])} and {number(len(paths) - 1)} more captures"
        return " and ".join(map(capture_name, paths)) or "no capture"

    def _colours(self, theme: str) -> Colours:
        from analyzer.present.colours import THEMES

        if theme not in THEMES:
            raise UsageError(f"theme={theme!r}: there are {' and '.join(THEMES)}")
        return THEMES[theme]

    @staticmethod
    def _figure(drawing: Drawing) -> Plot:
        from analyzer.present.plots.figure import figure

        return figure(drawing)


def _part(shown: int, every: int) -> str:
    if shown == every:
        return counted(every, "connection")
    return f"{number(shown)} of {counted(every, 'connection')}, the gravest"
