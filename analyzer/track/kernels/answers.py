"""What ends the waiting of a probe: an answer, or a reset (design 4.2)."""

import numpy as np

from analyzer import kinds
from analyzer.sequence import advance, precedes
from analyzer.track.kernels.giving_up import gave_up, keeps_its_place
from analyzer.track.kernels.probes import confirm_tentative, drop_tentative, window_closed
from analyzer.track.kernels.steps import aside, step


@step
def is_dsack_of(segment, seq):
    """Whether the first SACK block reports octet `seq` as received twice (RFC 2883 4)."""
    return (
        segment.options & kinds.OPTION_SACK != 0
        and np.int64(segment.sack_left) == seq
        and np.int64(segment.sack_right) == advance(seq, 1)
    )


@step
def close_waiting(prober, segment, with_rtt, event):
    """The prober's last probe is answered by `segment`; with several waiting the RTT is ambiguous."""
    event.answers = prober.last_frame
    if with_rtt and prober.waiting == 1:
        event.rtt_ns = segment.time_ns - prober.last_time
    prober.waiting = 0
    prober.answer_timed = 1 if segment.options & kinds.OPTION_TIMESTAMPS else 0
    prober.answer_tsval = segment.tsval


@step
def count_answer(prober):
    """Count the answered probe, if it is a keep-alive probe."""
    if prober.kind == kinds.KEEPALIVE_PROBE:
        prober.replies += 1


@step
def reply_kind(prober):
    """The label of a bare ACK that answers the prober's last probe."""
    return kinds.KEEPALIVE_REPLY if prober.kind == kinds.KEEPALIVE_PROBE else kinds.ZERO_WINDOW_REPLY


@aside
def prove_tentative(flow, probings, sender, segment, counters, event):
    """A bare ACK of `sender` may prove the other side's tentative segments; its label or NO_KIND."""
    prober_side = 1 - sender
    x = flow.side[prober_side]
    probing = probings[flow.probing - 1]
    prober = probing.side[prober_side]
    seq = np.int64(prober.last_seq)
    if np.int64(segment.ack) != advance(seq, 1):
        return kinds.NO_KIND
    if prober.last_length == 1 and not is_dsack_of(segment, seq):
        drop_tentative(flow, probings, prober_side, counters)  # it was data
        return kinds.NO_KIND
    y = flow.side[sender]
    closed = window_closed(y) if y.marks & kinds.SIDE_WINDOW else segment.window == 0
    confirm_tentative(probing, prober_side, x, closed)
    count_answer(prober)
    close_waiting(prober, segment, True, event)
    return reply_kind(prober)


@step
def answer_kind(flow, probings, sender, segment, labelled, counters, event):
    """Settle what the other side's probes wait for; the label of an answer, or NO_KIND.

    The segment is no RST and no probe of its own. labelled: table 4.1 has given it a label
    already, so it is no bare ACK here. Writes event.answers and event.rtt_ns.
    """
    if flow.probing == 0 or not segment.control & kinds.FLAG_ACK:
        return kinds.NO_KIND
    payload = segment.length > 0 or segment.control & kinds.FLAG_FIN != 0
    bare = not payload and not labelled and not segment.control & kinds.FLAG_SYN
    if bare and flow.side[1 - sender].marks & kinds.SIDE_TENTATIVE:
        proven = prove_tentative(flow, probings, sender, segment, counters, event)
        if proven != kinds.NO_KIND or flow.probing == 0:
            return proven
    prober = probings[flow.probing - 1].side[1 - sender]
    if prober.waiting == 0:
        return kinds.NO_KIND
    ack = np.int64(segment.ack)
    probed = np.int64(prober.last_seq)
    if ack == advance(probed, 1) and (bare or payload):
        count_answer(prober)
        close_waiting(prober, segment, True, event)
        return reply_kind(prober) if bare else kinds.NO_KIND
    if bare and ack == probed and prober.at_next:
        count_answer(prober)
        close_waiting(prober, segment, True, event)
        return kinds.ZERO_WINDOW_REPLY
    if precedes(advance(probed, 1), ack):
        count_answer(prober)
        close_waiting(prober, segment, False, event)
    return kinds.NO_KIND


@step
def knows_no_connection(flow, prober, sender, segment):
    """Whether a RST is made from the probe alone, by a host without state (RFC 9293 3.5.2).

    It is bare, and its sequence number is what the probe acknowledged. Other stacks set ACK, but
    only a host that still knows the connection has both numbers: then its application aborts.
    """
    if not segment.control & kinds.FLAG_ACK:
        return segment.seq == prober.last_ack
    from_state = segment.seq == flow.side[sender].next_seq and segment.ack == flow.side[1 - sender].next_seq
    return not from_state


@aside
def reset_kind(flow, probings, sender, segment, counters, event):
    """The label of a RST: the answer of a peer that knows no connection, giving up, or neither."""
    if flow.probing == 0:
        return kinds.RESET
    probing = probings[flow.probing - 1]
    prober = probing.side[1 - sender]
    own = probing.side[sender]
    gives_up = own.last_time != kinds.MISSING and gave_up(
        flow.side[sender], flow.side[1 - sender], own, segment, counters
    )
    soon = segment.time_ns - prober.last_time < counters.reset_answer_ns
    answers = prober.waiting > 0 and soon and knows_no_connection(flow, prober, sender, segment)
    # Both sides probing: giving up keeps its place, a lost connection sends a bare RST (RFC 9293 3.5.2).
    if answers and not (gives_up and keeps_its_place(flow.side[sender], segment)):
        after_keepalive = prober.kind == kinds.KEEPALIVE_PROBE
        if after_keepalive:
            prober.resets += 1
        close_waiting(prober, segment, True, event)
        return kinds.KEEPALIVE_RESET if after_keepalive else kinds.RESET
    acknowledges_more = precedes(advance(np.int64(prober.last_seq), 1), np.int64(segment.ack))
    if prober.waiting > 0 and segment.control & kinds.FLAG_ACK and acknowledges_more:
        count_answer(prober)
        close_waiting(prober, segment, False, event)
    if gives_up:
        own.waiting = 0
        return kinds.KEEPALIVE_TIMEOUT
    return kinds.RESET
