"""What notebooks show of an analysis, of a connection and of the columns of a table."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

import analyzer as ka
from analyzer.kinds import VERDICT_WORDS
from analyzer.present.cards import DARK_PAGES, STYLE
from analyzer.tables import TABLES


class Reader(HTMLParser):
    """Text of a page as a browser would show it; fails on tags that are not closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""
        self.feed(page)
        assert not self.open

    def handle_starttag(self, tag: str, _: object) -> None:
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += "" if self.open[-1] == "style" else data + " "


def text_of(page: str) -> str:
    return " ".join(Reader(page).text.split())


@pytest.fixture(scope="module")
def everything(recorded: Path) -> ka.Analysis:
    return ka.analyze(recorded)


def test_an_analysis_tells_what_it_is_about_and_what_is_wrong(recorded: Path) -> None:
    said = text_of(ka.analyze(recorded / "peer-dead.pcapng")._repr_html_())
    assert (
        said.startswith("1 connection in ") and "15 frames in 5.080 s; time 0 is 2026-11-23 05:35:57" in said
    )
    assert "1 peer_dead" in said and "✖ 0 peer_dead 192.0.2.2:50001 → 198.51.100.2:7777" in said
    assert "3 probes (frames 10, 11, 12) unanswered; client gave up with RST in frame 15" in said


def test_many_captures_stay_short(everything: ka.Analysis) -> None:
    page = everything._repr_html_()
    said = text_of(page)
    assert f"{len(everything)} connections in {len(everything.captures)} captures" in said
    for verdict, count in everything.verdicts.items():
        assert f" {count} {verdict} " in said
    assert len(page) < 20_000 and "… and more connections that want attention" in said


def test_a_choice_says_that_it_is_one(everything: ka.Analysis) -> None:
    chosen = everything.where(finding="middlebox_timeout")
    assert text_of(chosen._repr_html_()).startswith(f"{len(chosen)} connections chosen in ")
    assert text_of(everything.where(port=1)._repr_html_()).startswith("0 connections chosen in ")


def test_a_connection_tells_its_reason_its_advice_and_its_filter(recorded: Path) -> None:
    flow = ka.analyze(recorded / "application-hung.pcapng").flow(0)
    said = text_of(flow._repr_html_())
    assert said.startswith("Connection 0 alive 192.0.2.2:50001 → 198.51.100.2:7777 31 frames in 9.104 s")
    assert "client probes after 1.027 s idle, so 1 s" in said and "6 probes: 6 answered" in said
    assert "✖ app_hung (likely): the server, which had replied within" in said
    assert "<code>ss -tinp &#x27;sport = :7777 and dport = :50001&#x27;</code>" in flow._repr_html_()
    assert said.endswith("frame.number <= 33")
    assert str(flow) == flow.timeline()


def test_what_was_said_as_reason_is_not_said_again(recorded: Path) -> None:
    said = text_of(ka.analyze(recorded / "peer-dead.pcapng").flow(0)._repr_html_())
    assert said.count("unanswered; client gave up") == 1 and "✖ peer_dead → Look for a crash" in said


def test_the_text_is_the_overview_of_the_command(recorded: Path) -> None:
    said = str(ka.analyze(recorded / "peer-dead.pcapng"))
    assert "1 connection: 1 peer_dead" in said and "→ Look for a crash" in said


def test_each_verdict_has_a_colour_on_light_and_on_dark_pages() -> None:
    for verdict in VERDICT_WORDS:
        assert len(re.findall(rf"\.ka \.{verdict}{{--verdict:#[0-9a-f]{{6}}}}", STYLE)) == 1 + len(DARK_PAGES)


@pytest.mark.parametrize("name", [*TABLES, "states"])
def test_columns_are_explained(name: str) -> None:
    columns = ka.columns(name)
    said = text_of(columns._repr_html_())
    assert len(columns) == len(columns.names)
    for column in columns:
        assert column.name in said and column.name in repr(columns)
        assert columns[column.name] is column
    assert all(f"One of: {', '.join(column.words)}." in said for column in columns if column.words)


def test_dtypes_are_those_of_the_tables(everything: ka.Analysis) -> None:
    for name, table in (("flows", everything.flows), ("findings", everything.findings)):
        said = repr(ka.columns(name))
        for column, dtype in table.dtypes.items():
            assert re.search(rf"^{column}  \({re.escape(str(dtype))}[,)]", said, re.MULTILINE), column
    said = repr(ka.columns("flows"))
    assert "start  (datetime64[ns, UTC], UTC)" in said and "client_keepalive_count  (Int64, probes)" in said


def test_severities_and_confidences_can_be_compared(everything: ka.Analysis) -> None:
    assert set(everything.findings[everything.findings.severity >= "warning"].severity) == {
        "warning",
        "problem",
    }
    assert (everything.findings.confidence > "possible").any()


def test_no_such_table_or_column() -> None:
    with pytest.raises(
        ka.UsageError, match=r"^columns: no table 'flow'; there are: captures, flows, events, "
    ):
        ka.columns("flow")
    with pytest.raises(ka.UsageError, match=r"^events has no column 'when'; there are: capture, frame, "):
        ka.columns("events")["when"]
