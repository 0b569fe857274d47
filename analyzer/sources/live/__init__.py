"""Live sources: an interface, through a capture program, and files that are still being written."""

from analyzer.sources.live.backend import LiveOptions
from analyzer.sources.live.opening import open_follow, open_live
from analyzer.sources.live.source import LiveSource

__all__ = ["LiveOptions", "LiveSource", "open_follow", "open_live"]
