"""One connection as a ladder: every segment that is told, every pause, every answer joined to its probe."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import analyzer as ka
from analyzer import kinds
from analyzer.present import Clock
from analyzer.present.colours import LIGHT
from analyzer.present.plots.ladder import MOST_STEPS, ladder
from analyzer.present.timeline import Connection

ROOT = Path(__file__).parents[3]


def connection(name: str, flow: int = 0) -> Connection:
    a = ka.analyze(ROOT / "captures" / "recorded" / f"{name}.pcapng", packets=True)
    return a.flow(flow).connection()


def drawn(told: Connection) -> dict[str, Any]:
    return ladder(told, Clock("relative", told.segments[0].time_ns if told.segments else 0), LIGHT)


def labels(figure: dict[str, Any]) -> dict[str, Any]:
    [trace] = [each for each in figure["data"] if each["mode"] == "text"]
    return trace


def test_probes_and_answers_are_joined() -> None:
    told = connection("alive")
    figure = drawn(told)
    shown = {int(text.split()[1].rstrip(",")) for text in labels(figure)["hovertext"]}
    answers = [each for each in told.segments if each.answers in shown and each.frame in shown]
    [brackets] = [each for each in figure["data"] if each["mode"] == "lines"]
    assert len(answers) > 1
    assert brackets["x"].count(None) == len(answers)
    assert all(x is None or x <= 0 for x in brackets["x"])  # beside the client, who probes


def test_pauses_are_as_tall_as_their_logarithm_and_named() -> None:
    told = connection("peer-dead")
    longer = [
        each if each.kind != kinds.KEEPALIVE_TIMEOUT else each._replace(time_ns=each.time_ns + 1000 * 10**9)
        for each in told.segments
    ]
    short, tall = drawn(told), drawn(replace(told, segments=longer))
    assert short["layout"]["height"] < tall["layout"]["height"] < short["layout"]["height"] + 100
    texts = [note["text"] for note in tall["layout"]["annotations"]]
    assert "16 min 41 s of silence" in texts
    assert sum("of silence" in text for text in texts) == 4


@pytest.mark.parametrize(
    ("mode", "heading"), [("relative", "time, s"), ("utc", "UTC"), ("local", "local time")]
)
def test_frames_and_times_have_a_heading(mode: str, heading: str) -> None:
    told = connection("peer-dead")
    axis = ladder(told, Clock(mode, told.segments[0].time_ns), LIGHT)["layout"]["yaxis"]
    assert axis["ticktext"][0].split(maxsplit=1) == ["frame", f"{heading} "]
    assert axis["range"][1] < axis["tickvals"][0] < axis["tickvals"][1] == 0


def test_an_answer_before_its_probe_took_no_time_that_is_known() -> None:
    told = connection("alive")
    earlier = [each._replace(rtt_s=-60.0) if each.answers else each for each in told.segments]
    texts = labels(drawn(replace(told, segments=earlier)))["text"]
    assert "reply to 10" in texts and not any("after" in text for text in texts)


def test_where_data_was_not_kept_no_pause_is_called_silence() -> None:
    a = ka.analyze(ROOT / "captures" / "recorded" / "peer-dead.pcapng")
    figure = drawn(a.flow(0).connection("events"))
    texts = [note["text"] for note in figure["layout"]["annotations"]]
    assert "1.024 s without an event" in texts and not any("silence" in text for text in texts)
    assert "data was not kept" in figure["layout"]["title"]["text"]
    assert "not kept" not in drawn(connection("peer-dead"))["layout"]["title"]["text"]


def test_unanswered_probes_end_in_a_cross() -> None:
    figure = drawn(connection("peer-dead"))
    [lone] = [each for each in figure["data"] if each.get("marker", {}).get("symbol") == "x-thin"]
    assert lone["x"].count(None) == 3
    assert lone["line"]["dash"] == "dot"
    assert labels(figure)["text"].count("keep-alive probe: no answer") == 3


def test_the_end_of_the_capture_is_drawn_where_the_connection_was_still_open() -> None:
    told = connection("alive")
    later = replace(told, capture_end_ns=told.segments[-1].time_ns + 60 * 10**9)
    assert "60.0 s later the capture ends" in [note["text"] for note in drawn(later)["layout"]["annotations"]]
    closed = connection("graceful-close")
    over = replace(closed, capture_end_ns=closed.segments[-1].time_ns + 60 * 10**9)
    assert not any("later" in note["text"] for note in drawn(over)["layout"]["annotations"])


def test_a_long_story_stays_small() -> None:
    told = connection("alive")
    probe, reply = next(
        (before, after)
        for before, after in zip(told.segments, told.segments[1:], strict=False)
        if after.answers == before.frame
    )
    fin = [each._replace(kind=kinds.FIN, answers=0) for each in (probe, reply)]
    segments = [
        each._replace(frame=10 * place + side, time_ns=probe.time_ns + place * 10**10)
        for place in range(2000)
        for side, each in enumerate(fin)
    ]
    figure = drawn(replace(told, segments=segments))
    assert len(labels(figure)["text"]) <= MOST_STEPS
    assert any("frames not told" in note["text"] for note in figure["layout"]["annotations"])
    assert len(json.dumps(figure)) < 200_000


def test_a_connection_of_which_nothing_was_kept() -> None:
    figure = drawn(replace(connection("alive"), segments=[]))
    assert figure["data"] == [] and "no segment" in figure["layout"]["annotations"][0]["text"]


@pytest.mark.parametrize("where", ["path", "reason"])
def test_what_a_capture_says_is_no_markup(where: str) -> None:
    told = connection("alive")
    bad = "<b>x</b>"
    told = replace(told, path=bad) if where == "path" else replace(told, flow={**told.flow, "reason": bad})
    title = drawn(told)["layout"]["title"]["text"]
    assert "&lt;b&gt;x" in title or "b&gt;" in title
    assert bad not in title
