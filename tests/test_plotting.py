"""Every plot of every recording: drawn, small, and with the numbers of the tables."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

import analyzer as ka
from analyzer.present.colours import THEMES
from tests.helpers import wire
from tests.helpers.timeline import timeline

ROOT = Path(__file__).parent.parent
RECORDED = sorted((ROOT / "captures" / "recorded").glob("*.pcapng"))
PLOTS = ("timelines", "verdicts", "timers", "rtt", "states", "heartbeats")
MOST = 3_000_000  # characters of a figure


def recording(name: str) -> ka.Analysis:
    return ka.analyze(ROOT / "captures" / "recorded" / f"{name}.pcapng")


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_every_recording_gives_every_plot(path: Path) -> None:
    a = ka.analyze(path)
    figures = [getattr(a.plot, name)() for name in PLOTS]
    figures += [a.flow(number).plot() for number in a.flows.flow[:5].tolist()]
    for figure in figures:
        assert figure.layout.title.text.startswith("<b>")
        assert len(figure.to_json()) < MOST
        ElementTree.fromstring(figure.svg())  # raises where it is not well-formed


@pytest.mark.parametrize("name", PLOTS)
@pytest.mark.parametrize("theme", THEMES)
def test_nothing_to_draw_is_said(name: str, theme: str, tmp_path: Path) -> None:
    path = tmp_path / "empty.pcap"
    path.write_bytes(bytes.fromhex("d4c3b2a1 0200 0400 00000000 00000000 00000400 01000000"))
    figure = getattr(ka.analyze(path).plot, name)(theme=theme)
    assert len(figure.data) == 0
    [note] = figure.layout.annotations
    assert "no" in note.text.split()
    assert note.text in figure.svg()


def test_themes_have_their_own_colours_and_others_are_refused() -> None:
    a = recording("peer-dead")
    for theme, colours in THEMES.items():
        assert a.plot.verdicts(theme=theme).layout.paper_bgcolor == colours.ground
    with pytest.raises(ka.UsageError, match="there are light and dark"):
        a.plot.verdicts(theme="blue")


def test_one_verdict_has_one_colour_in_all_plots() -> None:
    a = recording("peer-rebooted")
    colour = THEMES["light"].verdicts["peer_rebooted"]
    assert a.plot.verdicts().data[0].marker.color == (colour,)
    assert {trace.marker.color for trace in a.plot.timers().data} == {colour}
    assert {trace.marker.color for trace in a.plot.rtt().data} == {colour}
    assert a.plot.timelines().data[-1].marker.color == (colour,)


def test_verdicts_are_those_of_the_flows() -> None:
    a = recording("many-connections")
    [bars] = a.plot.verdicts().data
    assert dict(zip(bars.customdata, bars.x, strict=True)) == Counter(a.flows.verdict)


def test_round_trips_are_those_of_the_events() -> None:
    a = recording("alive")
    [points] = a.plot.rtt().data
    rows = a.events[a.events.rtt_s.notna() & a.events.kind.isin(["keepalive_reply", "keepalive_reset"])]
    assert np.allclose(10 ** np.array(points.y), rows.rtt_s, rtol=1e-3)
    assert [list(each)[1] for each in points.customdata] == rows.frame.tolist()
    assert points.name == "alive"


def test_an_answer_that_a_clock_put_before_its_probe_is_left_out(tmp_path: Path) -> None:
    story = "0 c>s S 0\n0.01 s>c SA 0:1\n0.02 c>s A 1:1\n1 c>s PA 1+5:1\n1.01 s>c A 1:6\n"
    story += "11 c>s A 5:1\n11.01 s>c A 1:6\n30 c>s A 5:1\n20 s>c A 1:6"  # the clock was set back
    path = tmp_path / "back.pcap"
    path.write_bytes(wire.pcap_bytes(timeline(story).records))
    a = ka.analyze(path)
    assert sorted(np.sign(a.events.rtt_s[a.events.kind == "keepalive_reply"])) == [-1, 1]
    [points] = a.plot.rtt().data
    assert list(points.text) == ["10.0 ms"]


def test_timers_are_those_of_the_flows() -> None:
    a = recording("many-connections")
    figure = a.plot.timers()
    for axis, name in (("x", "time"), ("x2", "interval")):
        counted = sum(sum(trace.y) for trace in figure.data if trace.xaxis == axis)
        columns = [f"{side}_keepalive_{name}_s" for side in ("client", "server")]
        assert counted == int(a.flows[columns].notna().sum().sum())


def test_states_are_those_of_netstat_at_any_moment() -> None:
    a = recording("close-wait-leak")
    figure = a.plot.states()
    times = np.array(figure.data[0].x)
    for before, after in pairwise(times.tolist()):
        if after - before < 0.001:
            continue
        at = (before + after) / 2
        shown = {trace.name: trace.y[int(np.searchsorted(times, at, "right")) - 1] for trace in figure.data}
        assert {name: count for name, count in shown.items() if count} == Counter(a.states(at=at).state)


def test_a_heartbeat_is_a_level_line() -> None:
    client, server = recording("heartbeat").plot.heartbeats().data
    assert client.name == "sent by the client" and server.name == "sent by the server"
    assert np.ptp(10 ** np.array(client.y)) < 0.1
    assert "○" in recording("heartbeat").plot.heartbeats().layout.title.text
    for theme, colours in THEMES.items():  # the colour of a verdict would say one
        shown = {trace.marker.color for trace in recording("heartbeat").plot.heartbeats(theme=theme).data}
        assert not shown & set(colours.verdicts.values())


def test_timelines_tell_whom_they_leave_out() -> None:
    a = recording("many-connections")
    assert "500 connections" in a.plot.timelines().layout.title.text
    figure = a.plot.timelines(7)
    assert "7 of 500 connections, the gravest" in figure.layout.title.text
    assert len(figure.layout.yaxis.ticktext) == 7
    assert all("peer_dead" in each for each in figure.layout.yaxis.ticktext)
    for limit in (0, 601):
        with pytest.raises(ka.UsageError, match="1 to 600"):
            a.plot.timelines(limit)


def test_very_many_connections_are_summed_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analyzer.plotting.MOST_LANES", 100)
    a = recording("many-connections")
    figure = a.plot.timelines()
    assert {note.text for note in figure.layout.annotations} == {
        "<b>peer_dead</b>  250",
        "<b>alive</b>  250",
    }
    assert "500 connections" in figure.layout.title.text
    assert len(figure.to_json()) < 100_000


def test_without_packets_it_is_said_that_pauses_are_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    said = "Pauses that no probe broke count as active"
    assert said not in recording("alive").plot.timelines().layout.title.text
    monkeypatch.setattr("analyzer.plotting.MOST_FRAMES", 3)
    assert said in recording("alive").plot.timelines().layout.title.text


def test_a_name_with_markup_stays_text(tmp_path: Path) -> None:
    name = "<b>x<i> & $y$ %{z}.pcapng"
    path = tmp_path / name
    path.write_bytes((ROOT / "captures" / "recorded" / "alive.pcapng").read_bytes())
    a = ka.analyze(path)
    for figure in (*(getattr(a.plot, each)() for each in PLOTS), a.flow(0).plot()):
        title = figure.layout.title.text
        if "alive" in title or "connection" in title:
            assert "&lt;b&gt;x&lt;i&gt; &amp; &#36;y&#36; %&#123;z}.pcapng" in title
        texts = "".join(ElementTree.fromstring(figure.svg()).itertext())
        assert "<b>" not in texts or name in texts


def test_one_connection_as_a_ladder() -> None:
    a = recording("peer-dead")
    figure = a.flow(0).plot(clock="utc")
    [labels] = [trace for trace in figure.data if trace.mode == "text"]
    assert labels.text.count("keep-alive probe: no answer") == 3
    frames = [int(re.search(r"frame (\d+)", each)[1]) for each in labels.hovertext]
    told = a.events[a.events.kind == "keepalive_probe"].frame.tolist()
    assert set(told) <= set(frames)
    start = a.flows.start[0]
    assert f"{start + timedelta(0):%H:%M}" in figure.layout.yaxis.ticktext[1]


def test_plotly_is_loaded_with_the_first_plot_only() -> None:
    code = (
        "import sys, json, analyzer as ka\n"
        f"a = ka.analyze({str(RECORDED[0])!r})\n"
        "plot = a.plot\n"
        "before = [each for each in ('plotly', 'resvg_py') if each in sys.modules]\n"
        "plot.verdicts()\n"
        "print(json.dumps([before, 'plotly' in sys.modules, 'resvg_py' in sys.modules]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.splitlines()[-1]) == [[], True, False]
