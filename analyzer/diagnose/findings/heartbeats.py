"""Heartbeats of applications: small messages at a steady pace, which people take for keep-alives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np

from analyzer import found, kinds
from analyzer.diagnose.case import Case
from analyzer.diagnose.context import Flows
from analyzer.diagnose.findings import advice
from analyzer.diagnose.findings.finding import Check, Mask
from analyzer.diagnose.profiles import names
from analyzer.diagnose.proof import Proof
from analyzer.diagnose.recognition import heartbeats
from analyzer.facts import Finding
from analyzer.wording import counted, duration, lasting, listed, moment

MILLISECOND_NS = 1_000_000
BEFORE_MARKED = 3  # beats of a series before the first row that bears EVENT_BEAT
SURELY_STEADY = 10
"""So many messages at one pace are no chance. Our choice."""
SPOKEN = (kinds.DATA, kinds.FIN, kinds.OUT_OF_ORDER)
"""Kinds that bring new payload, other than the first of a connection."""


@dataclass(frozen=True)
class Series:
    """Steady messages of one side. rows: from the fourth on. open: they are its latest messages.

    frames: of the evidence. shortest_ns, longest_ns: pauses between them.
    """

    side: int
    rows: list[Any]
    count: int
    frames: list[int]
    shortest_ns: int
    longest_ns: int
    open: bool

    @property
    def period_ns(self) -> int:
        """The median pause, from the third to the fourth on."""
        return int(median(pauses_of(self.rows) or [self.shortest_ns]))

    @property
    def start_ns(self) -> int:
        """When the fourth was sent, less three periods."""
        return int(self.rows[0].time_ns) - BEFORE_MARKED * self.period_ns


def has_heartbeat(flows: Flows) -> Mask:
    """A side sent at least four small messages at a steady pace: tracking marked the fourth."""
    return np.asarray((flows.flow("event_marks") & kinds.EVENT_BEAT) != 0)


def tell_heartbeat(case: Case) -> Finding:
    """The longest series of each side that has one, and whether keep-alive is on as well."""
    series = [longest_of(case, side) for side in (0, 1)]
    told = sorted(filter(None, series), key=lambda one: -one.count)
    probes = [int(each.probes) for each in case.probing.side] if case.probing else [0, 0]
    probers = " and ".join(case.name(side) for side in (0, 1) if probes[side])
    also = f"keep-alive is on, too ({counted(sum(probes), 'probe')} of the {probers})"
    seen = "; ".join(told_series(case, each) for each in told)
    proof = Proof(
        [frame for each in told for frame in each.frames],
        min(each.start_ns for each in told),
        max(int(each.rows[-1].time_ns) for each in told),
        found.CERTAIN if told[0].count >= SURELY_STEADY else found.LIKELY,
    )
    what = "application heartbeats" if len(told) > 1 else "an application heartbeat"
    summary = f"{seen}: {what}, no TCP keep-alive; {also if probers else 'no keep-alive probe was seen'}"
    return case.finding(found.HEARTBEAT, summary, advice.heartbeat(case, told[0].side), proof)


def longest_of(case: Case, side: int) -> Series | None:
    """The longest heartbeat of a side."""
    beats = [each for each in case.of(*SPOKEN) if each.marks & kinds.EVENT_BEAT and each.sender == side]
    series: list[list[Any]] = []
    for beat in beats:
        if series and continues(series[-1][-1], beat):
            series[-1].append(beat)
        else:
            series.append([beat])
    return max((series_of(case, side, each) for each in series), key=lambda one: one.count, default=None)


def continues(before: Any, beat: Any) -> bool:
    """Whether there is no other message between two beats of a side."""
    apart_ns = beat.time_ns - before.time_ns
    return bool(beat.rtt_ns == apart_ns or (beat.answers and apart_ns < 2 * before.rtt_ns))


def pauses_of(beats: list[Any]) -> list[int]:
    """How long before each of them its sender had sent none, in ns; what answers a probe does not tell."""
    return [int(beat.rtt_ns) for beat in beats if not beat.answers]


def series_of(case: Case, side: int, beats: list[Any]) -> Series:
    """What is known of a series: of the latest messages also how it began."""
    talk = case.talk_of(side)
    frames = [beat.frame for beat in beats]
    if talk.beats > BEFORE_MARKED and talk.message_frame == frames[-1]:
        shortest_ns, longest_ns = talk.gap_min_ms * MILLISECOND_NS, talk.gap_max_ms * MILLISECOND_NS
        begun = [talk.first_beat_frame, *frames]
        return Series(side, beats, talk.beats, begun, shortest_ns, longest_ns, open=True)
    pauses = pauses_of(beats) or [0]
    return Series(side, beats, len(beats) + BEFORE_MARKED, frames, min(pauses), max(pauses), open=False)


def told_series(case: Case, series: Series) -> str:
    """What one side sends, how steadily, and whether the other replies."""
    last = series.rows[-1]
    jitter = 100 * (series.longest_ns - series.shortest_ns) / max(series.period_ns, 1)
    port = case.flow.port[1 - case.flow.client]
    known = names(heartbeats(series.period_ns / 1e9, last.length, port, case.context.profiles.heartbeats))
    told = (
        f"{series.count} messages of the {case.name(series.side)} of {lengths(series.rows)} "
        f"({listed(series.frames)}), one every {lasting(series.period_ns)} (jitter {jitter:.1f} %) "
        f"until {moment(last.time_ns)}, and nothing else from it meanwhile"
    )
    return ", ".join([told, *replies(case, series), *([f"perhaps {known}"] if known else [])])


def lengths(rows: list[Any]) -> str:
    """12 bytes, 12 to 14 bytes"""
    least, most = min(row.length for row in rows), max(row.length for row in rows)
    return counted(most, "byte") if least == most else f"{least} to {counted(most, 'byte')}"


def replies(case: Case, series: Series) -> Iterator[str]:
    """Whether the peer replied to a series; nothing where that is not known."""
    talk, peer = case.talk_of(series.side), case.name(1 - series.side)
    if talk.longest_reply_s == 0 or (series.open and talk.unreplied >= series.count):
        yield f"none replied to by the {peer}"
    elif series.open and talk.unreplied > 1:
        yield f"the last {talk.unreplied} without a reply of the {peer}"
    elif series.open and talk.longest_reply_s * 1e9 < series.shortest_ns:
        yield f"each replied to by the {peer} within {duration(talk.longest_reply_s)}"
    elif series.open:
        yield f"not each replied to by the {peer}"


CHECKS = (Check(found.HEARTBEAT, has_heartbeat, tell_heartbeat, wants=SPOKEN, exact=True),)
