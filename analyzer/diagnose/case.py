"""One connection as sentences are made of it: reasons and findings."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analyzer import found, kinds
from analyzer.diagnose.evidence import Evidence, bits_of
from analyzer.diagnose.plain import Story, bounds_of, events_of, talks_of
from analyzer.diagnose.proof import Proof
from analyzer.diagnose.summary import stories_of
from analyzer.diagnose.timers import Timers, measure
from analyzer.facts import Finding, Rows
from analyzer.records import as_records
from analyzer.sequence import distances
from analyzer.wording import address_text, endpoint, few

if TYPE_CHECKING:
    from analyzer.diagnose.context import Context

ALWAYS = (
    kinds.KEEPALIVE_PROBE,
    kinds.ZERO_WINDOW_PROBE,
    kinds.KEEPALIVE_REPLY,
    kinds.KEEPALIVE_RESET,
    kinds.KEEPALIVE_TIMEOUT,
    kinds.SYN,
    kinds.SYN_RETRANSMISSION,
    kinds.RESET,
    kinds.FIN,
)
"""Kinds of events that a case has whoever asked for it: what verdicts rest on."""
ALWAYS_BITS = bits_of(ALWAYS)


class Case:
    """One flow with what is told of it.

    context: its capture. row: its FLOW row number. flow: as FLOW, a plain tuple; probing: as
    PROBING, or None where nobody probed; runs: as RUN. probed: its keep-alive probes, their answers
    and giving up, as EVENT. rows: its EVENT rows of the kinds ALWAYS and of those that its checks
    want, in frame order; arp: the capture's ARP rows where a check wants them.
    """

    def __init__(self, context: Context, row: int, story: Story, rows: Rows, arp: Rows) -> None:
        self.context = context
        self.row = row
        self.story = story
        self.flow, self.probing, self.runs, self.probed = story
        self.rows = rows
        self.arp = arp
        self.decided: int = self.flow.decided_frame

    def talk_of(self, side: int) -> Any:
        """The rhythm of its messages, as TALK_SIDE; only where the flow has a TALK row."""
        return self.talk.side[side]

    @cached_property
    def talk(self) -> Any:
        """As TALK, or None where nobody spoke after a pause."""
        row = self.flow.talk
        return talks_of(self.context.result.talks, np.array([row - 1]))[0] if row else None

    @cached_property
    def events(self) -> list[Any]:
        """`rows` as plain tuples: quicker to walk."""
        return events_of(self.rows)

    def of(self, *wanted: int) -> list[Any]:
        """The events of these kinds."""
        return [event for event in self.events if event.kind in wanted]

    def frames(self, *wanted: int) -> list[int]:
        """Frames of the events of these kinds."""
        return [event.frame for event in self.of(*wanted)]

    def name(self, side: int) -> str:
        """ "client" or "server"."""
        return kinds.SENDER_WORDS[kinds.CLIENT if side == self.flow.client else kinds.SERVER]

    @property
    def by(self) -> str:
        """The side that the verdict is about, "" for none."""
        return self.name(self.flow.decided_by) if self.flow.decided_by < 2 else ""

    def address(self, side: int) -> str:
        """10.0.0.1"""
        return address_text(int(self.flow.address_high[side]), int(self.flow.address_low[side]))

    def endpoint(self, side: int) -> str:
        """10.0.0.1:443"""
        return endpoint(self.address(side), int(self.flow.port[side]))

    def timers(self, side: int) -> Timers:
        """The keep-alive timers that this side was seen to use."""
        return measure(self.story, side)

    @property
    def shortened(self) -> bool:
        """Whether its oldest events are no longer held, which can be in a live capture only."""
        shortened = self.context.result.shortened
        return shortened is not None and bool(shortened[self.row])

    @property
    def one_sided(self) -> bool:
        """Whether the capture lacks one side, which must have answered: one direction of the path."""
        both = all(side.marks & kinds.SIDE_SENT for side in self.flow.side)
        return not both and self.flow.verdict != kinds.NO_ANSWER

    @property
    def lacks_octets(self) -> bool:
        """Whether segments are missing that the peer acknowledged."""
        if not any(side.marks & kinds.SIDE_HOLE for side in self.flow.side):
            return False
        return bool(lack_octets(self.context.result.flows["side"][self.row]).any())

    def finding(self, name: int, summary: str, advice: str, proof: Proof) -> Finding:
        """A finding about this flow."""
        return Finding(
            name=name,
            severity=found.SEVERITY[name],
            confidence=proof.confidence_in(self.context.lossy or self.one_sided or self.lacks_octets),
            scope=found.OF_FLOW,
            capture=self.context.result.capture,
            flows=np.array([self.row], np.int64),
            start_ns=proof.start_ns,
            end_ns=max(proof.start_ns, proof.end_ns),  # times of merged files may run backwards
            frames=few(sorted(proof.frames)),
            summary=summary,
            advice=advice,
        )


def lack_octets(sides: Any) -> NDArray[np.bool_]:
    """Of which SIDE rows the peer acknowledged octets that no frame shows, though others do."""
    needed = kinds.SIDE_HOLE | kinds.SIDE_ACKED | kinds.SIDE_SENT
    known = np.asarray(sides["marks"] & needed) == needed
    return np.asarray(known & (distances(sides["acked"], sides["hole_right"]) >= 0))


def cases_of(context: Context, chosen: NDArray[np.int64], evidence: Evidence) -> list[Case]:
    """Cases of these flows. evidence: has at least the kinds ALWAYS of each."""
    bounds = bounds_of(evidence.rows, chosen)
    stories = stories_of(context.result, chosen, evidence.find_probing)
    return [
        Case(context, row, story, as_records(evidence.rows[slice(*bound)]), evidence.arp)
        for row, story, bound in zip(chosen.tolist(), stories, bounds, strict=True)
    ]
