"""Which FLOW row a segment belongs to, opened if need be."""

from analyzer.track.kernels.lookup import ROW_BITS, open_flow
from analyzer.track.kernels.steps import aside

NO_ROOM = -1  # instead of a row: the table is full
LATE = -2  # the connection has ended and left the table


@aside
def new_flow(segment, hashed, slot, previous, flows, buckets, counters):
    """Row of a flow opened with `segment`; NO_ROOM where none is left. previous: 1 + flow before, or 0."""
    row = counters.flows_used
    if row >= len(flows):
        return NO_ROOM
    counters.flows_used = row + 1
    if previous == 0:
        counters.buckets_used += 1
    open_flow(flows[row], segment, previous)
    buckets[slot] = ((hashed & 0x3F) << ROW_BITS) | (row + 1)
    return row
