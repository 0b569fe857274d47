"""What a live capture has to tell: since it was asked last (`News`), so far (`Totals`), and now (`Board`).

`watching` makes these; lines, screen, alerts, metrics and notebooks are made of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from analyzer.facts import CaptureResult, Finding, Rows


@dataclass(frozen=True)
class Totals:
    """Counts since the capture began.

    now_ns: the last frame's time and what has passed since it came, ns since the epoch; MISSING
    before the first frame. frames, segments: seen. dropped: frames that the capturing program says it
    lost, None while it says nothing. connections: seen. held: in memory now.
    verdicts: connections by verdict code, those that left memory included. findings: likewise by name.
    retired: connections that left memory, by why (words of `track.retirement`).
    late: segments of connections that had left already. untracked: segments for which there was no room.
    probes, unanswered: keep-alive probes seen, and those of them that nothing has answered.
    unsaid: connections of which nothing came beyond those that are told one by one, as in a flood.
    """

    now_ns: int
    start_ns: int
    frames: int
    segments: int
    dropped: int | None
    connections: int
    held: int
    verdicts: tuple[int, ...]
    findings: tuple[int, ...]
    retired: dict[str, int] = field(default_factory=dict)
    late: int = 0
    untracked: int = 0
    probes: int = 0
    unanswered: int = 0
    unsaid: int = 0


@dataclass(frozen=True, eq=False)
class News:
    """What came since the last news.

    result: a capture of the connections that the rest speaks of, and of no others; row numbers below
    are its rows, `result.numbers` are their flow numbers.
    events: EVENT rows that are new. corrections: those told earlier that proved to be of another kind.
    judged: rows whose verdict is to be told: it is new, or the connection leaves memory with another.
    findings: new ones. withdrawn: (row, name) of those told earlier that do not hold any more.
    totals: so far.
    """

    result: CaptureResult
    events: Rows
    corrections: Rows
    judged: NDArray[np.int64]
    findings: list[Finding]
    withdrawn: list[tuple[int, int]]
    totals: Totals

    @property
    def empty(self) -> bool:
        """Whether there is nothing to tell but the totals."""
        return not (
            len(self.events) or len(self.corrections) or len(self.judged) or self.findings or self.withdrawn
        )


@dataclass(frozen=True)
class Wish:
    """Which connections a board is to show, in which order.

    sort: a field of `Board`. search: part of an address, "address:port" or process. verdicts: codes,
    empty for all. first, count: the rows wanted of those that pass. selected: the number of a
    connection whose place is wanted too, -1 for none.
    """

    sort: str = "urgency"
    descending: bool = False
    search: str = ""
    verdicts: frozenset[int] = frozenset()
    first: int = 0
    count: int = 50
    selected: int = -1


@dataclass(frozen=True, eq=False)
class Board:
    """The connections of now, as far as they were wished for; every field but the first three and the
    last by row.

    totals: so far. passing: how many connections pass the wish. rate: segments a second of late.
    flow: numbers. client, server: "10.0.0.1:5000". process: "name[pid]" where local, else "".
    verdict: codes. prober: "client", "server", "both" or "".
    keepalive_time_s, keepalive_interval_s: the prober's, NaN where not observed.
    life_s: seconds since the last sign of life, NaN: none. next_probe_s: until the next probe is
    expected, negative: overdue, NaN: none is. unanswered: the latest probes that nothing has answered.
    probes: in all. findings: bits, `1 << name`. selected_at: the place of `Wish.selected` among those
    that pass, from 0, -1 where it does not pass or none is wanted.
    """

    totals: Totals
    passing: int
    rate: float
    flow: NDArray[np.int64]
    client: list[str]
    server: list[str]
    process: list[str]
    verdict: NDArray[np.uint8]
    prober: list[str]
    keepalive_time_s: NDArray[np.float64]
    keepalive_interval_s: NDArray[np.float64]
    life_s: NDArray[np.float64]
    next_probe_s: NDArray[np.float64]
    unanswered: NDArray[np.int64]
    probes: NDArray[np.int64]
    findings: NDArray[np.uint32]
    selected_at: int = -1

    def __len__(self) -> int:
        return len(self.flow)


SORTS: dict[str, str] = {
    "urgency": "gravest verdict and finding first, then the longest without a sign of life",
    "flow": "in order of appearance",
    "client": "by the client's address and port",
    "server": "by the server's address and port",
    "verdict": "by verdict",
    "life_s": "by the time since the last sign of life",
    "next_probe_s": "by when the next probe is expected",
    "unanswered": "by how many probes nothing has answered",
    "probes": "by how many probes were seen",
}
"""What a board can be sorted by, and what that means."""
