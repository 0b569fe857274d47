"""Live lines for people: a line for each event, verdict and finding, and the summary."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from analyzer import found, kinds
from analyzer.facts import Finding
from analyzer.news import News
from analyzer.present import Clock
from analyzer.present.live_lines import PlainLines, summary_lines
from analyzer.tables import Filters
from tests.helpers_news import analyzed, diagnosis, news_of, quiet

DEAD = """\
time 0 is 2026-11-23 05:35:57.485 UTC
     0.000  flow 0  192.0.2.2:50001 → 198.51.100.2:7777  frame 3: SYN
     0.000  flow 0  198.51.100.2:7777 → 192.0.2.2:50001  frame 4: SYN, ACK
     0.000  flow 0  192.0.2.2:50001 → 198.51.100.2:7777  frame 5: ACK: open
     2.008  flow 0  192.0.2.2:50001 → 198.51.100.2:7777  frame 10: keep-alive probe after 1.999 s
     3.032  flow 0  192.0.2.2:50001 → 198.51.100.2:7777  frame 11: keep-alive probe after 1.024 s
     4.056  flow 0  192.0.2.2:50001 → 198.51.100.2:7777  frame 12: keep-alive probe after 1.024 s
     5.080  flow 0  192.0.2.2:50001 → 198.51.100.2:7777  frame 15: RST: gave up
     5.080  flow 0  192.0.2.2:50001 → 198.51.100.2:7777  ✖ peer_dead: 3 probes (frames 10, 11, 12) \
unanswered; client gave up with RST in frame 15; last sign of life at time 0.009
"""


class Terminal(io.StringIO):
    encoding = "utf-8"
    flushed = 0

    def isatty(self) -> bool:
        return True

    def flush(self) -> None:
        self.flushed += 1


class Pipe(Terminal):
    def isatty(self) -> bool:
        return False


@pytest.fixture(autouse=True)
def unicode_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "LC_ALL": "",
        "LC_CTYPE": "",
        "LANG": "en_US.UTF-8",
        "TERM": "xterm-256color",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.fixture(scope="module")
def dead() -> News:
    return news_of(analyzed("peer-dead"))


def text(*batches: News, mode: str = "relative", stream: Pipe | None = None, **choice: Any) -> str:
    stream = stream or Pipe()
    lines = PlainLines(stream, Clock(mode), diagnosis(), **choice)
    for news in batches:
        lines.tell(news)
    return stream.getvalue()


def test_a_connection_from_its_first_segment_to_its_verdict(dead: News) -> None:
    assert text(dead) == DEAD


def test_what_is_told_in_parts_is_told_once(dead: News) -> None:
    parts = [quiet(dead, events=dead.events[place : place + 1]) for place in range(len(dead.events))]
    assert text(*parts, quiet(dead, judged=dead.judged, findings=dead.findings)) == DEAD


def test_each_batch_is_flushed(dead: News) -> None:
    stream = Pipe()
    lines = PlainLines(stream, Clock("utc"), diagnosis())
    for count in (1, 2, 3):
        lines.tell(quiet(dead, events=dead.events[:1]))
        assert stream.flushed == count


def test_times_of_day_have_their_day(dead: News) -> None:
    first, *_, last = text(dead, mode="utc").splitlines()
    assert first.startswith("2026-11-23 05:35:57.485  flow 0  ")
    assert last.endswith("last sign of life at 05:35:57.494")


def test_local_times(dead: News, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    try:
        clock = Clock("local")
        assert clock.stamp(1_795_412_157_485_999_999) == f"2026-11-23 {clock.time(1_795_412_157_485_999_999)}"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_answers_and_what_nobody_sent() -> None:
    lines = text(news_of(analyzed("host-unreachable")), news_of(analyzed("peer-rebooted")))
    assert "192.0.2.2:50001 – 198.51.100.2:7777  frame " in lines
    assert ": ICMP error from 192.0.2.1\n" in lines
    assert " after " in lines and ": no such connection\n" in lines
    assert "▲ icmp_unreachable: 192.0.2.1 said" in lines


def test_a_finding_that_its_verdict_has_said_is_not_said_again(dead: News) -> None:
    assert text(dead).count("last sign of life") == 1
    assert text(quiet(dead, judged=dead.judged), quiet(dead, findings=dead.findings)).count("last sign") == 1
    alone = text(quiet(dead, findings=dead.findings))
    assert "✖ peer_dead: 3 probes" in alone


def test_corrections(dead: News) -> None:
    lines = text(quiet(dead, corrections=dead.events[3:4], withdrawn=[(0, found.OUTAGE)])).splitlines()
    assert lines[1].endswith("7777  frame 10 is after all: keep-alive probe after 1.999 s")
    assert lines[2] == "     5.080  flow 0  192.0.2.2:50001 → 198.51.100.2:7777  no longer: outage"


def test_drops(dead: News) -> None:
    lines = text(quiet(dead, totals=replace(dead.totals, dropped=3)))
    assert "     5.080  ▲ the capturing program lost 3 frames: a missing answer may be one of them\n" in lines


def test_nothing_new_writes_nothing(dead: News) -> None:
    assert text(dead, quiet(dead)) == DEAD
    nothing = replace(dead.totals, now_ns=kinds.MISSING, start_ns=kinds.MISSING, frames=0)
    assert text(quiet(dead, totals=nothing)) == ""


def test_only_the_chosen_connections() -> None:
    news = news_of(analyzed("middlebox-timeout"))
    lines = text(news, filters=Filters(ports=(50002,)))
    assert "flow 1" in lines and "flow 0" not in lines


def test_colours_on_a_terminal_only(dead: News) -> None:
    assert "\x1b" not in text(dead)
    assert "\x1b[1;38;5;160m✖ peer_dead:\x1b[0m" in text(dead, stream=Terminal())


def test_what_a_capture_says_is_made_harmless(dead: News) -> None:
    hostile = Finding(
        found.OUTAGE, kinds.WARNING, found.LIKELY, found.OF_CAPTURE, 0, np.zeros(0, np.int64),
        0, 0, (), "\x1b[2Jgone\u202e\n", "",
    )  # fmt: skip
    lines = text(quiet(dead, findings=[hostile]), stream=Terminal())
    assert "\\x1b[2Jgone\\u202e\\x0a" in lines and "\u202e" not in lines


def test_a_pipe_of_another_encoding_gets_what_it_can_take(dead: News) -> None:
    stream = Pipe()
    stream.encoding = "ascii"
    assert text(dead, stream=stream).isascii()


def test_the_summary(dead: News) -> None:
    totals = replace(dead.totals, dropped=3, late=2, untracked=1, unsaid=4, retired={"closed": 1200})
    lines = ["".join(piece for piece, _ in line) for line in summary_lines(totals, Clock(), 80)]
    assert lines == [
        "5.080 s until 2026-11-23 05:36:02.565 UTC",
        "  15 frames, 11 TCP segments, 1 connection",
        "  verdicts: 1 peer_dead",
        "  findings: 1 peer_dead",
        "  3 keep-alive probes, 3 unanswered",
        "  no longer in memory: 1,200 closed",
        "  ▲ the capturing program lost 3 frames: a missing answer may be one of them",
        "  ▲ no room for 1 segment of further connections",
        "  ▲ 4 connections of which nothing came had no line of their own",
        "  ▲ 2 segments of connections that were no longer in memory",
    ]


def test_the_summary_of_nothing(dead: News) -> None:
    totals = replace(dead.totals, now_ns=kinds.MISSING, start_ns=kinds.MISSING, frames=0)
    none = (0,) * 13
    stream = Pipe()
    PlainLines(stream, Clock(), diagnosis()).end(replace(totals, verdicts=none, findings=none, probes=0))
    assert stream.getvalue() == "no frames\n"
