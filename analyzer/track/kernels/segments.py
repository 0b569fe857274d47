"""The walk over decoded rows: each gets its flow, its label, its event; state moves on."""

import numpy as np
from numba import njit

from analyzer import kernel_cache, kinds  # noqa: F401  (numba asks it where kernels are kept)
from analyzer.sequence import advance
from analyzer.track.kernels.ahead import look_ahead
from analyzer.track.kernels.answers import answer_kind, reset_kind
from analyzer.track.kernels.decide import decide, go_on, reset_verdict, speaks_of_old_flow
from analyzer.track.kernels.duplicates import is_duplicate, remember
from analyzer.track.kernels.emit import begin_event, latest_time
from analyzer.track.kernels.hearing import note_heard
from analyzer.track.kernels.lookup import ROW_MASK, begins_anew, find_slot
from analyzer.track.kernels.marks import marks_of
from analyzer.track.kernels.other_kinds import completes_handshake, other_kind
from analyzer.track.kernels.others import track_other
from analyzer.track.kernels.prober import note_prober
from analyzer.track.kernels.probes import (
    confirm_tentative,
    drop_tentative,
    is_probe,
    is_pure_ack,
    note_probe,
    note_tentative,
    probe_kind,
    probing_of,
    repeats_tentative,
    window_closed,
)
from analyzer.track.kernels.repeats import is_pushed_octet
from analyzer.track.kernels.rows import LATE, NO_ROOM, new_flow
from analyzer.track.kernels.steps import aside, step
from analyzer.track.kernels.talk import note_talk
from analyzer.track.kernels.tombstones import is_late
from analyzer.track.kernels.update import note_base, note_seen, update

NO_HANDSHAKE_RTT = kinds.FLOW_SYN_RETRIED | kinds.FLOW_QUOTED


@step
def flow_of(segment, hashed, flows, recent, buckets, tombstones, counters):
    """Row of the segment's flow, opened if need be, or NO_ROOM or LATE; and its sender.

    Third: whether the segment is a duplicate, which neither opens a flow nor changes one.
    """
    slot, sender = find_slot(buckets, flows, segment, hashed)
    entry = np.int64(buckets[slot])
    previous = 0
    if entry != 0:
        row = (entry & ROW_MASK) - 1
        flow = flows[row]
        if is_duplicate(recent, flow, row, sender, segment, counters):
            return row, sender, True
        if not begins_anew(flow, sender, segment):
            return row, sender, False
        previous = row + 1
    elif is_late(segment, tombstones, counters):
        return LATE, 0, False
    return new_flow(segment, hashed, slot, previous, flows, buckets, counters), 0, False


@aside
def end_tentative(flow, probings, sender, segment, counters):
    """Side `sender` sends something other than the pure ACK that opened it (design 4.1)."""
    probing = probings[flow.probing - 1]
    own = probing.side[sender]
    if repeats_tentative(own, segment):
        return
    gives_up = segment.control & kinds.FLAG_RST != 0
    if gives_up and np.int64(segment.seq) == advance(np.int64(own.last_seq), 1):
        confirm_tentative(probing, sender, flow.side[sender], window_closed(flow.side[1 - sender]))
    else:
        drop_tentative(flow, probings, sender, counters)


@step
def may_be_tentative(x, segment, kind):
    """Whether a segment that opens its side in mid-connection may yet prove to be a probe."""
    return (
        (not x.marks & (kinds.SIDE_TALKED | kinds.SIDE_SYN) or x.marks & kinds.SIDE_TENTATIVE)
        and is_pure_ack(segment)
        and not is_pushed_octet(segment)
        and kind != kinds.HANDSHAKE_ACK
    )


@step
def label(flow, row, sender, segment, probings, last_time, counters, event):
    """The label of one segment that is no duplicate: the first of 4.1, 4.2 and 4.3 that fits."""
    x = flow.side[sender]
    if x.marks & kinds.SIDE_TENTATIVE:
        end_tentative(flow, probings, sender, segment, counters)
    if segment.control & kinds.FLAG_RST:
        return reset_kind(flow, probings, sender, segment, counters, event)
    kind = probe_kind(flow, probings, sender, segment, counters)
    if is_probe(kind):
        probing = probing_of(flow, row, last_time, probings, counters)
        note_probe(probing, flow, sender, segment, kind, event)
        return kind
    labelled = kind != kinds.NO_KIND
    answer = answer_kind(flow, probings, sender, segment, labelled, counters, event)
    if labelled:
        return kind
    if answer != kinds.NO_KIND:
        return answer
    kind = other_kind(flow, sender, segment)
    if event.answers == 0 and may_be_tentative(x, segment, kind):
        probing = probing_of(flow, row, last_time, probings, counters)
        note_tentative(probing, flow, sender, segment, kind, event)
        return kinds.TENTATIVE
    return kind


@step
def is_activity(kind):
    """Whether a segment is activity other than probes and their answers (design 7, `gap_s`)."""
    return not (
        is_probe(kind)
        or kind == kinds.KEEPALIVE_REPLY
        or kind == kinds.ZERO_WINDOW_REPLY
        or kind == kinds.KEEPALIVE_RESET
        or kind == kinds.TENTATIVE
    )


@step
def note_activity(flow, probings, sender, segment):
    """Keep the time of the latest segment that is neither a probe nor an answer to one.

    The peer's RST ends no probe run: a host that goes on probing behind it has not heard it.
    """
    if flow.probing != 0:
        probing = probings[flow.probing - 1]
        probing.activity_time = segment.time_ns
        probing.side[sender].active_time = segment.time_ns
        if not segment.control & kinds.FLAG_RST:
            probing.side[1 - sender].active_time = segment.time_ns


@step
def count_kind(flow, kind):
    """Count the kinds that have no event of their own; True where the kind has one."""
    if kind == kinds.DATA:
        flow.data_count += 1
    elif kind == kinds.ACK:
        flow.ack_count += 1
    elif kind == kinds.DUP_ACK:
        flow.dup_ack_count += 1
    elif kind == kinds.WINDOW_UPDATE:
        flow.window_update_count += 1
    elif kind == kinds.RETRANSMISSION:
        flow.retransmission_count += 1
    elif kind == kinds.OUT_OF_ORDER:
        flow.out_of_order_count += 1
    elif kind == kinds.DUPLICATE:
        flow.duplicate_count += 1
    else:
        return True
    return False


@step
def track_new(flow, row, sender, segment, flows, probings, talks, counters, event):
    """Label a segment that is no duplicate and move its flow on; its kind."""
    last_time = latest_time(flow) if flow.frames > 1 else kinds.MISSING
    begin_event(event, segment, row, sender, last_time)
    if speaks_of_old_flow(flow, flows, sender, segment):
        note_base(flow.side[sender], flow.side[1 - sender], segment)
        note_seen(flow, sender, segment)
        note_activity(flow, probings, sender, segment)
        flow.side[sender].marks |= kinds.SIDE_DISORDER  # its numbers are not those of this flow
        return kinds.RESET if segment.control & kinds.FLAG_RST else kinds.ACK
    kind = label(flow, row, sender, segment, probings, last_time, counters, event)
    if flow.probing != 0 and (event.answers != 0 or not is_activity(kind)):
        note_prober(probings[flow.probing - 1], sender, segment, kind, event)
    spoke = flow.side[sender].last_payload_time
    marks = marks_of(flow, sender, segment, kind) | note_talk(
        flow, sender, segment, kind, last_time, talks, counters
    )
    event.marks |= marks
    if marks & kinds.EVENT_BEAT and event.answers == 0:
        event.rtt_ns = segment.time_ns - spoke
    if event.marks != 0:
        flow.event_marks |= event.marks
    if segment.control & kinds.FLAG_RST:
        decide(flow, reset_verdict(flow, sender, segment, kind), sender, segment.frame)
    elif flow.verdict != kinds.UNDECIDED:
        go_on(flow, row, sender, segment, last_time, probings, counters)
    if completes_handshake(flow, sender, segment):
        flow.marks |= kinds.FLOW_ESTABLISHED
        if flow.side[sender].syn_count > 0 and sender == 0 and not flow.marks & NO_HANDSHAKE_RTT:
            flow.handshake_rtt_ns = segment.time_ns - flow.start
    if flow.probing != 0:
        note_heard(flow, probings, sender, segment, kind)
    update(flow, sender, segment, kind)
    if is_activity(kind):
        note_activity(flow, probings, sender, segment)
    return kind


@step
def track_segment(segment, hashed, flows, probings, talks, recent, buckets, tombstones, counters, events):
    """Track one TCP segment and keep its event, if it has one."""
    counters.segments += 1
    row, sender, duplicate = flow_of(segment, hashed, flows, recent, buckets, tombstones, counters)
    if row < 0:
        if row == NO_ROOM:
            counters.untracked += 1
        return
    flow = flows[row]
    flow.frames += 1
    flow.last_frame = segment.frame
    event = events[counters.events_used]
    if duplicate:
        begin_event(event, segment, row, sender, latest_time(flow))
        if flow.duplicate_count == 0:
            event.marks = kinds.EVENT_FIRST_COPY
            flow.event_marks |= kinds.EVENT_FIRST_COPY
        kind = kinds.DUPLICATE
    else:
        kind = track_new(flow, row, sender, segment, flows, probings, talks, counters, event)
        remember(recent, flow.side[sender], 2 * row + sender, segment, counters)
    event.kind = kind
    has_event = count_kind(flow, kind)
    if has_event or event.answers != 0 or event.marks != 0 or counters.all_packets:
        counters.events_used += 1


@njit(cache=True, nogil=True, _nrt=False, error_model="numpy")
def track_segments(
    segments, start, flows, probings, talks, recent, buckets, tombstones, ahead, tracker, events
):
    """Track decoded rows from `start` on; the position of the first one not tracked.

    segments   SEGMENT[n], read only
    flows      FLOW[f], probings PROBING[f], talks TALK[f]: tables, zeroed before a row's first use;
               read and written
    recent     RECENT[r], the ring of the latest segments; written
    buckets    uint32[b], the hash of 4-tuples; written
    tombstones TOMBSTONE[t], of connections that left the table; written. t: 0, or whole groups
    ahead      AHEAD[a], scratch
    tracker    TRACKER[1], counters and thresholds; written
    events     EVENT[e], filled from tracker.events_used on

    Stops before the end where `events` is full (the caller empties it), three quarters of
    `buckets` are taken (the caller grows it), or tracker.stop_at flows are (the caller has some leave).
    """
    counters = tracker[0]
    position = start
    while position < len(segments):
        first = position
        end = min(first + len(ahead), len(segments))
        look_ahead(segments, first, end, flows, probings, talks, buckets, ahead, counters)
        while position < end:
            if counters.events_used >= len(events) or 4 * (counters.buckets_used + 1) > 3 * len(buckets):
                return position
            if counters.flows_used >= counters.stop_at:
                return position
            segment = segments[position]
            hashed = ahead[position - first].hashed
            if segment.status == kinds.SEGMENT:
                track_segment(
                    segment, hashed, flows, probings, talks, recent, buckets, tombstones, counters, events
                )
            else:
                track_other(segment, hashed, flows, buckets, tombstones, counters, events)
            position += 1
    return position
