"""The block walk of pcapng files, and their times."""

from __future__ import annotations

import numpy as np
from numba import njit

from analyzer import kernel_cache  # noqa: F401  (numba asks it where kernels are kept)
from analyzer.sources.kernels.octets import (
    BAD_LENGTH,
    FULL,
    LONGEST_FRAME,
    MISMATCH,
    MORE,
    NO_INTERFACE,
    OTHER,
    PLACED,
    TOO_LONG,
    u16,
    u32,
)

LONGEST_KEPT = 1 << 24  # bytes of a block that is read; Wireshark's limit for long
LONGEST_BLOCK = (1 << 27) + (1 << 17) + 32  # of one that is skipped; Wireshark's limit since D-Bus

# Block types, draft-ietf-opsawg-pcapng and its registry.
INTERFACE_BLOCK = 1
OLD_PACKET = 2
SIMPLE_PACKET = 3
STATISTICS = 5
ENHANCED_PACKET = 6
SECTION_HEADER = 0x0A0D0D0A
# Records without a frame that Wireshark numbers among the frames, so we do.
JOURNAL = 9
EVENT = 0x204
EVENT_2 = 0x216
LARGE_EVENT_2 = 0x221
CUSTOM = 0xBAD
CUSTOM_KEPT_HERE = 0x40000BAD
NO_LINK = 0xFFFF
"""Link type of those: no LINKTYPE_ value, and none is planned so high."""

LATEST_NS = (1 << 62) - 1
"""Times beyond this (year 2116) or its negative are cut to it, so that differences fit an int64."""

OPTION_FLAGS = 2
OPTION_DROPS = 4


@njit(nogil=True)
def binary_fraction(high, low, shift):
    """Ticks of 2 ** -shift s, given as two 32-bit halves, in ns, rounded down."""
    ticks = (np.uint64(high) << np.uint64(32)) | np.uint64(low)
    seconds = np.uint64(0)
    fraction = ticks
    if shift < 64:
        seconds = ticks >> np.uint64(shift)
        fraction = ticks & ((np.uint64(1) << np.uint64(shift)) - np.uint64(1))
    if seconds > np.uint64(4611686017):
        return np.int64(LATEST_NS)
    billion = np.uint64(1000000000)
    small = billion * (fraction & np.uint64(0xFFFFFFFF))
    if shift < 32:
        nanoseconds = small >> np.uint64(shift)
    else:
        large = billion * (fraction >> np.uint64(32)) + (small >> np.uint64(32))
        nanoseconds = large >> np.uint64(min(shift - 32, 63))
    return np.int64(seconds * billion + nanoseconds)


@njit(nogil=True)
def to_ns(high, low, interface):
    """A packet's two timestamp words in ns since the epoch, exact, rounded down."""
    if high < interface.fast_high:
        time = (high << 32 | low) * interface.factor
    elif interface.shift >= 0:
        time = binary_fraction(high, low, interface.shift)
    elif interface.factor > 0:
        time = np.int64(LATEST_NS)
    else:
        ticks = (np.uint64(high) << np.uint64(32)) | np.uint64(low)
        time = np.int64(ticks // np.uint64(interface.divisor))
    return max(min(time + interface.offset_ns, LATEST_NS), -LATEST_NS)


@njit(nogil=True)
def packet_options(buffer, at, end, big_endian, interface, frame):
    """Read a packet's options in at <= i < end: FCS length into `frame`, drops into `interface`."""
    while at + 4 <= end:
        code = u16(buffer, at, big_endian)
        length = u16(buffer, at + 2, big_endian)
        if code == 0 or at + 4 + length > end:
            return
        if code == OPTION_FLAGS and length == 4:
            fcs = u32(buffer, at + 4, big_endian) >> 5 & 15
            if fcs:
                frame.fcs = fcs
        elif code == OPTION_DROPS and length == 8:
            first = u32(buffer, at + 4, big_endian)
            second = u32(buffer, at + 8, big_endian)
            high, low = (first, second) if big_endian else (second, first)
            if high < 256 and interface.dropped < 1 << 60:  # more than 2 ** 40 at once is nonsense
                interface.dropped += high << 32 | low
                interface.tells_drops = 1
        at += 4 + (length + 3 & ~3)


@njit(nogil=True)
def packet(buffer, at, size, big_endian, interfaces, previous, frame):
    """Read the enhanced or old packet block at `at`, `size` bytes, into `frame`.

    Its lengths were checked. PLACED, or NO_INTERFACE.
    """
    number = u32(buffer, at + 8, big_endian)
    drops = 0xFFFF  # unknown
    if u32(buffer, at, big_endian) == OLD_PACKET:
        number = u16(buffer, at + 8, big_endian)
        drops = u16(buffer, at + 10, big_endian)
    if number >= len(interfaces):
        return NO_INTERFACE
    interface = interfaces[number]
    if drops != 0xFFFF:
        interface.dropped += drops
        interface.tells_drops = 1
    captured = u32(buffer, at + 20, big_endian)
    time = to_ns(u32(buffer, at + 12, big_endian), u32(buffer, at + 16, big_endian), interface)
    previous[0] = time
    frame.time_ns = time
    frame.offset = at + 28
    frame.captured = captured
    frame.original = u32(buffer, at + 24, big_endian)
    frame.link_type = interface.link_type
    frame.interface = interface.number
    frame.fcs = interface.fcs
    options = at + 28 + (captured + 3 & ~3)
    packet_options(buffer, options, at + size - 4, big_endian, interface, frame)
    return PLACED


@njit(nogil=True)
def is_numbered(kind):
    """Whether a block is a record without a frame that counts as a frame (as in Wireshark)."""
    return (
        kind == CUSTOM
        or kind == CUSTOM_KEPT_HERE
        or kind == JOURNAL
        or kind == EVENT
        or kind == EVENT_2
        or kind == LARGE_EVENT_2
    )


@njit(nogil=True)
def untimed(previous, frame, offset, captured, original):
    """Write a frame that has no time of its own: it gets that of the latest one."""
    previous[1] += 1
    frame.time_ns = previous[0]
    frame.offset = offset
    frame.captured = captured
    frame.original = original
    frame.link_type = NO_LINK
    frame.interface = 0
    frame.fcs = 0


@njit(nogil=True)
def simple_packet(buffer, at, size, big_endian, interfaces, previous, frame):
    """Read the simple packet block at `at`, `size` bytes, into `frame`; PLACED or what is wrong.

    It is of the section's first interface, whose snap length is the only hint where it was cut.
    """
    if size < 16:
        return BAD_LENGTH
    if len(interfaces) == 0:
        return NO_INTERFACE
    original = u32(buffer, at + 8, big_endian)
    captured = original
    if interfaces[0].snap_length:
        captured = min(captured, np.int64(interfaces[0].snap_length))
    if captured > LONGEST_FRAME:
        return TOO_LONG
    if captured > size - 16:
        return BAD_LENGTH
    untimed(previous, frame, at + 12, captured, original)
    frame.link_type = interfaces[0].link_type
    frame.interface = interfaces[0].number
    frame.fcs = interfaces[0].fcs
    return PLACED


@njit(cache=True, nogil=True)
def walk_pcapng(buffer, start, end, big_endian, interfaces, previous, frames):
    """Find the packets of a pcapng section from `start` on; fills `frames` from its first row.

    Passes over blocks of no interest as far as they are wholly in the buffer.

    buffer: uint8 (n,), the file's bytes; only start <= i < end are read.
    big_endian: 1 or 0, of the section.
    interfaces: blocks.INTERFACE (k,), those of the section; its drop counters are written.
    previous: int64 (2,), time of the latest frame in ns and number of frames without a time of
        their own, which get that one; written.
    frames: FRAME (m,), written here.
    Returns frames written, offset of the first block not consumed, status.
    """
    count = 0
    at = start
    while at + 12 <= end:
        kind = u32(buffer, at, big_endian)
        if kind == SECTION_HEADER:  # the same in both byte orders, and it may change the order
            return count, at, OTHER
        total = u32(buffer, at + 4, big_endian)
        size = total + 3 & ~3  # as Wireshark: some writers leave the padding out of the length
        is_packet = kind == ENHANCED_PACKET or kind == OLD_PACKET
        counts = is_packet or kind == SIMPLE_PACKET or is_numbered(kind)
        is_read = kind == INTERFACE_BLOCK or kind == STATISTICS
        longest = LONGEST_KEPT if counts or is_read else LONGEST_BLOCK
        if total < (32 if is_packet else 12) or total > longest:
            return count, at, BAD_LENGTH
        if is_packet:
            if at + 28 > end:
                return count, at, MORE
            captured = u32(buffer, at + 20, big_endian)
            if captured > LONGEST_FRAME:
                return count, at, TOO_LONG
            if captured > size - 32:
                return count, at, BAD_LENGTH
        if at + size > end:
            return count, at, MORE
        if u32(buffer, at + size - 4, big_endian) != total:
            return count, at, MISMATCH
        if is_read:
            return count, at, OTHER
        if counts:
            if count == len(frames):
                return count, at, FULL
            frame = frames[count]
            if is_packet:
                status = packet(buffer, at, size, big_endian, interfaces, previous, frame)
            elif kind == SIMPLE_PACKET:
                status = simple_packet(buffer, at, size, big_endian, interfaces, previous, frame)
            else:
                untimed(previous, frame, at, 0, 0)
                status = PLACED
            if status != PLACED:
                return count, at, status
            count += 1
        at += size
    return count, at, MORE
