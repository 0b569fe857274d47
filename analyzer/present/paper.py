"""Styled lines, and what they are written on: a terminal, a pipe, a file.

A line is a list of (text, style) pairs, so that drawing is a pure function of rows and a test
can read it. Styles are names; the colours behind them are mid tones of the 256-colour palette
that read on dark and on light ground (contrast at least 3.5 on both). Only this module and
`progress` know rich.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TextIO

Span = tuple[str, str]
Line = list[Span]

STYLES = {
    "": "",
    "title": "bold",
    "faint": "color(244)",
    "problem": "bold color(160)",
    "warning": "color(166)",
    "note": "color(29)",
    "good": "color(29)",
    "probe": "color(32)",
    "opening": "color(97)",
    "closing": "color(97)",
    "reset": "bold color(160)",
    "window": "color(133)",
    "lost": "color(166)",
    "data": "",
}
PIPE_WIDTH = 100

_ASCII = str.maketrans(
    {
        "│": "|",
        "┊": ":",
        "─": "-",
        "━": "=",
        "╌": ".",
        "▶": ">",
        "◀": "<",
        "✕": "x",
        "✖": "!",
        "▲": "!",
        "·": "-",
        "→": ">",
        "–": "-",
        "µ": "u",
        **dict(zip("▁▂▃▄▅▆▇█", ".:-=+*%#", strict=True)),
    }
)


@dataclass(frozen=True)
class Paper:
    """Where lines go. width: columns. unicode: else plain ASCII. colour: else plain text."""

    width: int = 80
    unicode: bool = True
    colour: bool = False
    encoding: str = "utf-8"

    def fitted(self, text: str) -> str:
        """The text in characters that the paper takes."""
        if not self.unicode:
            text = text.replace("…", "...").translate(_ASCII)
        return text.encode(self.encoding, "backslashreplace").decode(self.encoding)

    def plain(self, line: Line) -> str:
        """A line without its styles."""
        return self.fitted("".join(span[0] for span in line).rstrip())


def paper_for(stream: TextIO, environment: Mapping[str, str] = os.environ) -> Paper:
    """The paper that a stream is."""
    terminal = stream.isatty()
    colour = terminal and not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"
    unicode = _takes_unicode(stream, environment)
    return Paper(_width(environment), unicode, colour, stream.encoding or "utf-8")


def _width(environment: Mapping[str, str]) -> int:
    """COLUMNS, or of the terminal; piped into a pager: of the terminal behind it."""
    if environment.get("COLUMNS", "").isdigit():
        return max(60, int(environment["COLUMNS"]))
    for stream in (sys.__stdout__, sys.__stderr__):
        try:
            return max(60, os.get_terminal_size(stream.fileno()).columns)  # type: ignore[union-attr]
        except (AttributeError, OSError, ValueError):
            continue
    return max(60, shutil.get_terminal_size((PIPE_WIDTH, 24)).columns)


def _takes_unicode(stream: TextIO, environment: Mapping[str, str]) -> bool:
    locale = environment.get("LC_ALL") or environment.get("LC_CTYPE") or environment.get("LANG") or ""
    if locale in ("C", "POSIX"):  # Python writes UTF-8 there all the same; the terminal need not take it
        return False
    try:
        "…→│┊─━╌▶◀✕✖▲·–µ▁█".encode(stream.encoding or "ascii")
    except (LookupError, UnicodeEncodeError):
        return False
    return True


def write(lines: Iterable[Line], stream: TextIO, paper: Paper) -> None:
    """Write lines to the stream."""
    if not paper.colour:
        stream.writelines(paper.plain(line) + "\n" for line in lines)
        return
    from rich.console import Console
    from rich.segment import Segment, Segments
    from rich.style import Style

    styles = {name: Style.parse(colours) for name, colours in STYLES.items()}
    segments = []
    for line in lines:
        segments += [Segment(paper.fitted(piece), styles[style]) for piece, style in _stripped(line)]
        segments.append(Segment("\n"))
    console = Console(file=stream, highlight=False, markup=False, emoji=False, width=paper.width)
    console.print(Segments(segments), soft_wrap=True, end="")


def _stripped(line: Line) -> Line:
    """The line without blanks at its end."""
    for place in range(len(line) - 1, -1, -1):
        piece, style = line[place]
        if piece.rstrip():
            return [*line[:place], (piece.rstrip(), style)]
    return []
