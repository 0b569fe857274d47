"""How many connections of a host were in which state, over time: build-ups and their peaks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analyzer import kinds
from analyzer.diagnose.changes import in_force
from analyzer.diagnose.hosts import distinct
from analyzer.diagnose.states import CLOSED
from analyzer.facts import CaptureResult, Rows
from analyzer.records import as_records


@dataclass(frozen=True)
class Span:
    """Which part of a capture to sum up, in how many equal steps; ns since the epoch."""

    start_ns: int
    end_ns: int
    steps: int


class Course(NamedTuple):
    """How many ends of connections were in one state.

    state: code. now: at the moment asked for. peak, peak_ns: the most at once, and first when.
    highest: the most in each step of the span.
    """

    state: int
    now: int
    peak: int
    peak_ns: int
    highest: tuple[int, ...]


class HostStates(NamedTuple):
    """One host. address: its halves. ends: how many ends of connections it had in all.

    open: CHANGE rows in force at the moment asked for, by state, then time.
    """

    address: tuple[int, int]
    ends: int
    courses: list[Course]
    open: Rows


def busiest_hosts(
    result: CaptureResult, changes: Rows, at_ns: int, span: Span, most: int
) -> tuple[list[HostStates], int]:
    """At most so many hosts of some CHANGE rows, and how many there are."""
    if not len(changes):
        return [], 0
    hosts, owner = hosts_by_load(result, changes, at_ns)
    shown = [
        host_states(address.tolist(), as_records(np.asarray(changes)[owner == place]), at_ns, span)
        for place, address in enumerate(hosts[:most])
    ]
    return shown, len(hosts)


def hosts_by_load(result: CaptureResult, changes: Rows, at_ns: int) -> tuple[Any, NDArray[np.int64]]:
    """The hosts of some CHANGE rows, those with most ends open at a moment first, then most in all.

    Returns uint64[h, 2], the halves of their addresses, and int64[n], the host of each row.
    """
    hosts, of_side = distinct(result.flows["address_high"], result.flows["address_low"])
    owner = of_side[changes["flow"], changes["side"]]
    holds = (changes.time_ns <= at_ns) & (changes.state != CLOSED)
    holds &= (changes.until_ns == kinds.MISSING) | (changes.until_ns > at_ns)
    now = np.bincount(owner[holds], minlength=len(hosts))
    ends = np.bincount(owner[changes.before >= len(kinds.STATE_WORDS)], minlength=len(hosts))
    order = np.lexsort((-ends, -now))[: np.count_nonzero(ends)]  # hosts of other connections come last
    rank = np.empty(len(hosts), np.int64)
    rank[order] = np.arange(len(order))
    return hosts[order], rank[owner]


def host_states(address: list[int], changes: Rows, at_ns: int, span: Span) -> HostStates:
    """What became of one host's ends. changes: its CHANGE rows, by time."""
    states = np.unique(changes.state[changes.state != CLOSED]).tolist()
    current = in_force(changes, at_ns)
    order = np.lexsort((current.time_ns, current.state))
    ends = int(np.count_nonzero(changes.before >= len(kinds.STATE_WORDS)))
    courses = [course(changes, state, at_ns, span) for state in states]
    high, low = address
    return HostStates((high, low), ends, courses, as_records(np.asarray(current)[order]))


def course(changes: Rows, state: int, at_ns: int, span: Span) -> Course:
    """How many ends were in one state. changes: CHANGE rows, by time."""
    step = (changes.state == state).astype(np.int64) - (changes.before == state)
    moved = step != 0
    times, counts = changes.time_ns[moved], np.cumsum(step[moved])
    settled = np.append(times[1:] != times[:-1], True)  # what several changes at one moment lead to
    times, counts = times[settled], counts[settled]
    peak = int(np.argmax(counts))
    return Course(
        state,
        int(count_at(times, counts, np.array([at_ns]))[0]),
        int(counts[peak]),
        int(times[peak]),
        tuple(highest_in_steps(times, counts, span).tolist()),
    )


def count_at(times: NDArray[np.int64], counts: NDArray[np.int64], at_ns: NDArray[np.int64]) -> Any:
    """The counts at some moments; 0 before the first."""
    place = np.searchsorted(times, at_ns, "right")
    return np.append(0, counts)[place]


def highest_in_steps(times: NDArray[np.int64], counts: NDArray[np.int64], span: Span) -> NDArray[np.int64]:
    """The highest count in each step of the span, that at its beginning included."""
    width = max(span.end_ns - span.start_ns, 1)
    begins = span.start_ns + (np.arange(span.steps) / span.steps * width).astype(np.int64)
    highest: NDArray[np.int64] = count_at(times, counts, begins)
    inside = (times >= span.start_ns) & (times <= span.end_ns)
    step = np.searchsorted(begins, times[inside], "right") - 1
    np.maximum.at(highest, step, counts[inside])
    return highest
