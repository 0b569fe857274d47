"""Rows to events: which flow, which side, which label (design 3 and 4)."""

from analyzer.track.flows import Tracker, prepare_tracking

__all__ = ["Tracker", "prepare_tracking"]
