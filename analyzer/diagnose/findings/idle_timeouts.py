"""Devices that forget idle connections, by path: which silences were survived, and which were not.

A path is two hosts. Its bounds come from all connections between them: the longest silence that one
survived, and the shortest after which one was gone although its host was there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analyzer import found, kinds
from analyzer.diagnose.case import Case
from analyzer.diagnose.context import Context, Flows
from analyzer.diagnose.findings import timer_advice
from analyzer.diagnose.findings.finding import Mask, Picked, WideCheck
from analyzer.diagnose.findings.silent_deaths import Death, deaths_of, who_tried
from analyzer.diagnose.known_timeouts import EXPIRY, known_middleboxes
from analyzer.diagnose.plain import flows_of
from analyzer.diagnose.profiles import names
from analyzer.diagnose.proof import Proof
from analyzer.facts import Finding, Rows
from analyzer.lateness import LATE, LATE_NS
from analyzer.records import as_records, taken
from analyzer.rules import SECOND_NS
from analyzer.wording import address_text, counted, lasting, listed, moment

NO_PROOF = (
    kinds.REFUSED,
    kinds.NO_ANSWER,
    kinds.PEER_REBOOTED,
    kinds.MIDDLEBOX_RESET,
    kinds.PEER_DEAD,
    kinds.STALLED,
)
"""Verdicts of connections whose peer does not show that its host and the path are all right."""

NEVER_NS = (1 << 63) - 1


@dataclass(frozen=True)
class Path:
    """The connections between two hosts, as FLOW: rows (row numbers) and table.

    spoken_ns, spoken_frame: by flow, the longest silence that it survived until a message broke it.
    survived_ns: or anything.
    """

    context: Context
    deaths: list[Death]
    rows: Picked
    table: Rows
    spoken_ns: NDArray[np.int64]
    spoken_frame: NDArray[np.int64]
    survived_ns: NDArray[np.int64]

    @cached_property
    def timed_ns(self) -> int:
        """The longest silence survived that a probe broke, so that a timer chose when; 0: none."""
        timed = (self.table.probing > 0) & (self.survived_ns > self.spoken_ns)
        return int(self.survived_ns[timed].max(initial=0))

    def outlasts(self, death: Death) -> bool:
        """Whether its silence was longer than all that were survived, and not by a timer's lateness only."""
        if death.probed and death.idle_ns <= LATE * self.timed_ns + LATE_NS:
            return False
        return death.idle_ns > (1 + EXPIRY) * int(self.survived_ns.max(initial=0)) + LATE_NS

    def peer_heard(self, death: Death) -> Rows:
        """FLOW rows of other connections in which the host that fell silent was heard later."""
        flows = self.context.result.flows
        high, low = flows.address_high[death.row][death.peer], flows.address_low[death.row][death.peer]
        same = (self.table["address_high"] == high) & (self.table["address_low"] == low)
        sound = ~np.isin(self.table.verdict, NO_PROOF) & (self.rows != death.row)
        heard = same & (self.table["side"]["last_time"] > death.tried_ns) & sound[:, None]
        heard &= self.table["side"]["marks"] & kinds.SIDE_TALKED != 0
        return taken(self.table, heard.any(axis=1))


def in_ns(seconds: NDArray[Any]) -> NDArray[np.int64]:
    """Whole nanoseconds."""
    out: NDArray[np.int64] = (seconds.astype(np.float64) * SECOND_NS).astype(np.int64)
    return out


def may_be_forgotten(flows: Flows) -> Mask:
    """The peer was not heard again, or a RST came from elsewhere."""
    return flows.judged(kinds.PEER_DEAD, kinds.STALLED, kinds.MIDDLEBOX_RESET)


def find_timeouts(context: Context, picked: Picked, rows: Rows) -> Iterator[Finding]:
    """For each path with connections that were gone after a silence."""
    deaths = [death for death in deaths_of(context, picked, rows) if death.idle_ns >= context.rules.idle_ns]
    told = [(path, forgotten) for path in paths_of(context, deaths) if (forgotten := forgotten_on(path))]
    firsts = np.array([forgotten[0].row for _, forgotten in told], np.int64)
    for (path, forgotten), case in zip(told, context.cases(firsts) if told else (), strict=True):
        yield from told_of(path, forgotten, case)


def paths_of(context: Context, deaths: list[Death]) -> Iterator[Path]:
    """The paths of these connections, each with all its flows."""
    flows = flows_of(context.result.flows, np.array([death.row for death in deaths], np.int64))
    by_hosts: dict[frozenset[tuple[int, int]], list[Death]] = {}
    for death, flow in zip(deaths, flows, strict=True):
        hosts = frozenset(zip(flow.address_high.tolist(), flow.address_low.tolist(), strict=True))
        by_hosts.setdefault(hosts, []).append(death)
    rows = rows_between(context, list(by_hosts))
    every = np.concatenate([np.zeros(0, np.int64), *rows.values()])
    table = taken(context.result.flows, every)
    spoken_ns, spoken_frame, survived_ns = survived_by(context, table)
    end = 0
    for hosts, those in rows.items():
        start, end = end, end + len(those)
        own = slice(start, end)
        yield Path(
            context,
            by_hosts[hosts],
            those,
            as_records(np.asarray(table)[own]),
            spoken_ns[own],
            spoken_frame[own],
            survived_ns[own],
        )


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


def rows_between(
    context: Context, wanted: list[frozenset[tuple[int, int]]]
) -> dict[frozenset[tuple[int, int]], Picked]:
    """The flows between the two hosts of each pair, in one pass over all flows."""
    between: dict[frozenset[tuple[int, int]], list[int]] = {hosts: [] for hosts in wanted}
    lows = np.array(sorted({low for hosts in wanted for _, low in hosts}), np.uint64)
    for part in context.stretches() if wanted else ():
        high, low = part.flow("address_high"), part.flow("address_low")
        for place in np.flatnonzero(np.isin(low, lows).all(axis=1)).tolist():
            hosts = frozenset(zip(high[place].tolist(), low[place].tolist(), strict=True))
            if hosts in between:
                between[hosts].append(int(part.rows[place]))
    return {hosts: np.array(rows, np.int64) for hosts, rows in between.items()}


def forgotten_on(path: Path) -> list[Death]:
    """The connections that a device may have forgotten, the shortest silence first.

    Silences that others survived explain nothing; nor does one of a host that was not heard since,
    unless the RST came from elsewhere.
    """
    survived = int(path.survived_ns.max(initial=0))
    if survived < path.context.rules.idle_ns:
        return []
    longer = [death for death in path.deaths if path.outlasts(death)]
    there = [death for death in longer if death.reset or len(path.peer_heard(death))]
    return sorted(there, key=lambda death: death.idle_ns)


def told_of(path: Path, deaths: list[Death], case: Case) -> Iterator[Finding]:
    """The device's timeout, and who probes too slowly for it. case: of the first death."""
    context, first = path.context, deaths[0]
    survived_ns, died_ns = int(path.survived_ns.max()), first.idle_ns
    best = int(path.survived_ns.argmax())
    by_reset = any(death.reset for death in deaths)
    products = known_middleboxes(
        survived_ns, died_ns, context.profiles.middleboxes, "rst" if by_reset else "silent"
    )
    frames = [frame for death in deaths for frame in (death.frame, death.reset) if frame]
    survivor = int(path.spoken_frame[best]) if path.spoken_ns[best] == survived_ns else 0
    summary = (
        f"{gone(deaths)}, though a silence of {lasting(survived_ns)} was survived"
        + (f" (until frame {survivor})" if survivor else "")
        + proof_of_host(path, first, case)
        + f": a device between {case.address(0)} and {case.address(1)} forgets idle connections after "
        + f"{lasting(survived_ns)} to {lasting(died_ns)}"
        + (f", as {names(products)} does after {products[0].timeout_s:g} s" if products else "")
    )
    rows = np.array(sorted(death.row for death in deaths), np.int64)
    times = min(death.tried_ns - death.idle_ns for death in deaths), max(death.end_ns for death in deaths)
    confidence = confidence_of(path, deaths)
    proof = Proof([*frames, *([survivor] if survivor else [])], *times, confidence, unseen=not by_reset)
    advice = timer_advice.wait_longer(case, 1 - first.peer, survived_ns, products)
    yield context.finding(found.MIDDLEBOX_TIMEOUT, summary, advice, proof, found.OF_PATH, rows)
    yield from too_slow(path, first, proof, timer_advice.keepalive_below(case, 1 - first.peer, survived_ns))


def gone(deaths: list[Death]) -> str:
    """after 350.2 s of silence (until frame 9) the connection was gone: no answer"""
    death = deaths[0]
    end = f"RST from elsewhere in frame {death.reset}" if death.reset else "nothing answered any more"
    if len(deaths) > 1:
        tried = listed(sorted(each.frame for each in deaths))
        silence = f"{lasting(death.idle_ns)} of silence or more"
        return f"{counted(len(deaths), 'connection')} were gone after {silence} ({tried})"
    silence = f"{lasting(death.idle_ns)} of silence (until frame {death.frame})"
    return f"after {silence} the connection was gone: {end}"


def proof_of_host(path: Path, death: Death, case: Case) -> str:
    """, and 10.0.0.2 was there: it was heard until … in the connection that began in frame 17"""
    heard = path.peer_heard(death)
    if not len(heard):
        return ""
    last_ns = heard["side"]["last_time"].max(axis=1)
    latest = heard[int(np.argmax(last_ns))]
    return (
        f", and {case.address(death.peer)} was there: it was heard in another connection "
        f"(frames {latest.first_frame} to {latest.last_frame}) until {moment(last_ns.max())}"
    )


def confidence_of(path: Path, deaths: list[Death]) -> int:
    """A RST from elsewhere, or a host heard while it was silent here, makes it likely.

    A host that was heard only after this connection's end may have been out of reach till then.
    """
    for death in deaths:
        heard = path.peer_heard(death)
        if death.reset or (len(heard) and (heard.start <= death.end_ns).any()):
            return found.LIKELY
    return found.POSSIBLE


def too_slow(path: Path, first: Death, proof: Proof, advice: str) -> Iterator[Finding]:
    """Probers of the path whose keepalive time is as long as a silence that was not survived.

    first: the shortest such silence. proof: of the device's timeout.
    """
    context = path.context
    probing = path.table.probing.astype(np.int64)
    rows = path.rows[probing > 0]
    idle_ns = context.result.probings["side"]["idle_ns"][probing[probing > 0] - 1]
    slow = (idle_ns != kinds.MISSING) & (idle_ns * LATE + LATE_NS >= first.idle_ns)
    if not slow.any():
        return
    soonest = np.where(slow, idle_ns, NEVER_NS)
    at, side = (int(place) for place in np.unravel_index(int(soonest.argmin()), soonest.shape))
    row = int(rows[at])
    (flow,) = flows_of(context.result.flows, rows[at : at + 1])
    own = context.result.probings["side"]["last_frame"][flow.probing - 1, side]
    probe = first.frame if row == first.row else int(own)
    who = "client" if side == flow.client else "server"
    others = int(slow.sum()) - 1
    summary = (
        f"the {who} {address_text(flow.address_high[side], flow.address_low[side])} probes after "
        f"{lasting(int(idle_ns[at, side]))} of silence (frame {probe})"
        + (f", as do {counted(others, 'other prober')} of this path" if others else "")
        + f", but {lasting(first.idle_ns)} of it were not survived there: connections are forgotten "
        "before they are probed"
    )
    explained = rows[slow.any(axis=1)]
    frames = [probe, first.frame, *([first.reset] if first.reset else [])]
    weak = Proof(sorted(set(frames)), proof.start_ns, proof.end_ns, proof.confidence, proof.unseen)
    yield context.finding(found.KEEPALIVE_TOO_SLOW, summary, advice, weak, found.OF_PATH, explained)


WIDE_CHECKS = (
    WideCheck(
        (found.MIDDLEBOX_TIMEOUT, found.KEEPALIVE_TOO_SLOW),
        find_timeouts,
        may_be_forgotten,
        wants=(kinds.KEEPALIVE_PROBE, kinds.RESET, kinds.KEEPALIVE_RESET),
    ),
)
