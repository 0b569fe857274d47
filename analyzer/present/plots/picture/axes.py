"""Where values are on a picture, and the axes that say so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from analyzer.errors import UsageError
from analyzer.present.plots.picture.text import Spot, text, width_of

Json = Mapping[str, Any]
TICK_SIZE, TITLE_SIZE = 12, 14  # Plotly's defaults, pixels
GAP = 8  # pixels between an axis and its texts


@dataclass(frozen=True)
class Area:
    """The part of a picture that axes span, in pixels."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class Axis:
    """One axis: `first` is where its range begins, `last` where it ends, in pixels."""

    name: str
    json: Json
    first: float
    last: float

    def at(self, value: float) -> float:
        """Where a value is, in pixels."""
        low, high = map(float, self.json["range"])
        return self.first + (value - low) / (high - low) * (self.last - self.first)

    @property
    def length(self) -> float:
        """Pixels of one unit."""
        low, high = map(float, self.json["range"])
        return abs((self.last - self.first) / (high - low))

    @property
    def ticks(self) -> list[tuple[float, str]]:
        """Places in pixels and texts of the ticks that are within the range."""
        low, high = sorted(self.json["range"])
        pairs = zip(self.json.get("tickvals", ()), self.json.get("ticktext", ()), strict=True)
        return [(self.at(value), said) for value, said in pairs if low <= value <= high]

    @property
    def title(self) -> str:
        return str(self.json.get("title", {}).get("text", ""))

    @property
    def tick_size(self) -> float:
        return float(self.json.get("tickfont", {}).get("size", TICK_SIZE))


def axes_of(layout: Json, area: Area) -> dict[str, Axis]:
    """All axes by Plotly's short names: x, x2, y …"""
    axes = {}
    for key, json in layout.items():
        if key[1:5] == "axis" and key[0] in "xy":
            if "range" not in json or json.get("type", "linear") != "linear":
                raise UsageError(f"save: {key} has no linear range of its own; write_image draws any figure")
            low, high = json.get("domain", (0, 1))
            name = key[0] + key[5:]
            if key[0] == "x":
                ends = (area.left + each * (area.right - area.left) for each in (low, high))
            else:
                ends = (area.bottom - each * (area.bottom - area.top) for each in (low, high))
            axes[name] = Axis(name, json, *ends)
    return axes


def left_margin(layout: Json, least: float) -> float:
    """Room for the texts of the vertical axes."""
    room = least
    for key, json in layout.items():
        if key.startswith("yaxis") and json.get("visible", True):
            size = json.get("tickfont", {}).get("size", TICK_SIZE)
            texts = max((width_of(each, size) for each in json.get("ticktext", ())), default=0)
            room = max(room, texts + 2 * GAP + (TITLE_SIZE + GAP if "title" in json else 0))
    return room


def grid(across: Axis, up: Axis) -> Iterator[str]:
    """The lines behind the data of one pair of axes."""
    for axis, other in ((across, up), (up, across)):
        if axis.json.get("visible", True) and axis.json.get("showgrid", True):
            ends = other.first, other.last
            path = "".join(_line(axis, place, *ends) for place, _ in axis.ticks)
            yield f"<path d='{path}' stroke='{axis.json['gridcolor']}' fill='none'/>"
        if axis.json.get("showline"):
            path = _line(other, other.first, axis.first, axis.last)
            yield f"<path d='{path}' stroke='{axis.json['linecolor']}' fill='none'/>"


def _line(axis: Axis, place: float, start: float, end: float) -> str:
    if axis.name[0] == "x":
        return f"M{place:.1f} {start:.1f}V{end:.1f}"
    return f"M{start:.1f} {place:.1f}H{end:.1f}"


def labels(axis: Axis, edge: float, left: float) -> Iterator[str]:
    """Texts of ticks and title. edge: where the axis lies; left: of the room for a vertical title."""
    if not axis.json.get("visible", True):
        return
    colour = axis.json["tickfont"]["color"]
    for place, said in axis.ticks:
        if axis.name[0] == "x":
            yield text(said, Spot(place, edge + GAP, "center", "top"), axis.tick_size, colour)
        else:
            yield text(said, Spot(edge - GAP / 2, place, "right"), axis.tick_size, colour)
    if axis.title:
        middle = (axis.first + axis.last) / 2
        if axis.name[0] == "x":
            spot = Spot(middle, edge + GAP + TICK_SIZE + GAP, "center", "top")
        else:
            spot = Spot(left + TITLE_SIZE / 2, middle, angle=-90)
        yield text(axis.title, spot, TITLE_SIZE, axis.json["title"]["font"]["color"])
