"""`Plan`: what other keep-alive timers would have made of the analyzed captures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from analyzer import pipeline
from analyzer.errors import UsageError
from analyzer.pipeline import Bounds, Replay, Timers
from analyzer.rules import SECOND_NS, Options
from analyzer.tables import Selection, Tables
from analyzer.tables.plan import PlanTables

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Plan:
    """Timers, and what came of replaying the captures against them.

    bounds: what recommended timers had to keep to, None where the timers were given.
    """

    timers: Timers
    tables: PlanTables
    settings: dict[str, str]
    bounds: Bounds | None = None

    @property
    def time_s(self) -> int:
        """Keepalive time."""
        return self.timers.time_ns // SECOND_NS

    @property
    def interval_s(self) -> int:
        """Time between unanswered probes."""
        return self.timers.interval_ns // SECOND_NS

    @property
    def count(self) -> int:
        """Unanswered probes until it gives up."""
        return self.timers.probes

    @property
    def found_after_s(self) -> int:
        """After the last sign of life a dead peer is found by then."""
        return (self.timers.time_ns + self.timers.patience_ns) // SECOND_NS

    @cached_property
    def connections(self) -> pd.DataFrame:
        """One row per connection; `analyzer.tables.plan.PLAN` documents the columns."""
        from analyzer.tables.frames import data_frame

        return data_frame(self.tables, "plan")

    @cached_property
    def totals(self) -> dict[str, Any]:
        """What it comes to: connections, segments of keep-alive an hour as captured and as planned, dead
        peers and how many would have been found sooner, connections lost after a silence and whether
        they would have been spared, and those that would have been given up in an outage."""
        return self.tables.totals()

    def __repr__(self) -> str:
        planned = self.totals["probing_planned_per_hour"]
        return (
            f"<Plan: time {self.time_s} s, interval {self.interval_s} s, count {self.count}: a dead peer is "
            f"found after {self.found_after_s} s, {planned:,.0f} segments an hour>"
        )


def replays_of(selection: Selection, options: Options, timeout_s: float | None) -> list[Replay]:
    """The captures, ready to be replayed; they were analyzed with `packets`."""
    if timeout_s is not None and not timeout_s > 0:
        raise UsageError(f"timeout of {timeout_s} s: a time above 0 is wanted")
    timeout_ns = None if timeout_s is None else round(timeout_s * SECOND_NS)
    return [
        Replay(result, options.rules, np.flatnonzero(selection.chosen(part)), timeout_ns)
        for part, result in enumerate(selection.results)
    ]


def planned(selection: Selection, options: Options, timers: Timers, timeout_s: float | None = None) -> Plan:
    """The plan for given timers."""
    if min(timers) < 1:
        raise UsageError("time, interval and count of a plan must be at least 1")
    return carried_out(replays_of(selection, options, timeout_s), selection, options, timers)


def recommended(
    selection: Selection, options: Options, detect_within_s: float, timeout_s: float | None = None
) -> Plan:
    """The plan for the cheapest timers that find a dead peer within so many seconds."""
    replays = replays_of(selection, options, timeout_s)
    bounds = pipeline.bounds_of(replays, round(detect_within_s * SECOND_NS))
    timers = pipeline.recommend(replays, bounds)
    if timers is None:
        raise UsageError(why_none(bounds))
    return carried_out(replays, selection, options, timers, bounds)


def carried_out(
    replays: Sequence[Replay],
    selection: Selection,
    options: Options,
    timers: Timers,
    bounds: Bounds | None = None,
) -> Plan:
    """Replay the captures."""
    tables = Tables(selection, pipeline.Diagnosis(options.rules, options.profiles))
    rows = [replay.planned(timers) for replay in replays]
    settings = pipeline.settings_for(timers, options.profiles)
    return Plan(timers, PlanTables(tables, rows), settings, bounds)


def why_none(bounds: Bounds) -> str:
    """Why no timers can be recommended, in one line."""
    wanted = f"no timers find a dead peer within {bounds.within_ns / SECOND_NS:g} s"
    also = []
    if bounds.outage_ns:
        also.append(
            f"bear the outage of {bounds.outage_ns / SECOND_NS:.1f} s that a connection lived through"
        )
    if bounds.timeout_ns is not None:
        also.append(f"repeat a lost probe before {bounds.timeout_ns / SECOND_NS:.1f} s of silence")
    return f"{wanted}{' and ' if also else ''}{' and '.join(also)}"
