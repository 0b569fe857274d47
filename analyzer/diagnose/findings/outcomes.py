"""What became of the peer: findings that go with a verdict of the same name, and outages survived."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from analyzer import found, kinds
from analyzer.diagnose.case import Case
from analyzer.diagnose.context import Context, Flows
from analyzer.diagnose.findings import advice
from analyzer.diagnose.findings.finding import Check, Mask, Picked
from analyzer.diagnose.foreign_reset import is_elsewhere
from analyzer.diagnose.proof import Proof
from analyzer.diagnose.reasons import reason
from analyzer.diagnose.runs import ordered
from analyzer.diagnose.summary import last_sign_of_life
from analyzer.facts import Finding, Rows
from analyzer.wording import counted, few, lasting, listed, moment

OF_VERDICT = {  # verdict: the finding, what to do, whether it rests on frames that are not there
    kinds.PEER_DEAD: (found.PEER_DEAD, advice.peer_dead, True),
    kinds.PEER_REBOOTED: (found.PEER_REBOOTED, advice.peer_rebooted, False),
    kinds.MIDDLEBOX_RESET: (found.MIDDLEBOX_RESET, advice.middlebox_reset, False),
    kinds.REFUSED: (found.REFUSED, advice.refused, False),
    kinds.NO_ANSWER: (found.NO_ANSWER, advice.no_answer, True),
}
QUOTED = (kinds.SYN, kinds.SYN_RETRANSMISSION, *kinds.PROBES, *kinds.RESETS)


def with_verdict(verdict: int) -> Callable[[Flows], Mask]:
    """Picks the flows of a verdict."""
    return lambda flows: flows.judged(verdict)


def tell_verdict(case: Case) -> Finding:
    """The verdict's own finding: its summary is the reason."""
    verdict = case.flow.verdict
    name, advise, unseen = OF_VERDICT[verdict]
    quoted = case.of(*QUOTED)
    decided = [event for event in quoted if event.frame == case.decided]
    start_ns, end_ns = span(case, decided)
    confidence = found.CERTAIN
    if verdict == kinds.MIDDLEBOX_RESET:  # a route may change
        clear = any(is_elsewhere(case.flow.side[event.sender], event) for event in decided)
        confidence = found.LIKELY if clear else found.POSSIBLE
    proof = Proof(evidence(case, quoted), start_ns, end_ns, confidence, unseen)
    advised = advice_for_dead(case)(case) if name == found.PEER_DEAD else advise(case)
    return case.finding(name, reason(case), advised, proof)


def advice_for_dead(case: Case) -> Callable[[Case], str]:
    """Where to look, which depends on what else was found."""
    marks = int(case.context.marks[case.row])
    if marks >> found.REPLIES_LOST & 1:
        return advice.replies_lost
    return advice.forgotten if marks >> found.MIDDLEBOX_TIMEOUT & 1 else advice.peer_dead


def span(case: Case, decided: list[Any]) -> tuple[int, int]:
    """From the last sign of life (of a connection that never came to life: its begin) to the end."""
    flow = case.flow
    begun = flow.verdict not in (kinds.REFUSED, kinds.NO_ANSWER)
    life = last_sign_of_life(flow) if begun else flow.start
    end_ns = decided[0].time_ns if decided else max(side.last_time for side in flow.side)
    return (flow.start if life == kinds.MISSING else life), end_ns


def evidence(case: Case, quoted: list[Any]) -> list[int]:
    """Frames of the last probes, or of the SYNs, and of what decided."""
    deciding = [case.decided] if case.decided else []
    opening = [event for event in quoted if event.kind in (kinds.SYN, kinds.SYN_RETRANSMISSION)]
    if case.flow.verdict in (kinds.REFUSED, kinds.NO_ANSWER):
        return [*(event.frame for event in opening), *deciding]
    prober = case.flow.decided_by if case.flow.verdict == kinds.PEER_DEAD else 1 - case.flow.decided_by
    probes = [event for event in quoted if event.kind in kinds.PROBES and event.sender == prober]
    answered = {event.answers for event in case.probed if event.answers and event.kind not in kinds.RESETS}
    last = max((place for place, probe in enumerate(probes, 1) if probe.frame in answered), default=0)
    return [*(probe.frame for probe in probes[last:]), *deciding]


@dataclass(frozen=True)
class Outage:
    """lost: probes without an answer. before, after: segments of the peer around them (before: or None)."""

    lost: list[Any]
    before: Any | None
    after: Any

    @property
    def least_ns(self) -> int:
        """The peer was out of reach at least from the first lost probe to the last."""
        return max(0, int(self.lost[-1].time_ns - self.lost[0].time_ns))

    @property
    def most_ns(self) -> int:
        """And at most from the one segment to the other."""
        begin = self.before or self.lost[0]
        return max(0, int(self.after.time_ns - begin.time_ns))  # merged files may run backwards


def may_have_outage(flows: Flows) -> Mask:
    """Probes of a side were lost, and not only the latest ones, or the peer sent something later."""
    lost = flows.probe("probes") - flows.probe("replies") - flows.probe("resets")
    later = flows.side("last_time")[:, ::-1] > flows.probe("last_time")
    windows = flows.probe("window_probes") > 0  # these wait, too
    may = (lost > 0) & (later | windows | (flows.probe("waiting") < lost))
    either: Mask = may[:, 0] | may[:, 1]
    return either


def unanswered_probes(rows: Rows, limit_ns: int) -> tuple[Mask, Mask]:
    """Keep-alive probes without an answer: those that were lost, and those of which nobody knows.

    These came so soon after an answered probe of the same side that their answers may be held back.
    rows: EVENT rows of flows, ordered by flow, then frame. limit_ns: Rules.answer_limit_ns.
    """
    kind, sender, flow = np.array(rows.kind), np.array(rows.sender), rows.flow
    answered = answered_rows(rows) & ((kind == kinds.KEEPALIVE_PROBE) | (kind == kinds.ZERO_WINDOW_PROBE))
    unanswered = (kind == kinds.KEEPALIVE_PROBE) & ~answered
    held: Mask = np.zeros(len(rows), np.bool_)
    for side in (0, 1):
        earlier = np.flatnonzero(answered & (sender == side))
        place = np.flatnonzero(unanswered & (sender == side))
        before = np.searchsorted(earlier, place) - 1
        place, latest = place[before >= 0], earlier[before[before >= 0]]
        soon = rows.time_ns[place] - rows.time_ns[latest] < limit_ns
        held[place[soon & (flow[latest] == flow[place])]] = True
    return unanswered & ~held, held


def answered_rows(rows: Rows) -> Mask:
    """Which rows another one answers. rows: ordered by flow, then frame."""
    answers = np.flatnonzero((rows.answers != 0) & (rows.sender != kinds.NO_SENDER))
    key, told = ordered(rows.flow, rows.frame), ordered(rows.flow[answers], rows.answers[answers])
    place = np.minimum(np.searchsorted(key, told), len(key) - 1)
    answered: Mask = np.zeros(len(rows), np.bool_)
    answered[place[key[place] == told]] = True
    return answered


def have_outage(context: Context, picked: Picked, rows: Rows) -> Mask:
    """A probe was lost, and its peer was heard from later, other than by a RST."""
    if not len(rows):
        return np.zeros(len(picked), np.bool_)
    lost, _ = unanswered_probes(rows, context.rules.answer_limit_ns)
    heard = ~np.isin(rows.kind, kinds.RESETS)
    begin = np.flatnonzero(np.diff(rows.flow, prepend=-1))
    place = np.arange(len(rows))
    having = np.zeros(len(begin), np.bool_)
    for side in (0, 1):
        own, peer = lost & (rows.sender == side), heard & (rows.sender == 1 - side)
        first = np.minimum.reduceat(np.where(own, place, len(rows)), begin)
        having |= np.maximum.reduceat(np.where(peer, place, -1), begin) > first
    return np.isin(picked, rows.flow[begin[having]])


def outages(case: Case, side: int) -> Iterator[Outage]:
    """When the peer of a prober was out of reach."""
    unanswered, _ = unanswered_probes(case.rows, case.context.rules.answer_limit_ns)
    lost = set(case.rows.frame[unanswered].tolist())
    waiting: list[Any] = []
    before = None
    for event in case.events:
        if event.kind not in HEARD and not event.answers:  # as `have_outage` is given them
            continue
        if event.sender == side and event.frame in lost:
            waiting.append(event)
        elif event.sender == 1 - side and event.kind not in kinds.RESETS:
            if waiting:
                yield Outage(waiting, before, event)
                waiting = []
            before = event


def tell_outage(case: Case) -> Finding | None:
    """How often and how long a peer was out of reach, yet the connection survived."""
    by_side = [(side, list(outages(case, side))) for side in (0, 1)]
    side, away = max(by_side, key=lambda each: (bool(each[1]), sum(outage.most_ns for outage in each[1])))
    if not away:
        return None
    longest = max(away, key=lambda outage: outage.most_ns)
    lost = [probe.frame for outage in away for probe in outage.lost]
    times = f"{len(away)} times; the longest: " if len(away) > 1 else ""
    deaf = not any(each.sender == 1 - side for each in case.of(kinds.KEEPALIVE_REPLY))
    instead = ", or alive with a stack that does not answer probes: it answered none" if deaf else ""
    return case.finding(
        found.OUTAGE,
        f"{times}{described(longest, case.name(side), case.name(1 - side))}{instead}",
        advice.outage(case, side, longest.most_ns),
        Proof(
            [*few(lost), longest.after.frame],
            start_ns=away[0].lost[0].time_ns,
            end_ns=away[-1].after.time_ns,
            confidence=found.POSSIBLE if deaf else found.CERTAIN if len(lost) > 1 else found.LIKELY,
            unseen=True,
        ),
    )


def described(outage: Outage, prober: str, peer: str) -> str:
    """the server left 3 probes of the client (frames 7, 8, 9) unanswered from … until …"""
    first, last = outage.lost[0], outage.lost[-1]
    frames = listed([probe.frame for probe in outage.lost])
    when = f"at {moment(first.time_ns)}"
    if last is not first:
        when = f"from {moment(first.time_ns)} to {moment(last.time_ns)}"
    away = f"at most {lasting(outage.most_ns)}"
    if last is not first:
        away = f"{lasting(outage.least_ns)} to {lasting(outage.most_ns)}"
    return (
        f"{counted(len(outage.lost), 'probe')} of the {prober} ({frames}) unanswered {when}, "
        f"but the {peer} was heard again at {moment(outage.after.time_ns)} (frame {outage.after.frame}): "
        f"out of reach for {away}"
    )


HEARD = (
    *kinds.PROBES,
    *kinds.RESETS,
    kinds.KEEPALIVE_REPLY,
    kinds.ZERO_WINDOW_REPLY,
    kinds.ZERO_WINDOW,
    kinds.FIN,
    kinds.DATA,
    kinds.WINDOW_UPDATE,
    kinds.ACK,
    kinds.DUP_ACK,
    kinds.OUT_OF_ORDER,
    kinds.RETRANSMISSION,
)
CHECKS = (
    *(
        Check(name, with_verdict(verdict), tell_verdict, exact=True)
        for verdict, (name, _, _) in OF_VERDICT.items()
    ),
    Check(found.OUTAGE, may_have_outage, tell_outage, wants=HEARD, holds=have_outage, among=Flows.probed),
)
