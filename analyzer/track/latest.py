"""The latest labelled segments of a capture that does not end: a bounded number, in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analyzer import kinds
from analyzer.facts import Rows
from analyzer.records import EVENT, as_records, rows, taken
from analyzer.track.compaction import move_rows
from analyzer.track.events import is_open, resolved
from analyzer.track.state import EVENT_ROOM


class LatestEvents:
    """EVENT rows in the order they were written; beyond `most`, the oldest go.

    Their flows may leave and be numbered anew meanwhile (`keep`).
    """

    def __init__(self, most: int) -> None:
        self._most = most
        capacity = most + max(most // 4, EVENT_ROOM)  # so that rows are moved seldom
        self._table = rows(capacity, EVENT)
        self._doubtful = np.zeros(capacity, np.bool_)  # told with a label that may yet prove wrong
        self._used = 0
        self._told = 0

    def __len__(self) -> int:
        return self._used

    @property
    def untold(self) -> int:
        """How many of them were never handed out."""
        return self._used - self._told

    @property
    def held(self) -> Rows:
        """The rows, as they are kept; the view holds until the next call that changes them."""
        return as_records(self._table[: self._used])

    def batches(self) -> Iterator[Rows]:
        """Yield them."""
        if self._used:
            yield self.held

    def is_full_with(self, count: int) -> bool:
        """Whether `count` more rows would not fit."""
        return self._used + count > len(self._table)

    def make_room(self, count: int, ended: NDArray[np.bool_]) -> Rows:
        """Let rows go so that `count` more are not too many; those that went.

        ended: which flows are over; of those the oldest go first, then the oldest of all.
        """
        gone = np.zeros(self._used, np.bool_)
        wanted = min(self._used, self._used + count - self._most)
        flow = self.held.flow
        over = np.flatnonzero(np.append(ended, False)[np.minimum(flow, len(ended))])[:wanted]
        gone[over] = True
        gone[np.flatnonzero(~gone)[: wanted - len(over)]] = True
        left = taken(self.held, gone)
        self._keep_rows(np.flatnonzero(~gone))
        return left

    def append(self, batch: Rows) -> None:
        """Keep a copy of at most EVENT_ROOM rows, for which there is room."""
        self._table[self._used : self._used + len(batch)] = batch
        self._doubtful[self._used : self._used + len(batch)] = False
        self._used += len(batch)

    def keep(self, renumbered: NDArray[np.uint32]) -> None:
        """Let the rows of flows go that left, and give the others their flow's new row.

        renumbered: by old row, NO_FLOW for those that left; one more for rows of no flow.
        """
        flow, stay = renumbered_flows(self.held, renumbered)
        self.held.flow[:] = flow
        self._keep_rows(stay)

    def _keep_rows(self, index: NDArray[np.int64]) -> None:
        """Move these rows, ascending, to the head of the table."""
        move_rows(self._table, index, self._table)
        self._doubtful[: len(index)] = self._doubtful[index]
        self._told = int(np.searchsorted(index, self._told))
        self._used = len(index)

    def fresh(self, flows: Rows, probings: Rows) -> Rows:
        """A copy of the rows that were never handed out, labelled as far as can be told."""
        raw = as_records(self._table[self._told : self._used])
        index = np.flatnonzero(is_open(raw))
        self._doubtful[self._told + index] = is_doubtful(taken(raw, index), flows)
        self._told = self._used
        return as_records(np.array(resolved(raw, flows, probings)))

    def proven(self, flows: Rows, probings: Rows) -> Rows:
        """A copy of the rows that turned out to be something else than `fresh` said."""
        index = np.flatnonzero(self._doubtful[: self._used])
        raw = taken(self._table, index)
        self._doubtful[index] = is_doubtful(raw, flows)
        now = resolved(raw, flows, probings)
        told = np.where(raw.kind == kinds.TENTATIVE, raw.otherwise, raw.kind)
        return taken(now, (now.kind != told) | (now.gap_ns != told_gap(raw)))


def is_doubtful(raw: Rows, flows: Rows) -> Any:
    """bool[n]: of EVENT rows that were open, those that are: it does not show yet what their side sends."""
    side = np.where(raw.kind == kinds.TENTATIVE, raw.sender, 1 - raw.sender)
    return flows.side["marks"][raw.flow, side] & kinds.SIDE_TENTATIVE != 0


def told_gap(raw: Rows) -> Any:
    """The gap of open EVENT rows as long as nothing is proven."""
    return np.where(raw.kind == kinds.TENTATIVE, raw.rtt_ns, raw.gap_ns)


def renumbered_flows(events: Rows, renumbered: NDArray[np.uint32]) -> tuple[Any, NDArray[np.int64]]:
    """The new flow of each of the events, and which events have one or never had one.

    renumbered: as for `LatestEvents.keep`.
    """
    flow = renumbered.take(events.flow, mode="clip")
    return flow, np.flatnonzero((flow != kinds.NO_FLOW) | (events.flow == kinds.NO_FLOW))
