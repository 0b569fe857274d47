"""Probe runs: what one prober did between two stretches of other traffic (design 3, 7)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analyzer import kinds
from analyzer.facts import Events, Rows
from analyzer.measured import RUN
from analyzer.records import EVENT, as_records, rows, taken

ANSWERED_BY_RESET = 2
FRAME_BITS = 34  # a frame's share of a key of 64 bits: 17 billion frames, 500 million flows of two sides


def probe_events(batches: Iterable[Rows], chosen: NDArray[np.bool_] | None = None) -> Rows:
    """Of EVENT rows in frame order: keep-alive probes, what answers them, and giving up.

    chosen: bool by flow, which ones are wanted (None: all). Ordered by flow, then frame.
    """
    kept = [np.zeros(0, EVENT)]
    for batch in batches:
        wanted = (batch.kind == kinds.KEEPALIVE_PROBE) | (batch.kind == kinds.KEEPALIVE_TIMEOUT)
        wanted |= (batch.answers != 0) & (batch.sender != kinds.NO_SENDER)  # others hold an address there
        if chosen is not None:
            wanted[wanted] = chosen[batch.flow[wanted]]
        if wanted.any():
            kept.append(taken(batch, wanted))
    return in_order(np.concatenate(kept), "frame", "flow")


class ProbingFinder:
    """Finds the probe runs of flows, and the events they are made of, in one pass over the events.

    labelled: every labelled row of the capture. flows: how many it has.
    """

    def __init__(self, labelled: Events, flows: int) -> None:
        self._labelled = labelled
        self._flows = flows
        self._chosen: NDArray[np.int64] | None = None
        self._found: tuple[Rows, Rows] | None = None

    def __call__(self, chosen: NDArray[np.int64] | None) -> tuple[Rows, Rows]:
        """RUN rows and EVENT rows, as CaptureResult.find_probing says; the latest ones are kept."""
        if self._found is None or not same_flows(chosen, self._chosen):
            wanted = None
            if chosen is not None:
                wanted = np.zeros(self._flows, np.bool_)
                wanted[chosen] = True
            events = probe_events(self._labelled.batches(), wanted)
            self._chosen, self._found = chosen, (find_runs(events), events)
        return self._found


def same_flows(one: NDArray[np.int64] | None, other: NDArray[np.int64] | None) -> bool:
    """Whether two choices of flows are the same."""
    return one is other or (one is not None and other is not None and np.array_equal(one, other))


def in_order(table: NDArray[Any], *columns: str) -> Rows:
    """The rows sorted by the last of the columns, then the one before, and so on."""
    keys: Any = tuple(table[column] for column in columns)
    return taken(table, np.lexsort(keys))


def find_runs(events: Rows) -> Rows:
    """RUN rows, ordered by flow, then first frame. events: as from `probe_events`."""
    probes = as_records(np.asarray(events)[events.kind == kinds.KEEPALIVE_PROBE])
    if not len(probes):
        return rows(0, RUN)
    probes = in_order(probes, "frame", "sender", "flow")
    first = begins_run(probes)
    start = np.flatnonzero(first)
    end = np.append(start[1:], len(probes)) - 1
    answer, answer_time = answers_of(probes, events)
    runs = rows(len(start), RUN)
    runs.flow = probes.flow[start]
    runs.prober = probes.sender[start]
    runs.start_ns = probes.time_ns[start]
    runs.end_ns = np.maximum(probes.time_ns[end], answer_time[end])
    runs.idle_ns = probes.rtt_ns[start]
    runs.first_frame = probes.frame[start]
    runs.last_frame = probes.frame[end]
    runs.probes = end - start + 1
    runs.answered = np.add.reduceat((answer > 0).astype(np.int64), start)
    runs.outcome = np.array([kinds.RUN_UNANSWERED, kinds.RUN_ANSWERED, kinds.RUN_RESET], np.uint8)[
        answer[end]
    ]
    mark_given_up(runs, events)
    measure_spacings(runs, probes, start, end)
    return in_order(runs, "first_frame", "flow")


def begins_run(probes: Rows) -> Any:
    """bool[n]: which probes, ordered by flow, side and frame, have other traffic before them.

    A probe continues the run of the one before where its gap reaches back to just that probe, or
    only to a RST behind it: that ended nothing for who goes on probing.
    """
    first = np.ones(len(probes), bool)
    same = (probes.flow[1:] == probes.flow[:-1]) & (probes.sender[1:] == probes.sender[:-1])
    continues = (probes.gap_ns[1:] == np.diff(probes.time_ns)) | (
        probes.marks[1:] & kinds.EVENT_PAST_RESET != 0
    )
    first[1:] = ~(same & continues)
    return first


def answers_of(probes: Rows, events: Rows) -> tuple[Any, Any]:
    """How each probe was answered: int[n], 0 not, 1 yes, 2 by a RST; and int64[n] when (or MISSING)."""
    outcome = np.zeros(len(probes), np.int64)
    times = np.full(len(probes), kinds.MISSING, np.int64)
    answers = as_records(np.asarray(events)[events.answers != 0])
    order = np.argsort(probes.frame, kind="stable")
    position = np.searchsorted(probes.frame[order], answers.answers)
    found = position < len(order)
    found[found] &= probes.frame[order[position[found]]] == answers.answers[found]
    index = order[position[found]]
    outcome[index] = np.where(answers.kind[found] == kinds.KEEPALIVE_RESET, ANSWERED_BY_RESET, 1)
    times[index] = answers.time_ns[found]
    return outcome, times


def mark_given_up(runs: Rows, events: Rows) -> None:
    """The run that a prober's RST gave up. runs: ordered by flow, side and first frame."""
    gave_up = taken(events, events.kind == kinds.KEEPALIVE_TIMEOUT)
    key = runs.flow.astype(np.int64) * 2 + runs.prober
    mine = gave_up.flow.astype(np.int64) * 2 + gave_up.sender
    position = np.searchsorted(ordered(key, runs.first_frame), ordered(mine, gave_up.frame)) - 1
    own = position >= 0
    own[own] = key[position[own]] == mine[own]
    runs.outcome[position[own]] = kinds.RUN_GAVE_UP


def ordered(owner: NDArray[Any], frame: NDArray[Any]) -> NDArray[np.uint64]:
    """One number for each row, to search by owner, then frame. owner: flow, or 2 * flow + side."""
    key: NDArray[np.uint64] = owner.astype(np.uint64) << np.uint64(FRAME_BITS) | frame.astype(np.uint64)
    return key


def measure_spacings(runs: Rows, probes: Rows, start: Any, end: Any) -> None:
    """Shortest, median and longest spacing of each run's probes, MISSING for a single probe."""
    for name in ("spacing_min_ns", "spacing_median_ns", "spacing_max_ns"):
        runs[name] = kinds.MISSING
    spacing = np.diff(probes.time_ns)
    several = np.flatnonzero(end > start)
    if not len(several):
        return
    owner = np.repeat(several, (end - start)[several])
    count = (end - start)[several]
    begin = np.cumsum(count) - count
    inside = np.arange(count.sum()) + np.repeat(start[several] - begin, count)
    order = np.lexsort((spacing[inside], owner))
    value = spacing[inside][order]
    runs.spacing_min_ns[several] = value[begin]
    runs.spacing_max_ns[several] = value[begin + count - 1]
    low = value[begin + (count - 1) // 2]
    runs.spacing_median_ns[several] = low + (value[begin + count // 2] - low) // 2
