"""Findings in words: what was seen, how sure it is, what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from analyzer.present.paper import Line
from analyzer.present.words import Clock, cells, printable, wrapped
from analyzer.wording import number

Row = dict[str, Any]

MARKS = {"problem": "✖", "warning": "▲", "note": "·"}
MOST_FLOWS = 8  # connections named one by one


def told(row: Row, name: str, clock: Clock) -> str:
    """A sentence of a row, its times as the clock says them."""
    return printable(clock.told(row[name]))


def doubt(finding: Row) -> str:
    """How sure it is, where that is not certain: " (likely)"."""
    return "" if finding["confidence"] == "certain" else f" ({finding['confidence']})"


def finding_lines(
    finding: Row, clock: Clock, width: int, indent: str = "  ", advised: bool = True
) -> Iterator[Line]:
    """A finding: its sign, its name, what was seen; below, what to do."""
    name = f" {finding['finding']}{doubt(finding)}: "
    text = name.strip() + " " + told(finding, "summary", clock)
    first, *more = wrapped(text, width - len(indent) - 2)
    rest = first.removeprefix(name.strip())
    yield [
        (indent + MARKS[finding["severity"]] + name.rstrip(), finding["severity"]),
        (rest, ""),
    ]
    for line in more:
        yield [(indent + "  " + line, "")]
    if advised:
        yield from advice_lines(finding, clock, width, indent + "  ")


def advice_lines(finding: Row, clock: Clock, width: int, indent: str) -> Iterator[Line]:
    """What to do, behind an arrow."""
    if finding["advice"]:
        for place, line in enumerate(wrapped(told(finding, "advice", clock), width - len(indent) - 2)):
            yield [(indent + ("  " if place else "→ "), "faint"), (line, "")]


def own_finding(flow: Row, findings: Sequence[Row]) -> Row | None:
    """The finding that says the same as the verdict's reason."""
    return next((each for each in findings if each["summary"] == flow["reason"]), None)


def below_reason(
    flow: Row, findings: Sequence[Row], clock: Clock, width: int, indent: str, advised: set[str] | None = None
) -> Iterator[Line]:
    """What stands below a connection's reason, which is not said again.

    findings: those about the connection. advised: names whose advice was given before, and needs no
    repetition; completed here. None: all advice is given.
    """
    own = own_finding(flow, findings)
    for finding in ([own] if own else []) + [each for each in findings if each is not own]:
        advise = advised is None or finding["finding"] not in advised
        if advised is not None:
            advised.add(finding["finding"])
        if finding is not own:
            yield from finding_lines(finding, clock, width, indent, advise)
        elif advise:
            yield from advice_lines(finding, clock, width, indent)
    elsewhere = sorted(set(flow["findings"]) - {each["finding"] for each in findings})
    if elsewhere:
        text = f"see above: {', '.join(elsewhere)}"
        for line in wrapped(text, width - cells(indent)):
            yield [(indent + line, "faint")]


def explained(flows: Sequence[int], count: int) -> str:
    """explains connection 3; explains connections 3 and 7; explains connections 3, 7 and 1,210 more"""
    if not count:
        return ""
    named = list(map(str, flows[:MOST_FLOWS]))
    more = count - len(named)
    last = f"{number(more)} more" if more else named.pop()
    if not named:
        return f"explains connection {last}"
    return f"explains connections {', '.join(named)} and {last}"
