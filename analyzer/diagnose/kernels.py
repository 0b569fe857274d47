"""The verdict of every flow, once the capture has ended (design 5)."""

import numpy as np
from numba import njit

from analyzer import kernel_cache, kinds  # noqa: F401  (numba asks it where kernels are kept)
from analyzer.sequence import precedes


@njit(nogil=True, _nrt=False)
def silent_prober(flow, probings, end_ns):
    """The side whose probes ended in silence: (side, True), else (side still waiting or 2, False).

    Silence: at least two unanswered probes, then more than twice their last spacing without
    another. Where the peer was never captured, silence proves nothing.
    """
    waiting = 2
    if flow.probing == 0:
        return waiting, False
    for index in range(2):
        prober = probings[flow.probing - 1].side[index]
        if prober.waiting == 0 or not flow.side[1 - index].marks & kinds.SIDE_SENT:
            continue
        waiting = index
        if prober.waiting >= 2 and prober.spacing_ns != kinds.MISSING:
            if end_ns - prober.last_time > 2 * prober.spacing_ns:
                return index, True
    return waiting, False


@njit(nogil=True, _nrt=False)
def stalled_side(flow, stalled_retransmissions, stalled_ns):
    """The side whose last data was sent again and again without an answer, or 2."""
    for index in range(2):
        x = flow.side[index]
        behind = not x.marks & kinds.SIDE_ACKED or precedes(np.int64(x.acked), np.int64(x.next_seq))
        if x.retransmissions == 0 or not behind:
            continue
        long = x.pending_since != 0 and x.last_time - x.pending_since >= stalled_ns
        if x.retransmissions >= stalled_retransmissions or long:
            return index
    return 2


@njit(nogil=True, _nrt=False)
def has_stopped(prober, peer, end_ns):
    """Whether the next probe is long overdue: the peer was not heard for twice the prober's longest wait.

    Of what it waits: its keepalive time, or the last spacing. Where neither was seen, nobody knows.
    """
    wait_ns = max(prober.idle_ns, prober.spacing_ns)
    return wait_ns != kinds.MISSING and end_ns - peer.last_time > 2 * wait_ns


@njit(nogil=True, _nrt=False)
def was_answered(flow, probings, end_ns):
    """Whether the flow's latest probe was answered (not by a RST), and the next may be yet to come."""
    if flow.probing == 0:
        return False
    last = kinds.MISSING
    answered = False
    for index in range(2):
        prober = probings[flow.probing - 1].side[index]
        if prober.probes + prober.window_probes > 0 and prober.last_time > last:
            last = prober.last_time
            answered = prober.waiting == 0 and not has_stopped(prober, flow.side[1 - index], end_ns)
    return answered


@njit(nogil=True, _nrt=False)
def heard_lately(flow, end_ns):
    """Whether both sides were heard from within twice the longest pause that was survived so far."""
    longest_s = max(flow.side[0].longest_pause_s, flow.side[1].longest_pause_s)
    earlier = min(flow.side[0].last_time, flow.side[1].last_time)
    return (end_ns - earlier) * 1e-9 <= 2.0 * longest_s


@njit(nogil=True, _nrt=False)
def verdict_at_end(flow, probings, end_ns, stalled_retransmissions, stalled_ns):
    """The verdict of a flow that no frame decided, and the side it is about."""
    a = flow.side[0].marks
    b = flow.side[1].marks
    if (a ^ b) & kinds.SIDE_FIN:
        return kinds.HALF_CLOSED, 0 if a & kinds.SIDE_FIN else 1
    prober, dead = silent_prober(flow, probings, end_ns)
    if dead:
        return kinds.PEER_DEAD, prober
    if prober < 2:
        return kinds.PROBING, prober
    side = stalled_side(flow, stalled_retransmissions, stalled_ns)
    if not a & b & kinds.SIDE_SENT:
        return kinds.UNKNOWN, kinds.NO_SENDER
    if side < 2:
        return kinds.STALLED, side
    if not flow.marks & kinds.FLOW_ESTABLISHED and not a & b & kinds.SIDE_TALKED:
        return kinds.UNKNOWN, kinds.NO_SENDER
    if was_answered(flow, probings, end_ns) or heard_lately(flow, end_ns):
        return kinds.ALIVE, kinds.NO_SENDER
    return kinds.OPEN, kinds.NO_SENDER


@njit(nogil=True, _nrt=False)
def verdict_of(flow, probings, end_ns, stalled_retransmissions, stalled_ns):
    """The verdict of a flow in the order of design 5, and the side it is about."""
    a = flow.side[0].marks
    b = flow.side[1].marks
    if flow.verdict == kinds.REFUSED:
        return kinds.REFUSED, np.int64(flow.decided_by)
    beyond = kinds.SIDE_TALKED | kinds.SIDE_SYN_ACK
    only_syns = (a | b) & kinds.SIDE_BARE_SYN and not (a | b) & beyond
    if only_syns and not a & b & kinds.SIDE_SENT and not flow.marks & kinds.FLOW_RESET:
        return kinds.NO_ANSWER, 0
    if flow.marks & kinds.FLOW_CLOSED:
        return kinds.CLOSED, np.int64(flow.first_closer & 1)
    if flow.verdict != kinds.UNDECIDED:
        return np.int64(flow.verdict), np.int64(flow.decided_by)
    return verdict_at_end(flow, probings, end_ns, stalled_retransmissions, stalled_ns)


@njit(cache=True, nogil=True, _nrt=False)
def settle_verdicts(flows, probings, end_ns, stalled_retransmissions, stalled_ns, counts):
    """Give every flow its verdict, and count them.

    flows     FLOW[f], verdict and decided_by are written
    probings  PROBING[p], read only
    end_ns    int64, time of the capture's last frame
    counts    int64[number of verdicts], increased
    """
    for position in range(len(flows)):
        flow = flows[position]
        verdict, side = verdict_of(flow, probings, end_ns, stalled_retransmissions, stalled_ns)
        flow.verdict = verdict
        flow.decided_by = side
        counts[verdict] += 1


@njit(cache=True, nogil=True, _nrt=False)
def judge_verdicts(flows, probings, now_ns, stalled_retransmissions, stalled_ns, verdicts):
    """What the verdict of every flow would be, if the capture ended now.

    flows, probings  FLOW[f] and PROBING[p], read only
    now_ns           int64
    verdicts         uint8[f], written
    """
    for position in range(len(flows)):
        verdict, side = verdict_of(flows[position], probings, now_ns, stalled_retransmissions, stalled_ns)
        verdicts[position] = verdict
