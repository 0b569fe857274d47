"""Connections that one side ended and the other did not: leaks, and ends that a host no longer knows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from analyzer import found, kinds
from analyzer.diagnose.case import Case
from analyzer.diagnose.context import Context, Flows
from analyzer.diagnose.findings.columns import pending_octets
from analyzer.diagnose.findings.finding import Check, Mask, Picked
from analyzer.diagnose.proof import Proof
from analyzer.facts import Finding, Rows
from analyzer.wording import lasting, listed, moment

NEVER = np.iinfo(np.int64).max


def left_open(flows: Flows) -> Mask:
    """Which sides had their FIN acknowledged by a peer that sent none and has nothing under way: (n, 2)."""
    closed = flows.side_marked(kinds.SIDE_FIN)
    acknowledged = closed & flows.side_marked(kinds.SIDE_FIN_ACKED) & ~closed[:, ::-1]
    idle = pending_octets(flows)[:, ::-1] == 0
    left: Mask = acknowledged & idle & (flows.side("window") != 0)
    return left


def successors(context: Context) -> NDArray[np.int64]:
    """When the next connection on the same 4-tuple began, by FLOW row; NEVER where none did."""
    begin = np.full(len(context.result.flows), NEVER)
    previous = np.array(context.result.flows["previous"], np.int64)
    again = np.flatnonzero(previous)
    begin[previous[again] - 1] = context.result.flows["start"][again]
    return begin


def may_leak(flows: Flows) -> Mask:
    """Left open for long enough, unless a RST or another connection ended it: `have_leak` looks for these."""
    since = np.maximum(flows.side("fin_acked_time"), flows.side("last_payload_time")[:, ::-1])
    long = flows.context.result.end_ns - since >= flows.context.rules.close_wait_ns
    may: Mask = (left_open(flows) & long).any(axis=1)
    return may


def have_leak(context: Context, picked: Picked, rows: Rows) -> Mask:
    """After the closer's FIN was acknowledged nothing came for long, until a RST did or the capture ended."""
    side = context.result.flows[picked]["side"]
    place = np.arange(len(picked))
    closer = np.where(side["marks"][:, 0] & kinds.SIDE_FIN, 0, 1)
    since = np.maximum(side["fin_acked_time"][place, closer], side["last_payload_time"][place, 1 - closer])
    until = np.minimum(context.made(successors)[picked], context.result.end_ns)
    of_flow = np.searchsorted(picked, rows.flow)
    later = np.isin(rows.kind, kinds.RESETS) & (rows.time_ns >= since[of_flow])
    np.minimum.at(until, of_flow[later], rows.time_ns[later])
    having: Mask = until - since >= context.rules.close_wait_ns
    return having


def tell_leak(case: Case) -> Finding:
    """Which end did not close, and since when."""
    closer = 0 if case.flow.side[0].marks & kinds.SIDE_FIN else 1
    who, acked_ns = case.name(1 - closer), int(case.flow.side[closer].fin_acked_time)
    since_ns = max(acked_ns, int(case.flow.side[1 - closer].last_payload_time))
    until_ns, end = end_of_leak(case, since_ns)
    fins = [event.frame for event in case.of(kinds.FIN) if event.sender == closer]
    data = f", sent its last data at {moment(since_ns)}" if since_ns > acked_ns else ""
    later = [
        event.frame for event in case.of(kinds.KEEPALIVE_PROBE, *kinds.RESETS) if event.time_ns >= since_ns
    ]
    return case.finding(
        found.CLOSE_WAIT_LEAK,
        f"the {who} acknowledged the FIN of the {case.name(closer)} ({listed(fins)}) at {moment(acked_ns)}"
        f"{data} and neither sent data nor closed for {lasting(until_ns - since_ns)}, until {end}: "
        "its application leaves the socket in CLOSE-WAIT",
        f"`ss -tanp state close-wait dst {case.endpoint(closer)}` on {case.address(1 - closer)} names the "
        "process, which has to close() a socket once a read returns 0 bytes. Keep-alive does not help: the "
        f"kernel of {case.address(closer)} answers, and after its RST, too, the socket is left to be closed.",
        Proof(
            [*fins, *later],
            since_ns,
            until_ns,
            # until the closer's kernel forgets, the other application may still mean to answer
            found.CERTAIN if denied(case, closer) else found.LIKELY,
            unseen=True,
        ),
    )


def end_of_leak(case: Case, since_ns: int) -> tuple[int, str]:
    """When it ended, and by what."""
    resets = [event for event in case.of(*kinds.RESETS) if event.time_ns >= since_ns]
    anew_ns, end_ns = int(case.context.made(successors)[case.row]), int(case.context.result.end_ns)
    if resets and resets[0].time_ns <= min(anew_ns, end_ns):
        return resets[0].time_ns, f"the RST of the {case.name(resets[0].sender)} (frame {resets[0].frame})"
    if anew_ns <= end_ns:
        return anew_ns, "the next connection on the same ports"
    return end_ns, "now" if case.context.result.going_on else "the capture ended"


def closed_and_reset(flows: Flows) -> Mask:
    """A side whose FIN was acknowledged, and a RST."""
    acknowledged = flows.side_marked(kinds.SIDE_FIN_ACKED).any(axis=1)
    return np.asarray(acknowledged & flows.marked(kinds.FLOW_RESET))


def denied(case: Case, closer: int) -> tuple[Any, Any] | None:
    """A probe or FIN that a kernel in FIN-WAIT-2 would have acknowledged, and the closer's bare RST instead.

    Data does not count: to a closed socket, it is answered with a RST at once (RFC 9293 3.6.1). Nor
    does the other FIN within a moment: then the connection ended as it should.
    """
    side, peer = case.flow.side[closer], case.flow.side[1 - closer]
    rules = case.context.rules
    if not side.marks & kinds.SIDE_FIN_ACKED:
        return None
    asking = [
        event
        for event in case.of(kinds.KEEPALIVE_PROBE, kinds.FIN)
        if event.sender != closer and event.time_ns - side.fin_acked_time >= rules.teardown_ns
    ]
    early = any(
        event.time_ns - side.fin_acked_time < rules.teardown_ns for event in fins_of(case, 1 - closer)
    )
    if early or peer.last_payload_time > side.fin_acked_time:
        return None
    for event in case.of(kinds.RESET, kinds.KEEPALIVE_RESET):
        before = [each for each in asking if each.frame < event.frame]
        if event.sender == closer and is_bare(event) and before:
            late = event.time_ns - before[-1].time_ns > rules.reset_answer_ns
            return None if late else (before[-1], event)
    return None


def fins_of(case: Case, side: int) -> list[Any]:
    """The FINs of one side."""
    return [event for event in case.of(kinds.FIN) if event.sender == side]


def is_bare(reset: Any) -> bool:
    """Whether a RST is of the form for a connection that does not exist: without ACK (RFC 9293 3.5.2)."""
    return not reset.control & kinds.FLAG_ACK


def tell_denied(case: Case) -> Finding | None:
    """The closer's kernel had stopped waiting for the other FIN."""
    closer = 0 if denied(case, 0) else 1
    pair = denied(case, closer)
    if pair is None:
        return None
    asked, reset = pair
    who, other = case.name(closer), case.name(1 - closer)
    acked_ns = int(case.flow.side[closer].fin_acked_time)
    fins = [event.frame for event in fins_of(case, closer)]
    what = "FIN" if asked.kind == kinds.FIN else "probe"
    return case.finding(
        found.FIN_WAIT_2,
        f"the {other} acknowledged the FIN of the {who} ({listed(fins)}) at {moment(acked_ns)}; its {what} "
        f"in frame {asked.frame}, {lasting(asked.time_ns - acked_ns)} later, was answered with RST in frame "
        f"{reset.frame}: the {who}'s kernel no longer waited in FIN-WAIT-2, and had forgotten the connection",
        f"The application on {case.address(1 - closer)} has to close sooner. Linux forgets a closed socket "
        f"after `net.ipv4.tcp_fin_timeout` (60 s); for longer, on {case.address(closer)}: "
        "`sysctl -w net.ipv4.tcp_fin_timeout=120`, or shutdown(SHUT_WR), and close() after the peer.",
        Proof([*fins, asked.frame, reset.frame], acked_ns, reset.time_ns),
    )


def may_be_denied(flows: Flows) -> Mask:
    """Data was under way, and nobody had closed, when its receiver reset the connection."""
    place = np.arange(len(flows))
    denier = np.minimum(flows.flow("decided_by"), 1).astype(np.int64)
    sent = (pending_octets(flows) > 0) | ~flows.side_marked(kinds.SIDE_ACKED) & (flows.side("bytes") > 0)
    begun = flows.marked(kinds.FLOW_ESTABLISHED) | ~flows.side_marked(kinds.SIDE_SYN).any(axis=1)
    may: Mask = flows.judged(kinds.RESET_VERDICT) & begun & sent[place, 1 - denier]
    return may & ~flows.side_marked(kinds.SIDE_FIN).any(axis=1)


def tell_half_open(case: Case) -> Finding | None:
    """One side sends data, the other knows of no connection."""
    denier = case.flow.decided_by
    reset = next((event for event in case.of(kinds.RESET) if event.frame == case.decided), None)
    if reset is None or not is_bare(reset) or reset.seq != case.flow.side[denier].next_seq:
        return None
    if not 0 <= reset.gap_ns <= case.context.rules.reset_answer_ns:
        return None
    sent_ns, life_ns = int(case.flow.side[1 - denier].pending_since), int(case.flow.decided_life)
    alive = life_ns != kinds.MISSING
    silent = alive and reset.time_ns - life_ns >= case.context.rules.teardown_ns
    who, other = case.name(denier), case.name(1 - denier)
    return case.finding(
        found.HALF_OPEN,
        f"data of the {other}, sent at {moment(sent_ns)}, was answered with a bare RST in frame "
        f"{reset.frame}, though the {who} had sent no FIN"
        + (f" and was last heard at {moment(life_ns)}" if alive else "")
        + f": the {who} does not know the connection that the {other} takes to be open",
        f"Find out what ended it on {case.address(denier)} without a word: a restart, a failover, a NAT "
        f"entry that expired. With `setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on)` and a short "
        f"TCP_KEEPIDLE the application on {case.address(1 - denier)} learns of it before it sends.",
        Proof(
            [reset.frame],
            life_ns if alive else sent_ns,
            reset.time_ns,
            # an application that aborts may send the same (RFC 9293 3.10.5), though most kernels add an ACK
            found.LIKELY if silent else found.POSSIBLE,
        ),
    )


CHECKS = (
    Check(
        found.CLOSE_WAIT_LEAK, may_leak, tell_leak, wants=kinds.RESETS, holds=have_leak, among=Flows.mutual
    ),
    Check(found.FIN_WAIT_2, closed_and_reset, tell_denied, among=Flows.mutual),
    Check(found.HALF_OPEN, may_be_denied, tell_half_open, among=Flows.mutual),
)
