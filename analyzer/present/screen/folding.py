"""Lines that are too long for a view which does not scroll sideways."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from analyzer.present.paper import Line
from analyzer.present.words import cells


def folded(lines: Iterable[Line], width: int) -> Iterator[Line]:
    """The lines, each in as many pieces of `width` columns as it takes: nothing is lost."""
    for line in lines:
        if sum(cells(text) for text, _ in line) <= width:
            yield line
        else:
            yield from _pieces(line, max(2, width))


def _pieces(line: Line, width: int) -> Iterator[Line]:
    piece: Line = []
    room = width
    for text, style in line:
        begin = 0
        for place, character in enumerate(text):
            if cells(character) > room:
                yield [*piece, (text[begin:place], style)]
                piece, room, begin = [], width, place
            room -= cells(character)
        piece.append((text[begin:], style))
    yield piece
