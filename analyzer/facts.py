"""What is known of a capture as a whole: from its framing, and after it was analyzed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from analyzer.errors import Damage

Rows = np.recarray[Any, Any]


@dataclass
class Interface:
    """An interface description (pcapng IDB), or the one interface of a pcap file.

    link_type: LINKTYPE_ value; snap_length: bytes, 0 = unlimited.
    received, dropped: of its statistics block, None where the capture does not say.
    started_ns, stopped_ns: when capturing began and ended, ns since the epoch, likewise.
    """

    link_type: int
    snap_length: int = 0
    name: str = ""
    description: str = ""
    filter: str = ""
    received: int | None = None
    dropped: int | None = None
    started_ns: int | None = None
    stopped_ns: int | None = None


@dataclass
class CaptureFacts:
    """One capture, as its framing tells it; filled while it is read.

    path: as given, or as found in a folder ("-" is standard input).
    format: "pcap", "pcapng"; with compression: "pcap, gzip".
    files: the files joined into this capture, in order (one, unless it is a ring or --join).
    """

    path: str
    format: str = ""
    interfaces: list[Interface] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    damages: list[Damage] = field(default_factory=list)
    files: list[str] = field(default_factory=list)

    @property
    def dropped(self) -> int | None:
        """Frames that the capturing process says it lost; None where no interface reports."""
        known = [each.dropped for each in self.interfaces if each.dropped is not None]
        return sum(known) if known else None


class Events(Protocol):
    """Labelled segments of one capture, in frame order; spilled to disk when there are many."""

    def __len__(self) -> int: ...

    def batches(self) -> Iterator[Rows]:
        """Yield the events as EVENT rows, in frame order, some 100,000 at a time."""
        ...


@dataclass(frozen=True, eq=False)
class Finding:
    """Something worth telling, with its evidence: a row of the findings table.

    name: found.PEER_DEAD …; severity, confidence, scope: codes of kinds, too.
    capture: its number. flows: FLOW rows it explains, for scope flow exactly one.
    start_ns, end_ns: from when to when, MISSING where no time can be named.
    frames: the evidence, a few: the first ones and the last.
    summary: one sentence, without a full stop: what was seen, where, then what it means.
    advice: one or two sentences, best something to paste; times are said as `wording.moment` does.
    """

    name: int
    severity: int
    confidence: int
    scope: int
    capture: int
    flows: NDArray[np.int64]
    start_ns: int
    end_ns: int
    frames: tuple[int, ...]
    summary: str
    advice: str


@dataclass(frozen=True, eq=False)
class Findings:
    """What was found in one capture, as compact as millions of connections need it.

    marks: uint32 by FLOW row, bit `1 << name` for each finding that holds for the flow.
    wide: the findings about a host, a path or the capture. Those about one flow are put into words
        when they are asked for, as reasons are.
    """

    marks: NDArray[np.uint32]
    wide: tuple[Finding, ...] = ()

    @classmethod
    def none(cls, flows: int) -> Findings:
        """Nothing found in a capture of so many flows."""
        return cls(np.zeros(flows, np.uint32))


@dataclass
class CaptureResult:
    """One capture after tracking and verdicts: what tables and people's output are made of.

    flows: FLOW rows, `stream` is the row number, `flow` is `first_flow` + row number; of a live capture,
        whose rows come and go, `numbers` has both.
    probings, talks: PROBING and TALK rows, found through 1-based FLOW.probing, FLOW.talk.
    find_probing: RUN rows, ordered by flow, then first frame, of the given flows (row numbers; None:
        of all); and EVENT rows of their keep-alive probes, of what answered them and of giving up,
        ordered by flow, then frame (also data that answers, which the events table leaves out).
        Few people ask for all of these, so they are found when they do.
    events: as the events table; packets: every segment (None unless asked for).
    labelled: every row that the event store holds, also what it keeps for diagnosis alone.
    findings: what diagnosis found.
    skipped: frames that were not decoded, by reason (kinds.STATUS_WORDS, or a link type's name).
    start_ns, end_ns: times of the earliest and the latest frame, MISSING without frames.
    verdicts: flows by verdict code (kinds.VERDICT_WORDS).
    going_on: a live capture, as of end_ns. shortened: by row, whether its oldest events left memory.
    """

    facts: CaptureFacts
    capture: int
    first_flow: int
    flows: Rows
    probings: Rows
    talks: Rows
    find_probing: Callable[[NDArray[np.int64] | None], tuple[Rows, Rows]]
    events: Events
    labelled: Events
    packets: Events | None
    frames: int
    tcp_segments: int
    skipped: dict[str, int]
    start_ns: int
    end_ns: int
    verdicts: list[int]
    findings: Findings
    numbers: NDArray[np.int64] | None = None
    going_on: bool = False
    shortened: NDArray[np.bool_] | None = None

    def streams(self, rows: NDArray[Any]) -> NDArray[np.int64]:
        """The `stream` of FLOW rows."""
        numbers: NDArray[np.int64] = rows.astype(np.int64) if self.numbers is None else self.numbers[rows]
        return numbers

    def flow_numbers(self, rows: NDArray[Any]) -> NDArray[np.int64]:
        """The `flow` of FLOW rows."""
        return self.streams(rows) + self.first_flow

    @cached_property
    def successors(self) -> NDArray[np.uint32]:
        """1 + the flow that used the 4-tuple next, 0 = none, by row; as FLOW.previous backwards."""
        following = np.zeros(len(self.flows), np.uint32)
        previous = np.ascontiguousarray(self.flows["previous"])
        later = np.flatnonzero(previous)
        following[previous[later] - 1] = later + 1
        return following
