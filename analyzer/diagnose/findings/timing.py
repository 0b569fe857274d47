"""How long nobody noticed, and why: detection that is slow, hangs that equal defaults, no probing at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from analyzer import found, kinds
from analyzer.diagnose.case import Case
from analyzer.diagnose.context import Context, Flows
from analyzer.diagnose.findings import timer_advice
from analyzer.diagnose.findings.finding import Check, Mask, Picked
from analyzer.diagnose.findings.outcomes import evidence, span
from analyzer.diagnose.known_timeouts import SHORTER, Known, known_hangs
from analyzer.diagnose.proof import Proof
from analyzer.diagnose.recognition import CONTRADICTS, setting_ns, timer
from analyzer.facts import Finding, Rows
from analyzer.records import taken
from analyzer.rules import SECOND_NS
from analyzer.wording import counted, lasting, listed, moment

LONGEST_RTO_NS = 120 * SECOND_NS
"""TCP_RTO_MAX of Linux (include/net/tcp.h): after so long at most data is sent again, or given up."""


def life_of(table: Rows) -> Any:
    """int64[n]: last sign of life of the peer that a verdict is about (ns), MISSING where there is none.

    table: FLOW rows, dead or rebooted; `summary.last_sign_of_life` says it of one.
    """
    rows, peer = np.arange(len(table)), 1 - np.minimum(table["decided_by"], 1).astype(np.int64)
    side = table["side"]
    heard = side["marks"][rows, peer] & kinds.SIDE_SENT != 0
    life = np.where(heard, side["last_time"][rows, peer], kinds.MISSING)
    return np.where(table["verdict"] == kinds.PEER_REBOOTED, table["decided_life"], life)


def lost_a_probed_peer(flows: Flows) -> Mask:
    """Keep-alive found the peer gone, or it was reset when it came back."""
    rows, side = np.arange(len(flows)), np.minimum(flows.flow("decided_by"), 1).astype(np.int64)
    prober = np.where(flows.judged(kinds.PEER_DEAD), side, 1 - side)
    probed: Mask = flows.probe("probes")[rows, prober] > 0
    return probed & flows.judged(kinds.PEER_DEAD, kinds.PEER_REBOOTED)


def may_be_slow(flows: Flows) -> Mask:
    """So much later than the last sign of life something of the flow was still seen."""
    slow = lost_a_probed_peer(flows)
    if slow.any():
        life = life_of(taken(flows.context.result.flows, flows.rows[slow]))
        late = flows.side("last_time")[slow].max(axis=1) - np.maximum(life, 0)
        slow[slow] = (life != kinds.MISSING) & (late > flows.context.rules.slow_detection_ns)
    return slow


def is_slow(context: Context, picked: Picked, rows: Rows) -> Mask:
    """It took long until the frame that decided, or where none did, until the last probe."""
    slow = np.ones(len(picked), np.bool_)
    table = taken(context.result.flows, picked)
    place = np.searchsorted(picked, rows.flow)
    deciding = np.flatnonzero(table.decided_frame[place] == rows.frame)
    took = rows.time_ns[deciding] - life_of(table)[place[deciding]]
    slow[place[deciding]] = took > context.rules.slow_detection_ns
    return slow


def decided_span(case: Case) -> tuple[int, int]:
    """From the last sign of life to the end (ns)."""
    return span(case, [event for event in case.of(*kinds.RESETS) if event.frame == case.decided])


def tell_slow(case: Case) -> Finding:
    """How long it took, and how long it would have with other timers."""
    life, end = decided_span(case)
    time_s, interval_s, count = SHORTER
    dead = case.flow.verdict == kinds.PEER_DEAD
    prober = case.flow.decided_by if dead else 1 - case.flow.decided_by
    peer = case.name(1 - prober)
    if not dead:
        what = f"RST in frame {case.decided} showed that it no longer knows the connection"
    elif case.decided:
        what = f"{case.name(prober)} gave up in frame {case.decided}"
    else:
        what = f"last probe of the {case.name(prober)}, which never said that it gave up"
    found_s = time_s + interval_s * count if dead else time_s
    planned = f"{time_s} s, then {counted(count, 'probe')} {interval_s} s apart" if dead else f"{time_s} s"
    summary = (
        f"{lasting(end - life)} from the last sign of life of the {peer} at {moment(life)} "
        f"until the {what} ({moment(end)}): with a keepalive time of {planned}, "
        f"it would have been at most about {lasting(found_s * SECOND_NS)}"
    )
    proof = Proof(
        evidence(case, case.of(*kinds.PROBES, *kinds.RESETS)), life, end, found.CERTAIN, unseen=dead
    )
    return case.finding(found.SLOW_DETECTION, summary, timer_advice.find_sooner(case, prober), proof)


def may_hang(flows: Flows) -> Mask:
    """Slow to find out, whatever was waited for."""
    limit = flows.context.rules.slow_detection_ns
    last = flows.side("last_time").max(axis=1)
    syn = flows.judged(kinds.NO_ANSWER) & (last - flows.flow("start") > limit // 4)  # + the wait after it
    rows, side = np.arange(len(flows)), np.minimum(flows.flow("decided_by"), 1).astype(np.int64)
    pending = flows.side("pending_since")[rows, side]
    since = flows.side("last_time")[rows, side] - pending
    data = flows.judged(kinds.STALLED) & (pending != 0) & (since > limit)
    hanging: Mask = syn | data | (may_be_slow(flows) & flows.judged(kinds.PEER_DEAD))
    return hanging


def tell_hang(case: Case) -> Finding | None:
    """Which known defaults a hang equals."""
    hang = HANGS[case.flow.verdict](case)
    if hang is None or hang.end_ns - hang.start_ns <= case.context.rules.slow_detection_ns:
        return None
    known = known_of(case, hang)
    if not known:
        return None
    best = known[0]
    like = [each.name for each in known[1:3] if each.how == best.how]
    names = " or ".join([best.name, *like])
    summary = (
        f"the {case.name(hang.side)} waited {lasting(hang.end_ns - hang.start_ns)} {hang.why}: "
        f"that is {best.how}"
        + (f" = {best.total_s:g} s" if "+" in best.how else "")
        + f", the default of {names}"
    )
    confidence = found.LIKELY if hang.seen else found.POSSIBLE
    proof = Proof(hang.frames, hang.start_ns, hang.end_ns, confidence, unseen=True)
    advice = timer_advice.shorten(case, hang.side, best.setting)
    return case.finding(found.HANG_EXPLAINED, summary, advice, proof)


class Hang:
    """side: who waited, from start_ns to end_ns (ns). why: for what. waiting: as known_hangs wants it.

    seen: its end is in the capture, not only reckoned from what came before.
    """

    def __init__(self, side: int, times: tuple[int, int], waiting: str, why: str, frames: list[int]) -> None:
        self.side = side
        self.start_ns, self.end_ns = times
        self.waiting = waiting
        self.why = why
        self.frames = frames
        self.seen = waiting == "probes"


def hang_of_probes(case: Case) -> Hang | None:
    """From the last sign of life until the prober's RST."""
    if not case.decided:
        return None
    life, end = decided_span(case)
    why = f"for the {case.name(1 - case.flow.decided_by)}, from {moment(life)} to frame {case.decided}"
    frames = evidence(case, case.of(*kinds.PROBES, *kinds.RESETS))
    return Hang(case.flow.decided_by, (life, end), "probes", why, frames)


def hang_of_data(case: Case) -> Hang | None:
    """From the first unacknowledged octet until the kernel gives up, which it does without a word."""
    side = case.flow.decided_by
    sender = case.flow.side[side]
    end = int(sender.last_time) + LONGEST_RTO_NS
    if end > case.context.result.end_ns:
        return None
    why = (
        f"for the acknowledgment of data sent at {moment(sender.pending_since)}, which it sent again "
        f"{counted(int(sender.retransmissions), 'time')}, last at {moment(sender.last_time)}, "
        "until its next attempt was due"
    )
    return Hang(side, (int(sender.pending_since), end), "data", why, [case.flow.last_frame])


def hang_of_syn(case: Case) -> Hang | None:
    """From the first SYN until one more was due, twice the last spacing later (RFC 6298 5.5)."""
    syns = case.of(kinds.SYN, kinds.SYN_RETRANSMISSION)
    if len(syns) < 2:
        return None
    end = syns[-1].time_ns + 2 * (syns[-1].time_ns - syns[-2].time_ns)
    if end > case.context.result.end_ns:
        return None
    frames = [each.frame for each in syns]
    why = f"for the answer to {counted(len(syns), 'SYN')} ({listed(frames)}), until one more was due"
    return Hang(int(case.flow.client), (syns[0].time_ns, end), "syn", why, frames)


def known_of(case: Case, hang: Hang) -> list[Known]:
    """Known defaults that a hang equals and that what was seen of the timers does not contradict."""
    profiles = case.context.profiles
    known = known_hangs(hang.end_ns - hang.start_ns, hang.waiting, profiles)
    if hang.waiting != "probes":
        return known
    timers = case.timers(hang.side)
    rows = {row.name: row for row in profiles.stacks}

    def contradicted(name: str) -> bool:
        row = rows[name]
        facts = (
            timer(row, timers.time_ns, setting_ns(row.time_s)),
            timer(row, timers.interval_ns, setting_ns(row.interval_s)),
        )
        return CONTRADICTS in facts or (timers.count >= 0 and row.count not in (None, timers.count))

    return [each for each in known if not contradicted(each.name)]


def idles_unprobed(flows: Flows) -> Mask:
    """Connections that nobody probes and one side of which was silent for long; maybe both."""
    limit_s = flows.context.rules.unprobed_ns / SECOND_NS
    talked = flows.side_marked(kinds.SIDE_TALKED).all(axis=1)
    last = flows.side("last_time").max(axis=1)
    lasting_on = flows.judged(kinds.ALIVE, kinds.OPEN)
    rest = lasting_on & ((flows.context.result.end_ns - last) > flows.context.rules.unprobed_ns)
    silent = (flows.side("longest_pause_s").max(axis=1) > limit_s) | (flows.rhythm("tried_s") > limit_s)
    unprobed = (flows.probe("probes") + flows.probe("window_probes")).sum(axis=1) == 0
    quiet: Mask = talked & unprobed & (silent | rest)
    return quiet


def are_idle(context: Context, picked: Picked, rows: Rows) -> Mask:
    """Until a message, a FIN or a RST broke it, or to the capture's end, nothing was sent for long."""
    table = taken(context.result.flows, picked)
    lasting_on = np.isin(table.verdict, (kinds.ALIVE, kinds.OPEN))
    longest = np.where(lasting_on, context.result.end_ns - table["side"]["last_time"].max(axis=1), 0)
    talk = table.talk.astype(np.int64)
    for name in ("survived_s", "tried_s"):
        silent_s = context.result.talks[name][talk[talk > 0] - 1].astype(np.float64)
        longest[talk > 0] = np.maximum(longest[talk > 0], (silent_s * SECOND_NS).astype(np.int64))
    np.maximum.at(longest, np.searchsorted(picked, rows.flow), rows.gap_ns)
    idle: Mask = longest > context.rules.unprobed_ns
    return idle


def silences(case: Case) -> Iterator[tuple[int, int, int]]:
    """Silences that can be named: how long (ns), when over (ns), the frame that ended it (or began it)."""
    flow, result = case.flow, case.context.result
    last = max(int(side.last_time) for side in flow.side)
    yield (
        result.end_ns - last if flow.verdict in (kinds.ALIVE, kinds.OPEN) else 0,
        result.end_ns,
        flow.last_frame,
    )
    for event in case.of(kinds.FIN, *kinds.RESETS):
        yield max(0, event.gap_ns), event.time_ns, event.frame
    if flow.talk:
        talk = result.talks[flow.talk - 1]
        for silent_s, frame in ((talk.survived_s, talk.survived_frame), (talk.tried_s, talk.tried_frame)):
            if frame:
                yield round(float(silent_s) * SECOND_NS), kinds.MISSING, int(frame)


def tell_unprobed(case: Case) -> Finding:
    """How long a connection was idle without a probe."""
    longest_ns, until, frame = max(silences(case))
    ended = until == case.context.result.end_ns and frame == case.flow.last_frame
    until_when = "now" if case.context.result.going_on else "the capture ended"
    where = f"after frame {frame}, until {until_when}" if ended else f"until frame {frame}"
    start = kinds.MISSING if until == kinds.MISSING else until - longest_ns
    summary = (
        f"idle for {lasting(longest_ns)} ({where}) without a keep-alive probe: had the other end vanished, "
        "or a device between forgotten the connection, nobody would have noticed"
    )
    proof = Proof([frame], start, until, found.CERTAIN, unseen=True)
    return case.finding(found.KEEPALIVE_OFF, summary, timer_advice.probe_at_all(case), proof)


HANGS = {kinds.PEER_DEAD: hang_of_probes, kinds.STALLED: hang_of_data, kinds.NO_ANSWER: hang_of_syn}
CHECKS = (
    Check(
        found.SLOW_DETECTION, may_be_slow, tell_slow, wants=kinds.RESETS, holds=is_slow, among=Flows.probed
    ),
    Check(found.HANG_EXPLAINED, may_hang, tell_hang),
    Check(
        found.KEEPALIVE_OFF,
        idles_unprobed,
        tell_unprobed,
        wants=(kinds.FIN, *kinds.RESETS),
        holds=are_idle,
        among=Flows.mutual,
    ),
)
