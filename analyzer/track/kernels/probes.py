"""Which segments are probes (design 4.1), and what a probing side remembers of them.

RFC 9293 3.8.4: a keep-alive is sent with SEG.SEQ = SND.NXT - 1, with no data or one octet that was
acknowledged before; the out-of-window sequence number forces the peer to answer with an ACK.
"""

import numpy as np

from analyzer import kinds
from analyzer.sequence import advance, highest, precedes
from analyzer.track.kernels.prober import clear_prober
from analyzer.track.kernels.repeats import is_pushed_octet, is_pushed_probe, repeats_probe
from analyzer.track.kernels.steps import aside, step

ORDINAL_SHIFT = 40  # bits of EVENT.answers that hold a frame number while a row is tentative
MOST_TENTATIVE = (1 << 22) - 1
CONTROL = kinds.FLAG_SYN | kinds.FLAG_FIN | kinds.FLAG_RST


@step
def is_pure_ack(segment):
    """ACK set, SYN, FIN and RST clear, at most one octet: what a probe looks like."""
    return segment.control & (CONTROL | kinds.FLAG_ACK) == kinds.FLAG_ACK and segment.length <= 1


@step
def is_probe(kind):
    """Whether a label is one of the two probe labels."""
    return kind == kinds.KEEPALIVE_PROBE or kind == kinds.ZERO_WINDOW_PROBE


@step
def window_closed(side):
    """Whether the side last advertised a window of zero."""
    return side.marks & kinds.SIDE_WINDOW != 0 and side.window == 0


@step
def probe_kind(flow, probings, sender, segment, counters):
    """The label that table 4.1 gives a segment of side `sender`, or NO_KIND."""
    x = flow.side[sender]
    y = flow.side[1 - sender]
    if not is_pure_ack(segment) or not x.marks & kinds.SIDE_NEXT:
        return kinds.NO_KIND
    seq = np.int64(segment.seq)
    acked = np.int64(x.acked)
    was_acked = x.marks & kinds.SIDE_ACKED != 0
    if x.marks & kinds.SIDE_TENTATIVE and not (was_acked and acked == advance(seq, 1)):
        return kinds.NO_KIND  # what it has sent so far does not tell where it stands
    next_seq = np.int64(x.next_seq)

    if segment.length == 1 and seq == next_seq and window_closed(y):
        return kinds.ZERO_WINDOW_PROBE  # RFC 9293 3.8.6.1: one octet of new data
    if advance(seq, 1) != next_seq:
        return kinds.NO_KIND
    soon = (
        x.marks & kinds.SIDE_SENT != 0
        and segment.time_ns - x.last_time < counters.teardown_ns
        and not (x.marks & kinds.SIDE_LAST_PROBE and repeats_probe(flow, probings, sender, segment))
    )
    if segment.length == 1:
        pushed = is_pushed_octet(segment)
        if pushed and not is_pushed_probe(flow, probings, sender, segment, counters.pushed_probe_ns):
            return kinds.RETRANSMISSION
        if not was_acked and soon:
            return kinds.RETRANSMISSION
    if was_acked and precedes(acked, next_seq):
        return kinds.RETRANSMISSION if segment.length == 1 else kinds.OLD_ACK
    if x.marks & kinds.SIDE_FIN and (not was_acked or soon):
        return kinds.OLD_ACK
    if window_closed(y):
        return kinds.ZERO_WINDOW_PROBE
    return kinds.KEEPALIVE_PROBE


@aside
def probing_of(flow, row, flows_last_time, probings, counters):
    """The flow's PROBING row, taken from the free ones if it has none yet.

    flows_last_time: ns, the flow's latest segment before this one, MISSING at its first.
    """
    if flow.probing == 0:
        if counters.free_probing != 0:
            index = counters.free_probing - 1
            counters.free_probing = probings[index].owner
        else:
            index = counters.probings_used
            counters.probings_used = index + 1
        fresh = probings[index]
        fresh.owner = row
        fresh.activity_time = flows_last_time
        fresh.reset_time = kinds.MISSING
        for each in range(2):
            clear_probe_side(fresh.side[each])
            clear_prober(fresh.prober[each])
            peer = flow.side[1 - each]
            sent = peer.marks & kinds.SIDE_SENT != 0
            fresh.side[each].active_time = flows_last_time
            fresh.side[each].heard_time = peer.last_time if sent else kinds.MISSING
        flow.probing = index + 1
    return probings[flow.probing - 1]


@aside
def clear_probe_side(side):
    """Forget everything a reused PROBING row may hold."""
    side.last_time = kinds.MISSING
    side.last_frame = 0
    side.spacing_ns = kinds.MISSING
    side.idle_ns = kinds.MISSING
    side.last_seq = 0
    side.waiting = 0
    side.probes = 0
    side.replies = 0
    side.resets = 0
    side.window_probes = 0
    side.tsecr = 0
    side.unheard = 0
    side.answer_tsval = 0
    side.answer_timed = 0
    side.tentative = 0
    side.last_ack = 0
    side.kept_from = 0
    side.kind = kinds.NO_KIND
    side.at_next = 0
    side.last_length = 0
    side.tentative_kind = kinds.TENTATIVE


@step
def note_idle(own, time_ns):
    """How long a probing side has not heard its peer, MISSING if it has probed since.

    Before the first probe of a run that is its keepalive time: the shortest is kept.
    """
    if own.heard_time <= own.last_time:  # or both are MISSING
        return kinds.MISSING
    idle = max(time_ns - own.heard_time, 0)
    if own.last_time < own.active_time:
        own.idle_ns = idle if own.idle_ns == kinds.MISSING else min(own.idle_ns, idle)
    return idle


@step
def note_echo(own, segment):
    """How many probes in a row echo the same TSval: between them nothing of the peer's was heard."""
    if not segment.options & kinds.OPTION_TIMESTAMPS:
        own.unheard = 0
    elif own.unheard > 0 and segment.tsecr == own.tsecr:
        own.unheard += 1
    else:
        own.unheard = 1
    own.tsecr = segment.tsecr


@aside
def note_sent(probing, sender, peer, segment, event):
    """What every probe, tentative or not, leaves behind: gap, spacing, time, frame, sequence number.

    Whether tentative segments of the peer are activity shows only later: the gap counts them as
    such, and `rtt_ns` keeps what it is if they prove to be probes.
    """
    own = probing.side[sender]
    time_ns = segment.time_ns
    base = max(probing.activity_time, own.last_time)
    if peer.marks & kinds.SIDE_TENTATIVE and event.kind != kinds.TENTATIVE:
        event.rtt_ns = kinds.MISSING if base == kinds.MISSING else time_ns - base
        event.otherwise = kinds.TENTATIVE
    if peer.marks & kinds.SIDE_TENTATIVE:
        base = max(base, probing.side[1 - sender].last_time)
    event.gap_ns = kinds.MISSING if base == kinds.MISSING else time_ns - base
    idle = note_idle(own, time_ns)
    if event.kind != kinds.TENTATIVE and not peer.marks & kinds.SIDE_TENTATIVE:
        event.rtt_ns = idle
        if own.active_time <= own.last_time < probing.activity_time:
            event.marks |= kinds.EVENT_PAST_RESET
    note_echo(own, segment)
    before = own.last_time
    own.spacing_ns = kinds.MISSING if before == kinds.MISSING else max(time_ns - before, 0)
    own.last_time = time_ns
    own.last_frame = segment.frame
    own.last_seq = segment.seq
    own.last_ack = segment.ack
    own.last_length = segment.length


@aside
def note_probe(probing, flow, sender, segment, kind, event):
    """Count a probe; it waits for its answer from now on."""
    own = probing.side[sender]
    x = flow.side[sender]
    note_sent(probing, sender, flow.side[1 - sender], segment, event)
    own.kind = kind
    own.at_next = 1 if x.marks & kinds.SIDE_NEXT and segment.seq == x.next_seq else 0
    own.waiting += 1
    if kind == kinds.KEEPALIVE_PROBE:
        own.probes += 1
    else:
        own.window_probes += 1


@step
def repeats_tentative(own, segment):
    """Whether a segment repeats the pure ACK that opened its side: same seq, ack and length."""
    return (
        is_pure_ack(segment)
        and not is_pushed_octet(segment)
        and segment.seq == own.last_seq
        and segment.ack == own.last_ack
        and segment.length == own.last_length
    )


@aside
def note_tentative(probing, flow, sender, segment, kind, event):
    """Keep a pure ACK of a side that had no next_seq: the peer's answer may prove it a probe.

    kind: its label if it stays what it seems. Until the analysis ends, the event holds its ordinal
    as `answers` (above the frame), and as `rtt_ns` the gap of a segment that is no probe.
    """
    own = probing.side[sender]
    event.kind = kinds.TENTATIVE
    event.otherwise = kind
    event.rtt_ns = event.gap_ns
    note_sent(probing, sender, flow.side[1 - sender], segment, event)
    flow.side[sender].marks |= kinds.SIDE_TENTATIVE
    own.tentative += 1
    event.answers |= min(np.int64(own.tentative), MOST_TENTATIVE) << ORDINAL_SHIFT


@aside
def confirm_tentative(probing, sender, x, y_window_closed):
    """The tentative segments of side `x`, `sender`, were probes: the last 64 count, all of them waiting."""
    own = probing.side[sender]
    count = min(np.int64(own.tentative), 64)
    own.kept_from = own.tentative - count + 1
    own.kind = kinds.ZERO_WINDOW_PROBE if y_window_closed else kinds.KEEPALIVE_PROBE
    own.tentative_kind = own.kind
    own.at_next = 0
    own.waiting += count
    if y_window_closed:
        own.window_probes += count
    else:
        own.probes += count
        probing.prober[sender].form |= probing.prober[sender].tentative_form
    x.next_seq = highest(advance(np.int64(own.last_seq), 1), np.int64(x.next_seq))
    x.bytes -= own.last_length  # a garbage octet, no data
    x.marks = (np.int64(x.marks) & ~kinds.SIDE_TENTATIVE) | kinds.SIDE_LAST_PROBE


@aside
def drop_tentative(flow, probings, sender, counters):
    """The tentative segments of a side were ordinary: they count as activity."""
    probing = probings[flow.probing - 1]
    own = probing.side[sender]
    x = flow.side[sender]
    x.marks = np.int64(x.marks) & ~kinds.SIDE_TENTATIVE
    if own.probes + own.window_probes > 0:
        return  # among them were some that the table knew for probes
    probing.activity_time = max(probing.activity_time, own.last_time)
    other = probing.side[1 - sender]
    other.heard_time = max(other.heard_time, own.last_time)
    other.active_time = max(other.active_time, own.last_time)
    own.active_time = max(own.active_time, own.last_time)
    clear_probe_side(own)
    clear_prober(probing.prober[sender])
    if other.last_time == kinds.MISSING and probing.reset_time == kinds.MISSING:  # the row is free again
        probing.owner = counters.free_probing
        counters.free_probing = flow.probing
        flow.probing = 0
