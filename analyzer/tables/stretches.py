"""How many connections at a time become rows: their probes are Python's objects meanwhile."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from analyzer.facts import CaptureResult

MOST_FLOWS, MOST_PROBES = 1 << 11, 1 << 14  # some tens of MB; our choice


def stretches(probes: NDArray[np.int64]) -> Iterator[slice]:
    """Which connections to take together, in their order. probes: how many each has."""
    total = np.cumsum(probes)
    start = 0
    while start < len(probes):
        room = MOST_PROBES + int(total[start] - probes[start])
        end = min(start + MOST_FLOWS, max(start + 1, int(np.searchsorted(total, room, "right"))))
        yield slice(start, end)
        start = end


def probes_of(result: CaptureResult, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many keep-alive probes each of these flows (row numbers) has, of both sides."""
    place = result.flows["probing"][rows].astype(np.int64)
    probes = np.zeros(len(rows), np.int64)
    probes[place > 0] = result.probings["side"]["probes"][place[place > 0] - 1].sum(axis=1)
    return probes
