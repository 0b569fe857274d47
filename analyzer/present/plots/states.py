"""How many ends of connections were in which TCP state, over time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analyzer.kinds import STATE_WORDS
from analyzer.present.colours import Colours
from analyzer.present.plots.canvas import (
    Drawing,
    Entry,
    Head,
    Scale,
    count_axis,
    drawing,
    nothing,
    numbers,
    tinted,
)
from analyzer.tables.values import Block
from analyzer.wording import counted, number

TITLE = "TCP states over time"
CLOSED = STATE_WORDS.index("CLOSED")
MOMENTS = 400  # at which ends are counted, where there are more changes
HEIGHT = 360  # pixels
STACKED = tuple(
    STATE_WORDS.index(word)
    for word in (
        *("CLOSE-WAIT", "UNKNOWN", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSING", "LAST-ACK", "SYN-SENT"),
        *("SYN-RECEIVED", "LISTEN", "TIME-WAIT", "ESTABLISHED"),
    )
)
"""From the bottom up: what may be wrong stands on the axis."""


def states(
    blocks: Iterable[Block], zeros_ns: dict[int, int], span_ns: int, said: str, colours: Colours
) -> Drawing:
    """blocks: of the states table. zeros_ns: when each capture began."""
    times, counts = courses(blocks, zeros_ns, span_ns)
    shown = [state for state in STACKED if counts[state].any()]
    if not shown:
        return nothing(TITLE, "no end of a connection was open", colours)
    scale = Scale.of(span_ns / 1e9)
    most = int(counts[list(shown)].sum(axis=0).max())
    traces = [_area(times, counts[state], state, scale, colours) for state in shown]
    moments = f", at {number(len(times))} moments" if len(times) == MOMENTS else ""
    told = f"{said}: at most {counted(most, 'end')} open at once{moments}; each connection has two ends"
    key = [Entry("■", colours.states[STATE_WORDS[state]], STATE_WORDS[state]) for state in shown]
    return drawing(
        Head(TITLE, told, key),
        colours,
        HEIGHT,
        traces,
        hovermode="x unified",
        xaxis=scale.axis(colours, "since the capture began"),
        yaxis=count_axis(colours, "ends of connections", most),
    )


def courses(
    blocks: Iterable[Block], zeros_ns: dict[int, int], span_ns: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Moments (ns), and by state how many ends were in it from each of them on."""
    parts = [
        (block["time"] - [zeros_ns[capture] for capture in block["capture"].tolist()], block["state"])
        + (block["before"],)
        for block in blocks
    ]
    changes = [np.concatenate(column) for column in zip(*parts, strict=True)]
    if not changes:
        return np.zeros(0, np.int64), np.zeros((len(STATE_WORDS), 0), np.int64)
    when, state, before = changes
    moments = np.unique(np.append(when, [0, span_ns]))
    if len(moments) > MOMENTS:
        moments = np.linspace(0, span_ns, MOMENTS).astype(np.int64)
    counts = np.zeros((len(STATE_WORDS), len(moments)), np.int64)
    for code in range(len(STATE_WORDS)):
        begun, left = np.sort(when[state == code]), np.sort(when[before == code])
        counts[code] = np.searchsorted(begun, moments, "right") - np.searchsorted(left, moments, "right")
    counts[CLOSED] = 0
    return moments.astype(np.int64), counts


def _area(
    times: NDArray[np.int64], counts: NDArray[np.int64], state: int, scale: Scale, colours: Colours
) -> dict[str, Any]:
    word = STATE_WORDS[state]
    return {
        "type": "scatter",
        "mode": "lines",
        "name": word,
        "x": numbers(scale.of_ns(times)),
        "y": counts.tolist(),
        "stackgroup": "states",
        "line": {"width": 0, "shape": "hv", "color": colours.states[word]},
        "fillcolor": tinted(colours.states[word], 0.85),
        "hovertemplate": f"{word}: %{{y:,d}}<extra></extra>",
    }
