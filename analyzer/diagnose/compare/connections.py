"""One `Connection` for each pair: counts and delays of all at once, sentences one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analyzer import compared
from analyzer.compared import SEEN_WORDS, UNCLEAR, Connection, Listening
from analyzer.diagnose.compare.align import Pair
from analyzer.diagnose.compare.outcome import Case, guess_nearer, judge
from analyzer.diagnose.compare.segments import bounds
from analyzer.facts import CaptureResult, Rows
from analyzer.kinds import MISSING
from analyzer.records import as_records


def connections_of(
    pairs: Sequence[Pair],
    table: Rows,
    nearer: NDArray[np.uint8],
    results: tuple[CaptureResult, CaptureResult],
    windows: tuple[Listening, Listening],
) -> list[Connection]:
    """Judge the pairs. table: their MATCH rows; nearer: by pair."""
    counts = counts_of(table, len(pairs))
    delays = delays_of(table, len(pairs))
    dropped = bool(results[0].facts.dropped), bool(results[1].facts.dropped)
    found = []
    for number, (pair, (begin, end)) in enumerate(zip(pairs, bounds(table, len(pairs)), strict=True)):
        mine = as_records(np.asarray(table)[begin:end])
        near = int(nearer[number])
        guessed = near == UNCLEAR
        near = guess_nearer(mine) if guessed else near
        connection = Connection(pair.flow, pair.client, pair.by, near)
        connection.counts = counts[number]
        connection.delays = delays[number]
        judge(connection, Case(mine, near, guessed, windows, dropped))
        found.append(connection)
    return found


def counts_of(table: Rows, pairs: int) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Segments by pair, sender and where seen."""
    places = len(SEEN_WORDS)
    key = (table.pair.astype(np.int64) * 2 + table.sender) * places + table.seen
    counted = np.bincount(key, minlength=pairs * 2 * places).reshape(pairs, 2, places).tolist()
    return [(tuple(client), tuple(server)) for client, server in counted]


def delays_of(table: Rows, pairs: int) -> list[Any]:
    """Shortest, median and longest delay by pair and sender, None where none was measured."""
    known = np.flatnonzero(table.delay_ns != MISSING)
    who = table.pair[known].astype(np.int64) * 2 + table.sender[known]
    delay = table.delay_ns[known]
    order = np.lexsort((delay, who))
    who, delay = who[order], delay[order]
    begin = np.searchsorted(who, np.arange(2 * pairs), "left").tolist()
    end = np.searchsorted(who, np.arange(2 * pairs), "right").tolist()
    found = [
        (int(delay[low]), int(delay[(low + high - 1) // 2]), int(delay[high - 1])) if high > low else None
        for low, high in zip(begin, end, strict=True)
    ]
    return list(zip(found[::2], found[1::2], strict=True))


def worth_keeping(table: Rows, quiet: NDArray[np.bool_], everything: bool) -> Rows:
    """The rows that the segments table has: events, and what did not stand in both captures.

    quiet: bool by kind, which ones only a table of everything has.
    """
    if everything:
        return table
    return as_records(np.asarray(table)[~quiet[table.kind] | (table.seen != compared.IN_BOTH)])
