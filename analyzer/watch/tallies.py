"""What is counted of connections: those in memory, and those that left it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analyzer import kinds
from analyzer.facts import Rows
from analyzer.records import taken
from analyzer.watch.told import Told

NAMES = 32  # bits of FLOW marks


class Tally:
    """Counts of connections that left memory.

    verdicts: by verdict code. findings: by name. probes: keep-alive probes, and those nothing answered.
    """

    def __init__(self) -> None:
        self.verdicts = np.zeros(len(kinds.VERDICT_WORDS), np.int64)
        self.findings = np.zeros(NAMES, np.int64)
        self.probes = np.zeros(2, np.int64)

    def add(self, told: Told, probing: NDArray[np.uint32], probings: Rows) -> None:
        """Count these connections too. told: of these. probing: as FLOW's. probings: of the capture."""
        self.verdicts += verdicts_of(told)
        self.findings += counts_of(told.rows.marks)
        self.probes += probes_of(taken(probings, probing[probing > 0].astype(np.int64) - 1))


def verdicts_of(told: Told) -> NDArray[np.int64]:
    """Connections by verdict code."""
    now = told.rows.now
    return np.bincount(now[now != kinds.UNDECIDED], minlength=len(kinds.VERDICT_WORDS))


def probes_of(probings: Rows) -> NDArray[np.int64]:
    """Keep-alive probes of PROBING rows, and how many of these nothing answered."""
    side = probings["side"]
    probes = side["probes"].astype(np.int64)
    answered = side["replies"].astype(np.int64) + side["resets"]
    return np.array([probes.sum(), (probes - answered).sum()])


def counts_of(marks: NDArray[np.uint32]) -> NDArray[np.int64]:
    """How many rows have each of the 32 bits."""
    marks = marks[marks != 0]
    return np.array([np.count_nonzero(marks & np.uint32(1 << bit)) for bit in range(NAMES)], np.int64)
