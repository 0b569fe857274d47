"""`Comparison`: two captures of the same connections, as the object that people hold in Python."""

from __future__ import annotations

import io
import os
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from analyzer import pairing, pipeline
from analyzer.compared import Compared
from analyzer.errors import KeepaliveError, UsageError
from analyzer.pairing import View
from analyzer.rules import Options, Rules
from analyzer.tables.comparison import ComparisonTables
from analyzer.tables.files import replacing, write_csv, write_json

if TYPE_CHECKING:
    import pandas as pd

Path = str | os.PathLike[str]


def compare(
    a: Path, b: Path, *, join: bool = False, packets: bool = False, dedup_window_s: float = 0.01
) -> Comparison:
    """Align two captures of the same connections, and match their segments.

    a, b: files (or with join, folders and globs whose files make one capture). packets: keep every
    matched segment, not only events and what one capture lacks. dedup_window_s: equal segments of a
    capture this close are copies of one.

    Raises KeepaliveError where one of them cannot be read.
    """
    options = Options(join=join, packets=True, rules=Rules(dedup_window_ns=round(dedup_window_s * 1e9)))
    views = []
    for path in (a, b):
        if not isinstance(path, str | os.PathLike):
            raise UsageError(
                f"compare reads two captures itself and wants their paths, not {type(path).__name__}"
            )
        source = os.fspath(path)
        if source == "-":
            raise UsageError("compare reads its captures twice, which standard input does not allow")
        outcome = pipeline.analyze([source], options)
        if not outcome.captures:
            raise outcome.failures[0][1] if outcome.failures else KeepaliveError(f"{source}: nothing to read")
        views.append(View(source, pairing.only_one(source, outcome.captures)))
    found = pairing.compare(
        (views[0], views[1]), lambda result: np.ones(len(result.flows), bool), packets, join
    )
    return Comparison(found)


class Comparison:
    """What two captures, A and B, have in common, as DataFrames.

    `analyzer.tables.comparison_schema.TABLES` documents the columns.
    """

    def __init__(self, compared: Compared) -> None:
        self._tables = ComparisonTables(compared, range(len(compared.connections)))

    @property
    def damages(self) -> list[str]:
        """Where the captures are damaged; the results cover the rest."""
        both = self._tables.compared.results
        return [f"{each.facts.path}: {damage}" for each in both for damage in each.facts.damages]

    @cached_property
    def captures(self) -> pd.DataFrame:
        """Two rows: A and B."""
        return self._frame("captures")

    @cached_property
    def clock(self) -> pd.DataFrame:
        """One row: how far B's clock is ahead of A's."""
        return self._frame("clock")

    @cached_property
    def connections(self) -> pd.DataFrame:
        """One row per connection that both have: the outcome, in words, and what was seen where."""
        return self._frame("connections")

    @cached_property
    def alone(self) -> pd.DataFrame:
        """One row per connection that only one capture has."""
        return self._frame("alone")

    @cached_property
    def segments(self) -> pd.DataFrame:
        """One row per segment: events and what one capture lacks; with `packets`, all."""
        return self._frame("segments")

    @property
    def outcomes(self) -> dict[str, int]:
        """How many connections came to what, the frequent ones first."""
        return dict(self._tables.outcomes.most_common())

    def to_json(self, path: Path) -> None:
        """One JSON document."""
        with replacing(path) as stream:
            write_json(self._tables, stream)

    def to_csv(self, folder: Path) -> None:
        """A folder with a CSV file for each table."""
        write_csv(self._tables, folder)

    def to_parquet(self, folder: Path) -> None:
        """A folder with a Parquet file for each table."""
        from analyzer.tables.parquet import write_parquet

        write_parquet(self._tables, folder)

    def page(self, width: int = 100, clock: str = "relative") -> str:
        """What `keepalive compare` shows, with all connections, as text.

        clock: "relative" to the start of A, "utc" or "local".
        """
        from analyzer.present import Clock, Paper, write
        from analyzer.present.comparison import comparison_page, view_of

        text = io.StringIO()
        compared = self._tables.compared
        tables = ComparisonTables.most_urgent(compared, self._tables.chosen)
        view = view_of(tables, Clock(clock, compared.results[0].start_ns))
        write(comparison_page(view, width), text, Paper(width))
        return text.getvalue()

    def _frame(self, name: str) -> pd.DataFrame:
        from analyzer.tables.frames import data_frame

        return data_frame(self._tables, name)

    def __repr__(self) -> str:
        counts = ", ".join(f"{count} {word}" for word, count in self.outcomes.items())
        names = " and ".join(each.facts.path for each in self._tables.compared.results)
        return f"<Comparison of {names}: {counts or 'no connection in common'}>"
