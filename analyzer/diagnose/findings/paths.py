"""Paths, each two hosts: which silences its connections survived, and which of them were forgotten.

Its bounds come from all connections between the two: the longest silence that one survived, and the
shortest after which one was gone although its host was there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analyzer import kinds
from analyzer.diagnose.context import Context
from analyzer.diagnose.findings.columns import NEVER_NS
from analyzer.diagnose.findings.finding import Mask, Picked
from analyzer.diagnose.findings.silent_deaths import who_tried
from analyzer.diagnose.hosts import paths_of
from analyzer.diagnose.known_timeouts import EXPIRY
from analyzer.facts import Rows
from analyzer.lateness import LATE, LATE_NS
from analyzer.records import as_records, taken
from analyzer.rules import SECOND_NS

NO_PROOF = (
    kinds.REFUSED,
    kinds.NO_ANSWER,
    kinds.PEER_REBOOTED,
    kinds.MIDDLEBOX_RESET,
    kinds.PEER_DEAD,
    kinds.STALLED,
)
"""Verdicts of connections whose peer does not show that its host and the path are all right."""


@dataclass(frozen=True)
class Path:
    """The connections between two hosts (or of many paths, before they are parted): FLOW rows.

    rows: their numbers, table: themselves. hosts: of their sides, int64[n, 2], as numbers. spoken_ns,
    spoken_frame: the longest silence that each survived until a message broke it. survived_ns: or anything.
    """

    context: Context
    rows: Picked
    table: Rows
    hosts: NDArray[np.int64]
    spoken_ns: NDArray[np.int64]
    spoken_frame: NDArray[np.int64]
    survived_ns: NDArray[np.int64]

    def part(self, start: int, stop: int) -> Path:
        """One path of many, whose flows stand there."""
        here = slice(start, stop)
        return Path(
            self.context,
            self.rows[here],
            as_records(np.asarray(self.table)[here]),
            self.hosts[here],
            self.spoken_ns[here],
            self.spoken_frame[here],
            self.survived_ns[here],
        )

    def peers(self, deaths: Rows) -> NDArray[np.int64]:
        """The hosts that fell silent."""
        peers: NDArray[np.int64] = self.hosts[np.searchsorted(self.rows, deaths.row), deaths.peer]
        return peers

    def heard(self, host: int) -> Mask:
        """In which connections a host was heard that shows that it and the path are all right; [n, 2]."""
        talked = self.table["side"]["marks"] & kinds.SIDE_TALKED != 0
        sound: Mask = ~np.isin(self.table.verdict, NO_PROOF)
        return np.asarray((self.hosts == host) & talked & sound[:, None])

    def heard_from(self, deaths: Rows) -> NDArray[np.int64]:
        """When the first of those connections began in which the host that fell silent was heard later.

        In ns, by death; NEVER_NS: in none.
        """
        peers, begun = self.peers(deaths), np.full(len(deaths), NEVER_NS)
        for host in np.unique(peers).tolist():
            flow, side = np.nonzero(self.heard(host))
            last_ns = self.table["side"]["last_time"][flow, side]
            order = np.argsort(last_ns)
            starts = np.append(self.table.start[flow[order]], NEVER_NS)
            first = np.minimum.accumulate(starts[::-1])[::-1]  # of those heard at least as late
            mine = peers == host
            begun[mine] = first[np.searchsorted(last_ns[order], deaths.tried_ns[mine], "right")]
        return begun

    def latest_heard(self, deaths: Rows) -> int:
        """In which of the connections the first host that fell silent was heard latest, after that; or -1."""
        heard = self.heard(int(self.peers(deaths)[0]))
        later = (heard & (self.table["side"]["last_time"] > deaths.tried_ns[0])).any(axis=1)
        last_ns = np.where(later, self.table["side"]["last_time"].max(axis=1), -1)
        return int(last_ns.argmax()) if later.any() else -1


def forgotten_by_path(context: Context, deaths: Rows) -> Iterator[tuple[Path, Rows]]:
    """Each path with connections that a device may have forgotten: these, the shortest silence first.

    In the order of their first flows. deaths: DEATH rows, by flow. Silences that others survived
    explain nothing, nor does one that is longer by a timer's lateness only; nor does that of a host
    that was not heard since, unless the RST came from elsewhere.
    """
    every, begin, of = on_paths(context, deaths)
    timed = (every.table.probing > 0) & (every.survived_ns > every.spoken_ns)  # when, a timer chose
    timed_ns = np.maximum.reduceat(np.where(timed, every.survived_ns, 0), begin)[of]
    survived_ns = np.maximum.reduceat(every.survived_ns, begin)[of]
    longer = deaths.idle_ns > (1 + EXPIRY) * survived_ns + LATE_NS
    longer &= (deaths.probed == 0) | (deaths.idle_ns > LATE * timed_ns + LATE_NS)
    longer &= survived_ns >= context.rules.idle_ns
    end = np.append(begin[1:], len(every.rows))
    by_path = np.flatnonzero(longer)[np.argsort(of[longer], kind="stable")]
    groups = np.split(by_path, np.flatnonzero(np.diff(of[by_path])) + 1) if len(by_path) else []
    for those in sorted(groups, key=lambda those: int(those[0])):
        number = of[those[0]]
        path, own = every.part(begin[number], end[number]), taken(deaths, those)
        there = (own.reset > 0) | (path.heard_from(own) < NEVER_NS)
        if there.any():
            yield path, taken(own, np.flatnonzero(there)[np.argsort(own.idle_ns[there], kind="stable")])


def on_paths(context: Context, deaths: Rows) -> tuple[Path, Picked, Picked]:
    """All flows of the paths of these DEATH rows, path by path.

    With them, int64: where each path begins among them, and the number of each death's path.
    """
    flows = context.result.flows
    lows = np.unique(flows["address_low"][deaths.row])
    some = [part.rows[np.isin(part.flow("address_low"), lows).all(axis=1)] for part in context.stretches()]
    rows = np.concatenate(some)
    path, hosts = paths_of(flows["address_high"][rows], flows["address_low"][rows])
    of = path[np.searchsorted(rows, deaths.row)]
    known = np.unique(of)
    order = np.argsort(path, kind="stable")
    order = order[np.isin(path[order], known)]
    table = taken(flows, rows[order])
    every = Path(context, rows[order], table, hosts[order], *survived_by(context, table))
    return every, np.searchsorted(path[order], known), np.searchsorted(known, of)


def survived_by(
    context: Context, table: Rows
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """By flow of a FLOW table: Path.spoken_ns, spoken_frame and survived_ns.

    A side's pause is longer than the flow's by what its peer said last, mostly a round trip.
    """
    talk = table.talk.astype(np.int64)
    talking = taken(table, talk > 0)
    rows = taken(context.result.talks, talk[talk > 0] - 1)
    peer = 1 - who_tried(talking.watch.astype(np.int64))
    heard_ns = talking["side"]["last_time"][np.arange(len(rows)), peer]
    forged = (talking.verdict == kinds.MIDDLEBOX_RESET) & (talking.decided_by == peer)
    heard_ns = np.where(forged, talking.decided_life, heard_ns)
    tried = (rows.tried_time != kinds.MISSING) & (heard_ns >= rows.tried_time)
    longest_s, frame = np.zeros(len(talk)), np.zeros(len(talk), np.int64)
    longest_s[talk > 0] = np.where(tried, rows.tried_s, rows.survived_s)
    frame[talk > 0] = np.where(tried, rows.tried_frame, rows.survived_frame)
    spoken_ns = in_ns(longest_s)
    pause_ns = in_ns(table["side"]["longest_pause_s"].max(axis=1))
    return spoken_ns, frame, np.where(pause_ns > spoken_ns + SECOND_NS, pause_ns, spoken_ns)


def in_ns(seconds: NDArray[Any]) -> NDArray[np.int64]:
    """Whole nanoseconds."""
    out: NDArray[np.int64] = (seconds.astype(np.float64) * SECOND_NS).astype(np.int64)
    return out
