"""Text as Plotly writes it (<b>, <br>, <span style>, entities) as SVG."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from xml.sax.saxutils import escape, quoteattr

from analyzer.present.plots.canvas import FONT

LINE = 1.3  # lines are so many font sizes apart: Plotly's LINE_SPACING
NARROW = frozenset("iljtfrI.,:;'|!()[]- ")
ANCHORS = {"left": "start", "center": "middle", "right": "end"}
SIZE = re.compile(r"font-size:\s*(\d+)px")
COLOUR = re.compile(r"(?<![-\w])color:\s*(#[0-9a-f]{6})")


@dataclass(frozen=True)
class Run:
    """Characters of one look. size: pixels."""

    text: str
    size: float
    colour: str
    bold: bool = False


@dataclass(frozen=True)
class Spot:
    """Where text stands, in pixels. across: left, center, right; up: top, middle, bottom. angle: degrees."""

    x: float
    y: float
    across: str = "center"
    up: str = "middle"
    angle: float = 0


class _Reader(HTMLParser):
    """Lines of runs."""

    def __init__(self, basis: Run) -> None:
        super().__init__()
        self.lines: list[list[Run]] = [[]]
        self._looks = [basis]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self.lines.append([])
            return
        style = dict(attrs).get("style") or ""
        size, colour = SIZE.search(style), COLOUR.search(style)
        look = replace(self._looks[-1], bold=self._looks[-1].bold or tag == "b")
        if size:
            look = replace(look, size=float(size[1]))
        self._looks.append(replace(look, colour=colour[1]) if colour else look)

    def handle_endtag(self, tag: str) -> None:
        if len(self._looks) > 1 and tag != "br":
            self._looks.pop()

    def handle_data(self, data: str) -> None:
        self.lines[-1].append(replace(self._looks[-1], text=data))


def lines_of(html: str, size: float, colour: str) -> list[list[Run]]:
    """The lines of a text."""
    reader = _Reader(Run("", size, colour))
    reader.feed(html)
    reader.close()
    return reader.lines


def width_of(html: str, size: float) -> float:
    """About how wide a text is, in pixels, in the widest of the fonts that it may be set in."""
    lines = lines_of(html, size, "#000000")
    return max(sum(run.size * sum(map(_em, run.text)) for run in line) for line in lines)


def _em(character: str) -> float:
    return 0.38 if character in NARROW else 0.64


def text(html: str, spot: Spot, size: float, colour: str) -> str:
    """A text element."""
    lines = lines_of(html, size, colour)
    above = {"top": 0.8, "middle": 0.35, "bottom": -0.2}[spot.up] * size
    if spot.up == "middle":
        above -= LINE * size * (len(lines) - 1) / 2
    elif spot.up == "bottom":
        above -= LINE * size * (len(lines) - 1)
    parts = []
    for place, line in enumerate(lines):
        y = spot.y + above + place * LINE * size
        spans = "".join(_span(run) for run in line)
        parts.append(f"<tspan x='{spot.x:.1f}' y='{y:.1f}'>{spans}</tspan>")
    turned = f" transform='rotate({spot.angle:g} {spot.x:.1f} {spot.y:.1f})'" if spot.angle else ""
    return f"<text text-anchor='{ANCHORS[spot.across]}'{turned}>{''.join(parts)}</text>"


def _span(run: Run) -> str:
    weight = " font-weight='bold'" if run.bold else ""
    return f"<tspan font-size='{run.size:g}' fill='{run.colour}'{weight}>{escape(run.text)}</tspan>"


def font() -> str:
    """The attribute that sets the font of the whole picture."""
    return f"font-family={quoteattr(FONT)} xml:space='preserve'"
