"""The data of a figure: bars, points, lines, areas and densities as paths."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from analyzer.errors import UsageError
from analyzer.present.plots.picture.axes import Axis
from analyzer.present.plots.picture.text import Spot, text

Json = Mapping[str, Any]
THINNEST = 1.2  # pixels of a bar: a moment of activity is seen
LEVELS = 32  # shades of a density
DASHES = {"dot": "2 4", "dash": "7 5", "solid": ""}
SYMBOLS = {  # in half sizes
    "square": "M-1-1H1V1H-1Z",
    "triangle-up": "M-1.15.6L0-1.2L1.15.6Z",
    "triangle-down": "M-1.15-.6L0 1.2L1.15-.6Z",
    "triangle-right": "M-.6-1.15V1.15L1.2 0Z",
    "triangle-left": "M.6-1.15V1.15L-1.2 0Z",
    "x": "M-1-.45L-.45-1L0-.55L.45-1L1-.45L.55 0L1 .45L.45 1L0 .55L-.45 1L-1 .45L-.55 0Z",
    "x-thin": "M-1-1L1 1M-1 1L1-1",
    "star": "M0-1.4L.4-.45L1.35-.4L.6.2L.85 1.15L0 .6L-.85 1.15L-.6.2L-1.35-.4L-.4-.45Z",
}


@dataclass
class Stacks:
    """How high what is stacked stands so far, by the stack's name and place."""

    heights: dict[tuple[str, float], float] = field(default_factory=lambda: defaultdict(float))


def trace(json: Json, across: Axis, up: Axis, stacks: Stacks, stacked: bool, ink: str) -> Iterator[str]:
    """One trace. stacked: whether bars stand on one another. ink: of text beside bars."""
    kind = json["type"]
    if kind == "bar" and json.get("orientation") == "h":
        yield from _bars_across(json, across, up, ink)
    elif kind == "bar":
        yield from _bars_up(json, across, up, stacks if stacked else Stacks())
    elif kind == "heatmap":
        yield from _density(json, across, up)
    elif kind == "scatter" and "stackgroup" in json:
        yield from _area(json, across, up, stacks)
    elif kind == "scatter":
        yield from _scatter(json, across, up)
    else:
        raise UsageError(f"save: cannot draw {kind}; write_image draws any figure")


def _box(x0: float, y0: float, x1: float, y1: float) -> str:
    return f"M{x0:.2f} {y0:.2f}H{x1:.2f}V{y1:.2f}H{x0:.2f}Z"


def _filled(boxes: Sequence[str], colours: str | Sequence[str]) -> Iterator[str]:
    """Boxes of one colour as one path."""
    each = [colours] * len(boxes) if isinstance(colours, str) else colours
    for colour, group in groupby(zip(boxes, each, strict=True), key=lambda pair: pair[1]):
        yield f"<path d='{''.join(box for box, _ in group)}' fill='{colour}'/>"


def _bars_across(json: Json, across: Axis, up: Axis, ink: str) -> Iterator[str]:
    half = json["width"] / 2
    bases = json.get("base", [0] * len(json["x"]))
    boxes = []
    for base, length, place in zip(bases, json["x"], json["y"], strict=True):
        ends = sorted((across.at(base), across.at(base + length)))
        boxes.append(
            _box(ends[0], up.at(place - half), max(ends[1], ends[0] + THINNEST), up.at(place + half))
        )
    yield from _filled(boxes, json["marker"]["color"])
    if json.get("textposition") == "outside":
        for length, place, said in zip(json["x"], json["y"], json["text"], strict=True):
            yield text(said, Spot(across.at(length) + 4, up.at(place), "left"), 12, ink)


def _bars_up(json: Json, across: Axis, up: Axis, stacks: Stacks) -> Iterator[str]:
    half, boxes = json["width"] / 2, []
    for place, height in zip(json["x"], json["y"], strict=True):
        below = stacks.heights[up.name, place]
        stacks.heights[up.name, place] = below + height
        boxes.append(
            _box(across.at(place - half), up.at(below), across.at(place + half), up.at(below + height))
        )
    yield from _filled(boxes, json["marker"]["color"])


def _area(json: Json, across: Axis, up: Axis, stacks: Stacks) -> Iterator[str]:
    """Steps between what is stacked so far and that and this."""
    group = json["stackgroup"]
    lower = [stacks.heights[group, x] for x in json["x"]]
    upper = [low + y for low, y in zip(lower, json["y"], strict=True)]
    for x, high in zip(json["x"], upper, strict=True):
        stacks.heights[group, x] = high
    places = [across.at(x) for x in json["x"]]
    there = f"M{places[0]:.1f} {up.at(upper[0]):.1f}" + "".join(
        f"H{x:.1f}V{up.at(y):.1f}" for x, y in zip(places[1:], upper[1:], strict=True)
    )
    back = "".join(f"V{up.at(low):.1f}H{x:.1f}" for x, low in zip(places[-2::-1], lower[-2::-1], strict=True))
    yield f"<path d='{there}V{up.at(lower[-1]):.1f}{back}Z' fill='{json['fillcolor']}'/>"


def _density(json: Json, across: Axis, up: Axis) -> Iterator[str]:
    """A path for each shade that occurs."""
    (_, ground), (_, full) = json["colorscale"]
    wide, high = (abs(json[axis][1] - json[axis][0]) / 2 for axis in "xy")
    shades: dict[int, list[str]] = defaultdict(list)
    for y, row in zip(json["y"], json["z"], strict=True):
        for x, value in zip(json["x"], row, strict=True):
            level = min(-int(-value / json["zmax"] * LEVELS // 1), LEVELS)
            if level:
                box = _box(across.at(x - wide), up.at(y - high), across.at(x + wide), up.at(y + high))
                shades[level].append(box)
    for level, boxes in sorted(shades.items()):
        yield f"<path d='{''.join(boxes)}' fill='{_between(ground, full, level / LEVELS)}'/>"


def _between(one: str, other: str, share: float) -> str:
    pairs = ((int(one[at : at + 2], 16), int(other[at : at + 2], 16)) for at in (1, 3, 5))
    return "#" + "".join(f"{round(low + (high - low) * share):02x}" for low, high in pairs)


def _scatter(json: Json, across: Axis, up: Axis) -> Iterator[str]:
    points = [
        None if x is None or y is None else (across.at(x), up.at(y))
        for x, y in zip(json["x"], json["y"], strict=True)
    ]
    if "lines" in json["mode"]:
        yield _lines(points, json["line"])
    if "markers" in json["mode"]:
        yield from _markers(points, json["marker"])
    if "text" in json["mode"]:
        size, inks = json["textfont"]["size"], json["textfont"]["color"]
        for point, said, ink in zip(points, json["text"], inks, strict=True):
            if point:
                yield text(said, Spot(point[0], point[1] - 2, "center", "bottom"), size, ink)


def _lines(points: Sequence[tuple[float, float] | None], line: Json) -> str:
    path, begin = "", "M"
    for point in points:
        path += f"{begin}{point[0]:.1f} {point[1]:.1f}" if point else ""
        begin = "L" if point else "M"
    dash = DASHES[line.get("dash", "solid")]
    dashed = f" stroke-dasharray='{dash}'" if dash else ""
    return f"<path d='{path}' fill='none' stroke='{line['color']}' stroke-width='{line['width']:g}'{dashed}/>"


def _markers(points: Sequence[tuple[float, float] | None], marker: Json) -> Iterator[str]:
    symbol, colour = marker["symbol"], marker["color"]
    hollow = symbol.endswith(("-open", "-thin"))
    name = symbol.removesuffix("-open")
    width = marker.get("line", {}).get("width", 0)
    look = f"fill='{'none' if hollow else colour}'"
    look += f" stroke='{colour}' stroke-width='{width or 1:g}'" if hollow or width else ""
    sizes = marker["size"] if isinstance(marker["size"], list) else [marker["size"]] * len(points)
    path = ""
    for point, size in zip(points, sizes, strict=True):
        if point and size:
            path += _symbol(name, *point, size / 2)
    yield f"<path d='{path}' {look}/>"


def _symbol(name: str, x: float, y: float, half: float) -> str:
    """A path around a point."""
    if name == "circle":
        arc = f"a{half:g} {half:g} 0 1 0"
        return f"M{x - half:.1f} {y:.1f}{arc} {2 * half:g} 0{arc} {-2 * half:g} 0Z"
    return "".join(_placed(command, x, y, half) for command in _commands(SYMBOLS[name]))


def _commands(path: str) -> Iterator[tuple[str, list[float]]]:
    """The commands of a symbol's path with their numbers."""
    for command, numbers in re.findall(r"([MLHVZ])([^MLHVZ]*)", path):
        yield command, [float(each) for each in re.findall(r"-?(?:\d+\.?\d*|\.\d+)", numbers)]


def _placed(command: tuple[str, list[float]], x: float, y: float, half: float) -> str:
    letter, numbers = command
    starts = {"H": [x], "V": [y]}.get(letter, [x, y])
    return letter + " ".join(
        f"{start + half * each:.1f}" for start, each in zip(starts, numbers, strict=False)
    )
