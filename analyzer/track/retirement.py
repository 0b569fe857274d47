"""Tracking without an end in tables of a fixed size: flows leave when they have ended, or for others.

    tracker = BoundedTracker(rules, most_flows=100_000, most_events=250_000, make_room=make_room)
    tracker.track(segments)         # as Tracker's; calls make_room(tracker) where the table is full

What it has beside `Tracker` (segments, untracked, flows, probings, talks):

- `numbers`: int64[flows], the flow number of each row: from 0 in order of first appearance, never given
  twice, ascending with the rows. A copy. `flows`, `probings` and `talks` are views of the live tables:
  rows move when flows leave, so do not keep them.
- `room`: how many more flows fit in. `founded`: how many there were so far. `retired`: how many of these
  left, by why (kinds.LEFT_WORDS). `late`: segments of connections that had ended and left.
- `make_room(tracker)` is called in the middle of `track` where the table is full; no segment is lost by it.
  It should call `tracker.retire`; without one, a quarter of the table leaves as `tracker.leaving` chooses.
  All rows written so far are in the tables and in `fresh()`, and no row has moved yet: whoever tells of
  events takes `fresh()`, `proven()` and the last words of the leaving flows (`snapshot(rows)`) first.
  Where it frees nothing, further connections of this batch are `untracked`.
- `leaving(now_ns, room_wanted)`: bool[flows], who should leave. Those that ended Rules.left_ns before
  `now_ns` (capture time) always do. If that is less than `room_wanted` rows, then further ones in the
  order of kinds.LEFT_WORDS, and of each the silent longest first, until it is enough.
- `retire(mask)`: these flows leave. The others move to the head of the tables; events of the former are
  dropped. Those that ended (closed, reset, refused) leave a tombstone: a later segment that is no SYN
  and only repeats old ground founds no flow and is counted as `late`, as long as there is room for
  the tombstone. An ICMP error that quotes such a segment has no flow.
- `fresh()`: a copy of the EVENT rows written since the last call, labelled as far as can be told, in frame
  order; `flow` is the row of now. All kinds that are kept (`events.without_packets` leaves those of the
  events table). At most `most_events` (plus a quarter) are kept, told or not, so call it after each batch;
  of flows that ended the oldest go first, then the oldest of all (`Snapshot.shortened` says of which flows).
  `untold`: how many rows it would hand out.
- `proven()`: a copy of the EVENT rows that `fresh` handed out before tentative segments proved to be probes
  (design 4.1), as they are now: each once. Either the kind has changed, or `gap_ns` alone.
- `snapshot()`, `snapshot(rows)`: a `Snapshot` of all flows, or of those with these rows (ascending): copies
  of flows, probings, talks, numbers and kept events (with the rows of no flow: ARP, ICMP errors), on which
  `finish`, `decide` and what follows may write. It costs a copy of these flows, and one pass over the events.
- `finish()` is for the very end; on a snapshot it may be called any time.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from analyzer import kinds
from analyzer.facts import Rows
from analyzer.rules import Rules
from analyzer.track.compaction import compact, latest_uses, new_rows
from analyzer.track.events import count_ordinary
from analyzer.track.flows import Tracker
from analyzer.track.kernels import GROUP, lay_tombstones, weigh_flows
from analyzer.track.latest import LatestEvents
from analyzer.track.snapshot import Snapshot
from analyzer.track.state import NEVER, State

MOST_FLOWS = 100_000
MOST_EVENTS = 250_000
TOMBSTONES = 2  # for each flow that the table holds, 32 bytes each
SHARE = 4  # of a full table, one part in so many leaves at once, so that rows are moved seldom


class BoundedTracker(Tracker):
    """Tracks the segments of a capture that need not end. The module's docstring has the rules."""

    def __init__(
        self,
        rules: Rules,
        *,
        all_packets: bool = False,
        most_flows: int = MOST_FLOWS,
        most_events: int = MOST_EVENTS,
        make_room: Callable[[BoundedTracker], None] | None = None,
    ) -> None:
        """most_flows, most_events: how many are kept. make_room: has flows leave (`retire`)."""
        groups = -(-TOMBSTONES * most_flows // GROUP)
        self._state = State(rules, all_packets=all_packets, most_flows=most_flows, tombstones=groups * GROUP)
        self._store = self._latest = LatestEvents(most_events)
        self._rules = rules
        self._make_room = make_room or retire_some
        self._gone = 0
        self._numbers = np.zeros(0, np.int64)
        self._retired = np.zeros(len(kinds.LEFT_WORDS), np.int64)
        self._shortened = np.zeros(most_flows, np.bool_)

    @property
    def numbers(self) -> NDArray[np.int64]:
        """The flow number of each row."""
        known = len(self._numbers)
        return np.append(self._numbers, np.arange(known, len(self.flows)) + self._gone)

    @property
    def room(self) -> int:
        """How many more flows fit in the table."""
        return len(self._state.flows) - int(self._state.tracker[0].flows_used)

    @property
    def founded(self) -> int:
        """How many flows there were so far."""
        return self._gone + int(self._state.tracker[0].flows_used)

    @property
    def untold(self) -> int:
        """How many EVENT rows were written since the last call of `fresh`."""
        return self._latest.untold + int(self._state.tracker[0].events_used)

    @property
    def late(self) -> int:
        """Segments of connections that had ended and left."""
        return int(self._state.tracker[0].late)

    @property
    def retired(self) -> dict[str, int]:
        """How many flows left, by why: kinds.LEFT_WORDS."""
        return dict(zip(kinds.LEFT_WORDS, self._retired.tolist(), strict=True))

    def track(self, segments: Rows) -> None:
        """Label a batch of SEGMENT rows and move their flows on; flows leave where the table is full."""
        self._state.tracker[0].stop_at = len(self._state.flows)
        super().track(segments)

    def _make_space(self) -> None:
        super()._make_space()
        if not self.room and self._state.tracker[0].stop_at != NEVER:
            self._make_room(self)
            if not self.room:  # do without for the rest of this batch
                self._state.tracker[0].stop_at = NEVER

    def _empty_events(self) -> None:
        used = int(self._state.tracker[0].events_used)
        if self._latest.is_full_with(used):
            gone = self._latest.make_room(used, self._weighed()[0] == kinds.LEFT_ENDED)
            count_ordinary(gone, self.flows, self.probings)
            self._shortened[gone.flow[gone.flow != kinds.NO_FLOW]] = True
        super()._empty_events()

    def leaving(self, now_ns: int, room_wanted: int = 0) -> NDArray[np.bool_]:
        """Which flows should leave at `now_ns`: what ended long ago, and others until there are enough."""
        why, latest = self._weighed()
        chosen: NDArray[np.bool_] = (why == kinds.LEFT_ENDED) & (now_ns - latest >= self._rules.left_ns)
        wanted = room_wanted - np.count_nonzero(chosen)
        for turn in range(len(kinds.LEFT_WORDS)):
            some = np.flatnonzero((why == turn) & ~chosen)
            if wanted < len(some):
                some = some[np.argsort(latest[some], kind="stable")[: max(wanted, 0)]]
            chosen[some] = True
            wanted -= len(some)
        return chosen

    def _weighed(self) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """By flow: in which turn it may leave (kinds.LEFT_*), and when it was last heard of, ns."""
        why, latest = np.zeros(len(self.flows), np.uint8), np.zeros(len(self.flows), np.int64)
        weigh_flows(self.flows, self.probings, why, latest)
        return why, latest

    def retire(self, leaving: NDArray[np.bool_]) -> None:
        """These flows leave; what ended leaves a tombstone."""
        if not leaving.any():
            return
        why, _ = self._weighed()
        self._retired += np.bincount(why[leaving], minlength=len(kinds.LEFT_WORDS))
        state, kept = self._state, np.flatnonzero(~leaving)
        ended = np.flatnonzero(leaving & (why == kinds.LEFT_ENDED) & (latest_uses(state) != 0))
        lay_tombstones(ended, state.flows, state.tombstones, state.tracker)
        renumbered = new_rows(kept, len(leaving))
        self._numbers = self.numbers[kept]
        self._shortened[: len(kept)] = self._shortened[kept]
        self._shortened[len(kept) :] = False
        self._gone += len(leaving) - len(kept)
        self._latest.keep(renumbered)
        compact(state, kept, renumbered)

    def fresh(self) -> Rows:
        """The EVENT rows written since the last call."""
        return self._latest.fresh(self.flows, self.probings)

    def proven(self) -> Rows:
        """EVENT rows that turned out to be something else than `fresh` said, each once."""
        return self._latest.proven(self.flows, self.probings)

    def snapshot(self, chosen: NDArray[np.int64] | None = None) -> Snapshot:
        """A copy of all flows, or of those with these rows (ascending)."""
        if chosen is None:
            chosen = np.arange(len(self.flows))
        tables = self.flows, self.probings, self.talks
        return Snapshot(tables, self._latest.held, self.numbers, chosen, self._shortened)


def retire_some(tracker: BoundedTracker) -> None:
    """A part of a full table leaves, by the time of its latest segment."""
    latest_ns = int(tracker.flows.side["last_time"].max())
    tracker.retire(tracker.leaving(latest_ns, max(len(tracker.flows) // SHARE, 1)))
