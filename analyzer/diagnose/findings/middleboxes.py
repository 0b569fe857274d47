"""Devices on the path that end connections whose keep-alive works: they count payload only."""

from __future__ import annotations

from typing import Any

import numpy as np

from analyzer import found, kinds
from analyzer.diagnose.case import Case
from analyzer.diagnose.context import Context, Flows
from analyzer.diagnose.findings.finding import Check, Mask, Picked
from analyzer.diagnose.known_timeouts import EXPIRY
from analyzer.diagnose.profiles import Middlebox, names
from analyzer.diagnose.proof import Proof
from analyzer.facts import Finding, Rows
from analyzer.lateness import EARLY_NS
from analyzer.records import taken
from analyzer.rules import SECOND_NS
from analyzer.wording import counted, lasting, listed, moment

ENDS = (kinds.FIN, kinds.RESET, kinds.KEEPALIVE_RESET)


def ended_though_answered(flows: Flows) -> Mask:
    """A side answered every probe, and the connection ended long after the last payload."""
    probes = flows.probe("probes")
    answered = (probes > 0) & (probes == flows.probe("replies") + flows.probe("resets"))
    if not answered.any():
        return np.zeros(len(flows), np.bool_)
    known_s = [
        row.timeout_s
        for row in flows.context.profiles.middleboxes
        if row.counts == "payload" and row.timeout_s is not None
    ]
    shortest_ns = min(known_s, default=float("inf")) * SECOND_NS - EARLY_NS
    ended = flows.judged(
        kinds.CLOSED, kinds.HALF_CLOSED, kinds.RESET_VERDICT, kinds.MIDDLEBOX_RESET, kinds.PEER_REBOOTED
    )
    payload = flows.side("last_payload_time").max(axis=1)
    since = flows.side("last_time").max(axis=1) - payload
    may: Mask = ended & answered.any(axis=1) & (payload > 0) & (since >= shortest_ns)
    return may


def are_cut_off(context: Context, picked: Picked, rows: Rows) -> Mask:
    """Closed a known time after the last payload, by whoever answered probes in between."""
    flow, first = np.unique(rows.flow[np.isin(rows.kind, ENDS)], return_index=True)
    if not len(flow):
        return np.zeros(len(picked), np.bool_)
    end = taken(rows, np.flatnonzero(np.isin(rows.kind, ENDS))[first])
    table = taken(context.result.flows, flow)
    payload_ns = table["side"]["last_payload_time"].max(axis=1)
    probes = context.result.probings["side"]["probes"][table.probing - 1, 1 - end.sender]
    timed = np.zeros(len(flow), np.bool_)
    for row in context.profiles.middleboxes:
        timed |= is_its_time(row, end.time_ns - payload_ns)
    place = np.minimum(np.searchsorted(flow, rows.flow), len(flow) - 1)
    answers = (rows.answers != 0) & (rows.sender == end.sender[place]) & (rows.flow == flow[place])
    answers &= (payload_ns[place] < rows.time_ns) & (rows.frame < end.frame[place])
    return np.isin(picked, flow[timed & (probes > 0)]) & np.isin(picked, rows.flow[answers])


def tell_payload_only(case: Case) -> Finding:
    """When it was closed, by whom, and which probes were answered before."""
    end = case.of(*ENDS)[0]
    payload_ns = max(int(side.last_payload_time) for side in case.flow.side)
    rows = [row for row in case.context.profiles.middleboxes if is_its_time(row, end.time_ns - payload_ns)]
    prober = 1 - end.sender
    frames = [
        each.frame
        for each in case.probed
        if each.sender == end.sender and each.answers and payload_ns < each.time_ns and each.frame < end.frame
    ]
    timeout_s = rows[0].timeout_s or 0
    word = "FIN" if end.kind == kinds.FIN else "RST"
    summary = (
        f"{word} with the {case.name(end.sender)}'s address in frame {end.frame}, "
        f"{lasting(end.time_ns - payload_ns)} after the last payload at {moment(payload_ns)}, though "
        f"{counted(len(frames), 'probe')} in between were answered ({listed(frames)}): "
        f"whoever ended it counts payload only, as {names(rows)} does after {timeout_s:g} s, "
        "or it is the application's own idle timeout; keep-alive probes cannot prevent either"
    )
    setting = next((text for row in rows if (text := row.setting_for(round(timeout_s * 2)))), "")
    advice = (
        f"Let the application on {case.address(prober)} send a heartbeat each {timeout_s / 2:g} s, "
        "or raise the timeout" + (f": `{setting}`." if setting else ".")
    )
    proof = Proof([*frames, end.frame], payload_ns, end.time_ns, found.POSSIBLE)
    return case.finding(found.LB_COUNTS_PAYLOAD_ONLY, summary, advice, proof)


def is_its_time(row: Middlebox, idle_ns: Any) -> Any:
    """Whether a device that counts payload ends connections after so long: bool, as idle_ns one or many."""
    if row.counts != "payload" or row.timeout_s is None:
        return False
    timeout_ns = row.timeout_s * SECOND_NS
    return (timeout_ns - EARLY_NS <= idle_ns) & (idle_ns <= timeout_ns * (1 + EXPIRY))


CHECKS = (
    Check(
        found.LB_COUNTS_PAYLOAD_ONLY,
        ended_though_answered,
        tell_payload_only,
        wants=(kinds.KEEPALIVE_PROBE, *ENDS),
        holds=are_cut_off,
        among=Flows.probed,
    ),
)
