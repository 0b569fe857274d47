"""Connections that were gone after a silence: what broke it, how long it was, who was not heard again."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from analyzer import kinds
from analyzer.diagnose.context import Context
from analyzer.diagnose.findings.finding import Picked
from analyzer.facts import Rows
from analyzer.records import rows, taken
from analyzer.rules import SECOND_NS


class Death(NamedTuple):
    """A connection that was gone after a silence.

    row: its FLOW row. peer: side that was not heard again. idle_ns: the silence before the segment in
    `frame` at tried_ns broke it. end_ns: the last of it. reset: a RST from elsewhere ended it, in this
    frame, else 0. probed: 1: a probe broke the silence, so that a timer chose when.
    """

    row: int
    peer: int
    idle_ns: int
    frame: int
    tried_ns: int
    end_ns: int
    reset: int
    probed: int


DEATH = np.dtype([(name, np.int64) for name in Death._fields])
"""A `Death` as a row of a table."""


class Ended:
    """Connections that ended without their peer. Each of the `by_` methods fills in the DEATH rows it knows.

    row: FLOW row numbers, ascending. flows: as FLOW. left: side that was left without its peer. events:
    as EVENT, by flow, then frame: probes, what answers them, and RSTs. of: the place in `row` of each
    event's flow. probes: which events are keep-alive probes of the side that was left.
    """

    def __init__(self, context: Context, picked: Picked, events: Rows) -> None:
        self.context = context
        self.row = picked
        self.flows = taken(context.result.flows, picked)
        self.forged = np.asarray(self.flows.verdict == kinds.MIDDLEBOX_RESET)
        self.dead = np.asarray(self.flows.verdict == kinds.PEER_DEAD)
        by = self.flows.decided_by.astype(np.int64)
        self.left = np.where(self.forged, 1 - by, by)
        self.events = events
        self.of = np.searchsorted(picked, events.flow.astype(np.int64))
        self.own = np.asarray(events.sender == self.left[self.of])
        self.probes = np.flatnonzero(self.own & (events.kind == kinds.KEEPALIVE_PROBE))

    def deaths(self) -> Rows:
        """DEATH rows of those that ended after a silence, by flow."""
        table = rows(len(self.row), DEATH)
        table.row, table.peer = self.row, 1 - self.left
        table.end_ns = self.flows["side"]["last_time"][np.arange(len(self.row)), self.left]
        self.by_messages(table)
        self.by_probes(table)
        self.by_resets(table)
        return taken(table, table.frame > 0)

    def by_messages(self, table: Rows) -> None:
        """A message broke a longer silence than any before, and its peer was not heard since."""
        wanted = ~self.dead & (self.flows.talk > 0)
        place = np.flatnonzero(wanted & (self.left == who_tried(self.flows.watch.astype(np.int64))))
        talks = taken(self.context.result.talks, self.flows.talk[place].astype(np.int64) - 1)
        heard_ns = self.flows["side"]["last_time"][place, 1 - self.left[place]]
        heard_ns = np.where(self.forged[place], self.flows.decided_life[place], heard_ns)
        tried = (talks.tried_time != kinds.MISSING) & (heard_ns < talks.tried_time)
        place, talks = place[tried], taken(talks, tried)
        table.idle_ns[place] = np.rint(talks.tried_s.astype(np.float64) * SECOND_NS)
        table.frame[place] = talks.tried_frame
        table.tried_ns[place] = talks.tried_time

    def by_probes(self, table: Rows) -> None:
        """Where the prober gave up: the first of the probes after the last answer broke the silence."""
        answers = np.flatnonzero((self.events.answers != 0) & ~self.own)
        answered = np.zeros(len(self.row), np.int64)
        np.maximum.at(answered, self.of[answers], self.events.answers[answers])
        of = self.of[self.probes]
        lost = self.probes[self.dead[of] & (self.events.frame[self.probes] > answered[of])]
        of, first = np.unique(self.of[lost], return_index=True)
        self.broken_by(table, of, lost[first])

    def by_resets(self, table: Rows) -> None:
        """A RST came as the time was over, or it answers what broke the silence."""
        limit_ns = self.context.rules.reset_answer_ns
        decided = self.flows.decided_frame[self.of]
        reset = np.flatnonzero(self.forged[self.of] & (self.events.frame == decided))
        table.frame[np.setdiff1d(np.flatnonzero(self.forged), self.of[reset])] = 0
        probe = np.full(len(self.row), -1)
        before = self.probes[self.events.frame[self.probes] < decided[self.probes]]
        probe[self.of[before]] = before  # of several the last one stays
        of, events = self.of[reset], taken(self.events, reset)
        probe, peer_ns = probe[of], table.end_ns[of]
        answers = (probe >= 0) & (events.time_ns - self.events.time_ns[probe] < limit_ns)
        self.broken_by(table, of[answers], probe[answers])
        over = (events.time_ns - peer_ns >= limit_ns) & (events.gap_ns >= limit_ns)
        table.idle_ns[of[over]] = events.gap_ns[over]
        table.frame[of[over]] = events.frame[over]
        table.tried_ns[of[over]] = events.time_ns[over]
        table.probed[of[over]] = 0
        table.end_ns[of], table.reset[of] = events.time_ns, events.frame

    def broken_by(self, table: Rows, of: Picked, probe: Picked) -> None:
        """Fill in what broke the silence. of: rows of the table. probe: the event of each.

        A probe of the peer before it, which was answered, had broken the silence, too.
        """
        events = taken(self.events, probe)
        silence_ns = events.time_ns - self.events.time_ns[probe - 1]
        follows = (probe > 0) & (self.of[probe - 1] == of)
        table.idle_ns[of] = np.where(follows, np.minimum(events.gap_ns, silence_ns), events.gap_ns)
        table.frame[of] = events.frame
        table.tried_ns[of] = events.time_ns
        table.probed[of] = 1


def deaths_of(context: Context, picked: Picked, events: Rows) -> Rows:
    """How each picked flow ended, as far as that was after a silence: DEATH rows by flow."""
    return Ended(context, picked, events).deaths()


def who_tried(watch: Any) -> Any:
    """The side whose message broke the silence of TALK.tried_s. watch: FLOW.watch, one or an array."""
    return (watch & (kinds.WATCH_TRIED << 1)) // (kinds.WATCH_TRIED << 1)
