"""Rows without a TCP segment of their own: ICMP errors, ARP, malformed headers."""

import numpy as np

from analyzer import kinds
from analyzer.track.kernels.emit import begin_event, latest_time
from analyzer.track.kernels.lookup import ROW_MASK, WORD, begins_anew, find_slot
from analyzer.track.kernels.rows import new_flow
from analyzer.track.kernels.steps import aside
from analyzer.track.kernels.tombstones import is_late
from analyzer.track.kernels.update import note_base


@aside
def quoted_flow(segment, hashed, flows, buckets, tombstones, counters):
    """Row of the flow that a quoted or broken TCP header belongs to, NO_FLOW for none; and its sender.

    Wireshark numbers a stream for any header of which 16 octets are there (`control` tells that),
    so such a header can open a flow before its first segment.
    """
    slot, sender = find_slot(buckets, flows, segment, hashed)
    entry = np.int64(buckets[slot])
    row = (entry & ROW_MASK) - 1
    if segment.control == 0:
        return (kinds.NO_FLOW if entry == 0 else row), sender
    if entry == 0 and is_late(segment, tombstones, counters):
        return kinds.NO_FLOW, sender
    if entry == 0 or begins_anew(flows[row], sender, segment):
        row = new_flow(segment, hashed, slot, row + 1, flows, buckets, counters)
        sender = 0
        if row < 0:
            return kinds.NO_FLOW, sender
        flows[row].marks |= kinds.FLOW_QUOTED
    note_base(flows[row].side[sender], flows[row].side[1 - sender], segment)
    return row, sender


@aside
def track_other(segment, hashed, flows, buckets, tombstones, counters, events):
    """A row without a TCP segment of its own: an ICMP error, ARP, or a malformed header."""
    row = kinds.NO_FLOW
    quoted = kinds.NO_SENDER
    kind = kinds.BROKEN
    source_high = segment.source_high
    source_low = segment.source_low
    if segment.status == kinds.ICMP_ERROR:
        kind = kinds.ICMP
        source_high = segment.reporter_high
        source_low = segment.reporter_low
        row, quoted = quoted_flow(segment, hashed, flows, buckets, tombstones, counters)
        if row != kinds.NO_FLOW:
            flows[row].marks |= kinds.FLOW_ICMP
    elif segment.status == kinds.MALFORMED and segment.control != 0:
        quoted_flow(segment, hashed, flows, buckets, tombstones, counters)
    elif segment.status == kinds.ARP_REQUEST:
        kind = kinds.ARP_ASK
    elif segment.status == kinds.ARP_REPLY:
        kind = kinds.ARP_TELL
    event = events[counters.events_used]
    last_time = kinds.MISSING
    if row != kinds.NO_FLOW and flows[row].frames > 0:
        last_time = latest_time(flows[row])
    begin_event(event, segment, row, kinds.NO_SENDER, last_time)
    event.kind = kind
    if kind == kinds.ICMP:
        event.ttl = segment.icmp_type
        event.control = segment.icmp_code
        event.otherwise = quoted
    elif kind == kinds.ARP_ASK or kind == kinds.ARP_TELL:  # IPv4: the low half holds it all
        event.seq = np.int64(segment.source_low) & WORD
        event.ack = np.int64(segment.destination_low) & WORD
    event.rtt_ns = np.int64(source_high)
    event.answers = np.int64(source_low)
    counters.events_used += 1
