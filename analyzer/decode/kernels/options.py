"""TCP options: what the tracker and the diagnosis want to know of them."""

from __future__ import annotations

from analyzer import kinds
from analyzer.decode.kernels.inner import inner
from analyzer.decode.kernels.octets import u8, u16, u32

END = 0
NO_OPERATION = 1
MSS = 2  # RFC 9293 3.7.1
WINDOW_SCALE = 3  # RFC 7323 2.2
SACK_PERMITTED = 4  # RFC 2018 2
SACK = 5  # RFC 2018 3
TIMESTAMPS = 8  # RFC 7323 3.2
USER_TIMEOUT = 28  # RFC 5482 3
MPTCP = 30  # RFC 8684 3
FAST_OPEN = 34  # RFC 7413 2
EXPERIMENT = 254  # RFC 6994; Fast Open with magic number 0xF989 before it had its own kind
FAST_OPEN_MAGIC = 0xF989

ALIGNED_TIMESTAMPS = 0x0101080A  # two NOPs, then timestamps: RFC 7323 appendix A


@inner
def clear_options(row):
    """Write all option fields of one SEGMENT record as absent."""
    row.options = 0
    row.tsval = 0
    row.tsecr = 0
    row.sack_left = 0
    row.sack_right = 0
    row.mss = 0
    row.user_timeout = 0
    row.window_scale = 0
    row.mptcp = 0


@inner
def read_options(buffer, at, stop, row):
    """Read the options from index `at` to `stop` (exclusive) of uint8[:] `buffer`.

    row: one SEGMENT record; all option fields are written. An option that does not fit, or whose
    length contradicts its kind, counts as absent; a length below 2 ends the list (RFC 9293 3.1).
    """
    clear_options(row)
    if stop - at == 12 and u32(buffer, at) == ALIGNED_TIMESTAMPS:
        row.options = kinds.OPTION_TIMESTAMPS
        row.tsval = u32(buffer, at + 4)
        row.tsecr = u32(buffer, at + 8)
        return
    seen = 0
    while at + 1 < stop:
        kind = u8(buffer, at)
        if kind == NO_OPERATION:
            at += 1
            continue
        size = u8(buffer, at + 1)
        if kind == END or size < 2 or at + size > stop:
            break
        if kind == TIMESTAMPS and size == 10:
            seen |= kinds.OPTION_TIMESTAMPS
            row.tsval = u32(buffer, at + 2)
            row.tsecr = u32(buffer, at + 6)
        elif kind == SACK and size >= 10:
            seen |= kinds.OPTION_SACK
            row.sack_left = u32(buffer, at + 2)
            row.sack_right = u32(buffer, at + 6)
        else:
            seen |= read_handshake_option(buffer, at, kind, size, row)
        at += size
    row.options = seen


@inner
def read_handshake_option(buffer, at, kind, size, row):
    """Read one option that mostly SYNs carry, `size` octets at `at`. Returns its OPTION_* bit or 0."""
    if kind == MSS and size == 4:
        row.mss = u16(buffer, at + 2)
        return kinds.OPTION_MSS
    if kind == WINDOW_SCALE and size == 3:
        row.window_scale = u8(buffer, at + 2)
        return kinds.OPTION_WINDOW_SCALE
    if kind == SACK_PERMITTED and size == 2:
        return kinds.OPTION_SACK_PERMITTED
    if kind == USER_TIMEOUT and size == 4:
        row.user_timeout = u16(buffer, at + 2)
        return kinds.OPTION_USER_TIMEOUT
    if kind == MPTCP and size >= 3:
        row.mptcp = u8(buffer, at + 2) >> 4
        return kinds.OPTION_MPTCP
    if kind == FAST_OPEN or (kind == EXPERIMENT and size >= 4 and u16(buffer, at + 2) == FAST_OPEN_MAGIC):
        return kinds.OPTION_FAST_OPEN
    return 0
