"""A capture that goes on, watched in bounded memory: the stages in their order, and what there is to tell.

`step` takes a batch of segments, `look` says what is new as of a moment, also while no segment arrives.
Connections that ended, and others where the table is full, leave it; their last words are told first.
Nothing here reads a clock: the moment is handed in.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from analyzer import kinds
from analyzer.decode import Decoder
from analyzer.diagnose import find, judge
from analyzer.facts import CaptureFacts, CaptureResult, Interface, Rows
from analyzer.news import News, Totals
from analyzer.pipeline import Seen, concluded
from analyzer.reading import Batch, earliest
from analyzer.records import taken
from analyzer.rules import SECOND_NS, Options
from analyzer.sources import CHUNK_FRAMES
from analyzer.track import MOST_EVENTS, MOST_FLOWS, BoundedTracker, without_packets
from analyzer.watch.searching import Search, Searcher
from analyzer.watch.tallies import Tally, counts_of, probes_of, verdicts_of
from analyzer.watch.told import CROWD, Told, of_the_crowd

SHARE = 4  # of a full table, one part in so many leaves at once
PRESSING = 8  # a look is due when one part in so many of the events or connections that fit in is new
MOST_SAID = 500  # connections of which nothing came, told one by one in a second; a flood has millions


class Watch:
    """One live capture. facts: of its source, which goes on filling them."""

    def __init__(
        self,
        facts: CaptureFacts,
        options: Options,
        most_flows: int = MOST_FLOWS,
        most_events: int = MOST_EVENTS,
    ) -> None:
        """most_flows, most_events: how many connections and events to hold."""
        self.decoder = Decoder(CHUNK_FRAMES)
        self.facts = facts
        self._options = options
        self._most_flows, self._most_events = most_flows, most_events
        self._tracker = BoundedTracker(
            options.rules, most_flows=most_flows, most_events=most_events, make_room=self._make_room
        )
        self._told = Told()
        self._searcher = Searcher(self._told, options)
        self._gone = Tally()
        self._waiting: list[News] = []
        self._frames = 0
        self._start_ns = self._now_ns = kinds.MISSING
        self._founded = 0  # connections, as of the latest look that let some leave
        self._unsaid = self._said = 0
        self._second_ns = kinds.MISSING  # since when so many were said
        self.ended = False  # nothing more will come
        self.dropped: int | None = None  # frames, as the source says by now
        self._told_dropped: int | None = None

    @property
    def tracker(self) -> BoundedTracker:
        """The tables of now: to be read only."""
        return self._tracker

    @property
    def verdicts(self) -> NDArray[np.uint8]:
        """By row, as of the latest look."""
        now: NDArray[np.uint8] = self._told.rows.now
        return now

    @property
    def marks(self) -> NDArray[np.uint32]:
        """By row, the findings that were told: bits 1 << name."""
        marks: NDArray[np.uint32] = self._told.rows.marks
        return marks

    @property
    def now_ns(self) -> int:
        """The moment of the latest look or segment; MISSING before the first."""
        return self._now_ns

    @property
    def pressing(self) -> bool:
        """Whether a look is due: so much is new that it would be too much to tell at once later on."""
        return self._tracker.untold * PRESSING > self._most_events or self._filling

    @property
    def _filling(self) -> bool:
        """Whether so many connections are new that those that ended should leave: later all would at once."""
        return (self._tracker.founded - self._founded) * PRESSING > self._most_flows

    def step(self, batch: Batch) -> None:
        """Track a batch of segments."""
        self._frames = batch.frames
        self._start_ns = earliest(self._start_ns, batch.start_ns)
        self._now_ns = batch.end_ns  # not the latest of all: one clock that errs would stop time for good
        self._tracker.track(batch.segments)

    def look(self, now_ns: int, search: Search = Search.NOWHERE) -> list[News]:
        """What is new at a moment, in order: first what was said when connections had to leave meanwhile."""
        if self._now_ns == kinds.MISSING:
            return []
        self._now_ns = now_ns
        tracker = self._tracker
        leaving = np.zeros(len(tracker.flows), np.bool_)
        if search is Search.EVERYWHERE or self._filling:
            leaving = tracker.leaving(now_ns)
            self._founded = tracker.founded
        self._retire(leaving, search)
        told, self._waiting = self._waiting, []
        lost, self._told_dropped = self.dropped != self._told_dropped, self.dropped
        return [each for each in told if not each.empty or lost]

    def result(self, chosen: NDArray[np.int64] | None = None) -> CaptureResult:
        """The capture of now, or of some rows of it, with its findings."""
        result = self.part(chosen)
        result.findings = find(result, self._options.rules, self._options.profiles)
        assert result.shortened is not None and result.numbers is not None
        marks = np.zeros(len(self._tracker.numbers), np.uint32)
        marks[: len(self.marks)] = self.marks  # of later connections nothing was told yet
        told = marks[np.searchsorted(self._tracker.numbers, result.numbers)]
        result.findings.marks[result.shortened] |= told[result.shortened]  # their evidence left memory
        return result

    def rows_of(self, number: int) -> NDArray[np.int64]:
        """The row of a flow number; none, if it left memory."""
        return np.flatnonzero(self._tracker.numbers == number)

    def totals(self) -> Totals:
        """Counts so far, as of the latest look."""
        told, tracker = self._told, self._tracker
        probes = self._gone.probes + probes_of(tracker.probings)
        return Totals(
            now_ns=self._now_ns,
            start_ns=self._start_ns,
            frames=self._frames,
            segments=tracker.segments,
            dropped=self.dropped,
            connections=len(tracker.flows) + sum(tracker.retired.values()),
            held=len(tracker.flows),
            verdicts=tuple((verdicts_of(told) + self._gone.verdicts).tolist()),
            findings=tuple((counts_of(told.rows.marks) + self._gone.findings).tolist()),
            retired=tracker.retired,
            late=tracker.late,
            untracked=tracker.untracked,
            probes=int(probes[0]),
            unanswered=int(probes[1]),
            unsaid=self._unsaid,
        )

    def _make_room(self, tracker: BoundedTracker) -> None:
        """The table is full in the middle of a batch."""
        leaving = tracker.leaving(self._now_ns, max(len(tracker.flows) // SHARE, 1))
        if leaving.any():
            self._retire(leaving, Search.STIRRED)

    def _retire(self, leaving: NDArray[np.bool_], search: Search) -> None:
        """Let these rows leave, if there are any, after all that is new has been told."""
        self._waiting.append(self._news(np.flatnonzero(leaving), search))
        if not leaving.any():
            return
        told, tracker = self._told, self._tracker
        self._gone.add(told.only(leaving), tracker.flows.probing[leaving], tracker.probings)
        told.keep(~leaving)
        tracker.retire(leaving)

    def _news(self, leaving: NDArray[np.int64], search: Search) -> News:
        """All there is to tell. leaving: rows that are about to leave, whose last verdict is told too."""
        tracker, told = self._tracker, self._told
        events = without_packets(tracker.fresh())
        corrections = without_packets(tracker.proven())
        told.note(judge(tracker.flows, tracker.probings, self._now_ns, self._options.rules), tracker.flows)
        spoken = concerned(len(told.rows), events, corrections)
        told.rows.stirred[spoken] = True
        told.rows.spared[spoken] = False
        due = told.due(self._now_ns, self._options.rules.settled_ns)
        due[leaving] |= told.changed()[leaving]
        self._spare_the_crowd(due)
        told.rows.stirred[due] = True
        searched = self._searched(search, due)
        spoken |= due
        result = self._part_with(spoken | searched)
        rows = place_of(tracker.numbers, result)
        told.rows.verdict[due] = told.rows.now[due]
        findings, withdrawn = self._searcher.search(result, rows, searched, search)
        if search is Search.EVERYWHERE:  # what is handed out may be kept for a while
            lost = np.array([row for row, _ in withdrawn], np.int64)
            told_of = [lost, *(each.flows for each in findings)]
            spoken[np.concatenate(told_of)] = True  # rows of all are the table's
            result = self._part_with(spoken)
            rows = place_of(tracker.numbers, result)
            result.findings.marks[:] = told.rows.marks[rows >= 0]
            findings = [replace(each, flows=rows[each.flows]) for each in findings]
            withdrawn = [(int(rows[row]), name) for row, name in withdrawn]
        return News(
            result=result,
            events=renamed(events, rows),
            corrections=renamed(corrections, rows),
            judged=rows[np.flatnonzero(due)],
            findings=findings,
            withdrawn=withdrawn,
            totals=self.totals(),
        )

    def _spare_the_crowd(self, due: NDArray[np.bool_]) -> None:
        """Of connections of which nothing came, let only some be told; the others are counted as unsaid."""
        told = self._told.rows
        crowd = np.flatnonzero(due)
        crowd = crowd[of_the_crowd(told.now[crowd], taken(self._tracker.flows, crowd))]
        if abs(self._now_ns - self._second_ns) >= SECOND_NS:  # clocks may be set back
            self._second_ns, self._said = self._now_ns, 0
        said = min(len(crowd), MOST_SAID - self._said)
        self._said += said
        spared = crowd[said:]
        due[spared] = False
        told.verdict[spared] = told.now[spared]
        told.stirred[spared] = False
        told.spared[spared] = True
        self._unsaid += len(spared)

    def _searched(self, search: Search, due: NDArray[np.bool_]) -> NDArray[np.bool_]:
        told = self._told.rows
        if search is Search.EVERYWHERE:
            every: NDArray[np.bool_] = ~told.spared
            return every
        if search is Search.NOWHERE:
            return np.zeros(len(told), np.bool_)
        searched: NDArray[np.bool_] = told.stirred & (~CROWD[told.now] | due)
        return searched

    def _part_with(self, chosen: NDArray[np.bool_]) -> CaptureResult:
        """These rows, and those that used their 4-tuples before: some findings look at them."""
        previous = self._tracker.flows.previous[chosen].astype(np.int64)
        wanted = chosen.copy()
        wanted[previous[previous > 0] - 1] = True
        return self.part(np.flatnonzero(wanted))

    def part(self, chosen: NDArray[np.int64] | None) -> CaptureResult:
        """The capture of now, or of these rows (ascending) of it, judged, but without findings."""
        snapshot = self._tracker.snapshot(chosen)
        facts = replace(self.facts, interfaces=self._interfaces(), damages=[*self.facts.damages])
        seen = Seen(
            facts,
            self._frames,
            self._tracker.segments,
            self.decoder.skipped(),
            self._start_ns,
            self._now_ns,
        )
        result = concluded(snapshot, seen, self._options)
        result.going_on = not self.ended
        return result

    def _interfaces(self) -> list[Interface]:
        """With the drops that are known by now: most capture programs tell the file of them at the end."""
        known = self.facts.interfaces
        if self.dropped is None or self.facts.dropped is not None or not known:
            return [*known]
        return [replace(known[0], dropped=self.dropped), *known[1:]]


def concerned(count: int, *events: Rows) -> NDArray[np.bool_]:
    """By row, of so many: whether some EVENT rows belong to the flow."""
    of_some = np.zeros(count, np.bool_)
    for each in events:
        of_some[each.flow[each.flow != kinds.NO_FLOW]] = True
    return of_some


def place_of(numbers: NDArray[np.int64], result: CaptureResult) -> NDArray[np.int64]:
    """By row of the table, the row in a result with some of its flows; -1 for the others."""
    places = np.full(len(numbers), -1, np.int64)
    assert result.numbers is not None
    places[np.searchsorted(numbers, result.numbers)] = np.arange(len(result.numbers))
    return places


def renamed(events: Rows, rows: NDArray[np.int64]) -> Rows:
    """EVENT rows with the rows of a result as their flows."""
    of_flow = events.flow != kinds.NO_FLOW
    events.flow[of_flow] = rows[events.flow[of_flow]]
    return events
