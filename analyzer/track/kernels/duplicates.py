"""Copies of a frame: port mirrors, `-i any` and several interfaces make them (design 4).

A side's last eight segments are kept in a block of a shared pool. A flow silent for longer than
the horizon loses its block to another, so the pool stays as small as what is being talked about.
"""

import numpy as np
from numba import njit


@njit(nogil=True)
def pack_place(segment):
    """SEG.SEQ and SEG.ACK in one int64."""
    return ((np.int64(segment.seq) - 0x80000000) << 32) | np.int64(segment.ack)


@njit(nogil=True)
def pack_shape(segment):
    """Length, flags, window and IP ID in one int64; where there is no IP ID, the TCP checksum."""
    if segment.ip_id != 0:
        mark = np.int64(segment.ip_id)
    else:
        mark = 0x10000 | np.int64(segment.checksum)
    length = np.int64(segment.length) & 0x1FFFFF  # exact up to 2 MiB, above any real segment
    return (length << 42) | (np.int64(segment.flags & 0x1FF) << 33) | (np.int64(segment.window) << 17) | mark


@njit(nogil=True)
def is_duplicate(histories, flow, row, sender, segment, tracker):
    """Whether `segment` copies one of its sender's last eight, at most the window apart either way.

    histories: HISTORY rows, read only.
    """
    if flow.history == 0:
        return False
    block = histories[flow.history - 1]
    if block.owner != row + 1:
        return False
    place = pack_place(segment)
    for slot in range(block.held[sender]):
        if block.place[sender][slot] == place and block.shape[sender][slot] == pack_shape(segment):
            apart = segment.time_ns - block.time_ns[sender][slot]
            if -tracker.dedup_window_ns <= apart <= tracker.dedup_window_ns:
                return True
    return False


@njit(nogil=True)
def take_block(histories, tracker, time_ns):
    """Index of a history block that may be overwritten.

    Blocks are visited in a circle: the next one that fell silent, else a fresh one, and only when
    the pool is exhausted one that is still warm.
    """
    used = tracker.histories_used
    for _ in range(min(4, used)):
        hand = tracker.history_hand
        tracker.history_hand = 0 if hand + 1 >= used else hand + 1
        if abs(time_ns - histories[hand].newest_ns) > tracker.history_horizon_ns:
            return hand
    if used < len(histories):
        tracker.histories_used = used + 1
        return used
    hand = tracker.history_hand
    tracker.history_hand = 0 if hand + 1 >= used else hand + 1
    return hand


@njit(nogil=True)
def remember(histories, flow, row, sender, segment, tracker):
    """Keep `segment` among its sender's last eight. Writes histories, flow.history, tracker."""
    index = np.int64(flow.history) - 1
    if index < 0 or histories[index].owner != row + 1:
        index = take_block(histories, tracker, segment.time_ns)
        fresh = histories[index]
        fresh.owner = row + 1
        fresh.held[0] = 0
        fresh.held[1] = 0
        fresh.next[0] = 0
        fresh.next[1] = 0
        flow.history = index + 1
    block = histories[index]
    slot = block.next[sender]
    block.place[sender][slot] = pack_place(segment)
    block.shape[sender][slot] = pack_shape(segment)
    block.time_ns[sender][slot] = segment.time_ns
    block.newest_ns = segment.time_ns
    block.next[sender] = (slot + 1) & 7
    if block.held[sender] < 8:
        block.held[sender] += 1
