"""Which RST decided a flow's verdict (design 5, second group): the first in frame order."""

import numpy as np

from analyzer import kinds
from analyzer.track.kernels.lookup import sender_in
from analyzer.track.kernels.measures import has_own_ttl, hop_distance, knows_hops
from analyzer.track.kernels.probes import is_pure_ack, probing_of
from analyzer.track.kernels.steps import aside, step


@aside
def decide(flow, verdict, sender, frame):
    """Set the verdict unless an earlier frame has."""
    if flow.verdict == kinds.UNDECIDED:
        x = flow.side[sender]
        flow.decided_life = x.last_time if x.marks & kinds.SIDE_SENT else kinds.MISSING
        flow.verdict = verdict
        flow.decided_by = sender
        flow.decided_frame = frame


@aside
def go_on(flow, row, sender, segment, last_time, probings, counters):
    """A RST decides nothing if both sides go on behind it: its sender, then its receiver.

    RFC 5961 3.2: a receiver ignores a RST that is not exactly at the next sequence number. The one in
    whose name it was sent never knew of it; the other's segments count once none can be in flight.
    """
    if segment.control & (kinds.FLAG_SYN | kinds.FLAG_RST):
        return
    if sender == flow.decided_by:
        probing = probing_of(flow, row, last_time, probings, counters)
        if probing.reset_time == kinds.MISSING:
            probing.reset_time = flow.side[sender].last_time
        return
    if flow.probing == 0:
        return
    probing = probings[flow.probing - 1]
    if probing.reset_time != kinds.MISSING and segment.time_ns - probing.reset_time >= counters.teardown_ns:
        probing.reset_time = kinds.MISSING
        flow.verdict = kinds.UNDECIDED
        flow.decided_by = 0
        flow.decided_frame = 0
        flow.decided_life = kinds.MISSING
        flow.marks = np.int64(flow.marks) & ~kinds.FLOW_RESET
        if not (flow.side[0].marks | flow.side[1].marks) & kinds.SIDE_FIN:
            flow.first_closer = kinds.NO_SENDER


@aside
def reset_verdict(flow, sender, segment, kind):
    """What a RST says became of the connection, the first row of design 5 that fits."""
    x = flow.side[sender]
    y = flow.side[1 - sender]
    only_syns = not (x.marks | y.marks) & (kinds.SIDE_TALKED | kinds.SIDE_SYN_ACK)
    if only_syns and y.marks & kinds.SIDE_BARE_SYN and not x.marks & kinds.SIDE_BARE_SYN:
        return kinds.REFUSED
    distance = hop_distance(np.int64(segment.ttl))
    if x.hops != 0 and not knows_hops(x, distance) and not has_own_ttl(x, distance):
        return kinds.MIDDLEBOX_RESET
    if kind == kinds.KEEPALIVE_RESET and not x.marks & kinds.SIDE_FIN:
        return kinds.PEER_REBOOTED
    if kind == kinds.KEEPALIVE_TIMEOUT:
        return kinds.PEER_DEAD
    if (x.marks ^ y.marks) & kinds.SIDE_FIN:
        return kinds.HALF_CLOSED
    return kinds.RESET_VERDICT


@aside
def is_challenge(flow, flows, sender, segment):
    """Whether a bare ACK during a handshake speaks for the connection that the 4-tuple had before.

    RFC 9293 3.10.7.4: a SYN in a synchronized state is answered with an ACK of what was expected.
    """
    y = flow.side[1 - sender]
    if flow.side[sender].marks & kinds.SIDE_SYN or not y.marks & kinds.SIDE_SYN:
        return False
    if segment.length != 0 or not is_pure_ack(segment):
        return False
    old = flows[flow.previous - 1]
    old_sender = sender_in(old, segment)
    return (
        old_sender < 2
        and old.side[1 - old_sender].marks & kinds.SIDE_NEXT != 0
        and segment.ack == old.side[1 - old_sender].next_seq
    )


@aside
def answers_challenge(flow, flows, sender, segment):
    """Whether a RST answers that challenge ACK: the old peer has forgotten the connection."""
    if not flow.marks & kinds.FLOW_CHALLENGED:
        return False
    old = flows[flow.previous - 1]
    old_sender = sender_in(old, segment)
    if segment.seq != old.side[old_sender].next_seq:
        return False
    decide(old, kinds.PEER_REBOOTED, old_sender, segment.frame)
    return True


@step
def speaks_of_old_flow(flow, flows, sender, segment):
    """Whether a segment of a handshake belongs to the connection that the 4-tuple had before.

    That is the old peer's challenge ACK, and the RST that answers it; neither changes this flow.
    """
    if flow.previous == 0:
        return False
    if segment.control & kinds.FLAG_RST:
        return answers_challenge(flow, flows, sender, segment)
    if is_challenge(flow, flows, sender, segment):
        flow.marks |= kinds.FLOW_CHALLENGED
        return True
    return False
