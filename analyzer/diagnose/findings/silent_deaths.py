"""Connections that were gone after a silence: what broke it, how long it was, who was not heard again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from analyzer import kinds
from analyzer.diagnose.context import Context
from analyzer.diagnose.findings.finding import Picked
from analyzer.diagnose.plain import events_of, flows_of
from analyzer.facts import Rows
from analyzer.rules import SECOND_NS


class Death(NamedTuple):
    """A connection that was gone after a silence.

    row: its FLOW row. peer: side that was not heard again. idle_ns: the silence before the segment in
    `frame` at tried_ns broke it. end_ns: the last of it. reset: a RST from elsewhere ended it, in this
    frame. probed: a probe broke the silence, so that a timer chose when.
    """

    row: int
    peer: int
    idle_ns: int
    frame: int
    tried_ns: int
    end_ns: int
    reset: int = 0
    probed: bool = False


def deaths_of(context: Context, picked: Picked, rows: Rows) -> Iterator[Death]:
    """How each picked flow ended, as far as that was after a silence."""
    begin = np.searchsorted(rows.flow, picked, "left")
    end = np.searchsorted(rows.flow, picked, "right")
    flows = flows_of(context.result.flows, picked)
    for row, flow, first, last in zip(picked.tolist(), flows, begin.tolist(), end.tolist(), strict=True):
        events = events_of(rows[first:last])
        if flow.verdict == kinds.MIDDLEBOX_RESET:
            death = death_by_reset(context, row, flow, events)
        elif flow.verdict == kinds.PEER_DEAD:
            death = death_of_probes(row, flow, events)
        else:
            death = death_of_message(context, row, flow, int(flow.decided_by))
        if death is not None:
            yield death


def silence_before(probe: Any, events: list[Any]) -> int:
    """How long the flow had been silent before a probe (ns). events: all probing of it, also the peer's."""
    before = [event.time_ns for event in events if event.frame < probe.frame]
    return int(min([probe.gap_ns, *(probe.time_ns - time_ns for time_ns in before[-1:])]))


def death_of_probes(row: int, flow: Any, events: list[Any]) -> Death | None:
    """The probes after the last answer: the first of them broke the silence."""
    prober = int(flow.decided_by)
    probes = [each for each in events if each.kind == kinds.KEEPALIVE_PROBE and each.sender == prober]
    answered = max((each.answers for each in events if each.answers and each.sender != prober), default=0)
    lost = [probe for probe in probes if probe.frame > answered]
    if not lost:
        return None
    tried = lost[0]
    last_ns = int(flow.side[prober].last_time)
    idle_ns, tried_ns = silence_before(tried, events), int(tried.time_ns)
    return Death(row, 1 - prober, idle_ns, int(tried.frame), tried_ns, last_ns, probed=True)


def death_by_reset(context: Context, row: int, flow: Any, events: list[Any]) -> Death | None:
    """The RST came as the time was over, or it answers what broke the silence."""
    resets = [each for each in events if each.frame == flow.decided_frame]
    if not resets:
        return None
    reset = resets[0]
    peer = int(reset.sender)
    at_ns, frame = int(reset.time_ns), int(reset.frame)
    since_ns = at_ns - int(flow.side[1 - peer].last_time)
    if since_ns >= context.rules.reset_answer_ns and reset.gap_ns >= context.rules.reset_answer_ns:
        return Death(row, peer, int(reset.gap_ns), frame, at_ns, at_ns, frame)
    earlier = [each for each in events if each.kind == kinds.KEEPALIVE_PROBE and each.frame < frame]
    probes = [probe for probe in earlier if probe.sender != peer]
    if probes and at_ns - probes[-1].time_ns < context.rules.reset_answer_ns:
        tried = probes[-1]
        idle_ns, tried_ns = silence_before(tried, events), int(tried.time_ns)
        return Death(row, peer, idle_ns, int(tried.frame), tried_ns, at_ns, frame, probed=True)
    death = death_of_message(context, row, flow, 1 - peer, at_ns)
    return death and death._replace(reset=frame, end_ns=at_ns)


def death_of_message(
    context: Context, row: int, flow: Any, sender: int, reset_ns: int = kinds.MISSING
) -> Death | None:
    """A message of `sender` broke a longer silence than any before, and its peer was not heard since.

    reset_ns: when the RST came that is not the peer's.
    """
    if not flow.talk:
        return None
    talk = context.result.talks[flow.talk - 1]
    if sender != who_tried(flow.watch):
        return None
    heard_ns = int(flow.decided_life) if reset_ns != kinds.MISSING else int(flow.side[1 - sender].last_time)
    if talk.tried_time == kinds.MISSING or heard_ns >= talk.tried_time:
        return None
    idle_ns = round(float(talk.tried_s) * SECOND_NS)
    last_ns = int(flow.side[sender].last_time)
    return Death(row, 1 - sender, idle_ns, int(talk.tried_frame), int(talk.tried_time), last_ns)


def who_tried(watch: Any) -> Any:
    """The side whose message broke the silence of TALK.tried_s. watch: FLOW.watch, one or an array."""
    return (watch & (kinds.WATCH_TRIED << 1)) // (kinds.WATCH_TRIED << 1)
