"""Which flows of two captures could be the same connection: by 4-tuple, or by where they stand in it.

Nothing is decided here. Candidates are found by joins, never by comparing all with all.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analyzer import kinds
from analyzer.facts import Rows
from analyzer.sequence import MASK

Integers = NDArray[np.int64]

MOST_OF_A_KEY = 64
"""Flows of one capture that share a 4-tuple are all tried up to so many; beyond, only those whose
initial sequence number is in the other capture too. Our choice."""

PASSED = MASK >> 1  # octets: beyond half the sequence space, where a side stands says nothing


class Ends(NamedTuple):
    """The sides of a capture's flows, two rows a flow: 2 * flow + side. int64 throughout.

    first, reach: the sequence number before its first known octet, and octets from there to the
    highest known. known: bool, whether any number of it is. initial: bool, `first` is that of its SYN.
    """

    first: Integers
    reach: Integers
    known: NDArray[np.bool_]
    initial: NDArray[np.bool_]


def ends_of(flows: Rows) -> Ends:
    """Where the sides of each flow stand."""
    side = flows["side"].reshape(-1)
    marks = side["marks"].astype(np.int64)
    first = side["base_seq"].astype(np.int64)
    highest = np.where(marks & kinds.SIDE_ACKED, side["acked"], side["base_seq"]).astype(np.int64)
    highest = np.where(marks & kinds.SIDE_NEXT, side["next_seq"].astype(np.int64), highest)
    reach = (highest - first) & MASK
    known = (marks & (kinds.SIDE_BASE | kinds.SIDE_NEXT | kinds.SIDE_ACKED)) != 0
    based = (marks & kinds.SIDE_BASE) != 0
    first = np.where(based, first, (highest - 1) & MASK)
    reach = np.where(based, reach, 1)
    long = (side["bytes"] > PASSED) | (reach > PASSED)
    return Ends(first, np.where(long, PASSED, reach), known, (marks & kinds.SIDE_SYN) != 0)


def same_addresses(a: Rows, b: Rows) -> Integers:
    """Pairs (flow of A, flow of B, 1 where their sides are the other way round) with one 4-tuple."""
    keys_a, turned_a = tuple_keys(a)
    keys_b, turned_b = tuple_keys(b)
    _, number = np.unique(np.concatenate((keys_a, keys_b)), return_inverse=True)
    number = number.reshape(-1).astype(np.int64)
    of_a, of_b = number[: len(a)], number[len(a) :]
    count = np.maximum(np.bincount(of_a, minlength=len(number)), np.bincount(of_b, minlength=len(number)))
    crowded = count > MOST_OF_A_KEY
    # of many uses of a 4-tuple, those with the initial sequence number of either side in common
    pairs = [joined(np.where(crowded[of_a], -1, of_a), np.where(crowded[of_b], -2, of_b))]
    for which in (0, 1):
        place_a, place_b = which ^ turned_a, which ^ turned_b
        key_a = of_a << 32 | a["side"]["base_seq"][np.arange(len(a)), place_a]
        key_b = of_b << 32 | b["side"]["base_seq"][np.arange(len(b)), place_b]
        pairs.append(joined(np.where(crowded[of_a], key_a, -1), np.where(crowded[of_b], key_b, -2)))
    found = np.unique(np.concatenate(pairs), axis=0)
    return np.column_stack((found, turned_a[found[:, 0]] ^ turned_b[found[:, 1]]))


def tuple_keys(flows: Rows) -> tuple[Any, Integers]:
    """The 4-tuple of each flow, the same whichever side is first; and 1 where the second one leads."""
    key = np.zeros(len(flows), [(name, ">u8") for name in "abcdef"])
    high, low = flows["address_high"], flows["address_low"]
    port = flows["port"].astype(np.uint64)
    turned = np.select(
        [high[:, 0] != high[:, 1], low[:, 0] != low[:, 1]],
        [high[:, 0] > high[:, 1], low[:, 0] > low[:, 1]],
        port[:, 0] > port[:, 1],
    ).astype(np.int64)
    row = np.arange(len(flows))
    for names, place in (("abc", turned), ("def", 1 - turned)):
        for name, column in zip(names, (high, low, port), strict=True):
            key[name] = column[row, place]
    return key.view("S48"), turned


def same_numbers(ends_a: Ends, ends_b: Ends) -> Integers:
    """Pairs as `same_addresses` has them, where some side of each may have sent the same octets."""
    found = []
    for initial in (True, False):
        a = np.flatnonzero(ends_a.known & (ends_a.reach < PASSED) & (ends_a.initial | (not initial)))
        b = np.flatnonzero(ends_b.known & (ends_b.reach < PASSED) & (ends_b.initial | (not initial)))
        if initial:  # both saw the SYN: the numbers are the same, or it is another connection
            pairs = joined(ends_a.first[a], ends_b.first[b])
        else:
            pairs = overlapping(ends_a, a, ends_b, b)
            both = ends_a.initial[a[pairs[:, 0]]] & ends_b.initial[b[pairs[:, 1]]]
            pairs = pairs[~both]
        found.append(np.column_stack((a[pairs[:, 0]], b[pairs[:, 1]])))
    sides = np.concatenate(found)
    flows = sides >> 1
    return np.unique(np.column_stack((flows, (sides[:, 0] ^ sides[:, 1]) & 1)), axis=0)


def overlapping(ends_a: Ends, a: Integers, ends_b: Ends, b: Integers) -> Integers:
    """Index pairs into `a` and `b` (rows of Ends) whose octets overlap or touch."""
    found = [np.zeros((0, 2), np.int64)]
    width = np.ceil(np.log2(ends_b.reach[b] + 2)).astype(np.int64)
    for bits in np.unique(width).tolist():  # of about one length, so that few are looked at in vain
        chosen = np.flatnonzero(width == bits)
        order = chosen[np.argsort(ends_b.first[b[chosen]], kind="stable")]
        first = ends_b.first[b[order]]
        low, high = ends_a.first[a] - (1 << bits) - 1, ends_a.first[a] + ends_a.reach[a] + 1
        for turn in (-MASK - 1, 0, MASK + 1):  # around the circle
            begin = np.searchsorted(first, low + turn, "left")
            end = np.searchsorted(first, high + turn, "right")
            found.append(expanded(begin, end, order))
    return np.concatenate(found)


def joined(keys_a: Integers, keys_b: Integers) -> Integers:
    """Index pairs whose keys are equal and not negative."""
    order = np.argsort(keys_b, kind="stable")
    ordered = keys_b[order]
    begin = np.searchsorted(ordered, keys_a, "left")
    end = np.where(keys_a < 0, begin, np.searchsorted(ordered, keys_a, "right"))
    return expanded(begin, end, order)


def expanded(begin: Integers, end: Integers, order: Integers) -> Integers:
    """Index pairs (i, order[begin[i] .. end[i] - 1])."""
    count = np.maximum(end - begin, 0)
    one = np.repeat(np.arange(len(begin)), count)
    inside = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return np.column_stack((one, order[np.repeat(begin, count) + inside]))
