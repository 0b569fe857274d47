"""Swimlanes: what each connection was doing when. Of very many: how many were doing what, by verdict."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from analyzer.present.colours import Colours
from analyzer.present.lanes import (
    ANSWERED,
    ERROR,
    FIN,
    LONE,
    MARK_WORDS,
    PHASE_WORDS,
    REPLY,
    RST,
    SYN,
)
from analyzer.present.plots.canvas import (
    Drawing,
    Entry,
    Head,
    Scale,
    axis,
    drawing,
    nothing,
    numbers,
    plain,
    ticks,
)
from analyzer.present.plots.rows import ARROW, Row
from analyzer.wording import duration

TITLE = "Connections over time"
LABELLED = 60  # lanes that are wide enough for a label each
WIDE_LANE, THIN_LANE = 24, 5  # pixels
MOST_MARKS = 8000  # in one figure, each some 60 bytes: our choice
FINEST = 700  # marks of one kind along a lane: about one for each pixel
ADDRESS = 29  # characters of an end, with its port: two of IPv6 would leave no room for the lanes

THICKNESS = {True: (0.62, 0.18, 0.42, 0.62, 0.08), False: (0.8, 0.4, 0.8, 0.8, 0.2)}
"""Of each phase's bar, in wide lanes and in thin ones: what is silent stays in the background."""

LEGEND = ("active", "idle", "probes unanswered", "dead", "closed")


@dataclass(frozen=True)
class Mark:
    """How a mark looks. sign: in the key. above: how far over the middle of its lane, in lanes.

    thin: in thin lanes, too.
    """

    symbol: str
    sign: str
    colour: str
    above: float
    thin: bool = False


MARKS = {
    SYN: Mark("circle-open", "○", "opening", 0),
    ANSWERED: Mark("triangle-down", "▼", "plain", 0.3),
    REPLY: Mark("triangle-up", "▲", "reply", -0.3),
    LONE: Mark("triangle-down-open", "▽", "probe", 0.3),
    FIN: Mark("square-open", "□", "closing", 0),
    RST: Mark("x", "✖", "reset", 0, thin=True),
    ERROR: Mark("star", "★", "window", 0, thin=True),
}


def timelines(rows: Sequence[Row], said: str, colours: Colours) -> Drawing:
    """One lane for each connection, in this order. said: of which captures, and how many are left out."""
    if not rows:
        return nothing(TITLE, "no connection to draw", colours)
    wide = len(rows) <= LABELLED
    scale = Scale.of(max(row.capture_end_ns for row in rows) / 1e9)
    height = (WIDE_LANE if wide else THIN_LANE) * len(rows)
    traces = [*_phases(rows, scale, colours, wide), *_marks(rows, scale, colours, wide)]
    marks = ticks(range(len(rows)), [_label(row) for row in rows]) if wide else ticks(*_groups(rows))
    return drawing(
        Head(TITLE, said, _key(traces)),
        colours,
        height + 20,
        [*traces, _edge(rows, scale, colours)],
        barmode="overlay",
        xaxis=scale.axis(colours, "since the capture began"),
        yaxis=axis(colours, range=[len(rows) - 0.4, -0.6], showgrid=wide, **marks)
        | {"tickfont": {"color": colours.ink, "size": 11}},
    )


def _key(traces: Sequence[dict[str, Any]]) -> list[Entry]:
    signs = {MARK_WORDS[mark]: look.sign for mark, look in MARKS.items()}
    return [Entry(signs.get(each["name"], "■"), each["marker"]["color"], each["name"]) for each in traces]


def _label(row: Row) -> str:
    name = ARROW.join(map(_shortened, row.name.split(ARROW)))
    return f"{plain(name)}  <b>{row.word}</b>  {row.flow} "


def _shortened(end: str) -> str:
    """An end without the middle of its address, with both halves of a long one as long."""
    return end if len(end) <= ADDRESS else f"{end[: ADDRESS // 2 - 2]}…{end[-(ADDRESS // 2 + 2) :]}"


def _groups(rows: Sequence[Row]) -> tuple[list[float], list[str]]:
    """Where in the middle of its lanes each verdict is named."""
    places, texts, first = [], [], 0
    for word, group in groupby(rows, key=lambda row: row.word):
        count = sum(1 for _ in group)
        places.append(first + (count - 1) / 2)
        texts.append(f"<b>{word}</b> {count} ")
        first += count
    return places, texts


def _phases(rows: Sequence[Row], scale: Scale, colours: Colours, wide: bool) -> list[dict[str, Any]]:
    """A trace of bars for each phase; those after the last segment are as thin as silence."""
    bars: dict[int, list[tuple[int, int, int, int]]] = defaultdict(list)
    for place, row in enumerate(rows):
        for phase, since, until in row.phases():
            bars[phase].append((place, since, until - since, row.flow))
    traces = []
    for phase, word in enumerate(PHASE_WORDS):
        if not bars[phase]:
            continue
        places, begun, lasting, flows = zip(*bars[phase], strict=True)
        traces.append(
            {
                "type": "bar",
                "orientation": "h",
                "name": LEGEND[phase],
                "y": list(places),
                "base": numbers(scale.of_ns(begun)),
                "x": numbers(scale.of_ns(lasting)),
                "width": THICKNESS[wide][phase],
                "customdata": list(flows),
                "marker": {"color": colours.lanes[word], "line": {"width": 0}},
                "hovertemplate": f"connection %{{customdata}}: {word}<br>%{{x:.4~g}} {scale.unit} from "
                f"%{{base:.6~g}} {scale.unit}<extra></extra>",
            }
        )
    return traces


def _marks(rows: Sequence[Row], scale: Scale, colours: Colours, wide: bool) -> list[dict[str, Any]]:
    """A trace for each kind of mark; marks that would lie on one another are drawn as one."""
    counts = _counted_marks(rows, scale, wide)
    traces = []
    for mark, look in MARKS.items():
        found = counts.get(mark)
        if not found:
            continue
        places, times = zip(*found, strict=True)
        above = look.above if wide else 0
        texts = [
            f"{count} × {MARK_WORDS[mark]}" if count > 1 else MARK_WORDS[mark] for count in found.values()
        ]
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": MARK_WORDS[mark],
                "x": numbers(scale.of_ns(times)),
                "y": [round(place - above, 2) for place in places],
                "text": texts,
                "customdata": [rows[place].flow for place in places],
                "marker": {"symbol": look.symbol, "color": colours.marks[look.colour]}
                | {"size": 7 if wide else 4, "line": {"width": 1.5, "color": colours.marks[look.colour]}},
                "cliponaxis": False,
                "hovertemplate": f"connection %{{customdata}}: %{{text}}<br>%{{x:.6~g}} {scale.unit}"
                "<extra></extra>",
            }
        )
    return traces


def _counted_marks(rows: Sequence[Row], scale: Scale, wide: bool) -> dict[int, Counter[tuple[int, int]]]:
    """For each kind of mark how many there are by lane and time, in ns; few enough to be drawn."""
    end_ns = max(scale.end * scale.seconds * 1e9, 1)
    finest = FINEST
    while True:
        counts: dict[int, Counter[tuple[int, int]]] = {}
        first: dict[tuple[int, int, int], int] = {}
        for place, row in enumerate(rows):
            for mark, time_ns in row.lane.marks:
                if wide or MARKS[mark].thin:
                    since = time_ns - row.zero_ns
                    since = first.setdefault((mark, place, int(since / end_ns * finest)), since)
                    counts.setdefault(mark, Counter())[place, since] += 1
        if sum(map(len, counts.values())) <= MOST_MARKS or finest < 2:
            return counts
        finest //= 2


def _edge(rows: Sequence[Row], scale: Scale, colours: Colours) -> dict[str, Any]:
    """At the left edge the colour of each verdict; it tells all when pointed at."""
    room = scale.end / 100
    texts = [
        f"connection {row.flow}: <b>{row.word}</b><br>{plain(row.name)}<br>seen for "
        f"{duration((row.end_ns - row.start_ns) / 1e9)}"
        for row in rows
    ]
    return {
        "type": "bar",
        "orientation": "h",
        "y": list(range(len(rows))),
        "x": [-room * 0.8] * len(rows),
        "base": [-room * 0.2] * len(rows),
        "width": 0.9 if len(rows) <= LABELLED else 1,
        "marker": {"color": [colours.verdicts[row.word] for row in rows], "line": {"width": 0}},
        "hovertext": texts,
        "hovertemplate": "%{hovertext}<extra></extra>",
    }
