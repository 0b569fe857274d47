"""What diagnosis adds to the flows that are asked for: counts, timers, round trips, states."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analyzer import kinds
from analyzer.diagnose.plain import Story, bounds_of, events_of, flows_of, probings_of, runs_of
from analyzer.diagnose.states import end_states
from analyzer.diagnose.timers import measure, median
from analyzer.facts import CaptureResult, Rows
from analyzer.measured import RUN, SUMMARY
from analyzer.records import EVENT, as_records, rows
from analyzer.rules import Rules

SEVERITY = np.array(kinds.VERDICT_SEVERITY, np.uint8)


def last_sign_of_life(flow: Any) -> int:
    """When the peer that the verdict is about was last heard (ns); else the flow's latest segment."""
    if flow.verdict in (kinds.PEER_DEAD, kinds.PROBING, kinds.STALLED):
        peer = flow.side[1 - flow.decided_by]
        return int(peer.last_time) if peer.marks & kinds.SIDE_SENT else kinds.MISSING
    if flow.verdict in (kinds.PEER_REBOOTED, kinds.MIDDLEBOX_RESET):
        return int(flow.decided_life)  # the RST is no sign of the connection's life
    heard = [int(side.last_time) for side in flow.side if side.marks & kinds.SIDE_SENT]
    return max(heard, default=kinds.MISSING)


def stories_of(
    result: CaptureResult,
    chosen: NDArray[np.int64],
    find_probing: Callable[[NDArray[np.int64]], tuple[Rows, Rows]] | None = None,
) -> list[Story]:
    """The chosen flows (row numbers), each with its probing, runs and probe events.

    find_probing: as CaptureResult.find_probing, where not that itself is to be asked.
    """
    find_probing = find_probing or result.find_probing
    flows = flows_of(result.flows, chosen)
    row = result.flows.probing[chosen].astype(np.int64)
    probings = iter(probings_of(result.probings, row[row > 0] - 1))
    probing = chosen[row > 0]  # where nobody probed, the events need no look
    all_runs, all_probed = find_probing(probing) if len(probing) else (rows(0, RUN), rows(0, EVENT))
    runs, probed = runs_of(all_runs), events_of(all_probed)
    return [
        Story(flow, next(probings) if flow.probing else None, runs[slice(*mine)], probed[slice(*answered)])
        for flow, mine, answered in zip(
            flows, bounds_of(all_runs, chosen), bounds_of(all_probed, chosen), strict=True
        )
    ]


def summarize(result: CaptureResult, chosen: NDArray[np.int64], rules: Rules) -> Rows:
    """SUMMARY rows of the chosen flows (row numbers), in that order."""
    states = end_states(result, chosen, rules.time_wait_ns).tolist()
    stories = stories_of(result, chosen)
    entries = [summary_of(story, ends) for story, ends in zip(stories, states, strict=True)]
    summary = np.zeros(len(chosen), SUMMARY)
    if entries:
        summary[:] = np.array(entries, SUMMARY)
    summary["flow"] = chosen
    summary["severity"] = SEVERITY[result.flows.verdict[chosen]]
    return as_records(summary)


def summary_of(story: Story, states: Sequence[int]) -> tuple[Any, ...]:
    """One SUMMARY row, in the order of its fields; flow and severity are still to be filled in.

    states: of side 0 and side 1 at the capture's end.
    """
    flow = story.flow
    client = flow.client
    sides = (client, 1 - client)
    timers = [measure(story, side) for side in sides]
    counts = [story.probing.side[side] for side in sides] if story.probing else []
    probes = sum(each.probes for each in counts)
    replies, resets = sum(each.replies for each in counts), sum(each.resets for each in counts)
    rtts = [event.rtt_ns for event in story.probed if event.answers and event.rtt_ns != kinds.MISSING]
    return (
        last_sign_of_life(flow),
        tuple(each.time_ns for each in timers),
        tuple(each.interval_ns for each in timers),
        tuple(each.count for each in timers),
        min(rtts, default=kinds.MISSING),
        median(rtts),
        max(rtts, default=kinds.MISSING),
        0,
        probes,
        replies,
        probes - replies - resets,
        resets,
        (states[sides[0]], states[sides[1]]),
        0,
        sum(1 << who for who, each in enumerate(counts) if each.probes),
    )
