"""The flows table, column by column, out of FLOW and SUMMARY records."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from analyzer import found
from analyzer.facts import CaptureResult, Finding
from analyzer.tables.addresses import address_texts, is_ipv4
from analyzer.tables.select import last_times
from analyzer.tables.values import Array, Block, between, closer, integers, pick, seconds, who


class Diagnosis(Protocol):
    """What diagnosis knows about flows; `pipeline` provides it, since tables do not import it."""

    def summarize(self, result: CaptureResult, rows: Any, /) -> Any:
        """SUMMARY records of the given FLOW rows, in their order."""
        ...

    def reasons(self, result: CaptureResult, rows: Any, /) -> list[str]:
        """One sentence for each of the given FLOW rows."""
        ...

    def stacks(self, result: CaptureResult, rows: Any, /) -> list[str]:
        """For each of the given FLOW rows the TCP stacks that its probers may be."""
        ...

    def findings(self, result: CaptureResult, rows: Any, names: int, /) -> list[Finding]:
        """The findings about one of the given FLOW rows alone. names: bits of those that are wanted."""
        ...


@dataclass
class FlowView:
    """Some flows of one capture; what is costly is computed when a column first asks for it."""

    result: CaptureResult
    rows: Array
    diagnosis: Diagnosis

    @cached_property
    def flows(self) -> Any:
        return self.result.flows[self.rows]

    @cached_property
    def summary(self) -> Any:
        return self.diagnosis.summarize(self.result, self.rows)

    @cached_property
    def client(self) -> Array:
        """Side index of the client."""
        index: Array = self.flows["client"].astype(np.int64)
        return index

    @cached_property
    def end(self) -> Array:
        return last_times(self.flows)

    def endpoint(self, server: int) -> list[str]:
        """Addresses of the clients (0) or servers (1)."""
        index = self.client ^ server
        high, low = self.flows["address_high"], self.flows["address_low"]
        return address_texts(pick(high, index), pick(low, index))

    def port(self, server: int) -> Array:
        return integers(pick(self.flows["port"], self.client ^ server))

    def octets(self, server: int) -> Array:
        return integers(pick(self.flows["side"]["bytes"], self.client ^ server))

    def findings(self) -> list[list[str]]:
        """Names of what was found, in the order of the contract."""
        marks, place = np.unique(self.result.findings.marks[self.rows], return_inverse=True)
        names = [[word for bit, word in enumerate(found.WORDS) if mark >> bit & 1] for mark in marks.tolist()]
        return [names[index] for index in place.tolist()]

    def filters(self) -> list[str]:
        """Wireshark display filters; they find ICMP errors that quote the connection too."""
        high, low = self.flows["address_high"][:, 0].tolist(), self.flows["address_low"][:, 0].tolist()
        family = ["ip" if is_ipv4(*halves) else "ipv6" for halves in zip(high, low, strict=True)]
        columns = (
            family,
            self.endpoint(0),
            self.endpoint(1),
            self.port(0).tolist(),
            self.port(1).tolist(),
            self.flows["first_frame"].tolist(),
            self.flows["last_frame"].tolist(),
        )
        return [
            f"{ip}.addr == {client} && {ip}.addr == {server} && tcp.port == {client_port}"
            f" && tcp.port == {server_port} && frame.number >= {first} && frame.number <= {last}"
            for ip, client, server, client_port, server_port, first, last in zip(*columns, strict=True)
        ]


def _summed(name: str) -> Callable[[FlowView], Array]:
    return lambda view: integers(view.summary[name])


def _lasting(name: str) -> Callable[[FlowView], Array]:
    return lambda view: seconds(view.summary[name])


def _timers(who_index: int) -> dict[str, Callable[[FlowView], Array]]:
    name = ("client", "server")[who_index]

    def count(view: FlowView) -> Array:
        counts = view.summary["keepalive_count"][:, who_index]
        return integers(counts, counts < 0)

    return {
        f"{name}_keepalive_time_s": lambda view: seconds(view.summary["keepalive_time_ns"][:, who_index]),
        f"{name}_keepalive_interval_s": lambda view: seconds(
            view.summary["keepalive_interval_ns"][:, who_index]
        ),
        f"{name}_keepalive_count": count,
    }


BUILDERS: dict[str, Callable[[FlowView], Any]] = {
    "flow": lambda view: view.result.flow_numbers(view.rows),
    "capture": lambda view: np.full(len(view.rows), view.result.capture, np.int64),
    "stream": lambda view: view.result.streams(view.rows),
    "client": lambda view: view.endpoint(0),
    "client_port": lambda view: view.port(0),
    "server": lambda view: view.endpoint(1),
    "server_port": lambda view: view.port(1),
    "start": lambda view: integers(view.flows["start"]),
    "end": lambda view: view.end,
    "duration_s": lambda view: between(view.flows["start"], view.end),
    "last_sign_of_life": lambda view: integers(view.summary["last_sign_of_life_ns"]),
    "frames": lambda view: integers(view.flows["frames"]),
    "client_bytes": lambda view: view.octets(0),
    "server_bytes": lambda view: view.octets(1),
    "verdict": lambda view: view.flows["verdict"],
    "reason": lambda view: view.diagnosis.reasons(view.result, view.rows),
    "severity": lambda view: view.summary["severity"],
    "closed_by": lambda view: who(closer(view.flows["first_closer"]), view.flows["client"]),
    "prober": lambda view: view.summary["prober"] - np.uint8(1),  # code 0, nobody, wraps to missing
    "probes": _summed("probes"),
    "replies": _summed("replies"),
    "unanswered": _summed("unanswered"),
    "resets": _summed("resets"),
    **_timers(0),
    **_timers(1),
    "rtt_min_s": _lasting("rtt_min_ns"),
    "rtt_median_s": _lasting("rtt_median_ns"),
    "rtt_max_s": _lasting("rtt_max_ns"),
    "handshake_rtt_s": lambda view: seconds(view.flows["handshake_rtt_ns"]),
    "client_state": lambda view: view.summary["state"][:, 0],
    "server_state": lambda view: view.summary["state"][:, 1],
    "stack": lambda view: view.diagnosis.stacks(view.result, view.rows),
    "findings": FlowView.findings,
    "display_filter": FlowView.filters,
}
"""Column name to what computes it; the same names, in the same order, as `schema.FLOWS`."""


def flow_block(view: FlowView, names: tuple[str, ...]) -> Block:
    """The named columns of some flows."""
    return {name: BUILDERS[name](view) for name in names}
