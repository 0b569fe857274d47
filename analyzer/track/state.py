"""What tracking carries from chunk to chunk: arrays that are handed to the kernels and outlive them.

Tables are reserved once, as anonymous memory that costs nothing until it is touched; they are
never doubled and copied. Only the hash table grows, by half, since its slots have to move.
"""

from __future__ import annotations

import secrets
from typing import Any

import numpy as np

from analyzer.facts import Rows
from analyzer.records import EVENT, FLOW, PROBING, TALK, rows
from analyzer.rules import Rules

MOST_FLOWS = (1 << 26) - 2  # a hash slot has 26 bits for the flow
NEVER = 1 << 62  # so many flows there never are
RECENT_ROOM = 1 << 16  # a power of 2; at 6 million segments a second still more than the window
FIRST_BUCKETS = 1 << 14
EVENT_ROOM = 1 << 16

RECENT = np.dtype(
    [
        ("place", "<i8"),  # SEG.SEQ and SEG.ACK packed
        ("form", "<i8"),  # length, flags, window and IP ID (or checksum) packed
        ("time_ns", "<i8"),
        ("owner", "<i8"),  # 2 * flow + side
        ("before", "<u4"),  # number of the segment that this side sent before, low 32 bits, 0 = none
    ],
    align=True,
)
"""One of the latest segments of all flows, for the duplicate test."""

TRACKER = np.dtype(
    [
        ("segments", "<i8"),  # TCP segments seen
        ("flows_used", "<i8"),
        ("probings_used", "<i8"),
        ("talks_used", "<i8"),
        ("written", "<i8"),  # number of the latest row of the ring of recent segments
        ("buckets_used", "<i8"),
        ("events_used", "<i8"),  # rows written to the events array since it was emptied
        ("free_probing", "<i8"),  # 1 + first free PROBING row (chained by `owner`), 0 = none
        ("untracked", "<i8"),  # segments of connections for which there was no room
        ("late", "<i8"),  # segments of connections that had left the table
        ("laid", "<i8"),  # tombstones laid so far
        ("stop_at", "<i8"),  # with so many flows, tracking stops for some to leave
        ("seed", "<i8"),  # of the flow hash; results do not depend on it
        ("dedup_window_ns", "<i8"),
        ("teardown_ns", "<i8"),
        ("pushed_probe_ns", "<i8"),
        ("reset_answer_ns", "<i8"),
        ("give_up_slack_ns", "<i8"),
        ("timer_late_ns", "<i8"),
        ("message_pause_ns", "<i8"),
        ("small_octets", "<i8"),
        ("steady_percent", "<i8"),
        ("all_packets", "u1"),  # 1: every segment becomes a row, not only events
    ],
    align=True,
)
"""Counters of the tables and the thresholds that the kernels read: one row."""

TOMBSTONE = np.dtype(
    [
        ("key", "<i8"),  # of the 4-tuple: hashes of both endpoints, 0 = free
        ("laid", "<i8"),  # number among all that were laid
        ("next_seq", "<u4", (2,)),  # where the sides were, the one with the lower hash first
        ("known", "u1", (2,)),  # 1: next_seq is known
    ],
    align=True,
)
"""A connection that ended and left the table."""

LOOK_AHEAD = 16  # segments whose rows are fetched together

AHEAD = np.dtype(
    [
        ("hashed", "<i8"),  # hash of the segment's 4-tuple
        ("row", "<i8"),  # its flow as far as one can tell before tracking, or -1
    ]
)
"""Scratch: what is known of the next segments."""

SETTINGS = (
    "dedup_window_ns",
    "teardown_ns",
    "pushed_probe_ns",
    "reset_answer_ns",
    "give_up_slack_ns",
    "timer_late_ns",
    "message_pause_ns",
    "small_octets",
    "steady_percent",
)


class State:
    """The tables of one capture being tracked.

    most_flows: how many flows to reserve room for; where memory cannot be had, less is taken.
    tombstones: how many, a multiple of kernels.GROUP.
    """

    def __init__(
        self, rules: Rules, *, all_packets: bool = False, most_flows: int = MOST_FLOWS, tombstones: int = 0
    ) -> None:
        self.flows, self.probings, self.talks = reserve(min(most_flows, MOST_FLOWS), FLOW, PROBING, TALK)
        self.recent = rows(RECENT_ROOM, RECENT)
        self.tombstones = rows(tombstones, TOMBSTONE)
        self.ahead = rows(LOOK_AHEAD, AHEAD)
        self.buckets = np.zeros(FIRST_BUCKETS, np.uint32)
        self.events = rows(EVENT_ROOM, EVENT)
        self.tracker = rows(1, TRACKER)
        tracker = self.tracker[0]
        tracker.seed = secrets.randbits(31)
        tracker.stop_at = NEVER
        tracker.all_packets = all_packets
        for name in SETTINGS:
            tracker[name] = getattr(rules, name)


def reserve(count: int, *dtypes: np.dtype[Any]) -> list[Rows]:
    """As many zeroed rows of each dtype, in anonymous memory; halved until the system grants all.

    All get the same number: a flow may need a row of each.
    """
    while True:
        try:
            return [rows(count, dtype) for dtype in dtypes]
        except MemoryError:
            if count <= 1 << 16:
                raise
            count //= 2
