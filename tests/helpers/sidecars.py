"""What an analysis says about a recording, held against the sidecar that the lab wrote beside it.

Exact, and without a list of exceptions: where a check fails, the analyzer is wrong.
"""

from __future__ import annotations

import functools
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from analyzer import found, kinds
from analyzer.diagnose.findings import search
from analyzer.facts import CaptureResult
from analyzer.pipeline import Diagnosis
from analyzer.rules import Rules
from analyzer.wording import address_text

ENDS = ("client", "server")

WORDS = {
    "keepalive_probe": "probe",
    "keepalive_reply": "answer",
    "zero_window_probe": "window_probe",
    "zero_window_reply": "window_answer",
    "reset": "reset",
    "keepalive_reset": "reset",
    "keepalive_timeout": "reset",
}
"""What the lab calls a segment that we label so."""

LATENESS = 1.125
TICK_S = 0.010
"""The kernel's timers fire late, by an eighth at most, and a tick of its clock sooner or later: what
begins in the course of a tick counts from its beginning (1 ms at 1000 Hz, 10 ms at 100 Hz)."""


def read_sidecar(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def segments_of(capture: CaptureResult) -> list[Any]:
    """Every row of a capture in frame order."""
    assert capture.packets is not None
    return [row for batch in capture.packets.batches() for row in batch]


class Given:
    """An analyzed recording and its sidecar; flows and connections are paired by 4-tuple and order."""

    def __init__(self, capture: CaptureResult, sidecar: dict[str, Any]) -> None:
        self.capture = capture
        self.claimed = sidecar["must_give"]
        self.connections: list[Any] = sidecar["must_give"]["connections"]

    @functools.cached_property
    def segments(self) -> list[Any]:
        return segments_of(self.capture)

    @functools.cached_property
    def flows(self) -> list[int]:
        """The number of the flow that each connection is."""
        flows: dict[Any, list[int]] = {}
        for number in np.argsort(self.capture.flows["start"], kind="stable").tolist():
            flows.setdefault(ends_of(self.capture.flows[number]), []).append(number)
        claimed = [tuple(each[name] for name in END_COLUMNS) for each in self.connections]
        assert {ends: len(numbers) for ends, numbers in flows.items()} == Counter(claimed)
        return [flows[ends].pop(0) for ends in claimed]

    @functools.cached_property
    def kinds_said(self) -> dict[tuple[int, int], list[str]]:
        """By flow and side: the kinds of all its segments, in order."""
        said: dict[tuple[int, int], list[str]] = {}
        for row in self.segments:
            said.setdefault((int(row.flow), int(row.sender)), []).append(kinds.KIND_WORDS[row.kind])
        return said

    @functools.cached_property
    def summaries(self) -> Any:
        """The SUMMARY row of each connection."""
        return Diagnosis(Rules()).summarize(self.capture, np.array(self.flows))

    def said(self, connection: int, end: str) -> list[str]:
        """The kinds of all segments that this end of a connection sent."""
        number = self.flows[connection]
        return self.kinds_said.get((number, side_of(self.capture.flows[number], end)), [])


END_COLUMNS = ("client", "client_port", "server", "server_port")


def ends_of(flow: Any) -> tuple[str, int, str, int]:
    """A FLOW row's endpoints as `END_COLUMNS` names them."""
    ends: list[Any] = []
    for side in (side_of(flow, end) for end in ENDS):
        ends += [
            address_text(int(flow.address_high[side]), int(flow.address_low[side])),
            int(flow.port[side]),
        ]
    return tuple(ends)  # type: ignore[return-value]


def side_of(flow: Any, end: str) -> int:
    return int(flow.client) if end == "client" else 1 - int(flow.client)


def verdicts(given: Given) -> None:
    given_words = [kinds.VERDICT_WORDS[given.capture.flows[number].verdict] for number in given.flows]
    assert given_words == [connection["verdict"] for connection in given.connections]


def counts_and_order(given: Given) -> None:
    """What each side sent, by the kernels' own counts; copies count nowhere else."""
    for number, connection in enumerate(given.connections):
        for end in ENDS:
            claims = connection["sides"][end]
            said = given.said(number, end)
            counts = counted(said) | {
                "order": [WORDS[kind] for kind in said if kind in WORDS],
                "retransmissions": said.count("retransmission") + said.count("syn_retransmission"),
            }
            assert counts == {claim: claims.get(claim, counts[claim]) for claim in counts}
    for end, claims in given.claimed.get("segments", {}).items():
        together = [kind for number in range(len(given.connections)) for kind in given.said(number, end)]
        assert counted(together) == claims


def counted(said: list[str]) -> dict[str, int]:
    duplicates = said.count("duplicate")
    return {"segments": len(said) - duplicates, "duplicates": duplicates}


def timers(given: Given) -> None:
    """Named where the capture shows them, and only there; and as exact as a kernel is."""
    for summary, connection in zip(given.summaries, given.connections, strict=True):
        for who, end in enumerate(ENDS):
            claims = connection["sides"][end]
            for name in ("keepalive_time", "keepalive_interval"):
                measured_ns, claimed_s = int(summary[f"{name}_ns"][who]), claims.get(f"{name}_s")
                assert (measured_ns == kinds.MISSING) == (claimed_s is None)
                if claimed_s is not None:
                    assert claimed_s - TICK_S <= measured_ns / 1e9 <= claimed_s * LATENESS + TICK_S
            assert summary.keepalive_count[who] == claims.get("keepalive_count", -1)


def answers_add_up(given: Given) -> None:
    for summary, connection in zip(given.summaries, given.connections, strict=True):
        sides = connection["sides"].values()
        assert summary.probes == sum(side["probes"] for side in sides)
        assert summary.replies == sum(side["answers"] for side in sides)
        assert summary.probes == summary.replies + summary.resets + summary.unanswered


def findings(given: Given) -> None:
    """Exactly those that it must give; each is told as well as named."""
    marks = given.capture.findings.marks[given.flows]
    named = [{word for bit, word in enumerate(found.WORDS) if mark >> bit & 1} for mark in marks.tolist()]
    assert named == [set(connection["findings"]) & FOUND_SO_FAR for connection in given.connections]
    every = np.arange(len(given.capture.flows))
    told = Diagnosis(Rules()).findings(given.capture, every, ALL_FINDINGS)
    wide = given.capture.findings.wide
    pairs = [(int(flow), each.name) for each in (*told, *wide) for flow in each.flows]
    assert len(pairs) == len(set(pairs))
    assert {(flow, found.WORDS[name]) for flow, name in pairs} == {
        (flow, word) for flow, words in zip(given.flows, named, strict=True) for word in words
    }


ALL_FINDINGS = (1 << len(found.WORDS)) - 1
FOUND_SO_FAR = {found.WORDS[check.name] for check in search.CHECKS} | {
    found.WORDS[name] for check in search.WIDE_CHECKS for name in check.names
}
"""What there is a check for."""

Check = Callable[[Given], None]

CHECKS: tuple[Check, ...] = (verdicts, counts_and_order, timers, answers_add_up, findings)
"""Everything that the analysis of a recording has to stand."""
