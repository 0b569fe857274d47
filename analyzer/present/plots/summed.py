"""How many of many connections were doing what, over time: one band for each verdict."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analyzer.kinds import VERDICT_WORDS
from analyzer.present.colours import Colours
from analyzer.present.lanes import ACTIVE, DEAD, IDLE, PHASE_WORDS, PROBING
from analyzer.present.plots.canvas import Drawing, Entry, Head, Scale, axis, drawing, numbers, ticks, tinted
from analyzer.present.plots.rows import Row
from analyzer.present.plots.timelines import LEGEND, TITLE
from analyzer.present.urgency import VERDICT_ORDER
from analyzer.wording import number

STEPS = 240
BAND, BETWEEN = 66, 26  # pixels
STACKED = (DEAD, PROBING, ACTIVE, IDLE)
"""From the bottom up: what is wrong stands on the axis, where its height can be read."""


def summed(rows: Sequence[Row], said: str, colours: Colours) -> Drawing:
    """A band for each verdict, stacked: the average number of connections in each phase in each step."""
    scale = Scale.of(max(row.capture_end_ns for row in rows) / 1e9)
    edges_ns = np.linspace(0, scale.end * scale.seconds * 1e9, STEPS + 1)
    found = Counter(row.verdict for row in rows)
    verdicts = [code for code in VERDICT_ORDER if found[code]]
    phases = _phases(rows)
    height = len(verdicts) * (BAND + BETWEEN)
    layout: dict[str, Any] = {"annotations": []}
    traces: list[dict[str, Any]] = []
    for place, verdict in enumerate(verdicts):
        name = "y" if not place else f"y{place + 1}"
        top = 1 - (place * (BAND + BETWEEN) + BETWEEN) / height
        means = {phase: mean_counts(*phases[verdict, phase], edges_ns) for phase in STACKED}
        most = max(math.ceil(float(np.sum(list(means.values()), axis=0).max()) - 1e-6), 1)
        layout["yaxis" + name[1:]] = _band_axis(most, top, height, colours)
        layout["annotations"].append(_band_title(verdict, found[verdict], top, colours))
        for phase in STACKED:
            if means[phase].any():
                traces.append(_area(means[phase], phase, name, scale, colours))
    layout["xaxis"] = scale.axis(colours, "since the capture began") | {"anchor": "free", "position": 0}
    told = {trace["name"] for trace in traces}
    key = [
        Entry("■", colours.lanes[PHASE_WORDS[phase]], LEGEND[phase])
        for phase in STACKED
        if LEGEND[phase] in told
    ]
    return drawing(Head(TITLE, said, key), colours, height, traces, hovermode="x", **layout)


def _phases(rows: Sequence[Row]) -> dict[tuple[int, int], tuple[list[int], list[int]]]:
    """By verdict and phase: when each stretch of it begins and ends."""
    phases: dict[tuple[int, int], tuple[list[int], list[int]]] = {
        (verdict, phase): ([], [])
        for verdict in range(len(VERDICT_WORDS))
        for phase in range(len(PHASE_WORDS))
    }
    for row in rows:
        for phase, since, until in row.phases(tail=False):
            starts, ends = phases[row.verdict, phase]
            starts.append(since)
            ends.append(until)
    return phases


def mean_counts(starts: list[int], ends: list[int], edges_ns: NDArray[np.float64]) -> NDArray[np.float64]:
    """How many stretches hold, on average over the time between each two edges."""
    lasted = _elapsed(starts, edges_ns) - _elapsed(ends, edges_ns)
    mean: NDArray[np.float64] = np.diff(lasted) / np.diff(edges_ns)
    return np.where(mean < 1e-6, 0, mean)


def _elapsed(moments: list[int], at_ns: NDArray[np.float64]) -> NDArray[np.float64]:
    """At each time, how long ago the moments before it were, together."""
    ordered = np.sort(np.array(moments, np.float64))
    sums = np.concatenate([[0.0], np.cumsum(ordered)])
    before = np.searchsorted(ordered, at_ns)
    elapsed: NDArray[np.float64] = at_ns * before - sums[before]
    return elapsed


def _band_axis(most: int, top: float, height: int, colours: Colours) -> dict[str, Any]:
    marks = ticks([0, most], ["0", number(most)])
    domain = [max(top - BAND / height, 0), top]
    return axis(colours, domain=domain, range=[0, most * 1.02], showgrid=False, showline=True, **marks)


def _band_title(verdict: int, count: int, top: float, colours: Colours) -> dict[str, Any]:
    word = VERDICT_WORDS[verdict]
    return {
        "text": f"<b>{word}</b>  {number(count)}",
        "font": {"color": colours.verdicts[word], "size": 12},
        "x": 0,
        "y": top,
        "xref": "paper",
        "yref": "paper",
        "xanchor": "left",
        "yanchor": "bottom",
        "showarrow": False,
    }


def _area(mean: NDArray[np.float64], phase: int, name: str, scale: Scale, colours: Colours) -> dict[str, Any]:
    word = PHASE_WORDS[phase]
    edges = np.linspace(0, scale.end, len(mean) + 1)
    return {
        "type": "scatter",
        "mode": "lines",
        "name": LEGEND[phase],
        "x": numbers(edges, 4),
        "y": numbers(np.append(mean, mean[-1]), 3),
        "yaxis": name,
        "stackgroup": name,
        "line": {"width": 0, "shape": "hv", "color": colours.lanes[word]},
        "fillcolor": tinted(colours.lanes[word], 0.9),
        "hovertemplate": f"{word}: %{{y:,.1f}}<extra></extra>",
    }
