"""What a comparison of two captures, A and B, comes to, as tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from analyzer.compared import OUTCOME_WORDS, SEVERITY, Compared, Connection
from analyzer.kinds import MISSING, SENDER_WORDS
from analyzer.records import as_records
from analyzer.tables.about import About, about
from analyzer.tables.blocks import capture_row
from analyzer.tables.comparison_schema import LAYOUT, TABLES
from analyzer.tables.schema import Table
from analyzer.tables.source import TableSource, column_of
from analyzer.tables.values import Block, integers, seconds
from analyzer.wording import address_text

BLOCK = 1 << 16  # rows at a time; our choice


@dataclass(frozen=True)
class ComparisonTables(TableSource):
    """The tables of a comparison. chosen: numbers of the connections to tell of, in order."""

    compared: Compared
    chosen: Sequence[int]

    @classmethod
    def most_urgent(cls, compared: Compared, numbers: Iterable[int]) -> ComparisonTables:
        """Of these connections, the gravest outcomes first."""
        found = compared.connections
        return cls(compared, sorted(numbers, key=lambda each: (-SEVERITY[found[each].outcome], each)))

    def first(self, count: int) -> ComparisonTables:
        """The first `count` connections."""
        return replace(self, chosen=self.chosen[:count])

    @property
    def captures(self) -> tuple[About, About]:
        """What people are told about A and B."""
        a, b = self.compared.results
        return about(a), about(b)

    @property
    def outcomes(self) -> Counter[str]:
        """How many connections, chosen or not, came to what."""
        return Counter(OUTCOME_WORDS[each.outcome] for each in self.compared.connections)

    @property
    def layout(self) -> str:
        return LAYOUT

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(TABLES)

    def described(self, name: str) -> Table:
        return TABLES[name]

    def blocks(self, name: str) -> Iterator[Block]:
        if name == "segments":
            yield from self._segments()
            return
        rows = {
            "captures": self._captures,
            "clock": self._clock,
            "connections": self._connections,
            "alone": self._alone,
        }[name]()
        if rows:
            columns = TABLES[name].columns
            yield {column.name: column_of(column, [row[column.name] for row in rows]) for column in columns}

    def _captures(self) -> list[dict[str, Any]]:
        both = self.compared.results
        return [capture_row(result) | {"capture": number} for number, result in enumerate(both)]

    def _clock(self) -> list[dict[str, Any]]:
        clock = self.compared.clock
        return [
            {
                "basis": clock.basis,
                "offset_s": float(clock.offset_ns[0]) / 1e9,
                "uncertainty_s": _s(clock.uncertainty_ns),
                "drift_ppm": None if clock.drift is None else clock.drift * 1e6,
                "forward": clock.forward,
                "backward": clock.backward,
            }
        ]

    def _connections(self) -> list[dict[str, Any]]:
        return [self.connection_row(number) for number in self.chosen]

    def connection_row(self, number: int) -> dict[str, Any]:
        """One row of the connections table, in the codes of its columns."""
        each = self.compared.connections[number]
        a, b = (result.flows[flow] for result, flow in zip(self.compared.results, each.flow, strict=True))
        return {
            "connection": number,
            "a_flow": each.flow[0],
            "b_flow": each.flow[1],
            **_ends_of(a, each.client[0]),
            **_ends_of(b, each.client[1], "b_"),
            "aligned_by": each.by,
            "a_verdict": int(a.verdict),
            "b_verdict": int(b.verdict),
            "nearer": each.nearer,
            "outcome": each.outcome,
            "severity": SEVERITY[each.outcome],
            "confidence": each.confidence,
            "summary": each.summary,
            **_counts(each, 0),
            **_counts(each, 1),
            "first_lost_after_s": _s(each.first_lost_ns),
            "survived_s": _s(each.survived_ns),
            "a_frames": list(each.frames[0]),
            "b_frames": list(each.frames[1]),
        }

    def _alone(self) -> list[dict[str, Any]]:
        rows = []
        for each in self.compared.alone:
            flow = self.compared.results[each.capture].flows[each.flow]
            rows.append(
                {
                    "capture": each.capture,
                    "flow": each.flow,
                    **_ends_of(flow, int(flow.client)),
                    "start": int(flow.start),
                    "frames": int(flow.frames),
                    "verdict": int(flow.verdict),
                    "why": each.why,
                    "rivals": list(each.rivals),
                }
            )
        return rows

    def _segments(self) -> Iterator[Block]:
        chosen = np.zeros(len(self.compared.connections) + 1, bool)
        chosen[list(self.chosen)] = True
        matches = self.compared.matches
        rows = np.flatnonzero(chosen[matches.pair])
        for start in range(0, len(rows), BLOCK):
            yield segment_block(matches[rows[start : start + BLOCK]])


def segment_block(matches: Any) -> Block:
    """MATCH rows as rows of the segments table."""
    matches = as_records(matches)
    frame = np.where(matches.frame == 0, MISSING, matches.frame)
    return {
        "connection": integers(matches.pair),
        "time": integers(matches.order_ns),
        "sender": np.array(matches.sender),
        "kind": np.array(matches.kind),
        "seq": integers(matches.seq),
        "ack": integers(matches.ack),
        "length": integers(matches.length),
        "probe": integers(matches.probe, matches.probe == 0),
        "seen": np.array(matches.seen),
        "a_frame": integers(frame[:, 0]),
        "a_time": integers(matches.time_ns[:, 0]),
        "b_frame": integers(frame[:, 1]),
        "b_time": integers(matches.time_ns[:, 1]),
        "delay_s": seconds(matches.delay_ns),
        "idle_s": seconds(matches.pause_ns),
    }


def _s(ns: int | None) -> float | None:
    return None if ns is None else ns / 1e9


def _ends_of(flow: Any, client: int, prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for end, side in (("client", client), ("server", 1 - client)):
        found[f"{prefix}{end}"] = address_text(int(flow.address_high[side]), int(flow.address_low[side]))
        found[f"{prefix}{end}_port"] = int(flow.port[side])
    return found


def _counts(each: Connection, sender: int) -> dict[str, Any]:
    who = SENDER_WORDS[sender]
    places = ("both", "a_only", "b_only", "not_covered")
    found: dict[str, Any] = {
        f"{who}_{place}": count for place, count in zip(places, each.counts[sender], strict=True)
    }
    delays = each.delays[sender] or (None, None, None)
    for name, delay in zip(("min", "median", "max"), delays, strict=True):
        found[f"{who}_delay_{name}_s"] = _s(delay)
    return found
