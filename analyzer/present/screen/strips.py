"""Styled lines as Textual draws them; text is never taken for markup."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from analyzer.present.paper import STYLES, Line

_RICH = {name: Style.parse(style) for name, style in STYLES.items()}
_SELECTED = Style(reverse=True)


def strip(line: Line, width: int, ground: Style, selected: bool = False) -> Strip:
    """A line in exactly `width` columns. ground: what the widget's own colours are.

    selected: shown the other way round, and without colours: legible whatever they are.
    """
    segments = [
        Segment(text, ground + (_SELECTED if selected else _RICH[style])) for text, style in line if text
    ]
    rest = ground + _SELECTED if selected else ground
    return Strip(segments).adjust_cell_length(width, rest)
