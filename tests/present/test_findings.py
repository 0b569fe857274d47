"""Findings below a reason: nothing twice, how sure, times as everywhere, what to paste in one line."""

from __future__ import annotations

from typing import Any

import pytest

from analyzer.present import Clock, Overview
from analyzer.present.connection import reason_of
from analyzer.present.console import across
from analyzer.present.findings import below_reason, explained, finding_lines
from analyzer.present.words import cells
from analyzer.tables.about import Wide
from analyzer.wording import moment

START = 1_795_176_191_204_000_000
CLOCK = Clock("relative", START)


def finding(name: str, summary: str, **other: Any) -> dict[str, Any]:
    return {
        "finding": name,
        "severity": "warning",
        "confidence": "certain",
        "summary": summary,
        "advice": "Lower the time.",
    } | other


FLOW = {"reason": f"gone since {moment(START + 2_000_000_000)}", "findings": ["peer_dead"]}
OWN = finding("peer_dead", FLOW["reason"])
OTHER = finding("outage", f"lost at {moment(START + 1_500_000_000)}", confidence="likely")


def below(flow: dict[str, Any], findings: list[dict[str, Any]], advised: set[str] | None = None) -> list[str]:
    lines = below_reason(flow, findings, CLOCK, 80, "    ", advised)
    return ["".join(text for text, _ in line) for line in lines]


def test_what_the_reason_says_is_not_said_again() -> None:
    assert reason_of(FLOW, [OWN], CLOCK) == "gone since time 2.000"
    assert below(FLOW, [OTHER, OWN]) == [
        "    → Lower the time.",
        "    ▲ outage (likely): lost at time 1.500",
        "      → Lower the time.",
    ]


def test_a_doubt_about_the_verdict_stands_at_its_reason() -> None:
    assert reason_of(FLOW, [OWN | {"confidence": "possible"}], CLOCK).endswith("time 2.000 (possible)")


def test_advice_is_given_once() -> None:
    advised: set[str] = set()
    first, second = below(FLOW, [OWN, OTHER], advised), below(FLOW, [OWN, OTHER], advised)
    assert len(first) == 3
    assert second == ["    ▲ outage (likely): lost at time 1.500"]
    assert advised == {"peer_dead", "outage"}


def test_wide_findings_are_referred_to() -> None:
    flow = FLOW | {"findings": ["peer_dead", "middlebox_timeout", "keepalive_too_slow"]}
    assert below(flow, [OWN])[-1] == "    see above: keepalive_too_slow, middlebox_timeout"


@pytest.mark.parametrize("width", [60, 80, 200])
def test_lines_fit_and_hang(width: int) -> None:
    long = finding(
        "outage", "probes " * 40, advice="Set it lower, " * 12 + "`sysctl -w net.ipv4.tcp_keepalive_time=60`."
    )
    lines = ["".join(text for text, _ in line) for line in finding_lines(long, CLOCK, width)]
    assert all(cells(line) <= width for line in lines)
    assert lines[0].startswith("  ▲ outage: probes")
    assert all(line.startswith("    ") for line in lines[1:])
    assert sum("`sysctl -w net.ipv4.tcp_keepalive_time=60`" in line for line in lines) == 1


def test_names_from_a_capture_cannot_move_the_cursor() -> None:
    [line, *_] = finding_lines(finding("outage", "\x1b[2J"), CLOCK, 80)
    assert "\\x1b[2J" in "".join(text for text, _ in line)


def test_of_many_wide_findings_the_first_are_shown() -> None:
    row = finding("middlebox_timeout", "cut") | {"capture": 0}
    facts = Overview([], [], [0] * 13, CLOCK, wide=[Wide(row, (3,), 1)] * 12)
    text = ["".join(span for span, _ in line) for line in across(facts, 80)]
    assert text.count("  explains connection 3") == 10
    assert text[-1] == "… and 2 findings more: --json has all"


@pytest.mark.parametrize(
    ("flows", "count", "text"),
    [
        ((), 0, ""),
        ((3,), 1, "explains connection 3"),
        ((3, 7), 2, "explains connections 3 and 7"),
        ((3, 7, 9), 3, "explains connections 3, 7 and 9"),
        (tuple(range(100)), 1218, "explains connections 0, 1, 2, 3, 4, 5, 6, 7 and 1,210 more"),
    ],
)
def test_which_connections_it_explains(flows: tuple[int, ...], count: int, text: str) -> None:
    assert explained(flows, count) == text
