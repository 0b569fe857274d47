"""What probes show beyond the verdict: misses that are none, lost replies, idle before the capture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analyzer import found, kinds
from analyzer.diagnose.case import Case
from analyzer.diagnose.context import Context, Flows
from analyzer.diagnose.findings import advice
from analyzer.diagnose.findings.columns import NEVER_NS
from analyzer.diagnose.findings.finding import Check, Mask, Picked
from analyzer.diagnose.findings.outcomes import answered_rows, unanswered_probes
from analyzer.diagnose.plain import events_of
from analyzer.diagnose.proof import Proof
from analyzer.diagnose.runs import find_runs
from analyzer.diagnose.timers import never_answered, pause_before_giving_up
from analyzer.facts import Finding, Rows
from analyzer.lateness import LATE, LATE_NS
from analyzer.records import taken
from analyzer.sequence import distance
from analyzer.wording import counted, duration, lasting, listed, moment

NO_LIMIT_S = 1
"""An interval above Rules.answer_limit_ns, in the whole seconds that TCP_KEEPINTVL takes."""


def missed_some(flows: Flows) -> Mask:
    """Some probes of a side were answered and some not."""
    replies = flows.probe("replies")
    missed = flows.probe("probes") - replies - flows.probe("resets") > 0
    either: Mask = (missed & (replies > 0)).any(axis=1)
    return either


def are_held_back(context: Context, picked: Picked, rows: Rows) -> Mask:
    """Which have a probe without an answer so soon after an answered one that it proves nothing."""
    _, held = unanswered_probes(rows, context.rules.answer_limit_ns)
    return np.isin(picked, rows.flow[held])


def tell_rate_limited(case: Case) -> Finding:
    """How many probes came too soon to be answered."""
    limit_ns = case.context.rules.answer_limit_ns
    _, held = unanswered_probes(case.rows, limit_ns)
    probes = events_of(taken(case.rows, held))
    frames = [event.frame for event in probes]
    one, prober = len(frames) == 1, case.name(probes[0].sender)
    summary = (
        f"{counted(len(frames), 'probe')} of the {prober} ({listed(frames)}) unanswered, but "
        f"under {lasting(limit_ns)} after an answered one: kernels limit how often they answer such "
        f"segments, so {'it is' if one else 'these are'} no sign of loss"
    )
    advised = (
        f"Nothing is lost. Set the interval of the {prober} to at least a second "
        f"(TCP_KEEPINTVL {NO_LIMIT_S}); a Linux peer's limit is `sysctl net.ipv4.tcp_invalid_ratelimit`."
    )
    return case.finding(found.RATE_LIMITED, summary, advised, Proof.of(probes, found.LIKELY))


def may_lack_replies(flows: Flows) -> Mask:
    """A side gave up probing a peer whose answers are in the capture."""
    rows, side = np.arange(len(flows)), np.minimum(flows.flow("decided_by"), 1).astype(np.int64)
    answered = (flows.probe("replies")[rows, side] > 0) & (flows.probe("waiting")[rows, side] == 0)
    lacking: Mask = flows.judged(kinds.PEER_DEAD) & (flows.flow("decided_frame") > 0) & answered
    return lacking


def lack_replies(context: Context, picked: Picked, rows: Rows) -> Mask:
    """Which of them have answers to probes that nothing reached: `never_answered`, of all at once."""
    runs = last_given_up(context, rows)
    if not len(runs):
        return np.zeros(len(picked), np.bool_)
    place = np.minimum(np.searchsorted(runs.flow, rows.flow), len(runs) - 1)
    run = taken(runs, place)
    own = (run.flow == rows.flow) & (run.prober == rows.sender)
    inside = own & (run.first_frame <= rows.frame) & (rows.frame <= run.last_frame)
    probes = np.flatnonzero(inside & (rows.kind == kinds.KEEPALIVE_PROBE))
    ends = np.flatnonzero(own & (run.last_frame < rows.frame) & (rows.kind == kinds.KEEPALIVE_TIMEOUT))
    of = place[probes]
    last = np.flatnonzero(np.append(of[1:] != of[:-1], True))
    pause_ns = np.full(len(runs), NEVER_NS)
    np.minimum.at(pause_ns, place[ends], rows.time_ns[ends] - rows.time_ns[probes[last]][place[ends]])
    pause_ns[pause_ns == NEVER_NS] = kinds.MISSING
    since = steady_since(rows.time_ns[probes], of, LATE * pause_ns + LATE_NS)[last]
    flows = taken(context.result.flows, runs.flow)
    unheard = context.result.probings["side"]["unheard"][flows.probing - 1, runs.prober].astype(np.int64)
    since = np.where(unheard > 0, last + 1 - unheard, since)
    lost = answered_rows(rows)[probes] & (np.arange(len(of)) >= since[of])
    return np.isin(picked, rows.flow[probes[lost]])


def last_given_up(context: Context, rows: Rows) -> Rows:
    """The last run of each flow that the side that decided gave up, by flow. rows: events of probing."""
    runs = find_runs(rows)
    decided_by = context.result.flows["decided_by"][runs.flow]
    runs = taken(runs, (runs.outcome == kinds.RUN_GAVE_UP) & (runs.prober == decided_by))
    return taken(runs, np.diff(runs.flow.astype(np.int64), append=-1) != 0)


def steady_since(time_ns: NDArray[np.int64], of: Picked, longest_ns: NDArray[np.float64]) -> Picked:
    """For each probe the number of the first from which on no pause was longer than its run allows.

    of: the run of each probe, ascending. longest_ns: by run.
    """
    begins = np.diff(of, prepend=-1) != 0
    begins[1:] |= np.diff(time_ns) > longest_ns[of[1:]]
    since: Picked = np.maximum.accumulate(np.where(begins, np.arange(len(of)), 0))
    return since


def tell_replies_lost(case: Case) -> Finding | None:
    """Which answers never arrived, by what the prober did next and the timestamps that it echoed."""
    side = case.flow.decided_by
    runs = [run for run in case.runs if run.prober == side and run.outcome == kinds.RUN_GAVE_UP]
    if not runs or case.probing is None:
        return None
    inside = range(runs[-1].first_frame, runs[-1].last_frame + 1)
    probes = [each for each in case.of(kinds.KEEPALIVE_PROBE) if each.sender == side and each.frame in inside]
    pause_ns = pause_before_giving_up(case.probed, side, probes[-1])
    unheard = int(case.probing.side[side].unheard)
    never = never_answered(probes, pause_ns, unheard)
    answers = [each for each in case.probed if each.answers in never and each.sender != side]
    if not answers:
        return None
    prober, peer = case.name(side), case.name(1 - side)
    why = f"probes went on each {lasting(pause_ns)}"
    if unheard:
        why += ", with the same timestamp echo"
    summary = (
        f"the {peer} answered {counted(len(answers), 'probe')} of the {prober} "
        f"({listed([each.frame for each in answers])}), but the answers never arrived: {why}, until the "
        f"{prober} gave up in frame {case.decided}; the path is broken from the {peer} to the {prober} only"
    )
    frames = [each.frame for each in answers] + [case.decided]
    end_ns = probes[-1].time_ns + pause_ns
    proof = Proof(frames, answers[0].time_ns, end_ns, found.CERTAIN if unheard > 1 else found.LIKELY)
    return case.finding(found.REPLIES_LOST, summary, advice.replies_lost(case), proof)


def joined_midway(flows: Flows) -> Mask:
    """Probed connections that were there before the capture."""
    begun = flows.side_marked(kinds.SIDE_SYN).any(axis=1)
    probed: Mask = flows.probe("probes").sum(axis=1) > 0
    return probed & ~begun


def begin_with_a_probe(context: Context, picked: Picked, rows: Rows) -> Mask:
    """The first segment seen is a probe."""
    first = context.result.flows.first_frame[picked]
    probes = rows.kind == kinds.KEEPALIVE_PROBE
    place = np.searchsorted(picked, rows.flow[probes])
    return np.isin(picked, rows.flow[probes][first[place] == rows.frame[probes]])


def tell_idle_before(case: Case) -> Finding:
    """Since when the connection was idle, as far as timestamps tell."""
    first = case.of(kinds.KEEPALIVE_PROBE)[0]
    name, peer = case.name(first.sender), case.name(1 - first.sender)
    summary = (
        f"the first segment seen (frame {first.frame}) is a probe of the {name}: the connection had been idle"
    )
    prober = case.probing.prober[first.sender] if case.probing else None
    ticks, start_ns = 0, kinds.MISSING
    if prober and prober.echo_time == first.time_ns and prober.clock_hz > 0:
        ticks = int(distance(prober.echo_tsval, prober.echo_tsecr))
    if prober and ticks > 0:
        idle_s = ticks / float(prober.clock_hz)
        start_ns = first.time_ns - round(idle_s * 1e9)
        summary += (
            f" for about {duration(idle_s)} before, since {moment(start_ns)} (the answer echoes a timestamp "
            f"{ticks:,} ticks older than the probe's, by a clock of {prober.clock_hz:,.0f} ticks a second): "
            f"till then the {peer} had accepted something from the {name}"
        )
    else:
        summary += " before; timestamps do not tell for how long"
    advised = (
        "Nothing to do. To see how the connection came to be idle, start the capture earlier: "
        f"`dumpcap -i any -f '{advice.filter_of(case)}' -b filesize:100000 -b files:10 -w idle.pcapng`."
    )
    times = (first.time_ns if start_ns == kinds.MISSING else start_ns), first.time_ns
    return case.finding(found.IDLE_BEFORE_CAPTURE, summary, advised, Proof([first.frame], *times))


CHECKS = (
    Check(
        found.REPLIES_LOST,
        may_lack_replies,
        tell_replies_lost,
        wants=(kinds.KEEPALIVE_PROBE, kinds.KEEPALIVE_TIMEOUT),
        holds=lack_replies,
        among=Flows.probed,
    ),
    Check(
        found.RATE_LIMITED,
        missed_some,
        tell_rate_limited,
        wants=kinds.PROBES,
        holds=are_held_back,
        among=Flows.probed,
    ),
    Check(
        found.IDLE_BEFORE_CAPTURE,
        joined_midway,
        tell_idle_before,
        wants=(kinds.KEEPALIVE_PROBE,),
        holds=begin_with_a_probe,
        among=Flows.probed,
    ),
)
