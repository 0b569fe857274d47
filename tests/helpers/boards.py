"""A feed for the screen: connections written down by hand, searched, chosen and sorted in plain Python."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analyzer import found, kinds
from analyzer.news import Board, Totals, Wish
from analyzer.present.timeline import Connection
from analyzer.present.urgency import VERDICT_ORDER

SECOND_NS = 1_000_000_000
START_NS = 1_700_000_000 * SECOND_NS
NONE = math.nan


@dataclass(frozen=True)
class Row:
    """One connection, by the fields of `Board`."""

    flow: int
    verdict: int = kinds.ALIVE
    client: str = "10.0.0.1:40000"
    server: str = "10.0.0.2:443"
    process: str = ""
    prober: str = ""
    keepalive_time_s: float = NONE
    keepalive_interval_s: float = NONE
    life_s: float = NONE
    next_probe_s: float = NONE
    unanswered: int = 0
    probes: int = 0
    findings: tuple[int, ...] = ()


def totals_of(rows: Iterable[Row], **others: object) -> Totals:
    """Totals in which every connection is still held."""
    verdicts, findings, count = [0] * len(kinds.VERDICT_WORDS), [0] * len(found.WORDS), 0
    for row in rows:
        verdicts[row.verdict] += 1
        count += 1
        for name in row.findings:
            findings[name] += 1
    whole = Totals(
        START_NS + 90 * SECOND_NS, START_NS, 1000, 900, None, count, count, tuple(verdicts), tuple(findings)
    )
    return replace(whole, **others)  # type: ignore[arg-type]


def board_of(rows: Sequence[Row], **others: object) -> Board:
    """All rows as a board."""
    board = Board(
        totals_of(rows),
        len(rows),
        12.5,
        np.array([row.flow for row in rows], np.int64),
        [row.client for row in rows],
        [row.server for row in rows],
        [row.process for row in rows],
        np.array([row.verdict for row in rows], np.uint8),
        [row.prober for row in rows],
        np.array([row.keepalive_time_s for row in rows], np.float64),
        np.array([row.keepalive_interval_s for row in rows], np.float64),
        np.array([row.life_s for row in rows], np.float64),
        np.array([row.next_probe_s for row in rows], np.float64),
        np.array([row.unanswered for row in rows], np.int64),
        np.array([row.probes for row in rows], np.int64),
        np.array([sum(1 << name for name in row.findings) for row in rows], np.uint32),
    )
    return replace(board, **others)  # type: ignore[arg-type]


class TableFeed:
    """A feed of rows, which a test may change while the screen shows them.

    largest: the most rows that were ever asked for at once. connections: by number.
    """

    def __init__(self, rows: Sequence[Row], connections: dict[int, Connection] | None = None) -> None:
        self.rows = list(rows)
        self.connections = connections or {}
        self.ended: str | None = None
        self.broken: Exception | None = None
        self.wishes: list[Wish] = []
        self.threads: set[int] = set()
        self.totals: dict[str, object] = {}

    def board(self, wish: Wish) -> Board:
        if self.broken is not None:
            raise self.broken
        self.wishes.append(wish)
        self.threads.add(threading.get_ident())
        rows = list(self.rows)
        passing = [row for row in rows if self._passes(row, wish)]
        passing.sort(key=lambda row: self._key(row, wish.sort), reverse=wish.descending)
        places = {row.flow: place for place, row in enumerate(passing)}
        board = board_of(passing[wish.first : wish.first + wish.count], passing=len(passing))
        totals = totals_of(rows, **self.totals)
        return replace(board, totals=totals, selected_at=places.get(wish.selected, -1))

    def connection(self, flow: int) -> Connection | None:
        return self.connections.get(flow)

    def failure(self) -> str | None:
        return self.ended

    @staticmethod
    def _passes(row: Row, wish: Wish) -> bool:
        chosen = not wish.verdicts or row.verdict in wish.verdicts
        return chosen and any(wish.search in text for text in (row.client, row.server, row.process))

    @staticmethod
    def _key(row: Row, sort: str) -> tuple[object, ...]:
        if sort == "urgency":
            return VERDICT_ORDER.index(row.verdict), -row.life_s if row.life_s == row.life_s else 0, row.flow
        value = getattr(row, sort)
        largest_first = sort in ("unanswered", "probes")
        return (value != value, -value if largest_first else value), row.flow
