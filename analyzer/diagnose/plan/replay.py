"""A capture's idle and dead periods, replayed against other keep-alive timers.

One side probes each connection: the one that did in the capture (both, if both did), or any where
nobody did. A probe of a living peer costs two segments, itself and its answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analyzer import kinds
from analyzer.diagnose.changes import seen_in_events
from analyzer.diagnose.plan.losses import Losses, losses_of
from analyzer.diagnose.plan.silences import Silences, Times, silences_of
from analyzer.diagnose.runs import answers_of
from analyzer.diagnose.states import CLOSE_WAIT, ESTABLISHED, end_states
from analyzer.facts import CaptureResult, Rows
from analyzer.lateness import wheel_ns
from analyzer.records import as_records, rows
from analyzer.rules import Rules

PLANNED = np.dtype(
    [
        ("last_heard_ns", "<i8"),  # last sign of life of a peer that died or rebooted, or MISSING
        ("found_ns", "<i8"),  # when the other side found out, or MISSING
        ("planned_ns", "<i8"),  # when it would have with the planned timers, at the latest, or MISSING
        ("idle_ns", "<i8"),  # all idle periods of at least Rules.idle_ns
        ("longest_idle_ns", "<i8"),
        ("lost_after_ns", "<i8"),  # the silence after which the peer was never heard again, or MISSING
        ("outage_ns", "<i8"),  # the longest one that it lived through while it was probed
        ("flow", "<u4"),
        ("probing_seen", "<u4"),  # segments: probes, answers, and the RST that gave up
        ("probing_planned", "<u4"),
        ("spared", "u1"),  # kinds.SPARED_WORDS
        ("given_up", "u1"),  # 1: the planned timers might have given it up though it lived on
    ],
    align=True,
)
"""What other timers would have made of a connection."""

SILENT = (kinds.PEER_DEAD, kinds.PROBING)
"""Verdicts of peers that do not answer, and which keep-alive finds out."""


class Timers(NamedTuple):
    """Keepalive time, interval (ns) and count (`probes`)."""

    time_ns: int
    interval_ns: int
    probes: int

    @property
    def patience_ns(self) -> int:
        """From the first unanswered probe to giving up."""
        return self.interval_ns * self.probes

    @property
    def latest_ns(self) -> int:
        """When at the latest an idle connection is probed, on Linux."""
        return self.time_ns + wheel_ns(self.time_ns)


@dataclass(frozen=True)
class Replay:
    """One capture, ready to be replayed.

    chosen: the flows (row numbers) that count. timeout_ns: of a device on the path, None: not known.
    """

    result: CaptureResult
    rules: Rules
    chosen: NDArray[np.int64]
    timeout_ns: int | None = None

    @cached_property
    def silences(self) -> Silences:
        return silences_of(self.result, self.rules.idle_ns)

    @cached_property
    def reset_ns(self) -> Times:
        """When a RST ended each flow, or MISSING."""
        ended = (self.result.flows["marks"] & kinds.FLOW_RESET) != 0
        return np.where(ended, seen_in_events(self.result).reset, kinds.MISSING)

    @cached_property
    def losses(self) -> Losses:
        return losses_of(self.result, self.silences, self.reset_ns)

    @cached_property
    def sides(self) -> NDArray[np.int64]:
        """int64[n, 2]: keep-alive probes of each side."""
        row = self.result.flows["probing"].astype(np.int64)
        probes = np.zeros((len(row), 2), np.int64)
        known = row > 0
        probes[known] = self.result.probings["side"]["probes"][row[known] - 1]
        return probes

    @cached_property
    def carried(self) -> NDArray[np.bool_]:
        """Which flows were connections: both sides said more than SYN and RST, or the handshake was seen."""
        marks = self.result.flows["side"]["marks"]
        both = ((marks & kinds.SIDE_TALKED) != 0).all(axis=1)
        shaken = (self.result.flows["marks"] & kinds.FLOW_ESTABLISHED) != 0
        return np.asarray(both | shaken, np.bool_)

    @cached_property
    def dead(self) -> NDArray[np.bool_]:
        """Which flows have a peer that did not answer a prober, with nothing else outstanding."""
        flows = self.result.flows
        row = np.maximum(flows["probing"].astype(np.int64), 1) - 1
        by = self.prober
        if not len(self.result.probings):
            return np.zeros(len(flows), bool)
        kind = self.result.probings["side"]["kind"][row, by]
        silent = np.isin(flows["verdict"], SILENT) & (flows["probing"] > 0)
        return np.asarray(silent & (kind == kinds.KEEPALIVE_PROBE), np.bool_)

    @cached_property
    def prober(self) -> NDArray[np.int64]:
        """The side that a verdict about silence is about, else the one that probed more."""
        flows = self.result.flows
        named = flows["decided_by"].astype(np.int64)
        return np.where(np.isin(flows["verdict"], SILENT) & (named < 2), named, np.argmax(self.sides, axis=1))

    @cached_property
    def last_heard(self) -> Times:
        """When the peer of the prober was last heard."""
        return np.asarray(self.silences.heard[np.arange(len(self.prober)), 1 - self.prober])

    @cached_property
    def tail(self) -> Times:
        """How long each flow had been idle when the capture ended, or a RST came; ns, 0: it was not."""
        states = end_states(self.result, np.arange(len(self.carried)), self.rules.time_wait_ns)
        open_at_end = np.isin(states, (ESTABLISHED, CLOSE_WAIT)).any(axis=1) & ~self.dead
        open_at_end &= ~np.isin(self.result.flows["verdict"], (kinds.STALLED, kinds.PEER_DEAD))
        active = self.silences.active
        ended = (self.reset_ns != kinds.MISSING) & ~self.dead
        until = np.where(ended, self.reset_ns, self.result.end_ns)
        known = (open_at_end | ended) & self.carried & (active != kinds.MISSING)
        return np.maximum(np.where(known, until - np.where(known, active, 0), 0), 0)

    @cached_property
    def outages(self) -> Times:
        """The longest time from an unanswered probe to the next answer, ns; 0: every probe was answered."""
        longest = np.zeros(len(self.carried), np.int64)
        _, events = self.result.find_probing(None)
        probes = as_records(np.asarray(events)[events.kind == kinds.KEEPALIVE_PROBE])
        if not len(probes):
            return longest
        order = np.lexsort((probes.frame, probes.sender, probes.flow))
        probes = as_records(np.asarray(probes)[order])
        outcome, answered_ns = answers_of(probes, events)
        key = probes.flow.astype(np.int64) * 2 + probes.sender
        answered = outcome == 1
        begins = np.append(True, (key[1:] != key[:-1]) | answered[:-1])  # a probe that no other waits before
        first = np.maximum.accumulate(np.where(begins, np.arange(len(probes)), 0))
        waited = answered & (first < np.arange(len(probes)))
        lasted = answered_ns[waited] - probes.time_ns[first[waited]]
        np.maximum.at(longest, probes.flow[waited], lasted)
        return longest

    def planned(self, timers: Timers) -> Rows:
        """PLANNED rows of the chosen flows."""
        count = len(self.carried)
        idle = self.silences.idle
        table: Any = rows(count, PLANNED)
        table.flow = np.arange(count)
        np.add.at(table.idle_ns, idle.flow, idle.length)
        np.maximum.at(table.longest_idle_ns, idle.flow, idle.length)
        table.idle_ns += self.tail
        table.longest_idle_ns = np.maximum(table.longest_idle_ns, self.tail)
        table.lost_after_ns = self.losses.after
        table.outage_ns = self.outages
        table.given_up = self.outages >= timers.patience_ns
        table.probing_seen = self.seen()
        table.probing_planned = self.segments(timers)
        table.spared = self.spared(timers)
        self._note_detection(table, timers)
        return as_records(np.asarray(table)[self.chosen])

    def seen(self) -> NDArray[np.int64]:
        """Segments that keep-alive took in the capture, by flow."""
        flows = self.result.flows
        row = flows["probing"].astype(np.int64)
        seen = np.zeros(len(row), np.int64)
        known = row > 0
        side = self.result.probings["side"][row[known] - 1]
        for name in ("probes", "replies", "resets"):
            seen[known] += side[name].sum(axis=1, dtype=np.int64)
        gave_up: Any = self.dead & (self.reset_ns != kinds.MISSING)
        return np.asarray(seen + gave_up)

    def segments(self, timers: Timers) -> NDArray[np.int64]:
        """Segments that keep-alive would take with these timers, by flow."""
        idle = self.silences.idle
        answered = np.maximum(self.tail - 1, 0) // timers.time_ns
        np.add.at(answered, idle.flow, np.maximum(idle.length - 1, 0) // timers.time_ns)
        probers = np.maximum((self.sides > 0).sum(axis=1), 1)
        cost = 2 * answered * probers
        dead = np.flatnonzero(self.dead & (self.silences.active != kinds.MISSING))
        active = self.silences.active[dead]
        kept = np.maximum(self.last_heard[dead] - active, 0) // timers.time_ns
        first = active + (kept + 1) * timers.time_ns
        unanswered = np.clip((self.result.end_ns - first) // timers.interval_ns + 1, 0, timers.probes)
        given_up = np.asarray(first + timers.patience_ns <= self.result.end_ns, np.int64)
        cost[dead] += 2 * kept + unanswered + given_up
        return np.where(self.carried, cost, 0)

    def spared(self, timers: Timers) -> NDArray[np.uint8]:
        """kinds.SPARED_WORDS of the flows that a device on the path forgot, 255 for others."""
        after, survived = self.losses.after, self.losses.survived
        if self.timeout_ns is not None:
            forgotten = after >= self.timeout_ns
            sure: Any = timers.latest_ns < self.timeout_ns
            hopeless: Any = timers.time_ns >= self.timeout_ns
        else:
            forgotten = self.losses.forgotten
            sure, hopeless = timers.latest_ns <= survived, timers.time_ns >= after
        words = np.where(sure, kinds.SPARED, np.where(hopeless, kinds.NOT_SPARED, kinds.PERHAPS_SPARED))
        return np.where(forgotten, words, 255).astype(np.uint8)

    def _note_detection(self, table: Any, timers: Timers) -> None:
        """When who did not answer was found out, and when it would have been."""
        rebooted = self.result.flows["verdict"] == kinds.PEER_REBOOTED
        known = (self.dead | rebooted) & (self.last_heard != kinds.MISSING)
        table.last_heard_ns = np.where(known, self.last_heard, kinds.MISSING)
        table.found_ns = np.where(known, self.reset_ns, kinds.MISSING)
        table.planned_ns = kinds.MISSING
        dead = self.dead & known
        table.planned_ns[dead] = self.last_heard[dead] + timers.time_ns + timers.patience_ns
        # the first probe that is sure to find the peer up again, and ignorant
        told = rebooted & known & (self.reset_ns != kinds.MISSING)
        active, reset = self.silences.active[told], self.reset_ns[told]
        table.planned_ns[told] = active + -(-(reset - active) // timers.time_ns) * timers.time_ns
