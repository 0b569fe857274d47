"""The record walk of pcap files."""

from __future__ import annotations

from numba import njit

from analyzer import kernel_cache  # noqa: F401  (numba asks it where kernels are kept)
from analyzer.sources.kernels.octets import FULL, MORE, TOO_LONG, u32


@njit(cache=True, nogil=True)
def walk_pcap(buffer, start, end, big_endian, tick_ns, header, swapped, longest, interface, frames):
    """Find the records of a pcap file from `start` on; fills `frames` from its first row.

    buffer: uint8 (n,), the file's bytes; only start <= i < end are read.
    big_endian: 1 or 0. tick_ns: ns in a unit of the record's fraction, 1000 or 1.
    header: bytes of a record before its frame, 16 to 28. longest: bytes a frame may have at most.
    swapped: 1 where the original length stands first (before version 2.3), 2 where the smaller
        of both is the captured one (version 2.3), else 0.
    interface: FRAME (1,), link type and FCS bytes for every frame.
    frames: FRAME (m,), written here.
    Returns frames written, offset of the first record not consumed, status.
    """
    count = 0
    at = start
    link_type = interface[0].link_type
    fcs = interface[0].fcs
    while at + header <= end:
        if count == len(frames):
            return count, at, FULL
        captured = u32(buffer, at + 8, big_endian)
        original = u32(buffer, at + 12, big_endian)
        if swapped == 1 or (swapped == 2 and captured > original):
            captured, original = original, captured
        if captured > longest:
            return count, at, TOO_LONG
        if at + header + captured > end:
            return count, at, MORE
        frame = frames[count]
        frame.time_ns = u32(buffer, at, big_endian) * 1000000000 + u32(buffer, at + 4, big_endian) * tick_ns
        frame.offset = at + header
        frame.captured = captured
        frame.original = original
        frame.link_type = link_type
        frame.interface = 0
        frame.fcs = fcs
        count += 1
        at += header + captured
    return count, at, MORE
