"""The event that a row becomes."""

from analyzer import kinds
from analyzer.track.kernels.steps import step


@step
def latest_time(flow):
    """When the flow's latest segment that is no duplicate came, ns."""
    return flow.side[flow.last_sender].last_time


@step
def begin_event(event, segment, row, sender, last_time):
    """Fill an EVENT row with what needs no label. last_time: ns, of the flow's previous segment."""
    event.frame = segment.frame
    event.time_ns = segment.time_ns
    event.gap_ns = kinds.MISSING if last_time == kinds.MISSING else segment.time_ns - last_time
    event.rtt_ns = kinds.MISSING
    event.answers = 0
    event.flow = row
    event.seq = segment.seq
    event.ack = segment.ack
    event.length = segment.length
    event.window = segment.window
    event.ttl = segment.ttl
    event.control = segment.control & 0xFF
    event.kind = kinds.NO_KIND
    event.sender = sender
    event.otherwise = kinds.NO_KIND
    event.marks = 0
