"""Hosts and the paths between them, told apart by their addresses."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def distinct(high: NDArray[np.uint64], low: NDArray[np.uint64]) -> tuple[Any, NDArray[np.int64]]:
    """The distinct addresses, uint64[h, 2], and which of them stands in each place of the halves."""
    halves = np.column_stack((high.reshape(-1), low.reshape(-1)))
    order = np.lexsort((halves[:, 1], halves[:, 0]))
    ordered = halves[order]
    first = np.ones(len(order), bool)
    first[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    owner = np.empty(len(order), np.int64)
    owner[order] = np.cumsum(first) - 1
    return ordered[first], owner.reshape(high.shape)


def paths_of(
    high: NDArray[np.uint64], low: NDArray[np.uint64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The path of each flow, int64[n], numbered from 0; and its hosts, int64[n, 2], likewise.

    high, low: the halves of its addresses, shape (n, 2).
    """
    addresses, hosts = distinct(high, low)
    ends = np.sort(hosts, axis=1)
    _, path = np.unique(ends[:, 0] * max(len(addresses), 1) + ends[:, 1], return_inverse=True)
    return path.astype(np.int64).reshape(-1), hosts
