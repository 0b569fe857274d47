"""Why a peer is silent, by those between: routers that say so in ICMP errors."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from analyzer import found, kinds
from analyzer.diagnose.case import Case
from analyzer.diagnose.context import Context, Flows
from analyzer.diagnose.findings.finding import Check, Mask, Picked
from analyzer.diagnose.proof import Proof
from analyzer.facts import Finding, Rows
from analyzer.wording import MAPPED, address_text, counted, listed, moment

UNREACHABLE = {  # ICMP, by type and code: RFC 792, RFC 1812 5.2.7.1
    3: {
        0: "network unreachable",
        1: "host unreachable",
        2: "protocol unreachable",
        3: "port unreachable",
        5: "source route failed",
        6: "network unknown",
        7: "host unknown",
        9: "network administratively prohibited",
        10: "host administratively prohibited",
        11: "network unreachable for this type of service",
        12: "host unreachable for this type of service",
        13: "communication administratively prohibited",
        14: "host precedence violation",
        15: "precedence cutoff",
    },
    11: {0: "time to live exceeded"},
}
UNREACHABLE_6 = {  # ICMPv6: RFC 4443 3.1 and 3.3
    1: {
        0: "no route to destination",
        1: "communication administratively prohibited",
        2: "beyond scope of source address",
        3: "address unreachable",
        4: "port unreachable",
        5: "source address failed ingress or egress policy",
        6: "reject route to destination",
    },
    3: {0: "hop limit exceeded"},
}
TOO_BIG = {"ICMP": ((3, 4), "fragmentation needed"), "ICMPv6": ((2, 0), "packet too big")}
PROHIBITED = ("prohibited", "policy", "reject route", "port unreachable", "protocol unreachable")
"""What firewalls say; TCP itself never says that a port is unreachable (RFC 1122 4.2.3.9)."""

HALF_MASK = 0xFFFF_FFFF_FFFF_FFFF


def is_quoted(flows: Flows) -> Mask:
    """An ICMP error quotes one of its segments."""
    return flows.marked(kinds.FLOW_ICMP)


def said_by(pairs: dict[int, dict[int, str]], rows: Rows) -> Mask:
    """Which ICMP errors are of these types and codes."""
    said = np.zeros((256, 256), np.bool_)
    for kind, codes in pairs.items():
        said[kind, list(codes)] = True
    told: Mask = said[rows.ttl, rows.control]
    return told


def have_errors(context: Context, picked: Picked, rows: Rows) -> Mask:
    """An error says that a segment was not delivered; or that one was too big, and it stuck there."""
    flows = context.result.flows[picked]
    is_4 = (flows["address_high"][:, 0] == 0) & (flows["address_low"][:, 0] >> np.uint64(32) == MAPPED)
    stuck = (flows["side"]["retransmissions"] != 0).any(axis=1)
    place = np.searchsorted(picked, rows.flow)
    too_big_4, too_big_6 = ({kind: {code: ""}} for (kind, code), _ in TOO_BIG.values())
    told = np.where(is_4[place], said_by(UNREACHABLE, rows), said_by(UNREACHABLE_6, rows))
    told |= stuck[place] & np.where(is_4[place], said_by(too_big_4, rows), said_by(too_big_6, rows))
    having: Mask = np.zeros(len(picked), np.bool_)
    having[place[told]] = True
    return having


def words_of(case: Case, error: Any) -> str | None:
    """What an ICMP error says, None where it is nothing to tell."""
    is_4 = not case.flow.address_high[0] and case.flow.address_low[0] >> 32 == MAPPED
    told = (UNREACHABLE if is_4 else UNREACHABLE_6).get(error.ttl, {}).get(error.control)
    if told:
        return told
    pair, told = TOO_BIG["ICMP" if is_4 else "ICMPv6"]
    stuck = any(side.retransmissions for side in case.flow.side)
    return told if stuck and (error.ttl, error.control) == pair else None


def tell_errors(case: Case) -> Finding | None:
    """Who says what, about which segments, and what came of it."""
    errors = [(each, words_of(case, each)) for each in case.of(kinds.ICMP)]
    by_source = Counter((reporter_of(each), words) for each, words in errors if words)
    if not by_source:
        return None
    (reporter, words), _ = by_source.most_common(1)[0]
    own = [each for each, said in errors if said == words and reporter_of(each) == reporter]
    sender = min(own[-1].otherwise, 1)
    peer = 1 - sender
    quoted = [frame for each in own if (frame := quoted_frame(case, each))]
    quoted = sorted(set(quoted))
    who = f"{reporter} (the {case.name(peer)} itself)" if reporter == case.address(peer) else reporter
    protocol = "ICMP" if not case.flow.address_high[0] else "ICMPv6"
    about = f" about the {case.name(sender)}'s {listed(quoted)}" if quoted else f" to the {case.name(sender)}"
    others = len(by_source) - 1
    more = f"; {counted(others, 'other error')} beside" if others else ""
    return case.finding(
        found.ICMP_UNREACHABLE,
        f'{who} said "{words}" ({protocol} type {own[0].ttl} code {own[0].control}) '
        f"{counted(len(own), 'time')} ({listed([each.frame for each in own])}){about}{more}: "
        f"{meaning(case, words, own[-1], peer)}",
        advise(case, reporter, words, peer),
        Proof(sorted([*quoted[:2], *(each.frame for each in own)]), own[0].time_ns, own[-1].time_ns),
    )


def meaning(case: Case, words: str, last: Any, peer: int) -> str:
    """What the errors explain."""
    if words in (words_ for _, words_ in TOO_BIG.values()):
        return "its larger segments do not fit through the path, though the peer is not out of reach"
    heard = case.flow.side[peer].last_time
    if case.flow.side[peer].marks & kinds.SIDE_SENT and heard > last.time_ns:
        return f"they did not arrive, though the {case.name(peer)} was heard again by {moment(heard)}"
    what = {kinds.NO_ANSWER: "the SYN", kinds.PEER_DEAD: "the probes", kinds.PROBING: "the probes"}
    left = what.get(case.flow.verdict, "they")
    return f"{left} did not reach the {case.name(peer)}, which is why nothing answers"


def advise(case: Case, reporter: str, words: str, peer: int) -> str:
    """Where to look, and with what."""
    address, port = case.address(peer), case.flow.port[peer]
    if words in (words_ for _, words_ in TOO_BIG.values()):
        return (
            f"Find the smallest MTU with `tracepath {address}`, and let ICMP through to "
            f"{case.address(1 - peer)}; `sysctl -w net.ipv4.tcp_mtu_probing=1` there finds it without."
        )
    if any(word in words for word in PROHIBITED):
        return (
            f"A firewall says so: look on {reporter} for the rule that meets port {port}, "
            "`nft list ruleset` or `iptables -S | grep REJECT`."
        )
    if "exceeded" in words:
        return f"Packets go in circles, or too far: see `traceroute -T -p {port} {address}`."
    return (
        f"On {reporter}: `ip route get {address}` and `ip neigh show {address}` (FAILED: the host is off, "
        "or off its network)."
    )


def reporter_of(error: Any) -> str:
    """The address of who sent an ICMP error."""
    return address_text(error.rtt_ns & HALF_MASK, error.answers & HALF_MASK)


def quoted_frame(case: Case, error: Any) -> int:
    """The frame that an ICMP error quotes, among those that there are rows of; 0 where it is not."""
    return max(
        (
            event.frame
            for event in case.events
            if event.seq == error.seq and event.frame < error.frame and event.sender == error.otherwise
        ),
        default=0,
    )


CHECKS = (Check(found.ICMP_UNREACHABLE, is_quoted, tell_errors, wants=(kinds.ICMP,), holds=have_errors),)
