"""The entry kernel: a chunk of frames in, rows out."""

from __future__ import annotations

import numpy as np
from numba import njit

from analyzer import kernel_cache, kinds  # noqa: F401  (numba asks it where kernels are kept)
from analyzer.decode.kernels import layers
from analyzer.decode.kernels.arp import read_arp
from analyzer.decode.kernels.icmp import read_icmp, read_quoted_tcp
from analyzer.decode.kernels.inner import inner
from analyzer.decode.kernels.labels import read_label
from analyzer.decode.kernels.link import read_ethernet, read_link
from analyzer.decode.kernels.network import read_ipv4, read_ipv6, read_protocol
from analyzer.decode.kernels.ppp import read_carrier
from analyzer.decode.kernels.tcp import read_tcp
from analyzer.decode.kernels.tunnels import read_tunnel, read_udp


@inner
def read_rare(buffer, cursor, row, layer):
    """Read one header of a kind that the loop in `decode_frames` does not know itself.

    buffer: uint8[:], read. cursor: one CURSOR record, moved. row: one SEGMENT record, written as far
    as the header tells. Returns the next layer or a decode status.
    """
    if layer == layers.PROTOCOL:
        return read_protocol(buffer, cursor, row)
    if layer == layers.UDP:
        return read_udp(buffer, cursor)
    if layer == layers.ICMP or layer == layers.ICMPV6:
        return read_icmp(buffer, cursor, row, layer)
    if layer == layers.ARP:
        return read_arp(buffer, cursor, row)
    if layer >= layers.TUNNELS:
        return read_tunnel(buffer, cursor, layer)
    if layer >= layers.LABELS:
        return read_label(buffer, cursor, layer)
    if layer >= layers.PPP:
        return read_carrier(buffer, cursor, layer)
    return read_link(buffer, cursor, layer)


@inner
def place(frame, cursor, size):
    """Set the cursor to a frame's beginning. frame: one FRAME record; size: octets in the buffer.

    Returns whether the frame lies in the buffer, as it must.
    """
    offset = np.int64(frame.offset)
    captured = np.int64(frame.captured)
    cursor.offset = offset
    cursor.end = offset + max(np.int64(frame.original), captured) - np.int64(frame.fcs)
    cursor.limit = min(offset + captured, cursor.end)
    cursor.jumbo = -1
    cursor.fragment = 0
    cursor.quoted = 0
    return 0 <= offset <= size - captured


@njit(cache=True, nogil=True)
def decode_frames(buffer, frames, first_frame, starts, cursors, out, counts, unknown):
    """Decode a chunk of frames.

    buffer: uint8[:], the chunk's octets, read. frames: FRAME[:], read. first_frame: int64, number
    of frames[0] in its capture. starts: uint8[65536], by link type the layer a frame begins with or
    0 for unknown, read. cursors: CURSOR[1], scratch. out: SEGMENT[:], at least as long as frames;
    its first rows are written, every field of them, one for each frame of interest. counts:
    int64[statuses], frames by status, added to. unknown: int64[65536], frames by link type that is
    unknown, added to. Returns the number of rows written.
    """
    size = np.int64(buffer.shape[0])
    cursor = cursors[0]
    written = 0
    for index in range(frames.shape[0]):
        frame = frames[index]
        row = out[written]
        layer = np.int64(starts[frame.link_type])
        if not place(frame, cursor, size):
            layer = kinds.TRUNCATED
        elif layer == 0:
            unknown[frame.link_type] += 1
            layer = kinds.UNKNOWN_LINK
        for _ in range(layers.MAX_LAYERS):
            if layer == layers.ETHERNET:
                layer = read_ethernet(buffer, cursor)
            elif layer == layers.IPV4:
                layer = read_ipv4(buffer, cursor, row)
            elif layer == layers.IPV6:
                layer = read_ipv6(buffer, cursor, row)
            elif layer == layers.TCP:
                if cursor.quoted:
                    layer = read_quoted_tcp(buffer, cursor, row)
                else:
                    layer = read_tcp(buffer, cursor, row)
            elif layer >= layers.FIRST_LAYER:
                layer = read_rare(buffer, cursor, row, layer)
            else:
                break
        if layer >= layers.FIRST_LAYER:
            layer = kinds.TOO_DEEP
        counts[layer] += 1
        if layer <= kinds.MALFORMED:
            row.frame = first_frame + index
            row.time_ns = frame.time_ns
            row.interface = frame.interface
            row.status = layer
            if cursor.quoted == 0:
                row.reporter_high = 0
                row.reporter_low = 0
                row.icmp_type = 0
                row.icmp_code = 0
            written += 1
    return written
