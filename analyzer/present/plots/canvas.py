"""What all plots share: title, axes, ticks, colours, and how text of a capture is written."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import numpy as np

from analyzer.present.colours import Colours
from analyzer.present.words import printable, source_name, wrapped
from analyzer.wording import DAY, HOUR, MINUTE

Drawing = dict[str, Any]
"""A figure as Plotly's JSON has it: `data`, its traces, and `layout`."""

FONT = (
    "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Helvetica, Arial, 'Noto Sans', "
    "'Liberation Sans', 'DejaVu Sans', Cantarell, Ubuntu, FreeSans, Verdana, sans-serif"
)
"""The usual fonts of screens, by system: a picture without a browser takes the first that is there."""

HEAD, LINE_HEIGHT = 30, 20  # pixels above the drawing, for title, what is said, and the key
LINE = 130  # characters
NAME = 80
FOOT = 56
TICKS = 8  # on an axis, at most about so many

_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "$": "&#36;", "{": "&#123;"})


def plain(text: str) -> str:
    """Text of a capture as Plotly shall show it: no tag, formula, template field or control character."""
    return printable(text).translate(_ENTITIES)


@dataclass(frozen=True)
class Entry:
    """What a colour or mark means: a line of the key."""

    sign: str
    colour: str
    word: str


def capture_name(path: str) -> str:
    """A capture's name for a title."""
    name = source_name(PurePath(path).name if path != "-" else path)
    return plain(name if len(name) <= NAME else f"{name[: NAME - 1]}…")


@dataclass(frozen=True)
class Head:
    """What stands above a drawing. said: under the title; key: under that.

    The key is text: a legend of Plotly's covers the title where it has many entries.
    """

    title: str
    said: str
    key: Sequence[Entry] = ()


def drawing(
    head: Head, colours: Colours, height: int, traces: list[dict[str, Any]], foot: int = FOOT, **layout: Any
) -> Drawing:
    """A figure. height, foot: of what is drawn and of the axis under it, in pixels."""
    entries = "   ".join(
        f"<span style='color:{each.colour}'>{each.sign}</span> {each.word}" for each in head.key
    )
    told = [_small(line, colours.faint) for line in wrapped(head.said, LINE)]
    lines = [f"<b>{head.title}</b>", *told, *([_small(entries, colours.ink)] if head.key else [])]
    above = HEAD + LINE_HEIGHT * len(lines)
    whole = height + above + foot
    basis = {
        "title": {"text": "<br>".join(lines), "x": 0, "xref": "container", "xanchor": "left"}
        | {"y": 1 - 20 / whole, "yref": "container", "yanchor": "top", "pad": {"l": 12}}
        | {"font": {"size": 16, "color": colours.ink}},
        "font": {"family": FONT, "size": 12, "color": colours.ink},
        "paper_bgcolor": colours.ground,
        "plot_bgcolor": colours.ground,
        "height": whole,
        "margin": {"l": 60, "r": 24, "t": above, "b": foot},
        "showlegend": False,
        "hoverlabel": {"bgcolor": colours.ground, "bordercolor": colours.faint}
        | {"font": {"color": colours.ink, "family": FONT}, "align": "left"},
        "hovermode": "closest",
        "bargap": 0,
    }
    return {"data": traces, "layout": basis | layout}


def _small(text: str, colour: str) -> str:
    return f"<span style='font-size:12px;color:{colour}'>{text}</span>"


def nothing(title: str, why: str, colours: Colours) -> Drawing:
    """A figure that says why there is nothing to draw."""
    note = {"text": why, "x": 0.5, "y": 0.5, "xref": "paper", "yref": "paper", "showarrow": False}
    note["font"] = {"size": 14, "color": colours.faint}
    hidden = {"visible": False, "range": [0, 1]}
    return drawing(Head(title, ""), colours, 120, [], foot=20, xaxis=hidden, yaxis=hidden, annotations=[note])


def axis(colours: Colours, title: str = "", **more: Any) -> dict[str, Any]:
    """An axis. more: as Plotly's layout.xaxis."""
    basis: dict[str, Any] = {
        "gridcolor": colours.grid,
        "linecolor": colours.grid,
        "tickfont": {"color": colours.faint},
        "zeroline": False,
        "automargin": True,
        "ticks": "",
    }
    if title:
        basis["title"] = {"text": title, "font": {"color": colours.faint}, "standoff": 10}
    return basis | more


def ticks(values: Sequence[float], texts: Sequence[str]) -> dict[str, Any]:
    """Where an axis has its ticks, and what stands there."""
    return {"tickmode": "array", "tickvals": list(values), "ticktext": list(texts)}


def numbers(values: Any, digits: int = 6) -> list[Any]:
    """An array for JSON, in no more digits than can be seen; NaN is null."""
    return [None if value != value else value for value in np.round(values, digits).tolist()]


@dataclass(frozen=True)
class Scale:
    """A linear axis of time from 0 to `end`, in a unit that reads well: `seconds` long each."""

    unit: str
    seconds: float
    end: float

    @classmethod
    def of(cls, span_s: float) -> Scale:
        """For a span of so many seconds."""
        unit, seconds = "s", 1.0
        if span_s < 1:
            unit, seconds = ("ms", 1e-3) if span_s >= 1e-3 else ("µs", 1e-6)
        for name, size in (("min", MINUTE), ("h", HOUR), ("d", DAY)):
            if span_s >= 5 * size:
                unit, seconds = name, float(size)
        return cls(unit, seconds, max(span_s / seconds, 1e-3))

    def of_ns(self, values_ns: Any) -> Any:
        """Nanoseconds in this unit."""
        return np.asarray(values_ns) / 1e9 / self.seconds

    def axis(self, colours: Colours, title: str, **more: Any) -> dict[str, Any]:
        """The axis, with a little room at its ends."""
        room = self.end / 100
        places = steps(self.end)
        marks = ticks(places, [f"{place:g}" for place in places])
        return axis(colours, f"{title}, {self.unit}", range=[-room, self.end + room], **marks, **more)


def steps(end: float, most: int = TICKS) -> list[float]:
    """Round numbers from 0 to `end`."""
    rough = end / most
    size = 10.0 ** math.floor(math.log10(rough)) if rough > 0 else 1.0
    step = next(size * factor for factor in (1, 2, 5, 10) if size * factor >= rough)
    return [round(place * step, 12) for place in range(int(end / step + 1e-9) + 1)]


_FINE = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 18000, 36000, 86400, 172800, 864000)
_COARSE = (1, 10, 60, 600, 3600, 7200, 36000, 86400, 864000)


def duration_ticks(low: float, high: float) -> list[float]:
    """Seconds from `low` to `high` that people count in, not too many."""
    for parts, seconds in (((1, 2, 5), _FINE), ((1,), _COARSE)):
        below = [part * 10.0**power for power in range(-7, 0) for part in parts]
        shown = [size for size in (*below, *seconds) if low <= size <= high]
        if len(shown) <= TICKS:
            break
    return shown[:: math.ceil(len(shown) / TICKS)]


def setting(seconds: float) -> str:
    """75 s, 20 µs, 2 h: a round duration."""
    for unit, size in (("d", DAY), ("h", HOUR), ("min", MINUTE)):
        if seconds >= 2 * size and seconds % size == 0:
            return f"{seconds / size:g} {unit}"
    for unit, length in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= length * 0.999_999:
            return f"{seconds / length:g} {unit}"
    return f"{seconds * 1e6:g} µs"


def duration_axis(colours: Colours, title: str, seconds: Any, **more: Any) -> dict[str, Any]:
    """A logarithmic axis of durations: its values are log10 of seconds."""
    low, high = (math.log10(max(float(each), 1e-7)) for each in (np.min(seconds), np.max(seconds)))
    low, high = low - 0.15, high + 0.15
    if high - low < 1:
        middle = (low + high) / 2
        low, high = middle - 0.5, middle + 0.5
    shown = duration_ticks(10**low, 10**high)
    marks = ticks([round(math.log10(size), 6) for size in shown], [setting(size) for size in shown])
    return axis(colours, title, range=[low, high], **marks, **more)


def count_axis(colours: Colours, title: str, most: float, **more: Any) -> dict[str, Any]:
    """An axis of counts from 0 to `most`, or a little more."""
    places = [place for place in steps(max(most, 1), TICKS // 2) if place == int(place)]
    marks = ticks(places, [f"{place:,.0f}" for place in places])
    return axis(colours, title, range=[0, max(most, 1) * 1.05], **marks) | more


def tinted(colour: str, alpha: float) -> str:
    """#rrggbb, so far transparent."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha:g})"
