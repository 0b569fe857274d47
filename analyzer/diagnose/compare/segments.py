"""The segments of both captures in one row each: where seen, how long under way, after which silence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analyzer import compared, kinds
from analyzer.compared import MATCH, UNCLEAR, Clock, Listening
from analyzer.diagnose.compare.candidates import Integers
from analyzer.diagnose.compare.match import cut_otherwise
from analyzer.facts import Rows
from analyzer.kinds import MISSING
from analyzer.records import as_records, rows

A, B = compared.A, compared.B

LONGEST_DELAY_NS = 1_000_000_000
"""So close before a capture's end, what it lacks may have been under way. Our choice, as an upper bound."""


class Seen(NamedTuple):
    """What the two captures have of some connections. found: index pairs of matched rows."""

    a: Rows
    b: Rows
    found: Integers


def segment_rows(seen: Seen, clock: Clock, nearer: NDArray[np.uint8], windows: Sequence[Listening]) -> Rows:
    """MATCH rows by pair and time. nearer: by pair, the end that A is nearer to."""
    alone_a, alone_b = unmatched(len(seen.a), seen.found[:, 0]), unmatched(len(seen.b), seen.found[:, 1])
    elsewhere = cut_otherwise(seen.a, seen.b, alone_a, alone_b)
    both = joined_rows(seen, nearer, clock)
    single = [alone_rows(seen.a, alone_a, A, clock), alone_rows(seen.b, alone_b, B, clock)]
    single[A].seen[np.isin(alone_a, elsewhere[A])] = compared.IN_BOTH
    single[B].seen[np.isin(alone_b, elsewhere[B])] = compared.IN_BOTH
    late = both.delay_ns[both.delay_ns != MISSING]
    margin = min(int(late.max(initial=0)), LONGEST_DELAY_NS) + (clock.uncertainty_ns or 0)
    for capture, other in ((A, B), (B, A)):
        note_coverage(single[capture], other, clock, windows[other], margin)
    everything = np.concatenate((both, *single))
    table = as_records(everything[np.lexsort((everything["order_ns"], everything["pair"]))])
    number_probes(table)
    measure_pauses(table)
    return table


def unmatched(count: int, taken: Integers) -> Integers:
    """The row numbers that are not taken."""
    left = np.ones(count, bool)
    left[taken] = False
    return np.flatnonzero(left)


def joined_rows(seen: Seen, nearer: NDArray[np.uint8], clock: Clock) -> Rows:
    """MATCH rows of segments that both captures have."""
    one: Any = seen.a[seen.found[:, 0]]
    other: Any = seen.b[seen.found[:, 1]]
    table = rows(len(one), MATCH)
    end = nearer[one.pair]
    from_a = (end == one.sender) | (end == UNCLEAR)
    for name in ("pair", "sender", "seq", "ack", "length"):
        table[name] = one[name]
    for capture, each in ((A, one), (B, other)):
        table.frame[:, capture] = each.frame
        table.time_ns[:, capture] = each.time_ns
    table.kind = np.where(from_a, one.kind, other.kind)
    table.reset = (one.control & kinds.FLAG_RST) != 0
    at_b = clock.to_a(other.time_ns)
    table.order_ns = np.minimum(one.time_ns, at_b)
    travelled = np.where(from_a, at_b - one.time_ns, one.time_ns - at_b)
    table.delay_ns = np.where(end == UNCLEAR, MISSING, travelled)
    table.seen = compared.IN_BOTH
    return table


def alone_rows(seen: Rows, alone: Integers, capture: int, clock: Clock) -> Rows:
    """MATCH rows of segments that one capture has alone."""
    mine: Any = seen[alone]
    table = rows(len(mine), MATCH)
    for name in ("pair", "sender", "seq", "ack", "length", "kind"):
        table[name] = mine[name]
    table["time_ns"] = MISSING
    table.frame[:, capture] = mine.frame
    table.time_ns[:, capture] = mine.time_ns
    table.order_ns = mine.time_ns if capture == A else clock.to_a(mine.time_ns)
    table.delay_ns = MISSING
    table.reset = (mine.control & kinds.FLAG_RST) != 0
    table.seen = compared.ONLY_A if capture == A else compared.ONLY_B
    return table


def note_coverage(table: Rows, other: int, clock: Clock, window: Listening, margin: int) -> None:
    """Mark what was sent while the other capture did not run, or perhaps did not run any more.

    margin: ns that a segment may take to the other vantage point, and the clocks be wrong.
    """
    if not len(table):
        return
    there = np.array(table.order_ns)
    if other == B:
        there += clock.ahead_ns(there)
    outside = there < window.start_ns
    if window.told:
        outside |= there > window.end_ns - margin
    else:
        table.last = there > window.end_ns - margin
    table.seen[outside & (table.seen != compared.IN_BOTH)] = compared.NOT_COVERED


def number_probes(table: Rows) -> None:
    """Count the keep-alive probes of each sender, in order."""
    probe = np.flatnonzero(table.kind == kinds.KEEPALIVE_PROBE)
    who = table.pair[probe].astype(np.int64) << 1 | table.sender[probe]
    order = np.argsort(who, kind="stable")
    ordered = who[order]
    begin = np.searchsorted(ordered, ordered, "left")
    table.probe[probe[order]] = np.arange(len(order)) - begin + 1


def measure_pauses(table: Rows) -> None:
    """For each row, the time since a segment of its connection was seen at both vantage points."""
    table["pause_ns"] = MISSING
    if len(table):
        passed = np.where(table.seen == compared.IN_BOTH, np.arange(len(table)), -1)
        before = np.append(-1, np.maximum.accumulate(passed)[:-1])
        known = (before >= 0) & (table.pair[before] == table.pair)
        table.pause_ns[known] = table.order_ns[known] - table.order_ns[before[known]]


def bounds(table: Any, pairs: int) -> list[tuple[int, int]]:
    """Where the rows of each pair begin and end."""
    pair = np.ascontiguousarray(table["pair"])
    begin = np.searchsorted(pair, np.arange(pairs), "left").tolist()
    return list(zip(begin, np.searchsorted(pair, np.arange(pairs), "right").tolist(), strict=True))
