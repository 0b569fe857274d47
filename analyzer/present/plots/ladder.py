"""One connection as a sequence: the client's line left, the server's right, time downward."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from analyzer import kinds
from analyzer.present.colours import LOST, MARKS, PLAIN, PROBE, REPLY, Colours
from analyzer.present.labels import header, label
from analyzer.present.plots.canvas import Drawing, Head, capture_name, drawing, nothing, plain, ticks, tinted
from analyzer.present.steps import EXCHANGE, PAUSE_S, Step, is_lone, steps
from analyzer.present.timeline import Connection, repeated_fins, summary
from analyzer.present.words import Clock
from analyzer.tables.labelled import Segment
from analyzer.wording import duration, endpoint

ROW = 26  # pixels of one arrow
MOST_STEPS = 120
PER_DECADE = 0.75  # rows that a pause grows by when it lasts ten times as long
TIP = 0.006  # how far the middle of an arrow's head is from the line it points at
HEADING = -0.75  # the row of what the lines and the ticks are
BRACKET = 0.035  # how far the line from a probe to its answer stands off the prober's line

TIMES = {"relative": "time, s", "utc": "UTC", "local": "local time"}


@dataclass(frozen=True)
class Placed:
    """A step and where it stands, in rows from the top; pause_s: before it."""

    step: Step
    place: float
    pause_s: float


def ladder(connection: Connection, clock: Clock, colours: Colours) -> Drawing:
    """The connection's segments as arrows; pauses are as tall as their logarithm, and named."""
    flow = connection.flow
    title = f"Connection {flow['flow']}: {flow['verdict']}"
    if not connection.segments:
        return nothing(title, "no segment of it was kept", colours)
    placed = list(_placed(steps(connection.segments, most=MOST_STEPS)))
    last = placed[-1].place + _length(placed[-1].step)
    rest_s = _rest_s(connection)
    bottom = last + 0.6 + _height(rest_s)
    answered = {segment.answers for segment in connection.segments if segment.answers}
    again = repeated_fins(connection.segments)
    told = list(_segments(placed))
    traces = [
        *_arrows(told, answered, colours),
        *_brackets(told, colours),
        _labels(told, answered, again, clock, colours),
    ]
    notes = [
        *_ends(flow, colours),
        *_pauses(placed, _pause_word(connection), colours),
        *_summed(placed, colours),
    ]
    silences = [
        (each.place - 0.75 - _height(each.pause_s), each.place - 0.75)
        for each in placed
        if each.pause_s >= PAUSE_S
    ]
    if rest_s >= PAUSE_S:
        silences.append((last + 0.5, bottom))
        ending = "now" if connection.going_on else "the capture ends"
        notes.append(_note(f"{duration(rest_s)} later {ending}", 0.5, bottom + 0.35, colours.faint))
    marks = ticks(*_times(placed, clock))
    side = {"tickfont": {"color": colours.faint, "size": 11}, "showgrid": False, "zeroline": False}
    return drawing(
        Head(title, _said(connection, clock)),
        colours,
        round((bottom + 2) * ROW),
        traces,
        foot=16,
        annotations=notes,
        shapes=[*_lifelines(bottom, silences, colours), *_bands(placed, colours)],
        xaxis={"range": [-0.06, 1.06], "visible": False, "fixedrange": True},
        yaxis=side | {"range": [bottom + 0.8, -1.2], "automargin": True, "ticks": ""} | marks,
    )


def _said(connection: Connection, clock: Clock) -> str:
    reason = plain(clock.told(str(connection.flow["reason"])))
    only = "; drawn of its events: data was not kept" if connection.eventful else ""
    return f"{capture_name(connection.path)}: {reason}{only}"


def _pause_word(connection: Connection) -> str:
    """What passed between two segments that are drawn."""
    return "without an event" if connection.eventful else "of silence"


def _placed(story: list[Step]) -> Iterator[Placed]:
    place, before_ns = 0.0, None
    for step in story:
        pause_s = 0.0 if before_ns is None else (step.start_ns - before_ns) / 1e9
        if before_ns is not None:
            place += 1 + _height(pause_s)
        yield Placed(step, place, pause_s)
        place += _length(step)
        before_ns = step.end_ns


def _length(step: Step) -> float:
    """Rows from the first to the last of a step."""
    return len(step.segments) - 1 if step.told else 0.4


def _rest_s(connection: Connection) -> float:
    """How long the capture went on when the connection was open and silent."""
    last = connection.segments[-1]
    over = connection.flow["verdict"] == "closed" or last.kind in kinds.RESETS
    return 0.0 if over else (connection.capture_end_ns - last.time_ns) / 1e9


def _height(pause_s: float) -> float:
    """Rows that a pause takes beside the row of the arrow after it."""
    return PER_DECADE * (1 + math.log10(pause_s / PAUSE_S)) if pause_s >= PAUSE_S else 0.0


def _segments(placed: list[Placed]) -> Iterator[tuple[float, Segment]]:
    """Those that are told one by one, each with its row."""
    for each in placed:
        if each.step.told:
            for offset, segment in enumerate(each.step.segments):
                yield each.place + offset, segment


def _style(segment: Segment, answered: set[int]) -> tuple[str, str, str]:
    """Colour word, dash and symbol of its head."""
    lone = is_lone(segment, answered)
    word = MARKS.get(segment.kind, PLAIN)
    if lone:
        return PROBE, "dot", "x-thin"
    if word == PROBE:
        word = PLAIN
    head = "triangle-right" if segment.sender == kinds.CLIENT else "triangle-left"
    if segment.sender > kinds.SERVER:
        return word, "dot", "star"
    return word, "dash" if word == LOST else "solid", head


def _arrows(told: list[tuple[float, Segment]], answered: set[int], colours: Colours) -> list[dict[str, Any]]:
    """A trace of lines with heads for each look."""
    looks: dict[tuple[str, str, str], list[tuple[float, Segment]]] = defaultdict(list)
    for place, segment in told:
        looks[_style(segment, answered)].append((place, segment))
    traces = []
    for (word, dash, head), own in looks.items():
        x: list[float | None] = []
        y: list[float | None] = []
        for place, segment in own:
            x += [1.0, TIP, None] if segment.sender == kinds.SERVER else [0.0, 1 - TIP, None]
            y += [place, place, None]
        colour = colours.marks[word]
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "x": x,
                "y": y,
                "line": {"color": colour, "width": 1.5, "dash": dash},
                "marker": {"color": colour, "size": [0, 11, 0] * len(own), "symbol": head}
                | {"opacity": 1, "line": {"width": 2 if head == "x-thin" else 0, "color": colour}},
                "hoverinfo": "skip",
                "cliponaxis": False,
            }
        )
    return traces


def _brackets(told: list[tuple[float, Segment]], colours: Colours) -> list[dict[str, Any]]:
    """Lines from probes to their answers, beside the prober's line."""
    at = {segment.frame: (place, segment.sender) for place, segment in told}
    x: list[float | None] = []
    y: list[float | None] = []
    for place, segment in told:
        if segment.answers in at:
            above, prober = at[segment.answers]
            line, out = (0.0, -BRACKET) if prober == kinds.CLIENT else (1.0, 1 + BRACKET)
            x += [line, out, out, line, None]
            y += [above, above, place, place, None]
    if not x:
        return []
    look = {"color": colours.marks[REPLY], "width": 1.5}
    return [{"type": "scatter", "mode": "lines", "x": x, "y": y, "line": look, "hoverinfo": "skip"}]


def _labels(
    told: list[tuple[float, Segment]], answered: set[int], again: set[int], clock: Clock, colours: Colours
) -> dict[str, Any]:
    """What each segment is, above its arrow; frame, time and header when pointed at."""
    texts, hovers, inks = [], [], []
    for _, segment in told:
        lone = is_lone(segment, answered)
        word = PROBE if lone else MARKS.get(segment.kind, PLAIN)
        texts.append(plain(label(segment, lone, segment.frame in again)))
        hovers.append(f"frame {segment.frame}, {clock.moment(segment.time_ns)}<br>{plain(header(segment))}")
        inks.append(colours.ink if word in (PLAIN, PROBE) and not lone else colours.marks[word])
    return {
        "type": "scatter",
        "mode": "text",
        "x": [0.5] * len(told),
        "y": [round(place - 0.06, 3) for place, _ in told],
        "text": texts,
        "textposition": "top center",
        "textfont": {"size": 11, "color": inks},
        "hovertext": hovers,
        "hovertemplate": "%{text}<br>%{hovertext}<extra></extra>",
        "cliponaxis": False,
    }


def _times(placed: list[Placed], clock: Clock) -> tuple[list[float], list[str]]:
    """Frame and time of each row, as ticks, and what they are."""
    places, texts = [HEADING], [f"frame   {TIMES[clock.mode]} "]
    for each in placed:
        for offset, segment in enumerate(each.step.segments if each.step.told else each.step.segments[:1]):
            places.append(round(each.place + offset, 3))
            texts.append(f"{segment.frame}   {clock.time(segment.time_ns)} ")
    return places, texts


def _ends(flow: dict[str, Any], colours: Colours) -> Iterator[dict[str, Any]]:
    for x, who in ((0, "client"), (1, "server")):
        end = endpoint(flow[who], flow[f"{who}_port"])
        yield _note(f"<b>{who}</b> {plain(end)}", x, HEADING, colours.ink) | {
            "xanchor": "right" if x else "left"
        }


def _pauses(placed: list[Placed], word: str, colours: Colours) -> Iterator[dict[str, Any]]:
    """How long each silence lasted."""
    for each in placed:
        if each.pause_s >= PAUSE_S:
            middle = each.place - 0.75 - _height(each.pause_s) / 2
            yield _note(f"{duration(each.pause_s)} {word}", 0.5, middle, colours.faint)


def _summed(placed: list[Placed], colours: Colours) -> Iterator[dict[str, Any]]:
    for each in placed:
        if not each.step.told:
            yield _note("… " + plain(summary(each.step)), 0.5, each.place + 0.2, colours.ink)


def _note(text: str, x: float, y: float, colour: str) -> dict[str, Any]:
    return {"text": text, "x": x, "y": round(y, 3), "showarrow": False, "font": {"size": 11, "color": colour}}


def _lifelines(
    bottom: float, silences: list[tuple[float, float]], colours: Colours
) -> Iterator[dict[str, Any]]:
    """Two lines downward, dotted in silences."""
    for x in (0, 1):
        top = -0.4
        for above, below in silences:
            yield _line(x, top, above, "solid", colours)
            yield _line(x, above, below, "dot", colours)
            top = below
        if top < bottom:
            yield _line(x, top, bottom, "solid", colours)


def _line(x: float, y0: float, y1: float, dash: str, colours: Colours) -> dict[str, Any]:
    line = {"color": colours.faint, "width": 1.5, "dash": dash}
    return {"type": "line", "x0": x, "x1": x, "y0": y0, "y1": y1, "line": line, "layer": "below"}


def _bands(placed: list[Placed], colours: Colours) -> Iterator[dict[str, Any]]:
    """Behind what is summed up."""
    for each in placed:
        if not each.step.told:
            word = REPLY if each.step.kind == EXCHANGE else PLAIN
            yield {
                "type": "rect",
                "x0": 0.01,
                "x1": 0.99,
                "y0": each.place - 0.25,
                "y1": each.place + 0.65,
                "fillcolor": tinted(colours.marks[word], 0.15),
                "line": {"width": 0},
                "layer": "below",
            }
