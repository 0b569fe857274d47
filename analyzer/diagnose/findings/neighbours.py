"""Why a peer is silent, by its own network: nobody answers for its address, or for the gateway's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analyzer import found, kinds
from analyzer.diagnose.context import Context, Flows
from analyzer.diagnose.findings.finding import Mask, Picked, WideCheck
from analyzer.diagnose.proof import Proof
from analyzer.facts import Finding, Rows
from analyzer.records import taken
from analyzer.wording import MAPPED, address_text, counted, listed, moment

LEAST = 2  # requests in vain: one may stand at the capture's end. Our choice; Linux sends three (arp(7))
CERTAIN = 3
MOST_GATEWAYS = 4  # who asks for more addresses in vain is not looking for its gateway: our choice


@dataclass(frozen=True)
class Waiting:
    """Connections of which one side waits for the other. row: FLOW row numbers. asker, peer: IPv4
    addresses of the one and the other. since_ns: when the other was last heard, or the flow's begin.
    until_ns: the last segment of who waits, if it gave up then; else the capture's end.
    """

    row: NDArray[np.int64]
    asker: NDArray[np.uint32]
    peer: NDArray[np.uint32]
    since_ns: NDArray[np.int64]
    until_ns: NDArray[np.int64]

    def of(self, which: Any) -> Waiting:
        """Some of them."""
        return Waiting(
            self.row[which], self.asker[which], self.peer[which], self.since_ns[which], self.until_ns[which]
        )


@dataclass(frozen=True)
class InVain:
    """address: nobody answers for it. is_peer: it is the peer's own. flows: FLOW rows of who waits.
    requests: the ARP requests for it.
    """

    address: int
    is_peer: bool
    flows: NDArray[np.int64]
    requests: Rows


def waits(flows: Flows) -> Mask:
    """Probes or data are unanswered at its end; IPv4, for IPv6 has no ARP."""
    low = flows.flow("address_low")
    is_4 = (flows.flow("address_high")[:, 0] == 0) & (low[:, 0] >> np.uint64(32) == MAPPED)
    waiting: Mask = is_4 & flows.judged(kinds.PEER_DEAD, kinds.PROBING, kinds.STALLED)
    return waiting


def waiting_of(context: Context, picked: Picked) -> Waiting:
    """What is known of them by columns."""
    flows = context.result.flows[picked]
    place = np.arange(len(picked))
    asker = flows["decided_by"].astype(np.int64)
    address = flows["address_low"].astype(np.uint32)  # the low half of a mapped address is IPv4's
    last = flows["side"]["last_time"]
    heard = (flows["side"]["marks"] & kinds.SIDE_SENT) != 0
    since = np.where(heard[place, 1 - asker], last[place, 1 - asker], flows["start"])
    gave_up = (flows["marks"] & kinds.FLOW_RESET) != 0
    until = np.where(gave_up, last[place, asker], context.result.end_ns)
    return Waiting(picked, address[place, asker], address[place, 1 - asker], since, until)


def in_vain(waiting: Waiting, arp: Rows, requests: Rows, is_peer: bool) -> InVain:
    """Who waits while requests for one address go unanswered, and these requests.

    requests: of one address. Whoever sends ARP itself is there: what came before does not count.
    """
    address = requests.ack[0]
    showed = np.sort(arp.time_ns[arp.seq == address])
    asked = np.sort(requests.time_ns)
    last = np.append(np.int64(kinds.MISSING), showed)[np.searchsorted(showed, waiting.until_ns, "right")]
    since = np.maximum(waiting.since_ns, last)
    first, end = np.searchsorted(asked, since, "right"), np.searchsorted(asked, waiting.until_ns, "right")
    lacks = end - first >= LEAST
    inside = np.zeros(len(requests), np.bool_)
    if lacks.any():
        inside = (requests.time_ns > since[lacks].min()) & (requests.time_ns <= waiting.until_ns[lacks].max())
    return InVain(int(address), is_peer, waiting.row[lacks], taken(requests, inside))


def for_peers(waiting: Waiting, arp: Rows, asks: Rows) -> Iterator[InVain]:
    """Requests for a peer itself: of who waits for it, or of a router whose answers the capture would show.

    A switch shows answers to nobody but who asked.
    """
    heard = np.unique(arp.ack[arp.kind == kinds.ARP_TELL])
    for peer in np.intersect1d(waiting.peer, asks.ack).tolist():
        some = waiting.of(waiting.peer == peer)
        own = (asks.ack == peer) & (np.isin(asks.seq, some.asker) | np.isin(asks.seq, heard))
        if own.any():
            yield in_vain(some, arp, taken(asks, own), True)


def for_gateways(waiting: Waiting, arp: Rows, asks: Rows) -> Iterator[InVain]:
    """Requests of who waits for something else, which may be its way to the peer."""
    for asker in np.intersect1d(waiting.asker, asks.seq).tolist():
        own = taken(asks, asks.seq == asker)
        gateways = np.unique(own.ack)
        if len(gateways) <= MOST_GATEWAYS:
            some = waiting.of(waiting.asker == asker)
            tried = [in_vain(some, arp, taken(own, own.ack == each), False) for each in gateways.tolist()]
            yield max(tried, key=lambda each: len(each.requests))


def silences(context: Context, picked: Picked, rows: Rows) -> Iterator[Finding]:
    """One finding for each address that nobody answers for."""
    arp = context.arp
    asks = taken(arp, (arp.kind == kinds.ARP_ASK) & (arp.seq != arp.ack))  # the rest announce themselves
    if not len(picked) or not len(asks):
        return
    waiting = waiting_of(context, picked)
    direct = [each for each in for_peers(waiting, arp, asks) if len(each.flows)]
    asked = np.isin(waiting.peer, asks.ack)  # it is on the same network
    others = for_gateways(waiting.of(~asked), arp, asks)
    for each in (*direct, *(each for each in others if len(each.flows))):
        yield tell_silence(context, each)


def tell_silence(context: Context, vain: InVain) -> Finding:
    """Nobody answers for this address."""
    frames, times_ns = vain.requests.frame.tolist(), vain.requests.time_ns
    askers = [text(each) for each in np.unique(vain.requests.seq).tolist()]
    start_ns, end_ns = int(times_ns.min()), int(times_ns.max())
    who = text(vain.address)
    waited = f"{counted(len(vain.flows), 'connection')} waited for {'it' if vain.is_peer else 'a peer'}"
    meaning = f"{who} is switched off, off the network, or has another address now"
    if not vain.is_peer:
        meaning = f"if {who} is the gateway to the peer, the way there is broken at the first step"
    return context.finding(
        found.ARP_UNANSWERED,
        f"{' and '.join(askers[:2])}{' and others' if askers[2:] else ''} asked for {who} by ARP "
        f"{counted(len(frames), 'time')} from {moment(start_ns)} to {moment(end_ns)} ({listed(frames)}) and "
        f"got no answer, while {waited}: {meaning}",
        f"`ip neigh show {who}` on {askers[0]} says FAILED or INCOMPLETE if so. Look at the power, cable, "
        f"switch port and VLAN of {who}; `arping -c 3 {who}` shows when it is back.",
        Proof(
            frames,
            start_ns,
            end_ns,
            found.CERTAIN if vain.is_peer and len(frames) >= CERTAIN else found.LIKELY,
            unseen=True,
        ),
        found.OF_HOST,
        np.sort(vain.flows),
    )


def text(address: int) -> str:
    """192.0.2.1"""
    return address_text(0, MAPPED << 32 | address)


WIDE_CHECKS = (WideCheck((found.ARP_UNANSWERED,), silences, waits, wants=(kinds.ARP_ASK, kinds.ARP_TELL)),)
