"""A whole figure as an SVG picture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from analyzer.present.plots.canvas import Drawing
from analyzer.present.plots.picture.axes import Area, Axis, Json, axes_of, grid, labels, left_margin
from analyzer.present.plots.picture.text import Spot, font, text
from analyzer.present.plots.picture.traces import DASHES, Stacks, trace

UP = {"auto": "middle", "top": "top", "middle": "middle", "bottom": "bottom"}


def svg(drawing: Drawing, width: int) -> str:
    """The picture, so many pixels wide. UsageError: the figure has what no plot of this package has."""
    layout = drawing["layout"]
    margin, height = layout["margin"], layout["height"]
    left = left_margin(layout, margin["l"])
    area = Area(left, margin["t"], width - margin["r"], height - margin["b"])
    axes = axes_of(layout, area)
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{height}' "
        f"viewBox='0 0 {width} {height}' {font()}>",
        f"<rect width='{width}' height='{height}' fill='{layout['paper_bgcolor']}'/>",
        *_behind(drawing, axes),
        *_shapes(layout, axes),
        *_data(drawing, axes),
        *_texts(layout, axes, area),
        "</svg>\n",
    ]
    return "\n".join(parts)


def _pairs(drawing: Drawing) -> list[tuple[str, str]]:
    """The axes that belong together."""
    pairs = [(each.get("xaxis", "x"), each.get("yaxis", "y")) for each in drawing["data"]]
    return list(dict.fromkeys(pairs))


def _behind(drawing: Drawing, axes: Mapping[str, Axis]) -> Iterator[str]:
    for across, up in _pairs(drawing):
        yield from grid(axes[across], axes[up])


def _data(drawing: Drawing, axes: Mapping[str, Axis]) -> Iterator[str]:
    stacks, layout = Stacks(), drawing["layout"]
    stacked = layout.get("barmode") == "stack"
    for json in drawing["data"]:
        across, up = axes[json.get("xaxis", "x")], axes[json.get("yaxis", "y")]
        yield from trace(json, across, up, stacks, stacked, layout["font"]["color"])


def _shapes(layout: Json, axes: Mapping[str, Axis]) -> Iterator[str]:
    for shape in layout.get("shapes", ()):
        x0, x1 = (_place(shape.get("xref", "x"), shape[each], axes) for each in ("x0", "x1"))
        y0, y1 = (_place(shape.get("yref", "y"), shape[each], axes) for each in ("y0", "y1"))
        if shape["type"] == "rect":
            yield f"<path d='M{x0:.1f} {y0:.1f}H{x1:.1f}V{y1:.1f}H{x0:.1f}Z' fill='{shape['fillcolor']}'/>"
            continue
        line = shape["line"]
        yield (
            f"<path d='M{x0:.1f} {y0:.1f}L{x1:.1f} {y1:.1f}' stroke='{line['color']}' "
            f"stroke-width='{line['width']:g}' stroke-dasharray='{DASHES[line['dash']] or 'none'}'/>"
        )


def _place(reference: str, value: float, axes: Mapping[str, Axis]) -> float:
    """Pixels of a coordinate of a shape or note. reference: Plotly's xref or yref."""
    name, _, domain = reference.partition(" ")
    if domain:
        return axes[name].first + value * (axes[name].last - axes[name].first)
    return axes[name].at(value)


def _texts(layout: Json, axes: Mapping[str, Axis], area: Area) -> Iterator[str]:
    for axis in axes.values():
        edge = area.bottom if axis.name[0] == "x" else area.left
        anchor = axis.json.get("anchor", "free")
        if axis.name[0] == "x" and anchor != "free":
            edge = axes[anchor].first
        yield from labels(axis, edge, 8)
    for note in layout.get("annotations", ()):
        yield _note(note, axes, area)
    title = layout["title"]
    spot = Spot(title["pad"]["l"], 14, "left", "top")
    yield text(title["text"], spot, title["font"]["size"], title["font"]["color"])


def _note(note: Any, axes: Mapping[str, Axis], area: Area) -> str:
    if note.get("xref") == "paper":
        x = area.left + note["x"] * (area.right - area.left)
    else:
        x = _place(note.get("xref", "x"), note["x"], axes)
    if note.get("yref") == "paper":
        y = area.bottom - note["y"] * (area.bottom - area.top)
    else:
        y = _place(note.get("yref", "y"), note["y"], axes)
    spot = Spot(
        x, y, note.get("xanchor", "center"), UP[note.get("yanchor", "auto")], note.get("textangle", 0)
    )
    return text(note["text"], spot, note["font"]["size"], note["font"]["color"])
