"""What applications leave undone above a living kernel: replies that stop, data left unread at the end."""

from __future__ import annotations

from typing import Any

import numpy as np

from analyzer import found, kinds
from analyzer.diagnose.case import Case
from analyzer.diagnose.context import Flows
from analyzer.diagnose.findings import advice
from analyzer.diagnose.findings.columns import heard_until, pending_octets
from analyzer.diagnose.findings.finding import Check, Mask
from analyzer.diagnose.findings.heartbeats import BEFORE_MARKED
from analyzer.diagnose.proof import Proof
from analyzer.facts import Finding
from analyzer.wording import counted, duration, lasting, moment

ABORTED = (kinds.RESET_VERDICT, kinds.HALF_CLOSED, kinds.CLOSED)


def waits_for_reply(flows: Flows) -> Mask:
    """Which sides had replies before, then two or more acknowledged messages without: shape (n, 2)."""
    rules = flows.context.rules
    reply_ns = flows.talk("longest_reply_s").astype(np.float64) * 1e9
    pending = pending_octets(flows) > 0
    pending_ns = flows.side("pending_since")
    messages = flows.talk("unreplied") - pending  # the last one may be under way, but no other
    acknowledged = ~pending | (pending_ns >= flows.side("last_payload_time"))
    until_ns = heard_until(flows)[:, ::-1]
    until_ns = np.where(pending, np.minimum(until_ns, pending_ns), until_ns)
    waited_ns = until_ns - flows.talk("request_time")
    silent = (reply_ns > 0) & (messages >= 2) & acknowledged
    silent &= waited_ns >= np.maximum(rules.hung_replies * reply_ns, rules.hung_ns)
    silent &= flows.side_marked(kinds.SIDE_ACKED)
    waiting: Mask = silent & ~flows.side_marked(kinds.SIDE_FIN)[:, ::-1]
    return waiting


def is_hung(flows: Flows) -> Mask:
    """Either side's application."""
    return np.asarray(waits_for_reply(flows).any(axis=1))


def tell_hung(case: Case) -> Finding:
    """Who stopped replying, since when, and how its kernel shows that the host is there."""
    flows = Flows.of(case.context, np.array([case.row]))
    asker = int(np.flatnonzero(waits_for_reply(flows)[0])[0])
    talk, hung = case.talk_of(asker), 1 - asker
    heard_ns, since_ns = int(heard_until(flows)[0, hung]), int(talk.request_time)
    answers = [
        each
        for each in case.probed
        if each.answers and each.sender == hung and each.time_ns > since_ns and each.kind not in kinds.RESETS
    ]
    frames = [talk.request_frame, talk.message_frame]
    seen = (
        f"the {case.name(hung)}, which had replied within {duration(talk.longest_reply_s)} before, has sent "
        f"nothing of its own since {moment(case.flow.side[hung].last_payload_time)}: {talk.unreplied} "
        f"messages of the {case.name(asker)} from {moment(since_ns)} on (frames {frames[0]} to {frames[1]}) "
        f"were acknowledged but not replied to for {lasting(heard_ns - since_ns)}{probed(answers)}: "
        "its kernel is alive, or a proxy before it, but the application is silent"
    )
    beating = talk.beats > BEFORE_MARKED and talk.beats >= talk.unreplied
    ever = not beating or talk.first_beat_frame < talk.request_frame
    sure = found.LIKELY if ever else found.POSSIBLE  # of this heartbeat's messages none was ever replied to
    proof = Proof([*frames, *(each.frame for each in answers)], since_ns, heard_ns, sure, unseen=True)
    return case.finding(found.APP_HUNG, seen, advice.app_hung(case, hung), proof)


def probed(answers: list[Any]) -> str:
    """That probes were answered meanwhile, and from how far."""
    if not answers:
        return ""
    rtts = [each.rtt_ns for each in answers if each.rtt_ns != kinds.MISSING]
    took = f" (RTT {lasting(min(rtts))})" if rtts else ""
    return f", while {counted(len(answers), 'keep-alive probe')} got an answer{took}"


def aborts(flows: Flows) -> tuple[Mask, Mask]:
    """Which sides may have sent a RST that left the peer's data unread, shape (n, 2).

    In the midst of its work: the peer's last message has no reply, though others had. After its own
    FIN: data of the peer came later and was never acknowledged.
    """
    spoke = flows.side("last_payload_time")
    later = spoke[:, ::-1] > spoke
    asked = (flows.talk("unreplied") > 0) & (flows.talk("longest_reply_s") > 0)
    decided = flows.flow("decided_by")[:, None] == np.arange(2)
    amid: Mask = later & asked[:, ::-1] & decided & flows.judged(kinds.RESET_VERDICT)[:, None]
    after: Mask = flows.side_marked(kinds.SIDE_FIN) & (pending_octets(flows) > 0)[:, ::-1]
    return amid, after & flows.judged(*ABORTED)[:, None]


def may_abort(flows: Flows) -> Mask:
    """A RST was seen, and somebody may have sent it with data left to read."""
    amid, after = aborts(flows)
    return np.asarray((amid | after).any(axis=1) & flows.marked(kinds.FLOW_RESET))


def tell_abort(case: Case) -> Finding | None:
    """Whose RST left what unread."""
    amid, after = (each[0] for each in aborts(Flows.of(case.context, np.array([case.row]))))
    for reset in case.of(kinds.RESET, kinds.KEEPALIVE_RESET):
        side = reset.sender
        unread_ns = int(case.flow.side[1 - side].last_payload_time)
        if reset.time_ns < unread_ns:
            continue
        fins = [each for each in case.of(kinds.FIN) if each.sender == side and each.time_ns <= unread_ns]
        if after[side] and fins:
            return tell_unread(case, fins[0], reset)
        if amid[side] and reset.frame == case.decided and reset.control & kinds.FLAG_ACK:
            return tell_unreplied(case, reset)
    return None


def tell_unread(case: Case, fin: Any, reset: Any) -> Finding:
    """Data came after a FIN, and its answer was a RST."""
    side = reset.sender
    flows = Flows.of(case.context, np.array([case.row]))
    octets = counted(int(pending_octets(flows)[0, 1 - side]), "byte")
    came = moment(case.flow.side[1 - side].last_payload_time)
    summary = (
        f"{octets} of the {case.name(1 - side)} came at {came}, after the FIN of the {case.name(side)} "
        f"(frame {fin.frame}), and were answered with RST (frame {reset.frame}): the application had closed "
        "the socket before it read all that the other had to say"
    )
    proof = Proof.of([fin, reset])
    return case.finding(found.ABORT_WITH_UNREAD_DATA, summary, advice.abort(case, side), proof)


def tell_unreplied(case: Case, reset: Any) -> Finding:
    """A request, and instead of the usual reply a RST."""
    side, peer = reset.sender, 1 - reset.sender
    asked = case.talk_of(peer)
    waited = lasting(reset.time_ns - case.flow.side[peer].last_payload_time)
    summary = (
        f"the {case.name(side)} reset the connection (frame {reset.frame}) {waited} after the last data of "
        f"the {case.name(peer)}, whose request in frame {asked.request_frame} it left without a reply, "
        f"though it had replied within {duration(asked.longest_reply_s)} before: its application closed the "
        "socket with data unread, or aborted"
    )
    frames = [asked.request_frame, reset.frame]
    proof = Proof(frames, int(asked.request_time), int(reset.time_ns), found.LIKELY)
    return case.finding(found.ABORT_WITH_UNREAD_DATA, summary, advice.abort(case, side), proof)


CHECKS = (
    Check(found.APP_HUNG, is_hung, tell_hung, exact=True, among=Flows.spoken),
    Check(found.ABORT_WITH_UNREAD_DATA, may_abort, tell_abort, among=Flows.mutual),
)
