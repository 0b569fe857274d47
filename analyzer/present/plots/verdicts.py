"""How many connections have which verdict."""

from __future__ import annotations

from collections.abc import Mapping

from analyzer.kinds import VERDICT_WORDS
from analyzer.present.colours import Colours
from analyzer.present.plots.canvas import Drawing, Head, axis, count_axis, drawing, nothing, ticks
from analyzer.present.urgency import VERDICT_ORDER
from analyzer.wording import counted, number

TITLE = "Verdicts"
ROW = 30  # pixels


def verdicts(counts: Mapping[str, int], said: str, colours: Colours) -> Drawing:
    """counts: connections by verdict. said: of which captures."""
    words = [VERDICT_WORDS[code] for code in VERDICT_ORDER if counts.get(VERDICT_WORDS[code])]
    if not words:
        return nothing(TITLE, "no connection to count", colours)
    values = [counts[word] for word in words]
    total = sum(values)
    bars = {
        "type": "bar",
        "orientation": "h",
        "y": list(range(len(words))),
        "x": values,
        "width": 0.7,
        "marker": {"color": [colours.verdicts[word] for word in words]},
        "text": [f"{number(value)} ({_share(value, total)})" for value in values],
        "textposition": "outside",
        "cliponaxis": False,
        "hovertemplate": "%{customdata}: %{text}<extra></extra>",
        "customdata": words,
    }
    return drawing(
        Head(TITLE, f"{said}: {counted(total, 'connection')}, the gravest verdict on top"),
        colours,
        ROW * len(words) + 10,
        [bars],
        xaxis=count_axis(colours, "connections", max(values), range=[0, max(values) * 1.2]),
        yaxis=axis(colours, range=[len(words) - 0.4, -0.6], **ticks(range(len(words)), words), showgrid=False)
        | {"tickfont": {"color": colours.ink, "size": 13}},
    )


def _share(value: int, total: int) -> str:
    """99 %, 0.3 %"""
    share = 100 * value / total
    return f"{share:.0f} %" if share >= 10 or share == 0 else f"{share:.2g} %"
