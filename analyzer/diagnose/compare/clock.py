"""How far B's clock is ahead of A's, and which end A is nearer to, from segments that both saw.

As NTP does it (RFC 5905 section 8): a segment from A to B shows the offset plus its delay, one
from B to A the offset minus its delay. The smallest of the first and the greatest of the second
enclose the offset; half of what is between them is the uncertainty.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analyzer import compared, kinds
from analyzer.compared import UNCLEAR, Clock, equal_clocks
from analyzer.diagnose.compare.candidates import Integers
from analyzer.facts import Rows

NEAR_NS = 2_000_000_000
"""Segments of both ends this close have their difference compared: clocks drift little in between."""

CLEAR_NS = 1_000_000
"""A round trip between the vantage points from here on outweighs what TTLs say. Our choice."""

SPANS = 32
"""Parts of the time that are looked at one by one where no single offset fits. Our choice."""


class Crossings(NamedTuple):
    """Matched segments. time_ns: by A's clock. diff_ns: B's time minus A's. hops: A's TTL minus B's."""

    pair: Integers
    sender: Integers
    time_ns: Integers
    diff_ns: Integers
    hops: Integers


def crossings_of(a: Rows, b: Rows, found: Integers) -> Crossings:
    """What the matched rows (index pairs) of A and B tell."""
    one: Any = a[found[:, 0]]
    other: Any = b[found[:, 1]]
    return Crossings(
        one.pair.astype(np.int64),
        one.sender.astype(np.int64),
        np.array(one.time_ns),
        other.time_ns - one.time_ns,
        one.ttl.astype(np.int64) - other.ttl,
    )


def nearer_ends(crossings: Crossings, pairs: int) -> NDArray[np.uint8]:
    """By pair: the end that A is nearer to, or UNCLEAR.

    On the way from A to B the TTL falls; and a request and its reply are farther apart at A than at
    B if A is nearer to who asked.
    """
    to_server = np.where(crossings.sender == kinds.CLIENT, 1, -1) * np.sign(crossings.hops)
    votes = np.bincount(crossings.pair, to_server, pairs)
    voters = np.bincount(crossings.pair, np.abs(to_server), pairs)
    by_hops = np.where(np.abs(votes) >= 0.9 * voters, np.sign(votes), 0)
    round_trip = round_trips(crossings, pairs)
    by_time = np.sign(np.nan_to_num(round_trip))
    trusted = (np.abs(np.nan_to_num(round_trip)) >= CLEAR_NS) | (by_hops == 0)
    decided = np.where(trusted & (by_time != 0), by_time, by_hops)
    nearer: NDArray[np.uint8] = np.select(
        [decided > 0, decided < 0], [kinds.CLIENT, kinds.SERVER], UNCLEAR
    ).astype(np.uint8)
    return nearer


def round_trips(crossings: Crossings, pairs: int) -> NDArray[np.float64]:
    """By pair, ns: how much longer A waits for an answer of the server than B does; NaN where not seen."""
    order = np.lexsort((crossings.time_ns, crossings.pair))
    pair, sender, time, diff = (column[order] for column in crossings[:4])
    beside = (pair[1:] == pair[:-1]) & (sender[1:] != sender[:-1]) & (np.diff(time) < NEAR_NS)
    rows = np.flatnonzero(beside)
    longer = (diff[rows] - diff[rows + 1]) * np.where(sender[rows] == kinds.CLIENT, 1, -1)
    medians = np.full(pairs, np.nan)
    inside = np.lexsort((longer, pair[rows]))
    owner = pair[rows][inside]
    begin = np.searchsorted(owner, np.arange(pairs), "left")
    count = np.searchsorted(owner, np.arange(pairs), "right") - begin
    known = np.flatnonzero(count)
    if len(known):
        medians[known] = longer[inside][begin[known] + count[known] // 2]
    return medians


def estimate(crossings: Crossings, nearer: NDArray[np.uint8]) -> Clock:
    """The clock that the crossings show."""
    end = nearer[crossings.pair]
    known = end != UNCLEAR
    onward = known & (end == crossings.sender)
    back = known & ~onward
    counts = int(onward.sum()), int(back.sum())
    if all(counts):
        return between(crossings, onward, back)
    if any(counts):  # a delay of nothing: the offset is at most, or at least, that
        seen = crossings.diff_ns[known]
        offset = seen.min() if counts[0] else seen.max()
        return steady(crossings, offset, compared.ONE_WAY, *counts)
    if len(crossings.time_ns):
        return steady(crossings, np.median(crossings.diff_ns), compared.ONE_WAY, 0, 0)
    return equal_clocks()


def steady(crossings: Crossings, offset: Any, basis: int, forward: int, backward: int) -> Clock:
    """A clock that does not drift."""
    start = np.array([crossings.time_ns.min()], np.int64)
    return Clock(start, np.array([float(offset)]), basis, None, forward, backward)


def between(crossings: Crossings, onward: Any, back: Any) -> Clock:
    """From both directions: one offset if any fits, else a straight line, else part by part."""
    time, diff = crossings.time_ns - crossings.time_ns.min(), crossings.diff_ns.astype(float)
    start = int(crossings.time_ns.min())
    counts = int(onward.sum()), int(back.sum())
    rate, parts = 0.0, parts_of(time, diff, onward, back)
    least, most = diff[onward].min(), diff[back].max()
    if most > least and len(parts) > 1:
        weight = 1.0 / np.maximum(parts[:, 2], 1.0)
        rate = float(np.polyfit(parts[:, 0], parts[:, 1], 1, w=weight)[0])
        level = diff - rate * time
        least, most = level[onward].min(), level[back].max()
        if most > least:  # it was set, or its drift changed
            knots = (parts[:, 0] + start).astype(np.int64)
            return Clock(knots, parts[:, 1], compared.BOTH_WAYS, round(parts[:, 2].max()), *counts)
    offset, uncertainty = (least + most) / 2, round(abs(least - most) / 2)
    if not rate:
        knots, offsets = np.array([start], np.int64), np.array([offset])
        return Clock(knots, offsets, compared.BOTH_WAYS, uncertainty, *counts)
    day = 86_400_000_000_000
    span = np.array([0.0, float(time.max()) + day])
    knots = (span + start).astype(np.int64)
    return Clock(knots, offset + rate * span, compared.BOTH_WAYS, uncertainty, *counts, drift=rate)


def parts_of(time: Any, diff: Any, onward: Any, back: Any) -> NDArray[np.float64]:
    """Middle, offset and uncertainty of each part of the time that has both directions, in ns."""
    edges = np.linspace(0, float(time.max()) + 1, SPANS + 1)
    part = np.searchsorted(edges, time, "right") - 1
    found = []
    for number in range(SPANS):
        here = part == number
        if (here & onward).any() and (here & back).any():
            least, most = diff[here & onward].min(), diff[here & back].max()
            middle = float(time[here].mean())
            found.append((middle, (least + most) / 2, abs(least - most) / 2))
    return np.array(found).reshape(-1, 3)
