"""32-bit sequence numbers, compared by serial-number arithmetic (RFC 1982, RFC 9293 3.4).

The only place that does it. Arguments and results are int64 in 0 .. 2**32 - 1: uint32
arithmetic differs between compiled and interpreted numba (0 - 1 is 2**64 - 1 compiled), so
every value is widened before it gets here and masked on the way out.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

MASK = 0xFFFFFFFF
HALF = 0x80000000


@njit(nogil=True, _nrt=False, error_model="numpy", forceinline=True)
def advance(seq, count):
    """The sequence number `count` octets after `seq` (negative: before)."""
    return (seq + count) & MASK


@njit(nogil=True, _nrt=False, error_model="numpy", forceinline=True)
def distance(later, earlier):
    """Octets from `earlier` to `later`, signed: -2**31 <= distance < 2**31."""
    return ((later - earlier + HALF) & MASK) - HALF


@njit(nogil=True, _nrt=False, error_model="numpy", forceinline=True)
def precedes(a, b):
    """Whether `a` comes before `b`."""
    return ((a - b) & MASK) >= HALF


@njit(nogil=True, _nrt=False, error_model="numpy", forceinline=True)
def highest(a, b):
    """The later of two sequence numbers."""
    return b if ((a - b) & MASK) >= HALF else a


def distances(later: NDArray[np.uint32], earlier: NDArray[np.uint32]) -> NDArray[np.int64]:
    """`distance` of arrays, element by element for those who do not compile."""
    ahead: NDArray[np.int64] = ((later.astype(np.int64) - earlier + HALF) & MASK) - HALF
    return ahead
