"""Durations over time: points while they can be told apart, else how dense they lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analyzer.present.colours import Colours
from analyzer.present.plots.canvas import Drawing, Entry, Head, Scale, drawing, duration_axis, numbers
from analyzer.wording import counted, duration

MOST_POINTS = 4000  # more cover one another
COLUMNS, ROWS = 160, 60  # of the density
HEIGHT = 360  # pixels


@dataclass(frozen=True)
class Cloud:
    """Some durations. time_ns: since their capture began. group: code of what they are coloured by.

    flow, frame: where each comes from. All arrays of one length.
    """

    time_ns: NDArray[np.int64]
    seconds: NDArray[np.float64]
    group: NDArray[np.int64]
    flow: NDArray[np.int64]
    frame: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.seconds)


@dataclass(frozen=True)
class Words:
    """title, said: of the drawing. axis: what the durations are. one: what a point is."""

    title: str
    said: str
    axis: str
    one: str


class Look(NamedTuple):
    """How the points of a group look. open: as rings."""

    name: str
    colour: str
    open: bool = False


def cloud(points: Cloud, words: Words, scale: Scale, colours: Colours, looks: Mapping[int, Look]) -> Drawing:
    """looks: of the points of each group, by its code; the first lie on top and are named first."""
    heights = np.log10(np.maximum(points.seconds, 1e-7))
    vertical = duration_axis(colours, words.axis, points.seconds)
    said = f"{words.said}: {counted(len(points), words.one)}"
    if len(points) <= MOST_POINTS:
        there = [(code, look) for code, look in looks.items() if (points.group == code).any()]
        traces = [_points(points, heights, code, scale, look) for code, look in reversed(there)]
        key = [Entry("○" if look.open else "●", look.colour, look.name) for _, look in there]
    else:
        key = [Entry("■", colours.faint, f"{words.one}s, the more the stronger")]
        key.append(Entry("━", colours.ink, "median"))
        traces = [_density(points, heights, vertical["range"], scale, colours)]
        traces.append(_medians(points, scale, colours))
    return drawing(
        Head(words.title, said, key),
        colours,
        HEIGHT,
        traces,
        xaxis=scale.axis(colours, "since the capture began"),
        yaxis=vertical,
    )


def _points(
    points: Cloud, heights: NDArray[np.float64], code: int, scale: Scale, look: Look
) -> dict[str, Any]:
    own = points.group == code
    return {
        "type": "scatter",
        "mode": "markers",
        "name": look.name,
        "x": numbers(scale.of_ns(points.time_ns[own])),
        "y": numbers(heights[own], 4),
        "text": [duration(value) for value in points.seconds[own].tolist()],
        "customdata": np.column_stack([points.flow[own], points.frame[own]]).tolist(),
        "marker": {"color": look.colour, "size": 7, "symbol": "circle-open" if look.open else "circle"}
        | {"line": {"width": 1.5 if look.open else 0, "color": look.colour}},
        "hovertemplate": f"%{{text}}<br>connection %{{customdata[0]}}, frame %{{customdata[1]}}, {look.name}"
        f"<br>%{{x:.6~g}} {scale.unit}<extra></extra>",
    }


def _density(
    points: Cloud, heights: NDArray[np.float64], span: list[float], scale: Scale, colours: Colours
) -> dict[str, Any]:
    counts, across, up = np.histogram2d(
        scale.of_ns(points.time_ns), heights, (COLUMNS, ROWS), ((0, scale.end), (span[0], span[1]))
    )
    shade = np.log10(counts.T + 1)
    return {
        "type": "heatmap",
        "x": numbers((across[1:] + across[:-1]) / 2, 5),
        "y": numbers((up[1:] + up[:-1]) / 2, 4),
        "z": numbers(shade, 3),
        "customdata": counts.T.astype(int).tolist(),
        "colorscale": [[0, colours.ground], [1, colours.faint]],
        "zmin": -0.0,
        "zmax": float(max(shade.max(), 1)),
        "showscale": False,
        "hovertemplate": f"%{{customdata}} at %{{x:.4~g}} {scale.unit}<extra></extra>",
    }


def _medians(points: Cloud, scale: Scale, colours: Colours) -> dict[str, Any]:
    """The median of each column of the density that has any."""
    columns = COLUMNS // 4
    place = np.minimum(scale.of_ns(points.time_ns) / scale.end * columns, columns - 1).astype(np.int64)
    found = np.unique(place)
    middles = np.array([np.median(points.seconds[place == each]) for each in found.tolist()])
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "median",
        "x": numbers((found + 0.5) / columns * scale.end, 5),
        "y": numbers(np.log10(np.maximum(middles, 1e-7)), 4),
        "text": [duration(value) for value in middles.tolist()],
        "line": {"color": colours.ink, "width": 2},
        "hovertemplate": "median %{text}<extra></extra>",
    }
