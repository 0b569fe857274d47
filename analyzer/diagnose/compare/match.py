"""Which segment in A is which in B: same numbers, length and flags; timestamps or IP ID where kept.

Repeated probes are alike but for these and their time, so what nothing else tells apart is
paired by time, once the difference of the clocks is known.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analyzer import kinds
from analyzer.compared import Clock
from analyzer.diagnose.compare.candidates import Integers
from analyzer.facts import Rows

COMPARED_FLAGS = kinds.FLAG_FIN | kinds.FLAG_SYN | kinds.FLAG_RST | kinds.FLAG_ACK
"""PSH moves when an interface cuts segments anew, the rest belongs to queues on the way (RFC 3168)."""

FARTHEST_NS = 1_000_000_000
"""Segments that only time can tell apart are the same if this close. Our choice: above most delays,
and not above the shortest interval that stacks let be set (1 s)."""

ROUNDS = 3
"""So often the nearest of what is left are paired."""


class Keys(NamedTuple):
    """The group of alike segments that each row of A and of B belongs to, and whether it proves itself.

    a, b: int64 by row. proof_a: bool by row of A, timestamps or IP ID are part of the key.
    """

    a: Integers
    b: Integers
    proof_a: NDArray[np.bool_]


def keys_of(a: Rows, b: Rows) -> Keys:
    """Group alike segments. a, b: SIGHT rows."""
    both = np.concatenate((np.asarray(a), np.asarray(b)))
    in_a = np.arange(len(both)) < len(a)
    sender = both["pair"].astype(np.int64) << 1 | both["sender"]
    flags = both["control"] & COMPARED_FLAGS
    base = numbered(
        sender << 32 | both["seq"],
        both["ack"].astype(np.int64) << 32 | both["length"],
        flags.astype(np.int64),
    )
    timed = both["timed"] != 0
    stamped = kept(numbered(base, both["tsval"].astype(np.int64)), sender, in_a, timed)
    marked = (both["ip_id"] != 0) & ~stamped
    alike = common(base, in_a, marked)
    identified = numbered(base, both["ip_id"].astype(np.int64))
    found = common(identified, in_a, marked)
    most = int(sender.max(initial=0)) + 1
    shared = np.bincount(sender[found], minlength=most), np.bincount(sender[alike], minlength=most)
    marked &= (2 * shared[0] >= shared[1])[sender] & (shared[0] > 0)[sender]
    proof = np.where(
        stamped,
        1 << 33 | both["tsval"].astype(np.int64),
        np.where(marked, both["ip_id"].astype(np.int64) | 1 << 34, 0),
    )
    key = numbered(base, proof)
    proves = proof > 0
    return Keys(key[: len(a)], key[len(a) :], proves[: len(a)])


def kept(key: Integers, sender: Integers, in_a: Any, chosen: Any) -> Any:
    """bool by row: of those chosen, which come from a sender of whom a key stands in both captures."""
    both = common(key, in_a, chosen)
    known = np.zeros(int(sender.max(initial=0)) + 1, bool)
    known[sender[both]] = True
    return chosen & known[sender]


def common(key: Integers, in_a: Any, chosen: Any) -> Any:
    """bool by row: of those chosen, which have a key that stands in both captures."""
    size = int(key.max(initial=0)) + 1
    in_one, in_other = np.zeros(size, bool), np.zeros(size, bool)
    in_one[key[chosen & in_a]] = True
    in_other[key[chosen & ~in_a]] = True
    return chosen & (in_one & in_other)[key]


def numbered(*columns: Integers) -> Integers:
    """A number for each row, equal where all columns are."""
    order = np.lexsort(columns)
    fresh = np.zeros(len(order), np.int64)
    for column in columns:
        fresh[1:] |= column[order][1:] != column[order][:-1]
    number = np.empty(len(order), np.int64)
    number[order] = np.cumsum(fresh)
    return number


def sure_matches(a: Rows, b: Rows, keys: Keys) -> Integers:
    """Index pairs that need no clock: the only ones of their group, and more than a bare ACK."""
    size = max(int(keys.a.max(initial=0)), int(keys.b.max(initial=0))) + 1
    single = (np.bincount(keys.a, minlength=size) == 1) & (np.bincount(keys.b, minlength=size) == 1)
    opening = kinds.FLAG_SYN | kinds.FLAG_FIN
    telling = keys.proof_a | (a.length > 1) | ((a.control & opening) != 0)
    place = np.full(size, -1, np.int64)
    place[keys.b] = np.arange(len(b))
    chosen = np.flatnonzero(single[keys.a] & telling)
    return np.column_stack((chosen, place[keys.a[chosen]]))


def matches(a: Rows, b: Rows, keys: Keys, sure: Integers, clock: Clock) -> Integers:
    """All index pairs: the sure ones, and of those left in each group the nearest by time."""
    left_a, left_b = np.ones(len(a), bool), np.ones(len(b), bool)
    found = [sure]
    moved = a.time_ns + clock.ahead_ns(a.time_ns) if len(a) else a.time_ns
    for _ in range(ROUNDS):
        left_a[found[-1][:, 0]] = False
        left_b[found[-1][:, 1]] = False
        rest_a, rest_b = np.flatnonzero(left_a), np.flatnonzero(left_b)
        pairs = nearest(keys.a[rest_a], moved[rest_a], keys.b[rest_b], np.asarray(b.time_ns)[rest_b])
        if not len(pairs):
            break
        found.append(np.column_stack((rest_a[pairs[:, 0]], rest_b[pairs[:, 1]])))
    return np.concatenate(found)


def nearest(key_a: Integers, time_a: Integers, key_b: Integers, time_b: Integers) -> Integers:
    """Index pairs of one group that are nearest to each other, and near enough."""
    key, time = np.concatenate((key_a, key_b)), np.concatenate((time_a, time_b))
    from_a = np.arange(len(key)) < len(key_a)
    order = np.lexsort((time, key))
    best = np.full(len(key), -1, np.int64)
    gap = np.full(len(key), FARTHEST_NS + 1, np.int64)
    for backwards in (False, True):
        walk = order[::-1] if backwards else order
        for mine in (True, False):  # of A and of B: the last row of the other one met before it
            step = np.where(from_a[walk] != mine, np.arange(len(walk)), -1)
            before = np.maximum.accumulate(step) if len(step) else step
            rows = np.flatnonzero((from_a[walk] == mine) & (before >= 0))
            one, other = walk[rows], walk[before[rows]]
            apart = np.abs(time[one] - time[other])
            better = (key[one] == key[other]) & (apart < gap[one])
            best[one[better]], gap[one[better]] = other[better], apart[better]
    rows = np.flatnonzero(from_a & (best >= 0))
    rows = rows[best[best[rows]] == rows]
    return np.column_stack((rows, best[rows] - len(key_a)))


def cut_otherwise(a: Rows, b: Rows, alone_a: Integers, alone_b: Integers) -> tuple[Integers, Integers]:
    """Of unmatched rows: those whose octets all stand in the other capture, in segments cut otherwise.

    Interfaces merge and cut segments (offload), so one end may see 64 kB where the other sees 45 pieces.
    """
    alone_a, alone_b = alone_a[a.length[alone_a] > 1], alone_b[b.length[alone_b] > 1]
    sender_a, sender_b = (
        rows.pair[alone].astype(np.int64) << 1 | rows.sender[alone]
        for rows, alone in ((a, alone_a), (b, alone_b))
    )
    inside: tuple[list[Integers], list[Integers]] = ([alone_a[:0]], [alone_b[:0]])
    for sender in np.intersect1d(sender_a, sender_b).tolist():
        one, other = alone_a[sender_a == sender], alone_b[sender_b == sender]
        inside[0].append(one[covered(a[one], b[other])])
        inside[1].append(other[covered(b[other], a[one])])
    return np.concatenate(inside[0]), np.concatenate(inside[1])


def covered(these: Rows, by: Rows) -> NDArray[np.bool_]:
    """bool by row: whether each octet of a segment is in one of the others."""
    origin = int(these.seq[0])
    half = 1 << 31

    def spans(rows: Rows) -> tuple[Integers, Integers]:
        first = (rows.seq.astype(np.int64) - origin + half) % (1 << 32) - half
        return first, first + rows.length

    first, end = spans(by)
    order = np.argsort(first, kind="stable")
    first, reach = first[order], np.maximum.accumulate(end[order])
    gap = np.append(True, first[1:] > reach[:-1])
    begin, stop = first[gap], np.append(reach[:-1][gap[1:]], reach[-1])
    left, right = spans(these)
    place = np.searchsorted(begin, left, "right") - 1
    found: NDArray[np.bool_] = (place >= 0) & (right <= stop[np.maximum(place, 0)])
    return found
