"""Rows to events: which flow, which side, which label (design 3 and 4)."""

from analyzer.track.events import without_packets
from analyzer.track.flows import Tracker, prepare_tracking
from analyzer.track.retirement import MOST_EVENTS, MOST_FLOWS, BoundedTracker
from analyzer.track.snapshot import Snapshot

__all__ = [
    "MOST_EVENTS",
    "MOST_FLOWS",
    "BoundedTracker",
    "Snapshot",
    "Tracker",
    "prepare_tracking",
    "without_packets",
]
