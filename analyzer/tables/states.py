"""The states table: every change of a TCP state, or the states in force at one moment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from analyzer.facts import CaptureResult
from analyzer.kinds import MISSING, SENDER_WORDS, STATE_WORDS
from analyzer.tables import schema
from analyzer.tables.addresses import Network, address_texts
from analyzer.tables.moments import Moment
from analyzer.tables.rows import Tables
from analyzer.tables.schema import Column, Table
from analyzer.tables.select import Selection
from analyzer.tables.source import TableSource
from analyzer.tables.values import Array, Block, between, integers, who

LAYOUT = "keepalive-analyzer-states/1"
BLOCK = 1 << 14  # rows of text at a time; our choice

STATES = Table(
    "states",
    "One row per change of the TCP state of one end of a connection, as far as it can be inferred. "
    "How many ends are in a state at a moment: the rows up to then with it as `state`, less those with "
    "it as `before`.",
    (
        Column("capture", "integer", "The capture it was seen in."),
        Column("time", "time", "When the state began.", "UTC"),
        Column("until", "time", "When the next one began; missing if not in this capture.", "UTC", True),
        Column("duration_s", "seconds", "How long it lasted, as far as the capture goes.", "s"),
        Column("flow", "integer", "The connection."),
        Column("side", "category", "Which end it is.", words=SENDER_WORDS),
        Column("host", "text", "IP address of this end."),
        Column("port", "integer", "TCP port of this end."),
        Column("peer", "text", "IP address of the other end."),
        Column("peer_port", "integer", "TCP port of the other end."),
        Column(
            "state",
            "category",
            "TCP state (RFC 9293 3.3.2); UNKNOWN where nothing shows what the host knew.",
            words=STATE_WORDS,
        ),
        Column(
            "before",
            "category",
            "The state until then; missing in an end's first row.",
            nullable=True,
            words=STATE_WORDS,
        ),
    ),
)


class Changes(Protocol):
    """What diagnosis knows of states; `pipeline` provides it, since tables do not import it."""

    def state_changes(self, result: CaptureResult, rows: Array, /) -> Any:
        """CHANGE records of the given FLOW rows, by time."""
        ...

    def states_in_force(self, changes: Any, at_ns: int, /) -> Any:
        """Those of CHANGE records that hold at a moment, CLOSED left out."""
        ...


@dataclass(frozen=True)
class StateTables(TableSource):
    """The captures, and the states of the ends of the chosen connections.

    tables: of the selection. hosts: only the ends with these addresses, all if empty. at: only the
    states in force then, none of a capture that does not reach to it.
    """

    tables: Tables
    changes: Changes
    hosts: tuple[Network, ...] = ()
    at: Moment | None = None

    @property
    def layout(self) -> str:
        return LAYOUT

    @property
    def names(self) -> tuple[str, ...]:
        return ("captures", "states")

    @property
    def selection(self) -> Selection:
        return self.tables.selection

    def described(self, name: str) -> Table:
        return STATES if name == "states" else schema.TABLES[name]

    def blocks(self, name: str) -> Iterator[Block]:
        if name == "captures":
            yield from self.tables.blocks(name)
            return
        for part, result in enumerate(self.selection.results):
            records = self.of_capture(part)
            if self.at is not None:
                records = self.in_force(part, records)
            for start in range(0, len(records), BLOCK):
                yield state_block(result, records[start : start + BLOCK])

    def of_capture(self, part: int) -> Any:
        """CHANGE records of one capture."""
        result = self.selection.results[part]
        records = self.changes.state_changes(result, np.flatnonzero(self.selection.chosen(part)))
        if not self.hosts:
            return records
        high, low = result.flows["address_high"], result.flows["address_low"]
        wanted = np.any([host.holds(high, low) for host in self.hosts], axis=0)
        return records[wanted[records["flow"], records["side"]]]

    def in_force(self, part: int, records: Any) -> Any:
        """Those of a capture's CHANGE records that hold at `at`."""
        at_ns = self.moment(part)
        return records[:0] if at_ns is None else self.changes.states_in_force(records, at_ns)

    def moment(self, part: int) -> int | None:
        """`at` in nanoseconds since the epoch, or the capture's end; None where the capture ends before."""
        result = self.selection.results[part]
        if self.at is None:
            return result.end_ns if result.end_ns != MISSING else None
        at_ns = self.at.within(result)
        return at_ns if result.start_ns <= at_ns <= result.end_ns else None


def state_block(result: CaptureResult, records: Any) -> Block:
    """CHANGE records as rows of the states table."""
    flow, side = records["flow"].astype(np.int64), records["side"].astype(np.int64)
    until = integers(records["until_ns"])
    flows = result.flows
    high, low, port = flows["address_high"], flows["address_low"], flows["port"]
    return {
        "capture": np.full(len(records), result.capture, np.int64),
        "time": integers(records["time_ns"]),
        "until": until,
        "duration_s": between(records["time_ns"], np.where(until == MISSING, result.end_ns, until)),
        "flow": result.flow_numbers(flow),
        "side": who(records["side"], flows["client"][flow]),
        "host": address_texts(high[flow, side], low[flow, side]),
        "port": integers(port[flow, side]),
        "peer": address_texts(high[flow, 1 - side], low[flow, 1 - side]),
        "peer_port": integers(port[flow, 1 - side]),
        "state": records["state"],
        "before": records["before"],
    }
