"""Numbers out of bytes, and the reasons why a walk stops."""

from __future__ import annotations

import numpy as np
from numba import njit

# Why a walk stopped.
MORE = 0  # the record is not wholly in the buffer
FULL = 1  # no room for another frame
OTHER = 2  # pcapng: a whole block that Python must read
TOO_LONG = 3  # captured length beyond any sense
BAD_LENGTH = 4  # pcapng: block length impossible for its type
MISMATCH = 5  # pcapng: the two lengths of a block differ
NO_INTERFACE = 6  # pcapng: packet of an interface that was not described
PLACED = 7  # within the kernels: the frame was written

LONGEST_FRAME = 262144  # bytes; Wireshark's WTAP_MAX_PACKET_SIZE_STANDARD, libpcap's MAXIMUM_SNAPLEN


@njit(nogil=True)
def u16(buffer, at, big_endian):
    """The 16-bit number at `at`, as int64."""
    index = np.uint64(at)  # a signed index might count from the end: testing that costs a third
    first = np.int64(buffer[index])
    second = np.int64(buffer[index + np.uint64(1)])
    if big_endian:
        return first << 8 | second
    return second << 8 | first


@njit(nogil=True)
def u32(buffer, at, big_endian):
    """The 32-bit number at `at`, as int64."""
    index = np.uint64(at)
    first = np.int64(buffer[index])
    second = np.int64(buffer[index + np.uint64(1)])
    third = np.int64(buffer[index + np.uint64(2)])
    fourth = np.int64(buffer[index + np.uint64(3)])
    if big_endian:
        return first << 24 | second << 16 | third << 8 | fourth
    return fourth << 24 | third << 16 | second << 8 | first
