"""Live lines: the same rows as the tables, their type first, and valid by their schema."""

from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO
from typing import Any

import jsonschema
import numpy as np
import pytest

from analyzer import found, kinds
from analyzer.facts import Finding
from analyzer.news import News
from analyzer.tables import TABLES, Filters, Network, Tables, choose
from analyzer.tables.document import live_schema
from analyzer.tables.files import write_json
from analyzer.tables.lines import LINES, JsonLines, Lines, Told, ends_by_flow, json_lines, summary
from tests.helpers_news import ROOT, analyzed, diagnosis, news_of, quiet

SHOWN = ("peer-dead", "peer-rebooted", "middlebox-timeout", "host-unreachable", "refused")


@pytest.fixture(scope="module")
def news() -> News:
    return news_of(analyzed(*SHOWN))


def parsed(told: Told) -> list[dict[str, Any]]:
    def reject(name: str) -> None:
        pytest.fail(f"{name} is no JSON")

    return [json.loads(line, parse_constant=reject) for line in json_lines(told)]


def told(news: News, **changes: Any) -> list[dict[str, Any]]:
    return [row for each in Lines(diagnosis(), **changes).of(news) for row in parsed(each)]


def of_type(rows: list[dict[str, Any]], line: str) -> list[dict[str, Any]]:
    return [row for row in rows if row["type"] == line]


def test_lines_are_the_rows_of_the_json_document(news: News) -> None:
    text = StringIO()
    write_json(Tables(choose([news.result], Filters()), diagnosis()), text)
    document, rows = json.loads(text.getvalue()), told(news)
    for line, table in (("event", "events"), ("verdict", "flows")):
        assert of_type(rows, line) == [{"type": line} | row for row in document[table]]
    told_findings = sorted(map(repr, of_type(rows, "finding")))
    assert told_findings == sorted(repr({"type": "finding"} | row) for row in document["findings"])
    assert {row["finding"] for row in document["findings"]} >= {"peer_dead", "middlebox_timeout"}


def test_the_type_comes_first(news: News) -> None:
    for each in Lines(diagnosis()).of(news):
        for line in json_lines(each):
            assert line.startswith(f'{{"type": "{each.type}", ') and "\n" not in line


def test_every_kind_of_line_keeps_to_its_schema(news: News) -> None:
    event = news.events[:1].copy()
    changed = replace(
        news,
        corrections=event,
        withdrawn=[(0, found.OUTAGE), (1, found.PEER_DEAD)],
        totals=replace(news.totals, dropped=7, retired={"closed": 3}),
    )
    rows = [*told(changed), *parsed(summary(changed.totals))]
    assert {row["type"] for row in rows} == set(LINES)
    validator = jsonschema.Draft202012Validator(live_schema())
    for row in rows:
        validator.validate(row)
        with pytest.raises(jsonschema.ValidationError):
            validator.validate(row | {"type": "other"})
        with pytest.raises(jsonschema.ValidationError):
            validator.validate({name: value for name, value in row.items() if name != list(row)[-1]})


def test_a_capture_without_frames_has_a_summary_too(news: News) -> None:
    nothing = replace(news.totals, now_ns=kinds.MISSING, start_ns=kinds.MISSING, frames=0, dropped=None)
    [row] = parsed(summary(nothing))
    jsonschema.Draft202012Validator(live_schema()).validate(row)
    assert row["start"] is row["end"] is row["duration_s"] is row["dropped"] is None


def test_the_summary_counts_by_word(news: News) -> None:
    [row] = parsed(summary(replace(news.totals, retired={"closed": 3}, late=2)))
    assert row["verdicts"]["peer_dead"] >= 1 and "alive" not in row["verdicts"]
    assert sum(row["verdicts"].values()) == row["connections"] == len(news.result.flows)
    assert row["findings"]["middlebox_timeout"] == 1
    assert (row["retired"], row["late"], row["untracked"]) == ({"closed": 3}, 2, 0)
    assert row["end"].endswith("Z") and len(row["end"].partition(".")[2]) == 10


def test_a_correction_has_the_columns_of_the_event(news: News) -> None:
    [event] = told(quiet(news, events=news.events[3:4]))
    [correction] = told(quiet(news, corrections=news.events[3:4]))
    assert correction == event | {"type": "correction", "corrects": "event"}
    assert list(correction)[:2] == ["type", "corrects"]


def test_a_finding_that_does_not_hold_any_more(news: News) -> None:
    [row] = told(quiet(news, withdrawn=[(2, found.OUTAGE)]))
    assert (row["type"], row["corrects"], row["finding"], row["flow"]) == (
        "correction",
        "finding",
        "outage",
        2,
    )


def test_drops_are_told_when_they_grow(news: News) -> None:
    lines = Lines(diagnosis())
    seen = []
    for dropped in (None, 0, 5, 5, 9):
        news = quiet(news, totals=replace(news.totals, dropped=dropped))
        seen += [row["dropped"] for each in lines.of(news) for row in parsed(each)]
    assert seen == [5, 9]


def test_rows_keep_their_numbers(news: News) -> None:
    """Rows of a live capture come and go; what is told is the number of the connection."""
    numbers = np.arange(len(news.result.flows)) * 10 + 1000
    moved = replace(news, result=replace(news.result, numbers=numbers), withdrawn=[(1, found.OUTAGE)])
    before, after = told(news), told(moved)
    for old, new in zip(before, [row for row in after if row.get("corrects") != "finding"], strict=True):
        if old.get("flow") is not None:
            assert new["flow"] == 1000 + 10 * old["flow"]
    assert of_type(after, "correction")[0]["flow"] == 1010
    assert list(ends_by_flow(moved.result)) == numbers.tolist()


def test_only_what_is_chosen_is_told(news: News) -> None:
    flow = of_type(told(news), "verdict")[2]
    rows = told(news, filters=Filters(hosts=(Network(flow["client"]),), ports=(flow["client_port"],)))
    chosen = {row["flow"] for row in of_type(rows, "verdict")}
    assert chosen == {
        row["flow"]
        for row in of_type(told(news), "verdict")
        if flow["client"] in (row["client"], row["server"])
        and flow["client_port"] in (row["client_port"], row["server_port"])
    }
    assert {row["flow"] for row in of_type(rows, "event")} == chosen
    everything = told(quiet(news, withdrawn=[(2, found.OUTAGE)]), filters=Filters(ports=(1,)))
    assert everything == []


def test_a_finding_about_a_path_stays_where_a_chosen_connection_is_part_of_it(news: News) -> None:
    wide = [finding for finding in news.findings if finding.scope != found.OF_FLOW]
    explained: Finding = next(finding for finding in wide if len(finding.flows))
    port = int(news.result.flows["port"][explained.flows[0]].max())
    rows = told(quiet(news, findings=[explained]), filters=Filters(ports=(port,)))
    assert [row["finding"] for row in rows] == [found.WORDS[explained.name]]
    assert told(quiet(news, findings=[explained]), filters=Filters(ports=(1,))) == []


def test_a_verdict_may_have_some_columns_only(news: News) -> None:
    [first, *_] = told(quiet(news, judged=news.judged), columns=("flow", "verdict"))
    assert list(first) == ["type", "flow", "verdict"]


class Log(StringIO):
    flushed = ""

    def flush(self) -> None:
        self.flushed = self.getvalue()


def test_each_batch_is_written_at_once(news: News) -> None:
    log = Log()
    lines = JsonLines(log, diagnosis())
    lines.tell(quiet(news, events=news.events[:2]))
    assert [json.loads(line)["frame"] for line in log.flushed.splitlines()] == news.events.frame[:2].tolist()
    lines.end(news.totals)
    assert json.loads(log.flushed.splitlines()[-1])["type"] == "summary"


def test_the_documentation_names_every_type_and_column_of_its_own() -> None:
    text = (ROOT / "docs" / "live-lines.md").read_text(encoding="utf-8")
    own = [table for tables in LINES.values() for table in tables if table.name not in TABLES]
    names = {*LINES, *(name for table in own for name in table.names if name not in TABLES["events"].names)}
    assert [name for name in sorted(names) if f"`{name}`" not in text] == []
