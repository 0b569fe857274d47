"""Big-endian integers from a byte buffer.

Values come back as int64, so that arithmetic on them is the same compiled and interpreted.
The index is made unsigned: numba then leaves out the test for a negative one, and LLVM joins the
loads of neighbouring octets into one. Nothing is checked here: the caller has made sure that
`at` and the octets that follow lie within the captured frame.
"""

from __future__ import annotations

import numpy as np

from analyzer.decode.kernels.inner import inner


@inner
def u8(buffer, at):
    """The octet at index `at` of uint8[:] `buffer`, as int64."""
    return np.int64(buffer[np.uint64(at)])


@inner
def u16(buffer, at):
    """The two octets from index `at` on, big-endian, as int64."""
    return (np.int64(buffer[np.uint64(at)]) << 8) | np.int64(buffer[np.uint64(at + 1)])


@inner
def u32(buffer, at):
    """The four octets from index `at` on, big-endian, as int64."""
    return (
        (np.int64(buffer[np.uint64(at)]) << 24)
        | (np.int64(buffer[np.uint64(at + 1)]) << 16)
        | (np.int64(buffer[np.uint64(at + 2)]) << 8)
        | np.int64(buffer[np.uint64(at + 3)])
    )


@inner
def u64(buffer, at):
    """The eight octets from index `at` on, big-endian, as uint64 (half an IPv6 address)."""
    return (np.uint64(u32(buffer, at)) << np.uint64(32)) | np.uint64(u32(buffer, at + 4))
