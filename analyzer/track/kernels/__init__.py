"""The tracking kernels: one row in, its label and the changed state of its flow out.

`segments` walks the rows and asks, in the order of design 4: which flow (`lookup`), is it a copy
(`duplicates`), a probe (`probes`), an answer or the end of the waiting (`answers`), or of another
kind (`other_kinds`); then it moves the state on (`update`) and writes the event (`emit`).

Where tracking has no end, flows leave: `leaving` says why each may, `tombstones` what stays of it.
"""

from analyzer.track.kernels.leaving import weigh_flows
from analyzer.track.kernels.lookup import grow_buckets
from analyzer.track.kernels.segments import track_segments
from analyzer.track.kernels.tombstones import GROUP, lay_tombstones

__all__ = ["GROUP", "grow_buckets", "lay_tombstones", "track_segments", "weigh_flows"]
