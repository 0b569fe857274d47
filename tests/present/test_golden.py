"""What people see, to the letter, on narrow and wide paper.

REGENERATE=1 pytest tests/present/test_golden.py writes the expected files anew; look at them then.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from analyzer.present import Clock, Overview, Paper, overview, write
from analyzer.present.paper import Line
from analyzer.present.timeline import Connection, timeline
from analyzer.tables import Filters, Tables, choose
from analyzer.tables.about import about, findings_by_flow, plain_rows, wide_rows
from tests.helpers_judge import Judge
from tests.helpers_result import life

EXPECTED = Path(__file__).parent.parent / "expected" / "present"
HEADER = "# Do not edit: REGENERATE=1 pytest tests/present/test_golden.py writes this file\n"


def text_of(lines: Iterable[Line], paper: Paper) -> str:
    out = io.StringIO()
    write(lines, out, paper)
    return out.getvalue()


def compare(name: str, text: str) -> None:
    path = EXPECTED / f"{name}.txt"
    if os.environ.get("REGENERATE"):
        path.write_text(HEADER + text, encoding="utf-8", newline="\n")
    assert path.read_text(encoding="utf-8") == HEADER + text


def timeline_of(number: int, paper: Paper, clock: str = "relative", whole: bool = False) -> str:
    result = life()
    tables = Tables(choose([result], Filters(flows=(number,))), Judge())
    return text_of(timeline(Connection.of(tables), Clock(clock, result.start_ns), paper.width, whole), paper)


def overview_of(paper: Paper, clock: str = "relative") -> str:
    result = life()
    tables = Tables(choose([result], Filters()), Judge())
    facts = Overview(
        [about(result)],
        plain_rows(tables, "flows"),
        result.verdicts,
        Clock(clock),
        clocks={0: Clock(clock, result.start_ns)},
        findings=findings_by_flow(tables),
        wide=wide_rows(tables.selection),
    )
    return text_of(overview(facts, paper.width), paper)


@pytest.mark.parametrize("width", [80, 120])
def test_overview(width: int) -> None:
    compare(f"overview-{width}", overview_of(Paper(width)))


def test_overview_with_times_of_day() -> None:
    compare("overview-80-utc", overview_of(Paper(80), "utc"))


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("number", range(7))
def test_timeline(number: int, width: int) -> None:
    compare(f"timeline-{number}-{width}", timeline_of(number, Paper(width)))


def test_timeline_with_times_of_day() -> None:
    compare("timeline-0-80-utc", timeline_of(0, Paper(80), "utc"))


def test_timeline_in_ascii() -> None:
    text = timeline_of(0, Paper(80, unicode=False))
    assert text.isascii()
    compare("timeline-0-80-ascii", text)


def test_timeline_that_tells_everything() -> None:
    text = timeline_of(1, Paper(80), whole=True)
    compare("timeline-1-80-whole", text)
    assert "…" not in text


@pytest.mark.parametrize("width", [80, 100, 120, 200])
@pytest.mark.parametrize("number", range(7))
def test_no_line_is_wider_than_the_paper(number: int, width: int) -> None:
    lines = [*timeline_of(number, Paper(width)).splitlines(), *overview_of(Paper(width)).splitlines()]
    assert [line for line in lines if len(line) > width and "Wireshark: " not in line] == []
