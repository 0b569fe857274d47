"""The pauses of every connection, from all its segments: where timers of any setting would have run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analyzer import kinds
from analyzer.facts import CaptureResult

Times = NDArray[np.int64]

PROBING = (
    kinds.KEEPALIVE_PROBE,
    kinds.ZERO_WINDOW_PROBE,
    kinds.KEEPALIVE_REPLY,
    kinds.ZERO_WINDOW_REPLY,
)


@dataclass(frozen=True)
class Pauses:
    """Pauses of at least Rules.idle_ns, one each in int64[k].

    flow: row. start, end: ns. sender: side of the segment that ended it.
    """

    flow: Times
    start: Times
    end: Times
    sender: Times

    @property
    def length(self) -> Times:
        """ns"""
        return self.end - self.start


@dataclass(frozen=True)
class Silences:
    """idle: without anything but probes and their answers. silent: without any segment at all.

    heard, int64[n, 2]: when each side was last heard, by anything but a RST; MISSING: never.
    active, int64[n]: when the connection last did anything but probe and answer. spoken: or that.
    """

    idle: Pauses
    silent: Pauses
    heard: Times
    active: Times
    spoken: Times


@dataclass
class _Walk:
    """The latest time of each flow so far, and the pauses found on the way."""

    latest: Times
    shortest_ns: int
    found: list[NDArray[np.int64]] = field(default_factory=list)

    def add(self, flow: Times, time_ns: Times, sender: Times) -> None:
        """Segments in frame order."""
        if not len(flow):
            return
        order = np.argsort(flow, kind="stable")
        flow, time_ns, sender = flow[order], time_ns[order], sender[order]
        first = np.append(True, flow[1:] != flow[:-1])
        before = np.append(0, time_ns[:-1])
        before[first] = self.latest[flow[first]]
        last = np.append(first[1:], True)
        self.latest[flow[last]] = time_ns[last]
        known = before != kinds.MISSING
        long = known & (time_ns - np.where(known, before, time_ns) >= self.shortest_ns)
        if long.any():
            self.found.append(np.column_stack((flow, before, time_ns, sender))[long])

    def pauses(self) -> Pauses:
        """All that were found."""
        table = np.concatenate([np.zeros((0, 4), np.int64), *self.found])
        return Pauses(*np.ascontiguousarray(table.T))


def silences_of(result: CaptureResult, shortest_ns: int) -> Silences:
    """Walk once over all segments of a capture that was analyzed with `packets`."""
    if result.packets is None:
        raise ValueError("the segments of this capture were not kept")
    count = len(result.flows)
    nothing = np.full(count, kinds.MISSING, np.int64)
    idle, silent = _Walk(nothing.copy(), shortest_ns), _Walk(nothing.copy(), shortest_ns)
    heard = np.full((count, 2), kinds.MISSING, np.int64)
    for batch in result.packets.batches():
        kind = batch["kind"]
        told = (batch["sender"] != kinds.NO_SENDER) & (batch["flow"] != kinds.NO_FLOW)
        told &= (kind != kinds.DUPLICATE) & ~np.isin(kind, kinds.RESETS)
        columns = columns_of(batch, told)
        flow, time_ns, sender = columns
        silent.add(*columns)
        idle.add(*columns_of(batch, told & ~np.isin(kind, PROBING)))
        heard[flow, sender] = time_ns  # of several the last one stays
    return Silences(idle.pauses(), silent.pauses(), heard, idle.latest, silent.latest)


def columns_of(batch: Any, wanted: NDArray[np.bool_]) -> tuple[Times, Times, Times]:
    """Flow, time and sender of some EVENT rows."""
    return (
        batch["flow"][wanted].astype(np.int64),
        np.ascontiguousarray(batch["time_ns"][wanted]),
        batch["sender"][wanted].astype(np.int64),
    )
