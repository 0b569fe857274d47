"""The connections of a live capture as a board: chosen, sorted and counted down by NumPy over all of them.

Only what is shown is put into words, so that a hundred thousand connections cost no more than ten.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from analyzer import found, kinds
from analyzer.facts import Rows
from analyzer.news import Board, Totals, Wish
from analyzer.pipeline import Diagnosis
from analyzer.records import as_records, taken
from analyzer.rules import SECOND_NS
from analyzer.watch.processes import Ends, Processes
from analyzer.watch.watching import Watch
from analyzer.wording import address_text, endpoint

Array = NDArray[Any]

GRAVITY = np.array([*kinds.VERDICT_SEVERITY, *[0] * (256 - len(kinds.VERDICT_SEVERITY))])
WAITED = np.zeros(256, np.bool_)
WAITED[[kinds.PEER_DEAD, kinds.PROBING, kinds.STALLED]] = True
"""Verdicts about a peer that is waited for; elsewhere any segment is a sign of life."""

FAR_NS = (1 << 62) - 1


class Boards:
    """Makes the boards of one watch. diagnosis: measures timers. processes: None where none is local."""

    def __init__(self, watch: Watch, diagnosis: Diagnosis, processes: Processes | None = None) -> None:
        self._watch = watch
        self._diagnosis = diagnosis
        self._processes = processes
        self._ends: dict[int, Ends] = {}

    def board(self, wish: Wish, totals: Totals, rate: float, now_ns: int) -> Board:
        """What is wished for, as of the watch's latest look; times as of `now_ns`."""
        tracker, verdict = self._watch.tracker, self._watch.verdicts
        flows = as_records(tracker.flows[: len(verdict)])  # later ones have no verdict yet
        numbers = tracker.numbers[: len(verdict)]
        if self._processes:
            self._processes.refresh()
        passing = np.ones(len(flows), np.bool_)
        if wish.verdicts:
            passing &= np.isin(verdict, list(wish.verdicts))
        if wish.search:
            passing &= self._matching(flows, numbers, wish.search.lower())
        chosen = np.flatnonzero(passing)
        times = times_of(flows, tracker.probings, verdict)
        order = self._order(wish, flows, verdict, times)[chosen]
        shown = chosen[np.lexsort((chosen, order))]
        if wish.descending:
            shown = shown[::-1]
        places = np.flatnonzero(numbers[shown] == wish.selected)
        shown = shown[wish.first : wish.first + wish.count]
        life, due = times["life"][shown], times["next"][shown]
        return Board(
            totals=totals,
            passing=len(chosen),
            rate=rate,
            verdict=verdict[shown],
            life_s=np.where(life == kinds.MISSING, np.nan, (now_ns - life) / SECOND_NS),
            next_probe_s=np.where(due == kinds.MISSING, np.nan, (due - now_ns) / SECOND_NS),
            unanswered=times["unanswered"][shown],
            probes=times["probes"][shown],
            findings=self._watch.marks[shown],
            selected_at=int(places[0]) if len(places) else -1,
            **self._named(flows, numbers, shown),
            **self._timers(shown),
        )

    def _order(self, wish: Wish, flows: Rows, verdict: Array, times: dict[str, Array]) -> Array:
        """What to sort by, ascending."""
        marks = self._watch.marks
        if wish.sort == "urgency":
            gravest = GRAVITY[verdict]
            for severity in (kinds.WARNING, kinds.PROBLEM):
                bits = np.uint32(
                    sum(1 << name for name, each in enumerate(found.SEVERITY) if each == severity)
                )
                gravest = np.where(marks & bits, np.maximum(gravest, severity), gravest)
            over = np.where(np.isin(verdict, OVER), 1, 0)  # what is over is less urgent than what goes on
            return rank(-gravest, over, times["life"])
        if wish.sort in ("client", "server"):
            side = flows.client ^ (wish.sort == "server")
            every = np.arange(len(flows))
            return rank(
                flows.address_high[every, side], flows.address_low[every, side], flows.port[every, side]
            )
        if wish.sort == "verdict":
            return rank(-GRAVITY[verdict], verdict)
        if wish.sort == "life_s":
            return -times["life"]
        if wish.sort == "next_probe_s":
            return np.where(times["next"] == kinds.MISSING, FAR_NS, times["next"])
        if wish.sort in ("unanswered", "probes"):
            return -times[wish.sort]
        return np.arange(len(flows))

    def _named(self, flows: Rows, numbers: Array, shown: Array) -> dict[str, Any]:
        """The columns that say which connections these are."""
        self._learn(as_records(flows[shown]), numbers[shown])
        chosen = numbers[shown].tolist()
        return {
            "flow": numbers[shown],
            "client": [endpoint(*self._ends[number][0]) for number in chosen],
            "server": [endpoint(*self._ends[number][1]) for number in chosen],
            "process": [self._process(number) for number in chosen],
        }

    def _timers(self, shown: Array) -> dict[str, Any]:
        """Who probes, and how often."""
        rows, back = np.unique(shown, return_inverse=True)  # ascending, as a part of the capture wants them
        result = self._watch.part(rows)
        summary = taken(self._diagnosis.summarize(result, np.arange(len(rows))), back)
        who = np.where(summary.prober == PROBER_SERVER, 1, 0)
        place = np.arange(len(shown))
        return {
            "prober": [kinds.PROBER_WORDS[code] for code in summary.prober.tolist()],
            "keepalive_time_s": in_s(summary.keepalive_time_ns[place, who]),
            "keepalive_interval_s": in_s(summary.keepalive_interval_ns[place, who]),
        }

    def _learn(self, flows: Rows, numbers: Array) -> None:
        """Have the ends of these connections as text; kept, since they never change."""
        new = np.array([row for row, number in enumerate(numbers.tolist()) if number not in self._ends], int)
        if len(self._ends) + len(new) > MOST_ENDS:
            self._ends.clear()
            new = np.arange(len(numbers))
        columns = (flows[name][new].tolist() for name in ("address_high", "address_low", "port", "client"))
        for number, high, low, port, client in zip(numbers[new].tolist(), *columns, strict=True):
            ends = [(address_text(high[side], low[side]), port[side]) for side in (client, 1 - client)]
            self._ends[number] = ends[0], ends[1]

    def _process(self, number: int) -> str:
        return self._processes.name(*self._ends[number]) if self._processes else ""

    def _matching(self, flows: Rows, numbers: Array, text: str) -> NDArray[np.bool_]:
        """Whose ends or process have this in their text."""
        self._learn(flows, numbers)
        found = [
            text in f"{endpoint(*self._ends[number][0])} {endpoint(*self._ends[number][1])}"
            or text in self._process(number).lower()
            for number in numbers.tolist()
        ]
        return np.array(found, np.bool_)


MOST_ENDS = 1 << 18
PROBER_SERVER = kinds.PROBER_WORDS.index("server")
OVER = (kinds.CLOSED, kinds.REFUSED, kinds.NO_ANSWER)


def rank(*keys: Array) -> Array:
    """The place of each row if they were sorted by the first key, then the next."""
    places = np.empty(len(keys[0]), np.int64)
    places[np.lexsort(keys[::-1])] = np.arange(len(places))
    return places


def in_s(ns: Array) -> NDArray[np.float64]:
    """Seconds, NaN for MISSING."""
    return np.where(ns == kinds.MISSING, np.nan, ns / SECOND_NS)


def times_of(flows: Rows, probings: Rows, verdict: Array) -> dict[str, Array]:
    """By flow, int64: ns of its last sign of `life`, and of its `next` probe; how many are `unanswered`.

    The next probe is expected after the silence that its prober waited before (RFC 9293 3.8.4), which of
    probes that were all answered is their spacing, too; or, while probes wait for an answer, after the last
    spacing. MISSING: nothing tells.
    """
    sent = flows["side"]["marks"] & kinds.SIDE_SENT != 0
    heard = np.where(sent, flows["side"]["last_time"], kinds.MISSING)
    times = {
        "life": heard.max(axis=1, initial=kinds.MISSING),
        "next": np.full(len(flows), kinds.MISSING, np.int64),
        "unanswered": np.zeros(len(flows), np.int64),
        "probes": np.zeros(len(flows), np.int64),
    }
    row = flows.probing.astype(np.int64)
    has = np.flatnonzero(row)
    sides = taken(probings, row[has] - 1)["side"]
    last, spacing, idle = sides["last_time"], sides["spacing_ns"], sides["idle_ns"]
    probed = sides["probes"] > 0
    waiting = np.where(probed, sides["waiting"], 0).astype(np.int64)
    again = np.where((waiting > 0) & (spacing != kinds.MISSING), last + spacing, FAR_NS)
    quiet = np.maximum(sides["heard_time"], last)
    all_answered = (idle == kinds.MISSING) & (sides["replies"] >= sides["probes"])  # idle before we watched
    rest = np.where(all_answered, spacing, idle)
    after = np.where((waiting == 0) & (rest != kinds.MISSING), quiet + rest, FAR_NS)
    due = np.where(probed, np.minimum(again, after), FAR_NS).min(axis=1, initial=FAR_NS)
    going_on = ~FINAL_CODES[verdict[has]]
    times["next"][has] = np.where((due < FAR_NS) & going_on, due, kinds.MISSING)
    lost = sides["probes"].astype(np.int64) - sides["replies"] - sides["resets"]
    waits = np.where(
        (verdict[has] == kinds.PEER_DEAD)[:, None], lost, waiting
    )  # it waits no more: all of them
    times["unanswered"][has] = waits.max(axis=1, initial=0)
    times["probes"][has] = np.where(probed, sides["probes"], 0).sum(axis=1)
    prober = np.where(waits[:, 0] >= waits[:, 1], 0, 1)
    waited = WAITED[verdict[has]] & (waits.max(axis=1, initial=0) > 0)
    times["life"][has] = np.where(waited, heard[has, 1 - prober], times["life"][has])
    return times


FINAL_CODES = np.ones(256, np.bool_)
FINAL_CODES[[kinds.PROBING, kinds.STALLED, kinds.ALIVE, kinds.OPEN, kinds.UNKNOWN]] = False
"""Verdicts of connections of which no probe is expected any more."""
