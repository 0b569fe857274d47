"""Which flow of A is which flow of B.

The same 4-tuple and sequence numbers that agree; behind NAT, sequence numbers alone, if they can
hardly agree by chance and fit no other flow. What is not sure stays alone and says why.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analyzer import compared, kinds
from analyzer.compared import Alone
from analyzer.diagnose.compare.candidates import Ends, Integers, ends_of, same_addresses, same_numbers
from analyzer.facts import Rows
from analyzer.sequence import MASK

SPACE_BITS = 32.0
CHANCE_BITS = 10.0
"""Numbers are taken as proof if they agree by chance in at most one of 2**10 such comparisons. Our choice."""

CLEARER_BITS = 6.0
"""And if the next best flow fits at least 2**6 times worse. Our choice."""

SAME_TUPLE_BITS, SAME_END_BITS = 64.0, 24.0
"""How much more a flow with the same 4-tuple, or one end in common, is preferred. Our choice: it only
has to outweigh what partial sequence numbers tell."""


Rivals = dict[int, list[int]]
"""Of a flow that stands alone: the flows that fit it about equally well."""


class Pair(NamedTuple):
    """Two flows that are one connection.

    flow: FLOW rows in A and B. client: the client's side in each. shift: by sender, what to subtract
    from B's sequence numbers to have A's.
    """

    flow: tuple[int, int]
    client: tuple[int, int]
    by: int
    shift: tuple[int, int] = (0, 0)


class Candidates(NamedTuple):
    """Pairs of flows with what speaks for them. bits: of agreement, or -1: they contradict one another."""

    a: Integers
    b: Integers
    turned: Integers
    same: NDArray[np.bool_]
    bits: NDArray[np.float64]


def align(a: Rows, b: Rows) -> tuple[list[Pair], list[Alone]]:
    """The FLOW rows of two captures: pairs, by their flow in A, and what stands alone in either."""
    pairs: list[Pair] = []
    refused: tuple[set[int], set[int]] = set(), set()
    rivals: tuple[Rivals, Rivals] = {}, {}
    if len(a) and len(b):
        found = weighed(a, b)
        taken, rivals = chosen(found)
        moved = moved_by_constant(a, b, found, taken)
        pairs = [pair_of(a, b, found, candidate, candidate in moved) for candidate in taken + moved]
        others = found.same & (found.bits < 0)
        refused = set(found.a[others].tolist()), set(found.b[others].tolist())
    alone = []
    for capture, flows in ((compared.A, a), (compared.B, b)):
        aligned = {pair.flow[capture] for pair in pairs}
        for flow in range(len(flows)):
            if flow in rivals[capture]:
                alone.append(Alone(capture, flow, compared.AMBIGUOUS, tuple(rivals[capture][flow])))
            elif flow not in aligned:
                why = compared.OTHER_NUMBERS if flow in refused[capture] else compared.ABSENT
                alone.append(Alone(capture, flow, why))
    return sorted(pairs), alone


def weighed(a: Rows, b: Rows) -> Candidates:
    """All candidates, each with how many bits of sequence numbers and addresses speak for it."""
    ends_a, ends_b = ends_of(a), ends_of(b)
    same = same_addresses(a, b)
    pairs = np.unique(np.concatenate((same, same_numbers(ends_a, ends_b))), axis=0)
    one, other, turned = pairs.T
    is_same = np.isin(one << 32 | other << 1 | turned, same[:, 0] << 32 | same[:, 1] << 1 | same[:, 2])
    bits = np.zeros(len(pairs))
    fits = np.ones(len(pairs), bool)
    for side in (0, 1):
        gained, compatible = agreement(ends_a, 2 * one + side, ends_b, 2 * other + (side ^ turned))
        bits += gained
        fits &= compatible
        bits += SAME_END_BITS * same_end(a, one, side, b, other, side ^ turned)
    bits += (SAME_TUPLE_BITS - 2 * SAME_END_BITS) * is_same
    known_a, known_b = ((each["marks"] & kinds.FLOW_CLIENT_KNOWN) != 0 for each in (a, b))
    roles = ~(known_a[one] & known_b[other]) | (a["client"][one] == b["client"][other] ^ turned)
    fits &= roles | is_same
    needed = CHANCE_BITS + np.log2(float(len(a))) + np.log2(float(len(b)))
    fits &= is_same | (bits >= needed)
    return Candidates(one, other, turned, is_same, np.where(fits, bits, -1.0))


def agreement(a: Ends, one: Any, b: Ends, other: Any) -> tuple[Any, Any]:
    """How unlikely it is, in bits, that two sides stand where they do by chance; and whether they can be one.

    The first is 0 where a side is unknown, and where they cannot.
    """
    known = a.known[one] & b.known[other]
    exact = a.initial[one] & b.initial[other]
    ahead = (b.first[other] - a.first[one]) & MASK
    behind = (a.first[one] - b.first[other]) & MASK
    reach = a.reach[one] + b.reach[other] + 3
    near = (ahead <= a.reach[one] + 1) | (behind <= b.reach[other] + 1)
    fits = np.where(exact, ahead == 0, near)
    bits = np.where(exact, SPACE_BITS, np.maximum(SPACE_BITS - np.log2(reach), 0.0))
    return np.where(known & fits, bits, 0.0), ~known | fits


def same_end(a: Rows, one: Any, side_a: Any, b: Rows, other: Any, side_b: Any) -> Any:
    """Whether a side of A's flow and one of B's have the same address and port."""
    return (
        (a["address_high"][one, side_a] == b["address_high"][other, side_b])
        & (a["address_low"][one, side_a] == b["address_low"][other, side_b])
        & (a["port"][one, side_a] == b["port"][other, side_b])
    )


def chosen(found: Candidates) -> tuple[list[int], tuple[Rivals, Rivals]]:
    """The candidates that are clearly the best of both their flows; and of the other flows, what fits."""
    possible = np.flatnonzero(found.bits >= 0)
    order = possible[np.argsort(-found.bits[possible], kind="stable")]
    of_a: dict[int, list[int]] = {}
    of_b: dict[int, list[int]] = {}
    for candidate in order.tolist():
        of_a.setdefault(int(found.a[candidate]), []).append(candidate)
        of_b.setdefault(int(found.b[candidate]), []).append(candidate)
    taken: list[int] = []
    used_a: set[int] = set()
    used_b: set[int] = set()
    for candidate in order.tolist():
        one, other = int(found.a[candidate]), int(found.b[candidate])
        if one in used_a or other in used_b:
            continue
        rivals = [each for each in of_a[one] if int(found.b[each]) not in used_b and each != candidate]
        rivals += [each for each in of_b[other] if int(found.a[each]) not in used_a and each != candidate]
        if all(found.bits[each] + CLEARER_BITS <= found.bits[candidate] for each in rivals):
            taken.append(candidate)
            used_a.add(one)
            used_b.add(other)
    left_a = {one: sorted({int(found.b[each]) for each in many} - used_b) for one, many in of_a.items()}
    left_b = {one: sorted({int(found.a[each]) for each in many} - used_a) for one, many in of_b.items()}
    return taken, (
        {one: many for one, many in left_a.items() if one not in used_a and many},
        {one: many for one, many in left_b.items() if one not in used_b and many},
    )


def moved_by_constant(a: Rows, b: Rows, found: Candidates, taken: list[int]) -> list[int]:
    """The candidates with the same 4-tuple whose sides have other initial numbers, but went equally far.

    A firewall that randomizes them adds a constant to each side's. Both captures have both SYNs, and no
    other use of the 4-tuple; whether the segments bear it out, their timestamps or IP IDs must tell.
    """
    used_a, used_b = found.a[taken], found.b[taken]
    same = np.flatnonzero(found.same)
    single = (np.bincount(found.a[same], minlength=len(a))[found.a] == 1) & (
        np.bincount(found.b[same], minlength=len(b))[found.b] == 1
    )
    moved = found.same & (found.bits < 0) & single
    moved &= ~np.isin(found.a, used_a) & ~np.isin(found.b, used_b)
    ends_a, ends_b = ends_of(a), ends_of(b)
    for side in (0, 1):
        one, other = 2 * found.a + side, 2 * found.b + (side ^ found.turned)
        moved &= ends_a.initial[one] & ends_b.initial[other] & (ends_a.reach[one] == ends_b.reach[other])
    return np.flatnonzero(moved).tolist()


def pair_of(a: Rows, b: Rows, found: Candidates, candidate: int, moved: bool) -> Pair:
    """A candidate as a pair."""
    one, other = int(found.a[candidate]), int(found.b[candidate])
    turned = int(found.turned[candidate])
    client = int(a["client"][one])
    knows_better = b["marks"][other] & kinds.FLOW_CLIENT_KNOWN and not (
        a["marks"][one] & kinds.FLOW_CLIENT_KNOWN
    )
    if knows_better:
        client = int(b["client"][other]) ^ turned
    by = compared.BY_ADDRESSES if found.same[candidate] else compared.BY_NUMBERS
    shift = (0, 0)
    if moved:
        by = compared.BY_PROGRESS
        initial = [
            (int(b["side"]["base_seq"][other, side ^ turned]) - int(a["side"]["base_seq"][one, side])) & MASK
            for side in (client, 1 - client)
        ]
        shift = (initial[0], initial[1])
    return Pair((one, other), (client, client ^ turned), by, shift)
