"""Small conversions from the records' units to those of the tables, all vectorised."""

from __future__ import annotations

from typing import Any

import numpy as np

from analyzer.kinds import MISSING

Array = np.ndarray[Any, Any]
Block = dict[str, Any]
"""Some rows of a table: column name to values (see `schema` for their form)."""

NONE = 255
"""Code of a missing category or boolean."""


def seconds(ns: Array) -> Array:
    """Nanoseconds to seconds; MISSING becomes NaN."""
    return np.where(ns == MISSING, np.nan, ns / 1e9)


def between(start_ns: Array, end_ns: Array) -> Array:
    """Seconds from start to end; NaN where either is missing."""
    missing = (start_ns == MISSING) | (end_ns == MISSING)
    return np.where(missing, np.nan, (end_ns - start_ns) / 1e9)


def integers(values: Array, missing: Array | None = None) -> Array:
    """int64, MISSING where `missing` holds."""
    wide: Array = values.astype(np.int64)
    return wide if missing is None else np.where(missing, MISSING, wide)


def who(side: Array, client: Array) -> Array:
    """Side indexes to codes of kinds.SENDER_WORDS; 255 stays missing."""
    return np.where(side == NONE, NONE, side ^ client).astype(np.uint8)


def closer(first_closer: Array) -> Array:
    """The side that closed first, without the mark of crossing FINs; 255 stays missing."""
    return np.where(first_closer == NONE, NONE, first_closer & 1).astype(np.uint8)


def booleans(values: Array, known: Array) -> Array:
    """0 or 1 where known, else missing."""
    return np.where(known, values != 0, NONE).astype(np.uint8)


def pick(pairs: Array, index: Array) -> Array:
    """One of each row's two values: `pairs[i, index[i]]`."""
    chosen: Array = pairs[np.arange(len(index)), index]
    return chosen


def join(blocks: list[Block], order: Array) -> Block:
    """Rows of several blocks one after the other, then reordered: row i is row `order[i]`."""
    if len(blocks) == 1:
        return blocks[0]
    return {name: take([block[name] for block in blocks], order) for name in blocks[0]}


def take(parts: list[Any], order: Array) -> Any:
    """The reordered concatenation of one column's parts."""
    if isinstance(parts[0], np.ndarray):
        return np.concatenate(parts)[order]
    together = [value for part in parts for value in part]
    return [together[index] for index in order.tolist()]
