"""Which news become alerts, once each, and what an alert says."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import jsonschema
import numpy as np
import pytest

from analyzer import found
from analyzer.alerts import Alert, Alerts, Channel
from analyzer.facts import Finding
from analyzer.kinds import VERDICT_WORDS
from analyzer.news import News
from analyzer.tables.document import live_schema
from analyzer.tables.lines import Lines, json_lines
from tests.helpers_news import ROOT, analyzed, diagnosis, news_of, quiet, verdict


class Collector:
    """A target that keeps what it gets."""

    name = "collector"
    workers = 1

    def __init__(self) -> None:
        self.got: list[Alert] = []

    def deliver(self, alert: Alert) -> None:
        self.got.append(alert)

    def abort(self) -> None:
        pass


def alerts(*names: str, room: int = 1000) -> tuple[Alerts, Collector]:
    verdicts = [VERDICT_WORDS.index(name) for name in names if name in VERDICT_WORDS]
    findings = [found.WORDS.index(name) for name in names if name in found.WORDS]
    collector = Collector()
    return Alerts(verdicts, findings, diagnosis(), [Channel(collector, print, room=room)]), collector


def given(told: Sequence[News], *names: str) -> list[Alert]:
    teller, collector = alerts(*names)
    for news in told:
        teller.tell(news)
    teller.close(10)
    return collector.got


def names(got: list[Alert]) -> list[tuple[str, list[int]]]:
    return [(alert.name, json.loads(alert.json)["flows"]) for alert in got]


def judged_anew(news: News, row: int, word: str) -> News:
    """The news that one connection has another verdict now."""
    flows = news.result.flows.copy()
    flows["verdict"][row] = verdict(word)
    return quiet(news, judged=np.array([row]), result=replace(news.result, flows=flows))


@pytest.fixture(scope="module")
def dead() -> News:
    return news_of(analyzed("peer-dead"))


@pytest.fixture(scope="module")
def timeout() -> News:
    """A path that forgets connections: findings about one and about more than one."""
    return news_of(analyzed("middlebox-timeout"))


def test_a_verdict_and_the_finding_of_its_name_are_one_alert(dead: News) -> None:
    [alert] = given([dead], "peer_dead")
    document = json.loads(alert.json)
    lines = {
        line["type"]: line
        for told in Lines(diagnosis()).of(dead)
        for line in map(json.loads, json_lines(told))
    }
    assert {"type": "verdict"} | document["connection"] == lines["verdict"]
    assert {"type": "finding"} | document["finding"] == lines["finding"]
    assert document["text"].startswith("peer_dead: 192.0.2.2:50001 → 198.51.100.2:7777: 3 probes (frames 10")
    assert document["time"] == "2026-11-23T05:36:02.565582900Z"
    assert "\n" not in alert.json


def test_a_program_gets_the_same_in_short(dead: News) -> None:
    [alert] = given([dead], "peer_dead")
    said = {name.removeprefix("KEEPALIVE_"): value for name, value in alert.environment.items()}
    assert said.pop("TEXT") == json.loads(alert.json)["text"]
    assert said.pop("ADVICE").startswith("Look for a crash")
    assert said == {
        "NAME": "peer_dead",
        "TIME": "2026-11-23T05:36:02.565582900Z",
        "SEVERITY": "problem",
        "FLOW": "0",
        "CLIENT": "192.0.2.2:50001",
        "SERVER": "198.51.100.2:7777",
        "VERDICT": "peer_dead",
        "FINDING": "peer_dead",
    }


def test_only_what_was_asked_for(dead: News, timeout: News) -> None:
    assert given([dead, timeout], "peer_rebooted", "app_hung") == []
    assert names(given([timeout], "closed")) == [("closed", [1])]
    assert names(given([timeout], "keepalive_too_slow", "closed")) == [
        ("closed", [1]),
        ("keepalive_too_slow", [0]),
    ]


def test_alerts_keep_to_their_schema(timeout: News) -> None:
    got = given([timeout], *found.WORDS, *VERDICT_WORDS)
    validator = jsonschema.Draft202012Validator({"$ref": "#/$defs/alert", "$defs": live_schema()["$defs"]})
    assert len(got) > 3
    for alert in got:
        validator.validate(json.loads(alert.json))


def test_a_finding_about_a_path_names_what_it_explains(timeout: News) -> None:
    [alert] = given([timeout, timeout], "middlebox_timeout")
    document = json.loads(alert.json)
    assert document["flows"] == [0] and document["connection"] is None
    assert document["finding"]["scope"] == "path"
    assert alert.environment["KEEPALIVE_CLIENT"] == alert.environment["KEEPALIVE_FLOW"] == ""


def test_a_finding_about_the_capture_is_told_once(dead: News) -> None:
    nobody = np.zeros(0, np.int64)
    finding = Finding(
        found.CAPTURE_INCOMPLETE, 0, found.LIKELY, found.OF_CAPTURE, 0, nobody, 0, 0, (7,), "lost", ""
    )
    news = quiet(dead, findings=[finding])
    assert names(given([news, news], "capture_incomplete")) == [("capture_incomplete", [])]


def test_the_same_is_told_once(dead: News) -> None:
    verdict_first = [quiet(dead, judged=dead.judged), quiet(dead, findings=dead.findings), dead, dead]
    assert len(given(verdict_first, "peer_dead")) == 1
    assert len(given(verdict_first[::-1], "peer_dead")) == 1


def test_what_holds_again_is_told_again(dead: News) -> None:
    alive = judged_anew(dead, 0, "alive")
    assert len(given([dead, alive, dead, dead, alive], "peer_dead")) == 2


def test_a_finding_that_was_withdrawn_is_told_again(timeout: News) -> None:
    slow = [each for each in timeout.findings if each.name == found.KEEPALIVE_TOO_SLOW]
    told = quiet(timeout, findings=slow)
    withdrawn = quiet(timeout, withdrawn=[(0, found.KEEPALIVE_TOO_SLOW)])
    assert len(given([told, withdrawn, told], "keepalive_too_slow")) == 2
    other = quiet(timeout, withdrawn=[(1, found.KEEPALIVE_TOO_SLOW), (0, found.OUTAGE)])
    assert len(given([told, other, told], "keepalive_too_slow")) == 1


def test_connections_are_known_by_their_number_not_by_their_row(dead: News) -> None:
    other = replace(dead, result=replace(dead.result, numbers=np.array([70])))
    assert names(given([dead, other, dead], "peer_dead")) == [("peer_dead", [0]), ("peer_dead", [70])]


def test_what_the_queue_has_no_room_for_is_not_even_put_into_words() -> None:
    """A flood of matches must not cost what telling them would."""
    news = news_of(analyzed("many-connections"))
    words = sorted({VERDICT_WORDS[code] for code in news.result.flows["verdict"].tolist()})
    teller, collector = alerts(*words, room=3)
    asked: list[int] = []

    class Counting:
        def __getattr__(self, name: str) -> Any:
            def counted(result: Any, rows: Any, *rest: Any) -> Any:
                asked.append(len(rows))
                return getattr(diagnosis(), name)(result, rows, *rest)

            return counted

    teller.diagnosis = Counting()
    teller.tell(quiet(news, judged=news.judged))
    assert max(asked) == 3
    assert teller.close(10) == f"collector: 3 alerts sent, {len(news.judged) - 3} lost"
    assert len(collector.got) == 3


def test_telling_does_not_wait(dead: News) -> None:
    class Slow(Collector):
        def deliver(self, alert: Alert) -> None:
            time.sleep(0.5)
            super().deliver(alert)

    slow = Slow()
    teller = Alerts([verdict("peer_dead")], [], diagnosis(), [Channel(slow, print)])
    teller.tell(dead)
    assert slow.got == []
    assert teller.close(10) == "collector: 1 alert sent"


def test_nothing_told_says_nothing(dead: News) -> None:
    teller, _ = alerts("outage")
    teller.tell(dead)
    assert teller.close(1) == ""


def test_the_documentation_names_what_is_handed_on(dead: News) -> None:
    text = (ROOT / "docs" / "alerts.md").read_text(encoding="utf-8")
    [alert] = given([dead], "peer_dead")
    names = [*json.loads(alert.json), *alert.environment]
    assert [name for name in names if f"`{name}`" not in text] == []
