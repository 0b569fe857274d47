"""Live sources: an interface, through a capture program, and files that are still being written."""

from analyzer.sources.live.backend import SNAP_LENGTH, LiveOptions
from analyzer.sources.live.complaints import allow_capture
from analyzer.sources.live.interfaces import Listed, list_interfaces
from analyzer.sources.live.opening import choose, open_follow, open_live
from analyzer.sources.live.source import LiveSource

__all__ = [
    "SNAP_LENGTH",
    "Listed",
    "LiveOptions",
    "LiveSource",
    "allow_capture",
    "choose",
    "list_interfaces",
    "open_follow",
    "open_live",
]
