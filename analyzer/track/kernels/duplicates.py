"""Copies of a frame: port mirrors, `-i any` and several interfaces make them (design 4).

The latest segments of all flows stand in one ring, in the order they came; each names the one
its side sent before. A side needs to keep only the number of its last one, and what is compared
was written a moment ago, so it is near.
"""

import numpy as np

from analyzer import kinds
from analyzer.sequence import precedes
from analyzer.track.kernels.other_kinds import sequence_end
from analyzer.track.kernels.steps import step

FORGETFUL = kinds.SIDE_DISORDER | kinds.SIDE_OFFERED  # its segments may have moved nothing
RECENT = 8  # segments of a side that a copy is looked for among (design 4)


@step
def pack_place(segment):
    """SEG.SEQ and SEG.ACK in one int64."""
    return ((np.int64(segment.seq) - 0x80000000) << 32) | np.int64(segment.ack)


@step
def pack_form(segment):
    """Length, flags, window and IP ID in one int64; where there is no IP ID, the TCP checksum."""
    if segment.ip_id != 0:
        mark = np.int64(segment.ip_id)
    else:
        mark = 0x10000 | np.int64(segment.checksum)
    length = np.int64(segment.length) & 0x1FFFFF  # exact up to 2 MiB, above any real segment
    return (
        (length << 42) | (np.int64(segment.control & 0x1FF) << 33) | (np.int64(segment.window) << 17) | mark
    )


@step
def entry_of(recent, ordinal, written, owner):
    """Position in `recent` of a segment of `owner`, or -1 if it was overwritten since.

    ordinal: its number, low 32 bits, 0 = none. written: segments written so far.
    """
    if ordinal == 0 or ((written - ordinal) & 0xFFFFFFFF) >= len(recent):
        return -1
    position = ordinal & (len(recent) - 1)
    return position if recent[position].owner == owner else -1


@step
def breaks_ground(x, y, segment):
    """Whether a segment of side `x` sends or acknowledges what none before it did.

    Then it is no copy: what it copies would have moved next_seq, or what the peer was acknowledged.
    """
    if segment.control & (kinds.FLAG_SYN | kinds.FLAG_RST) or x.marks & FORGETFUL:
        return False
    new_data = x.marks & kinds.SIDE_NEXT != 0 and precedes(np.int64(x.next_seq), sequence_end(segment))
    acknowledges = segment.control & kinds.FLAG_ACK != 0 and y.marks & kinds.SIDE_ACKED != 0
    return new_data or (acknowledges and precedes(np.int64(y.acked), np.int64(segment.ack)))


@step
def is_duplicate(recent, flow, row, sender, segment, counters):
    """Whether `segment` copies one of the last eight of its side, the window apart at most.

    recent: RECENT rows, read only.
    """
    x = flow.side[sender]
    apart = segment.time_ns - x.last_time
    window = counters.dedup_window_ns
    if apart > window and not x.marks & kinds.SIDE_DISORDER:
        return False  # every earlier one is older still
    if breaks_ground(x, flow.side[1 - sender], segment):
        return False
    owner = 2 * row + sender
    position = entry_of(recent, np.int64(x.recent), counters.written, owner)
    if position < 0:
        return False
    place = pack_place(segment)
    form = pack_form(segment)
    for _ in range(RECENT):
        entry = recent[position]
        if entry.place == place and entry.form == form and abs(segment.time_ns - entry.time_ns) <= window:
            return True
        position = entry_of(recent, np.int64(entry.before), counters.written, owner)
        if position < 0:
            return False
    return False


@step
def remember(recent, x, owner, segment, counters):
    """Add `segment` of side `x` to the ring. recent: RECENT rows, written."""
    ordinal = counters.written + 1
    if ordinal & 0xFFFFFFFF == 0:
        ordinal += 1  # 0 means none
    counters.written = ordinal
    entry = recent[ordinal & (len(recent) - 1)]
    entry.place = pack_place(segment)
    entry.form = pack_form(segment)
    entry.time_ns = segment.time_ns
    entry.owner = owner
    entry.before = x.recent
    x.recent = ordinal & 0xFFFFFFFF
