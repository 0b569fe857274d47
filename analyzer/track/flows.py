"""Tracking: rows to flows and labelled events. Checks, allocates and names; the kernels do the work."""

from __future__ import annotations

import numpy as np

from analyzer.facts import Rows
from analyzer.records import as_records
from analyzer.rules import Rules
from analyzer.track.events import IN_MEMORY, EventStore, LabelledEvents, count_ordinary
from analyzer.track.kernels import grow_buckets, lay_tombstones, track_segments, weigh_flows
from analyzer.track.latest import LatestEvents
from analyzer.track.state import MOST_FLOWS, State


class Tracker:
    """Tracks the segments of one capture, batch by batch, in frame order.

    all_packets: keep every segment as a row, not only events. most_flows: an upper bound
    that is known, None = unknown.
    """

    def __init__(
        self,
        rules: Rules,
        *,
        all_packets: bool = False,
        most_flows: int | None = None,
        events_in_memory: int = IN_MEMORY,
    ) -> None:
        self._state = State(rules, all_packets=all_packets, most_flows=most_flows or MOST_FLOWS)
        self._store: EventStore | LatestEvents = EventStore(events_in_memory)

    @property
    def segments(self) -> int:
        """TCP segments seen so far."""
        return int(self._state.tracker[0].segments)

    @property
    def untracked(self) -> int:
        """Segments of connections for which there was no memory left."""
        return int(self._state.tracker[0].untracked)

    @property
    def flows(self) -> Rows:
        """FLOW rows so far; the row number is the stream."""
        return as_records(self._state.flows[: self._state.tracker[0].flows_used])

    @property
    def probings(self) -> Rows:
        """PROBING rows so far."""
        return as_records(self._state.probings[: self._state.tracker[0].probings_used])

    @property
    def talks(self) -> Rows:
        """TALK rows so far."""
        return as_records(self._state.talks[: self._state.tracker[0].talks_used])

    def track(self, segments: Rows) -> None:
        """Label a batch of SEGMENT rows and move their flows on."""
        state = self._state
        position = 0
        while position < len(segments):
            position = track_segments(
                segments,
                position,
                state.flows,
                state.probings,
                state.talks,
                state.recent,
                state.buckets,
                state.tombstones,
                state.ahead,
                state.tracker,
                state.events,
            )
            self._make_space()

    def _make_space(self) -> None:
        """For the next events and flows."""
        self._empty_events()
        if 4 * (self._state.tracker[0].buckets_used + 1) > 3 * len(self._state.buckets):
            self._grow()

    def _empty_events(self) -> None:
        used = int(self._state.tracker[0].events_used)
        self._store.append(as_records(self._state.events[:used]))
        self._state.tracker[0].events_used = 0

    def _grow(self) -> None:
        """Make the hash half as large again: at most three quarters, at least half of it are in use."""
        state = self._state
        larger = np.zeros(len(state.buckets) * 3 // 2, np.uint32)
        grow_buckets(state.buckets, larger, state.flows, int(state.tracker[0].seed))
        state.buckets = larger

    def finish(self) -> None:
        """Count the tentative segments that stayed what they seemed to be."""
        for batch in self._store.batches():
            count_ordinary(batch, self.flows, self.probings)

    def events(self, *, only_events: bool) -> LabelledEvents:
        """The labelled rows, final once the capture is finished."""
        return LabelledEvents(self._store, self.flows, self.probings, only_events=only_events)


def prepare_tracking() -> None:
    """Compile the kernels of tracking that only large captures and live ones need."""
    tracker = Tracker(Rules(), most_flows=1)
    tracker._grow()
    none, tables = np.zeros(0, np.int64), tracker._state
    weigh_flows(tables.flows[:0], tables.probings[:0], np.zeros(0, np.uint8), none)
    lay_tombstones(none, tables.flows[:0], tables.tombstones, tables.tracker)
