"""What diagnosis adds to the flows that are asked for: counts, timers, round trips, states."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from analyzer import kinds
from analyzer.diagnose.states import end_states
from analyzer.diagnose.timers import Timers, measure
from analyzer.facts import CaptureResult, Rows
from analyzer.records import SUMMARY, as_records, rows
from analyzer.rules import Rules

SEVERITY = np.array(
    [
        kinds.WARNING,  # refused
        kinds.WARNING,  # no_answer
        kinds.NOTE,  # closed
        kinds.PROBLEM,  # middlebox_reset
        kinds.PROBLEM,  # peer_rebooted
        kinds.PROBLEM,  # peer_dead
        kinds.WARNING,  # half_closed
        kinds.WARNING,  # reset
        kinds.WARNING,  # probing
        kinds.PROBLEM,  # stalled
        kinds.NOTE,  # alive
        kinds.NOTE,  # open
        kinds.NOTE,  # unknown
    ],
    np.uint8,
)
"""How much a verdict deserves a look, by verdict code. Our choice."""


def of_flow(table: Rows, row: int) -> Rows:
    """The rows of one flow in a table ordered by flow."""
    begin, end = np.searchsorted(table.flow, (row, row + 1))
    return as_records(table[begin:end])


def last_sign_of_life(flow: Any) -> int:
    """When the peer that the verdict is about was last heard (ns); else the flow's latest segment."""
    about_peer = flow.verdict in (kinds.PEER_DEAD, kinds.PROBING, kinds.STALLED)
    if about_peer:
        peer = flow.side[1 - flow.decided_by]
        return int(peer.last_time) if peer.marks & kinds.SIDE_SENT else kinds.MISSING
    return max(int(side.last_time) for side in flow.side if side.marks & kinds.SIDE_SENT)


def summarize(result: CaptureResult, chosen: NDArray[np.int64], rules: Rules) -> Rows:
    """SUMMARY rows of the chosen flows (row numbers), in that order."""
    summary = rows(len(chosen), SUMMARY)
    summary.flow = chosen
    summary.severity = SEVERITY[result.flows.verdict[chosen]]
    for name in ("keepalive_time_ns", "keepalive_interval_ns", "rtt_min_ns", "rtt_median_ns", "rtt_max_ns"):
        summary[name] = kinds.MISSING
    summary.keepalive_count = -1
    for position, row in enumerate(chosen.tolist()):
        flow = result.flows[row]
        entry = summary[position]
        entry.last_sign_of_life_ns = last_sign_of_life(flow)
        client = int(flow.client)
        states = end_states(flow, result.end_ns, rules.time_wait_ns)
        entry.state[0], entry.state[1] = states[client], states[1 - client]
        if flow.probing:
            add_probing(entry, flow, result, row)
    return summary


def add_probing(entry: Any, flow: Any, result: CaptureResult, row: int) -> None:
    """Fill the fields of a flow that has a PROBING row."""
    events, runs = of_flow(result.probe_events, row), of_flow(result.runs, row)
    client = int(flow.client)
    for who, side in ((kinds.CLIENT, client), (kinds.SERVER, 1 - client)):
        counts = result.probings[flow.probing - 1].side[side]
        if counts.probes == 0:
            continue
        entry.prober |= 1 << who
        entry.probes += counts.probes
        entry.replies += counts.replies
        entry.resets += counts.resets
        add_timers(entry, who, measure(runs, events, side))
    entry.unanswered = entry.probes - entry.replies - entry.resets
    rtts = events.rtt_ns[events.rtt_ns != kinds.MISSING]
    if len(rtts):
        entry.rtt_min_ns, entry.rtt_max_ns = rtts.min(), rtts.max()
        entry.rtt_median_ns = int(np.median(rtts))


def add_timers(entry: Any, who: int, timers: Timers) -> None:
    """Store one prober's measured timers."""
    entry.keepalive_time_ns[who] = timers.time_ns
    entry.keepalive_interval_ns[who] = timers.interval_ns
    entry.keepalive_count[who] = timers.count
