"""One `Connection` for each pair: counts and delays of all at once, sentences one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analyzer import compared, kinds
from analyzer.compared import SEEN_WORDS, UNCLEAR, Connection, Listening
from analyzer.diagnose.compare import sentences
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
    told = worth_judging(table, counts)
    found = []
    for number, (pair, (begin, end)) in enumerate(zip(pairs, bounds(table, len(pairs)), strict=True)):
        connection = Connection(pair.flow, pair.client, pair.by, int(nearer[number]))
        connection.counts = counts[number].tolist()
        connection.delays = delays[number]
        if told[number]:
            mine = as_records(np.asarray(table)[begin:end])
            guessed = connection.nearer == UNCLEAR
            if guessed:
                connection.nearer = guess_nearer(mine)
            judge(connection, Case(mine, connection.nearer, guessed, windows, dropped))
        else:
            connection.outcome = compared.ALL_ARRIVED
            connection.summary = sentences.all_arrived(connection.counts)
        found.append(connection)
    return found


def worth_judging(table: Rows, counts: NDArray[np.int64]) -> NDArray[np.bool_]:
    """bool by pair: which ones are more than segments that passed both; most are not."""
    both, outside = counts[:, :, compared.IN_BOTH].sum(axis=1), counts[:, :, compared.NOT_COVERED].sum(axis=1)
    told: NDArray[np.bool_] = (counts.sum(axis=(1, 2)) != both + outside) | (both == 0)
    who = table.pair.astype(np.int64) * 2 + table.sender
    latest = np.full(2 * len(counts), -1, np.int64)
    heard = np.flatnonzero(table.seen != compared.NOT_COVERED)
    np.maximum.at(latest, who[heard], heard)
    probes = np.flatnonzero(table.kind == kinds.KEEPALIVE_PROBE)
    told[table.pair[probes[probes > latest[who[probes] ^ 1]]]] = True  # nothing of the peer after them
    return told


def counts_of(table: Rows, pairs: int) -> NDArray[np.int64]:
    """Segments by pair, sender and where seen."""
    places = len(SEEN_WORDS)
    key = (table.pair.astype(np.int64) * 2 + table.sender) * places + table.seen
    return np.bincount(key, minlength=pairs * 2 * places).reshape(pairs, 2, places)


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
