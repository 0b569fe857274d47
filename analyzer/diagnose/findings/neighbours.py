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


def unanswered(arp: Rows, address: int, since_ns: int, until_ns: int) -> Rows:
    """The requests for an address in this time, if it never showed itself by ARP after the first of them."""
    inside = (arp.time_ns > since_ns) & (arp.time_ns <= until_ns)
    asked = inside & (arp.kind == kinds.ARP_ASK) & (arp.ack == address) & (arp.seq != address)
    if not asked.any():
        return taken(arp, asked)
    first_ns = arp.time_ns[asked].min()
    showed = (arp.seq == address) & (arp.time_ns >= first_ns) & (arp.time_ns <= until_ns)
    return taken(arp, asked & ~showed.any())


def hears_replies(arp: Rows, asker: int) -> bool:
    """Whether the capture has replies to this host, which a switch sends to nobody else."""
    return bool(((arp.kind == kinds.ARP_TELL) & (arp.ack == asker)).any())


def in_vain(arp: Rows, waiting: Waiting) -> Rows:
    """The requests that explain why one peer is silent: for itself, or its asker's for a gateway.

    waiting: connections of the same asker to the same peer.
    """
    asker, peer = int(waiting.asker[0]), int(waiting.peer[0])
    since_ns, until_ns = int(waiting.since_ns.min()), int(waiting.until_ns.max())
    own = unanswered(arp, peer, since_ns, until_ns)
    if len(own):
        who = [each for each in np.unique(own.seq).tolist() if each == asker or hears_replies(arp, each)]
        return taken(own, np.isin(own.seq, who))
    asked = (arp.kind == kinds.ARP_ASK) & (arp.seq == asker) & (arp.time_ns > since_ns)
    best = own
    for gateway in np.unique(arp.ack[asked & (arp.ack != asker)]).tolist():
        requests = unanswered(arp, gateway, since_ns, until_ns)
        requests = taken(requests, requests.seq == asker)
        best = requests if len(requests) > len(best) else best
    return best


def silences(context: Context, picked: Picked, rows: Rows) -> Iterator[Finding]:
    """One finding for each address that nobody answers for."""
    if not len(picked) or not len(context.arp):
        return
    waiting = waiting_of(context, picked)
    pair = waiting.asker.astype(np.uint64) << np.uint64(32) | waiting.peer
    _, group = np.unique(pair, return_inverse=True)
    told: dict[tuple[int, bool], list[tuple[Waiting, Rows]]] = {}
    for number in range(int(group.max()) + 1):
        some = waiting.of(group == number)
        requests = in_vain(context.arp, some)
        if len(requests) >= LEAST:
            address = int(requests.ack[0])
            told.setdefault((address, address == int(some.peer[0])), []).append((some, requests))
    for (address, is_peer), parts in told.items():
        yield tell_silence(context, address, is_peer, parts)


def tell_silence(context: Context, address: int, is_peer: bool, parts: list[tuple[Waiting, Rows]]) -> Finding:
    """Nobody answers for this address. parts: who waits, and the requests, by asker and peer."""
    rows = {int(each.frame): each for _, requests in parts for each in requests}
    frames = sorted(rows)
    flows = np.sort(np.concatenate([some.row for some, _ in parts]))
    askers = sorted({text(int(each.seq)) for each in rows.values()})
    start_ns, end_ns = (int(rows[frames[place]].time_ns) for place in (0, -1))
    who = text(address)
    meaning = f"{who} is switched off, off the network, or has another address now"
    if not is_peer:
        meaning = f"if {who} is the gateway to the peer, the way there is broken at the first step"
    return context.finding(
        found.ARP_UNANSWERED,
        f"{' and '.join(askers[:2])}{' and others' if askers[2:] else ''} asked for {who} by ARP "
        f"{counted(len(frames), 'time')} from {moment(start_ns)} to {moment(end_ns)} ({listed(frames)}) and "
        f"got no answer, while {counted(len(flows), 'connection')} waited for {'it' if is_peer else 'a peer'}: "
        f"{meaning}",
        f"`ip neigh show {who}` on {askers[0]} says FAILED or INCOMPLETE if so. Look at the power, cable, "
        f"switch port and VLAN of {who}; `arping -c 3 {who}` shows when it is back.",
        Proof(
            frames,
            start_ns,
            end_ns,
            found.CERTAIN if is_peer and len(frames) >= CERTAIN else found.LIKELY,
            unseen=True,
        ),
        found.OF_HOST,
        flows,
    )


def text(address: int) -> str:
    """192.0.2.1"""
    return address_text(0, MAPPED << 32 | address)


WIDE_CHECKS = (WideCheck((found.ARP_UNANSWERED,), silences, waits, wants=(kinds.ARP_ASK, kinds.ARP_TELL)),)
