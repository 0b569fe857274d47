"""The TCP state of each end at any moment, inferred (RFC 9293 3.3.2 and 3.6).

What was seen on the wire counts as heard by the other end at once. FIN-WAIT-2 lasts until something
ends it: that a kernel gives it up by a timer of its own is not seen. What a host heard whose
answers ceased, or that was not captured, is UNKNOWN.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analyzer import kinds
from analyzer.facts import CaptureResult

Times = NDArray[np.int64]

CLOSED, LISTEN, SYN_SENT, SYN_RECEIVED, ESTABLISHED = range(5)
FIN_WAIT_1, FIN_WAIT_2, CLOSE_WAIT, CLOSING, LAST_ACK, TIME_WAIT, NOT_KNOWN = range(5, 12)
NOT_YET = 255
"""The connection did not exist."""

NEVER = np.iinfo(np.int64).max
ENDED_BY_RESET = (kinds.REFUSED, kinds.RESET_VERDICT, kinds.MIDDLEBOX_RESET, kinds.PEER_REBOOTED)


@dataclass(frozen=True)
class Seen:
    """When the events of some flows show what FLOW only says has happened; ns, MISSING: no event.

    syn, last_syn, syn_ack, fin, int64[n, 2]: of each side the first and last SYN with or without
    ACK, the first SYN-ACK, the first FIN. Of the flow, int64[n]: the ACK that completed the
    handshake, the RST that ended it, the first probe that a dead peer did not answer, and the
    SYN-ACK of the next flow with the same 4-tuple.
    """

    syn: Times
    last_syn: Times
    syn_ack: Times
    fin: Times
    handshake: Times
    reset: Times
    unanswered: Times
    replaced: Times

    def of(self, rows: NDArray[np.int64]) -> Seen:
        """The same of some of the flows."""
        return Seen(*(getattr(self, field.name)[rows] for field in fields(self)))


def nothing_seen(count: int) -> Seen:
    """What is known of that many flows before their events are looked at."""
    pairs = [np.full((count, 2), kinds.MISSING, np.int64) for _ in range(4)]
    return Seen(*pairs, *(np.full(count, kinds.MISSING, np.int64) for _ in range(4)))


@dataclass(frozen=True)
class Moments:
    """When what happened to both sides of n flows: int64[n, 2], ns, NEVER for what did not.

    opened: since when the side is known to have the connection. closed: a RST, or the port is
    used anew. lost: from then on nothing is known of the side. expires: TIME-WAIT is over.
    passive, bool[n, 2]: the peer closed first, and this side heard it before it closed.
    """

    opened: Times
    syn: Times
    syn_ack: Times
    established: Times
    fin: Times
    fin_acked: Times
    closed: Times
    lost: Times
    expires: Times
    passive: NDArray[np.bool_]

    def times(self) -> Times:
        """int64[n, k]: every moment at which a state may change, in order of time."""
        return np.sort(np.hstack([getattr(self, each.name) for each in fields(self)[:-1]]), axis=1)


def moments_of(result: CaptureResult, rows: NDArray[np.int64], seen: Seen, time_wait_ns: int) -> Moments:
    """What happened to the flows `rows`, and when; seen: of these flows.

    What has no event is taken to have happened when the flow began, so that without any events the
    states at the capture's end come out the same.
    """
    flows = np.asarray(result.flows)[rows]
    marks = flows["side"]["marks"]
    start = flows["start"][:, None]
    opened = opening(result, flows)
    sent, talked = has(marks, kinds.SIDE_SENT), has(marks, kinds.SIDE_TALKED)
    shaken = has(flows["marks"], kinds.FLOW_ESTABLISHED)[:, None]
    handshake = np.where(shaken, timed(seen.handshake[:, None], start), seen.last_syn.max(axis=1)[:, None])
    any_syn = (marks & kinds.SIDE_SYN != 0).any(axis=1)[:, None]
    fin = happened(has(marks, kinds.SIDE_FIN), np.maximum(timed(seen.fin, start), seen.last_syn))
    closed, lost = endings(result, rows, flows, seen)
    one_way = talked & ~sent[:, ::-1]  # nobody knows what its FIN met
    syn = happened(has(marks, kinds.SIDE_BARE_SYN), timed(seen.syn, start))
    syn_ack = happened(has(marks, kinds.SIDE_SYN_ACK), timed(seen.syn_ack, start))
    established = happened(sent & (talked | shaken), np.where(any_syn, np.maximum(handshake, start), opened))
    heard = np.minimum(np.minimum(syn, syn_ack), np.minimum(established, closed))
    return Moments(
        opened=np.where(sent & any_syn & (heard != NEVER), np.maximum(opened, heard), opened),
        syn=syn,
        syn_ack=syn_ack,
        established=established,
        fin=fin,
        fin_acked=happened(has(marks, kinds.SIDE_FIN_ACKED), flows["side"]["fin_acked_time"]),
        closed=closed,
        lost=np.where(one_way, np.minimum(lost, fin), lost),
        # any segment of the peer begins it anew (RFC 9293 3.10.7.4), and is answered
        expires=np.repeat(flows["side"]["last_time"].max(axis=1)[:, None] + time_wait_ns, 2, axis=1),
        passive=flows["first_closer"][:, None] == np.array([1, 0]),
    )


def opening(result: CaptureResult, flows: NDArray[Any]) -> Times:
    """int64[n, 1]: when the first segment came, or the capture began that found the connection open."""
    marks = flows["side"]["marks"]
    found_open = has(marks, kinds.SIDE_TALKED).all(axis=1) & (marks & kinds.SIDE_SYN == 0).all(axis=1)
    return np.where(found_open, result.start_ns, flows["start"])[:, None]


def endings(
    result: CaptureResult, rows: NDArray[np.int64], flows: NDArray[Any], seen: Seen
) -> tuple[Times, Times]:
    """When each side was closed at once, and from when on nothing is known of it."""
    count = np.arange(len(flows))
    verdict, by = flows["verdict"], flows["decided_by"].astype(np.int64) & 1
    reset = has(flows["marks"], kinds.FLOW_RESET) | np.isin(verdict, ENDED_BY_RESET)
    when = happened(reset, timed(seen.reset, flows["start"]))
    closed = np.repeat(when[:, None], 2, axis=1)
    lost = np.full((len(flows), 2), NEVER, np.int64)
    dead = verdict == kinds.PEER_DEAD  # it has not heard the prober's RST
    peer = count[dead], 1 - by[dead]
    closed[peer] = NEVER
    last_heard = np.maximum(flows["side"]["last_time"][peer], flows["start"][dead])
    lost[peer] = timed(seen.unanswered[dead], last_heard)
    silent = np.flatnonzero(dead & ~reset)  # it stopped probing: it gave up unseen, or is gone itself
    lost[silent, by[silent]] = next_probe_due(result, flows[silent], by[silent])
    forged = verdict == kinds.MIDDLEBOX_RESET  # it never sent that RST, and nobody told it
    lost[count[forged], by[forged]] = when[forged]
    closed[count[forged], by[forged]] = NEVER
    return np.minimum(closed, reuse(result, rows, flows, seen)), lost


def next_probe_due(result: CaptureResult, flows: NDArray[Any], prober: NDArray[np.int64]) -> Times:
    """When probers that fell silent should have probed again."""
    side = np.asarray(result.probings)["side"][flows["probing"].astype(np.int64) - 1, prober]
    due: Times = side["last_time"] + np.maximum(side["spacing_ns"], 0)
    return due


def reuse(result: CaptureResult, rows: NDArray[np.int64], flows: NDArray[Any], seen: Seen) -> Times:
    """int64[n, 2]: when the next flow of the same 4-tuple took the place of each side.

    One host has one socket for a 4-tuple: the sender of the new SYN has closed its old one, the
    other has once it answers with a SYN-ACK.
    """
    taken = np.full((len(flows), 2), NEVER, np.int64)
    row = result.successors[rows].astype(np.int64)
    old = np.flatnonzero(row)
    if not len(old):
        return taken
    new = np.asarray(result.flows)[row[old] - 1]
    same = np.ones(len(old), bool)
    for name in ("address_high", "address_low", "port"):
        same &= new[name][:, 0] == flows[name][old, 0]
    opener = np.where(same, 0, 1)
    taken[old, opener] = new["start"]
    answered = has(new["side"]["marks"][:, 1], kinds.SIDE_SYN_ACK)
    taken[old, 1 - opener] = happened(answered, timed(seen.replaced[old], new["start"]))
    return taken


def has(marks: NDArray[Any], bit: int) -> NDArray[np.bool_]:
    """Which marks hold the bit."""
    holds: NDArray[np.bool_] = (marks & bit) != 0
    return holds


def happened(what: NDArray[np.bool_], times: NDArray[Any]) -> Times:
    """The times of what happened, NEVER for the rest."""
    return np.where(what, times, NEVER)


def timed(times: NDArray[Any], otherwise: NDArray[Any]) -> Times:
    """The times, or what stands in for missing ones."""
    return np.where(times == kinds.MISSING, otherwise, times)


def states_at(moments: Moments, at_ns: Times) -> NDArray[np.uint8]:
    """uint8[n, 2]: the states of both sides at a moment of each flow (int64[n, 1], or one for all)."""
    over = moments.closed <= at_ns
    unknown = moments.lost <= at_ns
    sent, acked = moments.fin <= at_ns, moments.fin_acked <= at_ns
    heard, peer_acked = sent[:, ::-1], acked[:, ::-1]
    both = sent & heard
    waiting = both & (at_ns < moments.expires)
    shape = np.broadcast_shapes(over.shape, np.shape(at_ns))
    choices = (
        (np.broadcast_to(moments.opened > at_ns, shape), NOT_YET),
        (over, CLOSED),
        (unknown, NOT_KNOWN),
        (both & moments.passive, np.where(acked, CLOSED, LAST_ACK)),
        (both & ~acked, np.where(peer_acked, CLOSING, FIN_WAIT_1)),
        (both, np.where(waiting, TIME_WAIT, CLOSED)),
        (sent, np.where(acked, FIN_WAIT_2, FIN_WAIT_1)),
        (heard & peer_acked, CLOSE_WAIT),
        (moments.established <= at_ns, ESTABLISHED),
        (moments.syn_ack <= at_ns, SYN_RECEIVED),
        (moments.syn <= at_ns, SYN_SENT),
    )
    states: NDArray[np.uint8] = np.select(
        [condition for condition, _ in choices], [state for _, state in choices], NOT_KNOWN
    ).astype(np.uint8)
    return states


def end_states(result: CaptureResult, rows: NDArray[np.int64], time_wait_ns: int) -> NDArray[np.uint8]:
    """uint8[n, 2]: states of side 0 and side 1 of some flows when the capture ended."""
    moments = moments_of(result, rows, nothing_seen(len(rows)), time_wait_ns)
    return states_at(moments, np.full((1, 1), result.end_ns))
