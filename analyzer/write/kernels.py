"""Frames into enhanced packet blocks, a chunk at a time."""

from __future__ import annotations

import numpy as np
from numba import njit

from analyzer import kernel_cache  # noqa: F401  (numba asks it where kernels are kept)

ENHANCED_PACKET = 6
OVERHEAD = 32  # bytes of the block without frame and options


@njit(nogil=True)
def put(out, at, number):
    """Write the 32-bit number at index `at`, little-endian."""
    for place in range(4):
        out[at + place] = number >> (8 * place) & 0xFF


@njit(cache=True, nogil=True)
def enhanced_packets(buffer, frames, tick_ns, options, option_starts, out):
    """Write frames as enhanced packet blocks, little-endian.

    buffer: uint8 (n,), read; every frame lies wholly inside it. frames: FRAME (m,), read; times
    before 1970 become 0. tick_ns: ns in a tick of the interfaces. options: uint8 (k,), the option
    lists of the frames one behind the other, read; that of frame i is options[option_starts[i] :
    option_starts[i + 1]]. option_starts: int64 (m + 1,), multiples of 4.
    out: uint8, written from its start; OVERHEAD bytes, the frame padded to 4 and its options for
    each. Returns bytes written.
    """
    at = 0
    for index in range(len(frames)):
        frame = frames[index]
        captured = np.int64(frame.captured)
        ticks = max(np.int64(frame.time_ns), np.int64(0)) // tick_ns
        body = captured + 3 & ~3
        first, last = option_starts[index], option_starts[index + 1]
        total = OVERHEAD + body + last - first
        put(out, at, ENHANCED_PACKET)
        put(out, at + 4, total)
        put(out, at + 8, np.int64(frame.interface))
        put(out, at + 12, ticks >> 32)
        put(out, at + 16, ticks & 0xFFFFFFFF)
        put(out, at + 20, captured)
        put(out, at + 24, np.int64(frame.original))
        out[at + 28 : at + 28 + captured] = buffer[frame.offset : frame.offset + captured]
        out[at + 28 + captured : at + 28 + body] = 0
        out[at + 28 + body : at + total - 4] = options[first:last]
        put(out, at + total - 4, total)
        at += total
    return at
