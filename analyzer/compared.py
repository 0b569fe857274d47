"""Two captures of the same connections, A and B: the language of `keepalive compare`.

Shared as `records` and `kinds` are: `diagnose.compare` fills these rows, `tables.comparison` and
`present.comparison` put them into words. Times are those of each capture's own clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analyzer import found, kinds
from analyzer.facts import CaptureResult, Rows
from analyzer.records import rows

A, B = 0, 1
CAPTURE_WORDS = ("A", "B")
UNCLEAR = 255
"""Code of a category that nobody can tell."""

# How two flows were found to be one connection.
BY_ADDRESSES = 0  # the same 4-tuple, and sequence numbers that agree
BY_NUMBERS = 1  # other addresses or ports (NAT), and sequence numbers that agree
BY_PROGRESS = 2  # the same 4-tuple, each side's sequence numbers moved by a constant (randomizing firewall)
ALIGNED_WORDS = ("addresses", "sequence_numbers", "progress")

# Why a flow stands alone.
ABSENT = 0  # the other capture has no connection that fits
AMBIGUOUS = 1  # it has several
OTHER_NUMBERS = 2  # it has the 4-tuple, with sequence numbers that do not agree
ALONE_WORDS = ("absent", "ambiguous", "other_numbers")

# Where a segment was seen.
IN_BOTH = 0
ONLY_A = 1
ONLY_B = 2
NOT_COVERED = 3  # the other capture was not running then
SEEN_WORDS = ("both", "A", "B", "not_covered")

# What a comparison of one connection comes to; the first that holds.
MADE_BETWEEN = 0  # a RST that passed only the vantage point farther from its alleged sender
PROBES_LOST = 1
ANSWERS_LOST = 2
SEGMENTS_LOST = 3
UNANSWERED_BEYOND = 4  # every probe passed both, and no answer came by
ALL_ARRIVED = 5
NOTHING_IN_COMMON = 6  # nothing of it was sent while both captures ran
OUTCOME_WORDS = (
    "made_between",
    "probes_lost",
    "answers_lost",
    "segments_lost",
    "unanswered_beyond",
    "all_arrived",
    "nothing_in_common",
)

SEVERITY = (
    kinds.PROBLEM,  # made_between
    kinds.PROBLEM,  # probes_lost
    kinds.PROBLEM,  # answers_lost
    kinds.WARNING,  # segments_lost
    kinds.PROBLEM,  # unanswered_beyond
    kinds.NOTE,  # all_arrived
    kinds.NOTE,  # nothing_in_common
)
"""How much an outcome deserves a look. Our choice."""

# What the estimate of the two clocks rests on.
BOTH_WAYS = 0
ONE_WAY = 1
ASSUMED = 2  # nothing: they are taken to agree
CLOCK_WORDS = ("both_directions", "one_direction", "assumed_equal")

SIGHT = np.dtype(
    [
        ("time_ns", "<i8"),  # ns since the epoch, by the capture's clock
        ("frame", "<i8"),
        ("pair", "<u4"),  # index of the aligned connection
        ("seq", "<u4"),  # SEG.SEQ, in A's numbers
        ("ack", "<u4"),  # SEG.ACK, in A's numbers, 0 where the ACK flag is clear
        ("length", "<u4"),  # payload octets
        ("tsval", "<u4"),  # RFC 7323
        ("ip_id", "<u2"),
        ("control", "<u2"),  # kinds.FLAG_*
        ("kind", "u1"),  # as its capture labels it
        ("sender", "u1"),  # kinds.CLIENT or SERVER
        ("ttl", "u1"),
        ("timed", "u1"),  # 1: has timestamps
    ],
    align=True,
)
"""One segment of an aligned connection, as one capture has it. Copies of frames are left out."""

MATCH = np.dtype(
    [
        ("frame", "<i8", (2,)),  # in A and in B, 0 = not there
        ("time_ns", "<i8", (2,)),  # by A's and by B's clock, MISSING = not there
        ("order_ns", "<i8"),  # when it passed the first vantage point that saw it, by A's clock
        ("delay_ns", "<i8"),  # from the vantage point nearer to its sender to the other, or MISSING
        ("pause_ns", "<i8"),  # since a segment of the connection was seen at both, or MISSING
        ("pair", "<u4"),
        ("seq", "<u4"),  # as A has it (as B has it where A does not, moved to A's numbers)
        ("ack", "<u4"),
        ("length", "<u4"),
        ("probe", "<u4"),  # which keep-alive probe of its sender it is, from 1, or 0
        ("kind", "u1"),  # as the vantage point nearer to its sender labels it
        ("sender", "u1"),
        ("seen", "u1"),  # SEEN_WORDS
        ("reset", "u1"),  # 1: the RST flag is set
        ("last", "u1"),  # 1: after the last frame of a capture that does not say when it was stopped
    ],
    align=True,
)
"""One segment of an aligned connection, brought together from both captures."""


@dataclass(frozen=True)
class Listening:
    """From when to when a capture ran, by its own clock, in ns.

    told: whether its file says when it was stopped; else all that is known is its last frame.
    """

    start_ns: int
    end_ns: int
    told: bool


def listening(result: CaptureResult) -> Listening:
    """When a capture ran: from its interfaces' statistics (pcapng), else from its first to its last frame."""
    interfaces = result.facts.interfaces
    starts = [each.started_ns for each in interfaces if each.started_ns is not None]
    ends = [each.stopped_ns for each in interfaces if each.stopped_ns is not None]
    start, end = result.start_ns, result.end_ns
    if starts and len(starts) == len(interfaces):
        start = min(start, max(starts))
    told = bool(ends) and len(ends) == len(interfaces) and min(ends) >= end  # else frames came after it
    return Listening(start, min(ends) if told else end, told)


@dataclass(frozen=True)
class Clock:
    """How far B's clock is ahead of A's: `offset_ns` at each of `knots_ns` (A's time), linear between.

    uncertainty_ns: at most so wrong, half the shortest round trip between the two vantage points;
    None where only one direction was seen or nothing. forward, backward: matched segments from A
    to B, and from B to A. drift: seconds a second that B's clock gains, None where not clear.
    """

    knots_ns: NDArray[np.int64]
    offset_ns: NDArray[np.float64]
    basis: int = ASSUMED
    uncertainty_ns: int | None = None
    forward: int = 0
    backward: int = 0
    drift: float | None = None

    def ahead_ns(self, a_times_ns: Any) -> NDArray[np.int64]:
        """How far B's clock is ahead at these times of A's."""
        since = np.asarray(a_times_ns, np.int64) - self.knots_ns[0]
        knots = (self.knots_ns - self.knots_ns[0]).astype(float)
        offsets = np.interp(since, knots, self.offset_ns - self.offset_ns[0])
        ahead: NDArray[np.int64] = np.rint(offsets).astype(np.int64) + round(float(self.offset_ns[0]))
        return ahead

    def to_a(self, b_times_ns: Any) -> NDArray[np.int64]:
        """B's times by A's clock."""
        times = np.asarray(b_times_ns, np.int64)
        guess = times - self.ahead_ns(times - np.int64(round(float(self.offset_ns[0]))))
        moved: NDArray[np.int64] = times - self.ahead_ns(guess)
        return moved


def equal_clocks() -> Clock:
    """What is taken for granted where nothing tells more."""
    return Clock(np.zeros(1, np.int64), np.zeros(1))


@dataclass
class Connection:
    """One connection that both captures have.

    flow: its FLOW row in A and in B; client: the client's side there. by: ALIGNED_WORDS. nearer: the end
    A is nearer to (kinds.CLIENT or SERVER), or UNCLEAR. counts: by sender, then SEEN_WORDS. delays: by
    sender, shortest, median and longest in ns from the nearer to the farther vantage point, or None.
    frames: evidence, in A and in B. first_lost_ns, survived_ns: silence on the path before the first
    segment that was lost for good, and the longest that a segment before it passed; None where unknown.
    """

    flow: tuple[int, int]
    client: tuple[int, int]
    by: int
    nearer: int = UNCLEAR
    outcome: int = NOTHING_IN_COMMON
    confidence: int = found.CERTAIN
    summary: str = ""
    counts: Sequence[Sequence[int]] = ((0, 0, 0, 0), (0, 0, 0, 0))
    delays: tuple[tuple[int, int, int] | None, tuple[int, int, int] | None] = (None, None)
    frames: tuple[tuple[int, ...], tuple[int, ...]] = ((), ())
    first_lost_ns: int | None = None
    survived_ns: int | None = None


@dataclass(frozen=True)
class Alone:
    """A connection that only one capture has. flow: FLOW row there. rivals: the flows that fit it, if any."""

    capture: int
    flow: int
    why: int
    rivals: tuple[int, ...] = ()


@dataclass
class Compared:
    """What a comparison comes to.

    results: A and B. matches: MATCH rows, by connection and time.
    """

    results: tuple[CaptureResult, CaptureResult]
    clock: Clock = field(default_factory=equal_clocks)
    connections: list[Connection] = field(default_factory=list)
    alone: list[Alone] = field(default_factory=list)
    matches: Rows = field(default_factory=lambda: rows(0, MATCH))
