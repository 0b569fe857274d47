"""Connections that are hard to open: SYNs that are sent again, ports that run out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analyzer import found, kinds
from analyzer.diagnose.case import Case
from analyzer.diagnose.context import Context, Flows
from analyzer.diagnose.findings.finding import Check, Mask, Picked, WideCheck
from analyzer.diagnose.proof import Proof
from analyzer.facts import Finding, Rows
from analyzer.wording import address_text, counted, endpoint, lasting, listed, moment, number

SYNS = (kinds.SYN, kinds.SYN_RETRANSMISSION)
Numbers = NDArray[np.int64]


def may_be_retried(flows: Flows) -> Mask:
    """A SYN or SYN-ACK was seen again, and the SYN was answered with a SYN-ACK."""
    accepted = flows.side_marked(kinds.SIDE_SYN_ACK).any(axis=1)
    return np.asarray(flows.marked(kinds.FLOW_SYN_RETRIED) & accepted)


def sent_again(rows: Rows, limit_ns: int) -> Mask:
    """Which SYNs and SYN-ACKs repeat one that their side sent at least so long before.

    rows: EVENT rows, of other kinds too, ordered by flow, then frame. limit_ns: Rules.syn_again_ns.
    """
    again: Mask = np.zeros(len(rows), np.bool_)
    for side in (0, 1):
        for same in (SYNS, (kinds.SYN_ACK,)):
            place = np.flatnonzero(np.isin(rows.kind, same) & (rows.sender == side))
            late = np.diff(rows.time_ns[place]) >= limit_ns
            again[place[1:]] = late & (np.diff(rows.flow[place].astype(np.int64)) == 0)
    return again


def have_retries(context: Context, picked: Picked, rows: Rows) -> Mask:
    """Some came late enough to be no copy."""
    again = sent_again(rows, context.rules.syn_again_ns)
    having: Mask = np.isin(picked, rows.flow[again])
    return having


def tell_retries(case: Case) -> Finding | None:
    """How often, how long after the first, and what came at last."""
    syns, accepts = case.of(*SYNS), case.of(kinds.SYN_ACK)
    late = set(case.rows.frame[sent_again(case.rows, case.context.rules.syn_again_ns)].tolist())
    again, accepted_again = ([each for each in sent if each.frame in late] for sent in (syns, accepts))
    if not again and not accepted_again:
        return None
    said = [*opening_again(syns, again, accepts), *accepting_again(case, accepts, accepted_again)]
    server = 1 - case.flow.client
    seen = sorted([*syns[:1], *again, *accepts[:1], *accepted_again], key=lambda each: int(each.frame))
    return case.finding(
        found.SYN_RETRIES,
        "; ".join(said),
        f"See on {case.address(server)} whether connections wait to be accepted: `ss -ltn 'sport = "
        f":{case.flow.port[server]}'` (Recv-Q near Send-Q) and `nstat -az TcpExtListenDrops "
        "TcpExtListenOverflows`; if so, raise the backlog of listen() and `net.core.somaxconn`. "
        "If not, look for loss on the path.",
        Proof.of(seen),
    )


def opening_again(syns: list[Any], again: list[Any], accepts: list[Any]) -> Iterator[str]:
    """What is said of SYNs that were sent again, if any."""
    if not again:
        return
    came = next((each for each in accepts if each.frame > again[-1].frame), accepts[0])
    cause = "SYNs were lost, or dropped by a host that was not ready"
    if came.frame < again[-1].frame:
        cause = "SYN-ACKs were lost on their way to the client"
    yield (
        f"the client's {repeated('SYN', syns[0], again)}; the SYN-ACK came "
        f"{lasting(came.time_ns - syns[0].time_ns)} after the first, in frame {came.frame}: {cause}"
    )


def accepting_again(case: Case, accepts: list[Any], again: list[Any]) -> Iterator[str]:
    """What is said of SYN-ACKs that were sent again, if any."""
    if not again:
        return
    done = [each.frame for each in case.of(kinds.HANDSHAKE_ACK)]
    end = "no ACK completed the handshake: SYN-ACKs were lost, or the client did not want the connection"
    if done and done[0] > again[0].frame:
        end = f"its ACK came in frame {done[0]}: SYN-ACKs or ACKs were lost"
    elif done:
        end = (
            f"its ACK had come in frame {done[0]}: that was lost further on, or the server waits for data "
            "before it accepts (TCP_DEFER_ACCEPT)"
        )
    yield f"the server's {repeated('SYN-ACK', accepts[0], again)}; {end}"


def repeated(what: str, first: Any, again: list[Any]) -> str:
    """SYN (frame 3) was sent again 2 times (frames 4, 5), 1.011 s and 3.027 s later"""
    times = [lasting(each.time_ns - first.time_ns) for each in again]
    later = ", ".join(times[:-1]) + (" and " if times[1:] else "") + times[-1]
    frames = listed([each.frame for each in again])
    return (
        f"{what} (frame {first.frame}) was sent again {counted(len(again), 'time')} ({frames}), {later} later"
    )


@dataclass(frozen=True)
class Waiting:
    """Connections in TIME-WAIT. row: FLOW row numbers, ascending. from_ns, to_ns: when they were in it.

    service: a number for each client host and the server's address and port. reuser: row of the
    connection that a SYN on the same 4-tuple opened meanwhile, or -1.
    """

    row: Numbers
    service: NDArray[np.uint64]
    from_ns: Numbers
    to_ns: Numbers
    reuser: Numbers

    def of(self, which: Any) -> Waiting:
        """Some of them."""
        return Waiting(
            self.row[which], self.service[which], self.from_ns[which], self.to_ns[which], self.reuser[which]
        )


def waiting_in(context: Context) -> Waiting:
    """All connections that both sides closed, and no RST ended."""
    parts = []
    for flows in context.stretches():
        mask = flows.marked(kinds.FLOW_CLOSED) & ~flows.marked(kinds.FLOW_RESET)
        place = np.flatnonzero(mask)
        closer = flows.flow("first_closer")[place].astype(np.int64) % kinds.CROSSED
        parts.append((flows.rows[place], service_of(flows, place), flows.side("last_time")[place, closer]))
    row, service, from_ns = (np.concatenate(each) for each in zip(*parts, strict=True))
    to_ns = from_ns + context.rules.time_wait_ns
    reuser = np.full(len(row), -1)
    previous = np.array(context.result.flows["previous"], np.int64) - 1
    again = np.flatnonzero(previous >= 0)
    again = again[np.isin(previous[again], row)]
    place = np.searchsorted(row, previous[again])
    begin = context.result.flows["start"][again]
    early = begin < to_ns[place]
    reuser[place[early]] = again[early]
    to_ns[place[early]] = begin[early]
    return Waiting(row, service, from_ns, to_ns, reuser)


def service_of(flows: Flows, place: Numbers) -> NDArray[np.uint64]:
    """A number of 64 bits that stands for client address, server address and port."""
    client = flows.flow("client")[place].astype(np.int64)
    high, low = flows.flow("address_high"), flows.flow("address_low")
    mixed = flows.flow("port")[place, 1 - client].astype(np.uint64)
    for part in (high[place, client], low[place, client], high[place, 1 - client], low[place, 1 - client]):
        mixed = (mixed ^ part) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    return mixed


def pileups(context: Context, picked: Picked, rows: Rows) -> Iterator[Finding]:
    """One finding for each client and service with too many of them."""
    rules = context.rules
    waiting = waiting_in(context) if len(context.result.flows) else None
    if waiting is None or len(waiting.row) < min(rules.time_waits, rules.ports_reused):
        return
    _, group, size = np.unique(waiting.service, return_inverse=True, return_counts=True)
    reused = np.bincount(group[waiting.reuser >= 0], minlength=len(size))
    for number_ in np.flatnonzero((size >= rules.time_waits) | (reused >= rules.ports_reused)).tolist():
        finding = tell_pileup(context, waiting.of(group == number_))
        if finding is not None:
            yield finding


def peak_of(waiting: Waiting) -> tuple[int, int]:
    """How many were in TIME-WAIT at once, and when first so many (ns)."""
    begin, end = np.sort(waiting.from_ns), np.sort(waiting.to_ns)
    at_once = np.arange(1, len(begin) + 1) - np.searchsorted(end, begin, "right")
    place = int(np.argmax(at_once))
    return int(at_once[place]), int(begin[place])


def tell_pileup(context: Context, waiting: Waiting) -> Finding | None:
    """The connections of one client to one service."""
    flows = context.result.flows
    most, peak_ns = peak_of(waiting)
    again = np.sort(waiting.reuser[waiting.reuser >= 0])
    if most < context.rules.time_waits and len(again) < context.rules.ports_reused:
        return None
    explained = np.unique(np.concatenate([again, waiting.row[waiting.reuser >= 0]]))
    if most >= context.rules.time_waits:
        there = waiting.row[(waiting.from_ns <= peak_ns) & (waiting.to_ns > peak_ns)]
        explained = np.union1d(explained, there)
    flow = flows[int(waiting.row[0])]
    client, server = (
        address_text(int(flow.address_high[side]), int(flow.address_low[side]))
        for side in (int(flow.client), 1 - int(flow.client))
    )
    service = endpoint(server, int(flow.port[1 - int(flow.client)]))
    closers = flows["first_closer"][waiting.row] % kinds.CROSSED == flows["client"][waiting.row]
    client_holds = 2 * np.count_nonzero(closers) >= len(closers)
    meaning = (
        "the client opens and closes them so fast that it runs short of ports"
        if client_holds
        else "the server, which closes first, still knows the last connection when the port comes again"
    )
    peak = f"{number(most)} connections of {client} to {service} in TIME-WAIT at once at {moment(peak_ns)}"
    said = [peak]
    syns = [int(frame) for frame in flows["first_frame"][again].tolist()]
    if syns:
        soonest = int((waiting.to_ns - waiting.from_ns)[waiting.reuser >= 0].min())
        said.append(
            f"{counted(len(syns), 'SYN')} ({listed(syns)}) from a port that still was, the soonest "
            f"{lasting(soonest)} after it was closed"
        )
    return context.finding(
        found.TIME_WAIT_PILEUP,
        f"{' and '.join(said)}: {meaning}",
        "Keep connections open and use them again (a pool, HTTP keep-alive). Until then, on "
        f"{client}: `sysctl -w net.ipv4.ip_local_port_range='1024 65535'` and `sysctl -w "
        "net.ipv4.tcp_tw_reuse=1`; `ss -tan state time-wait | wc -l` on "
        f"{client if client_holds else server} counts them.",
        Proof(
            syns or flows["last_frame"][explained].tolist(),
            int(waiting.from_ns.min()),
            int(waiting.to_ns.max()),
        ),
        found.OF_HOST,
        explained,
    )


CHECKS = (
    Check(
        found.SYN_RETRIES,
        may_be_retried,
        tell_retries,
        wants=(*SYNS, kinds.SYN_ACK, kinds.HANDSHAKE_ACK),
        holds=have_retries,
    ),
)
WIDE_CHECKS = (WideCheck((found.TIME_WAIT_PILEUP,), pileups),)
