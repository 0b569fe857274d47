"""Which keepalive times and intervals were measured, and the known settings they fit."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analyzer.kinds import VERDICT_WORDS
from analyzer.lateness import EARLY_NS, LATE, LATE_NS
from analyzer.present.colours import Colours
from analyzer.present.plots.canvas import (
    Drawing,
    Entry,
    Head,
    count_axis,
    drawing,
    duration_axis,
    nothing,
    numbers,
    plain,
    setting,
)
from analyzer.present.urgency import VERDICT_ORDER
from analyzer.tables.values import Block
from analyzer.wording import counted, duration

TITLE = "Keep-alive timers"
BINS = 24  # in a power of ten: 60 s and 75 s stand apart
HEIGHT = 170  # pixels of one distribution
BELOW = 56  # for the axis under the first
NAMES = 64  # for the names of settings above one
MOST_NAMED = 3  # programs named at one setting


class Known(NamedTuple):
    """A default of a system or program; seconds, None where it has none."""

    name: str
    time_s: float | None
    interval_s: float | None


class Measured(NamedTuple):
    """Values of one timer, and the verdict of the connection of each; seconds."""

    what: str
    seconds: NDArray[np.float64]
    verdicts: NDArray[np.int64]

    @classmethod
    def of(cls, what: str, flows: Block, names: Sequence[str]) -> Measured:
        """The values of some columns of the flows table that are not missing."""
        seconds = np.concatenate([flows.get(name, np.zeros(0)) for name in names])
        verdicts = np.tile(np.asarray(flows.get("verdict", ()), np.int64), len(names))
        known = ~np.isnan(seconds)
        return cls(what, seconds[known], verdicts[known])


def timers(
    time: Measured, interval: Measured, known: Sequence[Known], said: str, colours: Colours
) -> Drawing:
    """Two distributions, stacked by verdict, with the defaults that measured values fit."""
    both = np.concatenate([time.seconds, interval.seconds])
    if not len(both):
        return nothing(TITLE, "no connection was probed: no timer was measured", colours)
    defaults = ([(row.name, row.time_s) for row in known], [(row.name, row.interval_s) for row in known])
    named = [fitting(*pair) for pair in zip(defaults, (time.seconds, interval.seconds), strict=True)]
    rooms = [NAMES if names else 0 for names in named]
    height = sum(rooms) + 2 * HEIGHT + BELOW
    layout: dict[str, Any] = {"annotations": [], "shapes": []}
    traces: list[dict[str, Any]] = []
    domains = [[1 - (rooms[0] + HEIGHT) / height, 1 - rooms[0] / height], [0, HEIGHT / height]]
    for measured, names, domain, suffix in zip((time, interval), named, domains, ("", "2"), strict=True):
        layout[f"xaxis{suffix}"] = duration_axis(colours, measured.what, both, anchor=f"y{suffix}")
        bars = _bars(measured, suffix, colours)
        most = np.max(list(_totals(bars).values()), initial=1)
        layout[f"yaxis{suffix}"] = count_axis(colours, "values", most, domain=domain, anchor=f"x{suffix}")
        traces += bars
        for name, value in names:
            layout["shapes"].append(_line(value, suffix, colours))
            layout["annotations"].append(_name(name, value, suffix, domain[1], colours))
    counts = f"{counted(len(time.seconds), 'keepalive time')}, {counted(len(interval.seconds), 'interval')}"
    return drawing(
        Head(TITLE, f"{said}: {counts}; dotted: known defaults that fit", _key(traces)),
        colours,
        height,
        traces,
        barmode="stack",
        **layout,
    )


def _totals(bars: Sequence[dict[str, Any]]) -> Counter[float]:
    """How high the stacked bars stand, by place."""
    totals: Counter[float] = Counter()
    for trace in bars:
        totals.update(dict(zip(trace["x"], trace["y"], strict=True)))
    return totals


def _key(traces: Sequence[dict[str, Any]]) -> list[Entry]:
    """The verdicts that occur, the gravest first."""
    colour = {trace["name"]: trace["marker"]["color"] for trace in traces}
    words = [VERDICT_WORDS[code] for code in VERDICT_ORDER]
    return [Entry("■", colour[word], word) for word in words if word in colour]


def fitting(
    defaults: Sequence[tuple[str, float | None]], seconds: NDArray[np.float64]
) -> list[tuple[str, float]]:
    """Defaults that a measured value fits, those of the same value as one: names and seconds."""
    names: dict[float, list[str]] = {}
    for name, value in defaults:
        if value is not None and _fits(value, seconds):
            names.setdefault(value, []).append(name)
    return [
        (
            ", ".join(each[:MOST_NAMED]) + (f" and {len(each) - MOST_NAMED} more" * (len(each) > MOST_NAMED)),
            value,
        )
        for value, each in sorted(names.items())
    ]


def _fits(setting_s: float, seconds: NDArray[np.float64]) -> bool:
    """Whether a timer of this setting may have fired after one of these times."""
    late = max(setting_s * LATE, setting_s + LATE_NS / 1e9)
    return bool(((seconds >= setting_s - EARLY_NS / 1e9) & (seconds <= late)).any())


def _bars(measured: Measured, suffix: str, colours: Colours) -> list[dict[str, Any]]:
    """How many values there are in each bin, a trace for each verdict."""
    heights = np.floor(np.log10(np.maximum(measured.seconds, 1e-7)) * BINS).astype(np.int64)
    traces = []
    for code in VERDICT_ORDER:
        bins, counts = np.unique(heights[measured.verdicts == code], return_counts=True)
        word = VERDICT_WORDS[code]
        if not len(bins):
            continue
        spans = [
            f"{duration(10 ** (each / BINS))} to {duration(10 ** ((each + 1) / BINS))}"
            for each in bins.tolist()
        ]
        traces.append(
            {
                "type": "bar",
                "name": word,
                "x": numbers((bins + 0.5) / BINS, 5),
                "y": counts.tolist(),
                "width": 1 / BINS,
                "text": spans,
                "textposition": "none",
                "xaxis": f"x{suffix}",
                "yaxis": f"y{suffix}",
                "marker": {"color": colours.verdicts[word], "line": {"width": 0}},
                "hovertemplate": f"%{{y:,d}} of %{{text}}, {word}<extra></extra>",
            }
        )
    return traces


def _line(value: float, suffix: str, colours: Colours) -> dict[str, Any]:
    place = math.log10(value)
    return {
        "type": "line",
        "x0": place,
        "x1": place,
        "y0": 0,
        "y1": 1,
        "xref": f"x{suffix}",
        "yref": f"y{suffix} domain",
        "line": {"color": colours.faint, "width": 1, "dash": "dot"},
    }


def _name(name: str, value: float, suffix: str, top: float, colours: Colours) -> dict[str, Any]:
    return {
        "text": f"<b>{setting(value)}</b> {plain(name)}",
        "x": math.log10(value),
        "y": top,
        "xref": f"x{suffix}",
        "yref": "paper",
        "xanchor": "left",
        "yanchor": "bottom",
        "textangle": -22,
        "showarrow": False,
        "font": {"size": 10, "color": colours.faint},
    }
