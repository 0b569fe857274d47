"""The plan table: what other keep-alive timers would have made of each connection."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analyzer.kinds import MISSING, SPARED_WORDS
from analyzer.tables import schema
from analyzer.tables.files import cell_rows
from analyzer.tables.flow_columns import FlowView, flow_block
from analyzer.tables.rows import Tables
from analyzer.tables.schema import FLOWS, Column, Table
from analyzer.tables.source import TableSource
from analyzer.tables.values import Array, Block, between, integers, seconds

LAYOUT = "keepalive-analyzer-plan/1"
BLOCK = 1 << 14  # rows of text at a time; our choice
ENDS = ("flow", "capture", "client", "client_port", "server", "server_port", "verdict")

PLAN = Table(
    "plan",
    "One row per connection: what it was, and what it would have been with the planned timers.",
    (
        *(FLOWS[name] for name in ENDS),
        Column("idle_s", "seconds", "All its idle periods of 1 s and more: nothing but keep-alive.", "s"),
        Column("longest_idle_s", "seconds", "The longest of them.", "s"),
        Column(
            "probing_seen",
            "integer",
            "Segments that keep-alive took: probes, their answers, and the RST that gave up.",
            "segments",
        ),
        Column("probing_planned", "integer", "The same with the planned timers.", "segments"),
        Column("last_heard", "time", "Of a peer that died or rebooted: its last segment.", "UTC", True),
        Column("found", "time", "When the other side gave up or was told; missing: neither.", "UTC", True),
        Column(
            "planned_found",
            "time",
            "When the planned timers would have found out, at the latest; it may lie after the capture.",
            "UTC",
            True,
        ),
        Column("sooner_s", "seconds", "How much sooner; negative: later. Missing without both.", "s", True),
        Column("lost_after_s", "seconds", "Silence after which its peer was never heard again.", "s", True),
        Column(
            "spared",
            "category",
            "Whether the planned timers would have kept a device on the path from forgetting it; "
            "missing where nothing shows that one did.",
            nullable=True,
            words=SPARED_WORDS,
        ),
        Column("outage_s", "seconds", "Longest time from an unanswered probe to the next answer.", "s", True),
        Column("given_up", "boolean", "Whether the planned timers might have taken that outage for death."),
    ),
)


@dataclass(frozen=True)
class PlanTables(TableSource):
    """The captures, and the plan of the selection. planned: PLANNED rows of each capture's chosen flows."""

    tables: Tables
    planned: Sequence[Any]

    @property
    def layout(self) -> str:
        return LAYOUT

    @property
    def names(self) -> tuple[str, ...]:
        return ("captures", "plan")

    def described(self, name: str) -> Table:
        return PLAN if name == "plan" else schema.TABLES[name]

    def blocks(self, name: str) -> Iterator[Block]:
        if name == "captures":
            yield from self.tables.blocks(name)
            return
        for part, records in enumerate(self.planned):
            for start in range(0, len(records), BLOCK):
                yield self.block(part, records[start : start + BLOCK])

    def listed(self, wanted: Callable[[Any], Array], most: int) -> tuple[list[dict[str, Any]], int]:
        """The first rows that `wanted` picks of PLANNED records, as plain values; and how many it picks."""
        rows: list[dict[str, Any]] = []
        count = 0
        for part, records in enumerate(self.planned):
            picked = np.flatnonzero(wanted(records))
            count += len(picked)
            rows += cell_rows(PLAN, self.block(part, records[picked[: most - len(rows)]]))
        return rows, count

    def block(self, part: int, records: Any) -> Block:
        """PLANNED records of one capture as rows of the plan table."""
        result = self.tables.selection.results[part]
        view = FlowView(result, records["flow"].astype(np.int64), self.tables.diagnosis)
        found, planned = integers(records["found_ns"]), integers(records["planned_ns"])
        outage = np.where(records["outage_ns"] > 0, records["outage_ns"], MISSING)
        return flow_block(view, ENDS) | {
            "idle_s": seconds(records["idle_ns"]),
            "longest_idle_s": seconds(records["longest_idle_ns"]),
            "probing_seen": integers(records["probing_seen"]),
            "probing_planned": integers(records["probing_planned"]),
            "last_heard": integers(records["last_heard_ns"]),
            "found": found,
            "planned_found": planned,
            "sooner_s": between(planned, found),
            "lost_after_s": seconds(records["lost_after_ns"]),
            "spared": records["spared"],
            "outage_s": seconds(outage),
            "given_up": records["given_up"],
        }

    def totals(self) -> dict[str, Any]:
        """What the plan comes to: counts of connections, and segments an hour."""
        records = np.concatenate([np.asarray(each) for each in self.planned])
        results = [each for each in self.tables.selection.results if each.start_ns != MISSING]
        hours = sum(each.end_ns - each.start_ns for each in results) / 3.6e12
        dead = records["last_heard_ns"] != MISSING
        told = dead & (records["found_ns"] != MISSING) & (records["planned_ns"] != MISSING)
        spared = np.bincount(records["spared"], minlength=256)
        return {
            "connections": len(records),
            "hours": hours,
            "probing_seen_per_hour": records["probing_seen"].sum() / hours if hours else np.nan,
            "probing_planned_per_hour": records["probing_planned"].sum() / hours if hours else np.nan,
            "dead": int(dead.sum()),
            "found": int((records["found_ns"] != MISSING).sum()),
            "found_sooner": int((records["planned_ns"] < records["found_ns"])[told].sum()),
            "lost_after_silence": int(spared[: len(SPARED_WORDS)].sum()),
            **{f"spared_{word}": int(count) for word, count in zip(SPARED_WORDS, spared, strict=False)},
            "given_up": int(records["given_up"].sum()),
        }
