"""A copy of tracked flows as they are now, to be finished and judged while tracking goes on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analyzer.facts import Rows
from analyzer.records import taken
from analyzer.track.compaction import Tables, copied, new_rows
from analyzer.track.events import EventStore, LabelledEvents, count_ordinary
from analyzer.track.latest import renumbered_flows


class Snapshot:
    """Some flows, with what belongs to them: tables that nobody else writes.

    flows, probings, talks: FLOW, PROBING and TALK rows. numbers: the flows' numbers, ascending.
    shortened: of which flows the oldest events are no longer held.
    """

    def __init__(
        self,
        tables: Tables,
        held: Rows,
        numbers: NDArray[np.int64],
        chosen: NDArray[np.int64],
        shortened: NDArray[np.bool_],
    ) -> None:
        """tables, held: all flows, and all EVENT rows. chosen: rows to copy, ascending."""
        renumbered = new_rows(chosen, len(tables[0]))
        self.flows, self.probings, self.talks = copied(tables, chosen, renumbered)
        self.numbers: NDArray[np.int64] = numbers[chosen]
        self.shortened: NDArray[np.bool_] = shortened[chosen]
        flow, stay = renumbered_flows(held, renumbered)
        events = taken(held, stay)
        events.flow[:] = flow[stay]
        self._store = EventStore.holding(events)

    def finish(self) -> None:
        """As `Tracker.finish`, once."""
        for batch in self._store.batches():
            count_ordinary(batch, self.flows, self.probings)

    def events(self, *, only_events: bool) -> LabelledEvents:
        """As `Tracker.events`: the labels are those of now."""
        return LabelledEvents(self._store, self.flows, self.probings, only_events=only_events)
