"""Some flows of a table, with all that belongs to them: moved to its head, or copied elsewhere.

Flows keep their order. What names a flow by its row is told the new one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from analyzer import kinds
from analyzer.facts import Rows
from analyzer.records import FLOW, PROBING, TALK, as_records, rows
from analyzer.track.kernels import grow_buckets
from analyzer.track.kernels.lookup import ROW_MASK
from analyzer.track.state import State

BLOCK = 1 << 12  # rows that are moved together: 1.3 MB

Tables = tuple[Rows, Rows, Rows]
"""FLOW, PROBING and TALK rows."""


def new_rows(kept: NDArray[np.int64], used: int) -> NDArray[np.uint32]:
    """The new row of each of `used` flows, NO_FLOW for those that are not kept; one more for no flow."""
    renumbered = np.full(used + 1, kinds.NO_FLOW, np.uint32)
    renumbered[kept] = np.arange(len(kept), dtype=np.uint32)
    return renumbered


def move_rows(source: Rows, chosen: NDArray[np.int64], target: Rows) -> None:
    """Copy the chosen rows to the head of `target`, which may be the same table if they ascend."""
    plain = np.dtype((np.void, source.dtype.itemsize))
    octets, into = np.asarray(source).view(plain), np.asarray(target).view(plain)
    for begin in range(0, len(chosen), BLOCK):
        some = chosen[begin : begin + BLOCK]
        into[begin : begin + len(some)] = octets.take(some)


def gather(source: Tables, kept: NDArray[np.int64], renumbered: NDArray[np.uint32], target: Tables) -> None:
    """Copy the flows of these rows, ascending, and what belongs to them, to the head of `target`.

    renumbered: as of `new_rows`. target: may be the same tables.
    """
    flows, probings, talks = target
    move_rows(source[0], kept, flows)
    flows = as_records(flows[: len(kept)])
    has = np.flatnonzero(flows.previous)
    before = renumbered[flows.previous[has] - 1].astype(np.int64)
    flows.previous[has] = np.where(before == kinds.NO_FLOW, 0, before + 1)
    owners = move_beside("probing", source[1], flows, probings)
    probings.owner[: len(owners)] = owners
    move_beside("talk", source[2], flows, talks)


def move_beside(name: str, source: Rows, flows: Rows, target: Rows) -> NDArray[np.int64]:
    """Copy the rows that FLOW's field names to the head of `target`, in the order in which they stand.

    Returns the flows they belong to.
    """
    has = np.flatnonzero(flows[name])
    owners: NDArray[np.int64] = has[np.argsort(flows[name][has])]
    move_rows(source, flows[name][owners].astype(np.int64) - 1, target)
    flows[name][owners] = np.arange(1, len(owners) + 1)
    return owners


def copied(source: Tables, kept: NDArray[np.int64], renumbered: NDArray[np.uint32]) -> Tables:
    """New tables with the flows of these rows, ascending, alone. renumbered: as of `new_rows`."""
    flows = source[0]
    counts = [int(np.count_nonzero(flows[name][kept])) for name in ("probing", "talk")]
    target = rows(len(kept), FLOW), rows(counts[0], PROBING), rows(counts[1], TALK)
    gather(source, kept, renumbered, target)
    return target


def compact(state: State, kept: NDArray[np.int64], renumbered: NDArray[np.uint32]) -> None:
    """Leave only the flows of these rows, ascending, in the tables. renumbered: as of `new_rows`."""
    counters = state.tracker[0]
    entries = latest_uses(state)[kept]
    tables = state.flows, state.probings, state.talks
    gather(tables, kept, renumbered, tables)
    counters.free_probing = 0
    counts = len(kept), *(np.count_nonzero(state.flows[name][: len(kept)]) for name in ("probing", "talk"))
    for table, name, count in zip(tables, ("flows", "probings", "talks"), counts, strict=True):
        clear(table[count : counters[f"{name}_used"]])
        counters[f"{name}_used"] = count
    moved = np.flatnonzero(entries)
    state.buckets[:] = 0
    grow_buckets(
        (entries[moved] & ~np.uint32(ROW_MASK)) | (moved + 1).astype(np.uint32),
        state.buckets,
        state.flows,
        int(counters.seed),
    )
    counters.buckets_used = len(moved)
    rename_recent(state.recent, renumbered)


def latest_uses(state: State) -> NDArray[np.uint32]:
    """By flow: its slot of the hash, 0 for those whose 4-tuple was begun anew."""
    slots = state.buckets[state.buckets != 0]
    found = np.zeros(int(state.tracker[0].flows_used), np.uint32)
    found[(slots & ROW_MASK) - 1] = slots
    return found


def rename_recent(recent: Rows, renumbered: NDArray[np.uint32]) -> None:
    """Tell the ring of recent segments the new rows of their flows; -1 for those that left."""
    row = renumbered[recent.owner >> 1].astype(np.int64)
    recent.owner[:] = np.where(row == kinds.NO_FLOW, -1, 2 * row + (recent.owner & 1))


def clear(table: Any) -> None:
    """Fill rows with zeros, as they were before their first use."""
    np.asarray(table).view(np.uint8)[:] = 0
