"""The keys: what each does, in the line at the bottom and in the help."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from analyzer.present.paper import Line
from analyzer.present.words import cells, wrapped


@dataclass(frozen=True)
class Key:
    """keys: as Textual names them. shown: on the screen. word: in the bottom line, "" to leave it out."""

    keys: str
    shown: str
    action: str
    word: str
    help: str


TABLE_KEYS = (
    Key("question_mark,f1", "?", "app.help", "help", "this help"),
    Key("enter", "Enter", "open", "open", "open the selected connection: its timeline and findings"),
    Key("slash", "/", "search", "search", "search addresses, address:port and processes"),
    Key("f", "f", "filter", "filter", "choose which verdicts are shown"),
    Key("s", "s", "sort", "sort", "choose the order"),
    Key("r", "r", "reverse", "reverse", "reverse the order"),
    Key("space", "Space", "app.pause", "pause", "hold everything still; the capture goes on"),
    Key("q", "q", "app.quit", "quit", "end the capture and leave"),
    Key("up,k", "Up, k", "up", "", "select the connection above"),
    Key("down,j", "Down, j", "down", "", "select the connection below"),
    Key("pageup", "PgUp", "page_up", "", "a page up"),
    Key("pagedown", "PgDn", "page_down", "", "a page down"),
    Key("home,g", "Home, g", "top", "", "the first connection"),
    Key("end,G", "End, G", "bottom", "", "the last connection"),
    Key("escape", "Esc", "back", "", "give up the search, then the filter, then the selection"),
    Key("t", "t", "app.next_theme", "", "the terminal's own ground, a dark one, a light one"),
)

OPENED_KEYS = (
    Key("escape,backspace", "Esc", "back", "back", "back to all connections"),
    Key("question_mark,f1", "?", "app.help", "help", "this help"),
    Key("w", "w", "whole", "whole", "show every segment, or sum up again"),
    Key("c", "c", "clock", "clock", "times since the start, in UTC, or local"),
    Key("space", "Space", "app.pause", "pause", "hold everything still; the capture goes on"),
    Key("q", "q", "app.quit", "quit", "end the capture and leave"),
    Key("up,k", "Up, k", "up", "", "a line up"),
    Key("down,j", "Down, j", "down", "", "a line down"),
    Key("pageup", "PgUp", "page_up", "", "a page up"),
    Key("pagedown", "PgDn", "page_down", "", "a page down"),
    Key("home,g", "Home, g", "top", "", "the beginning"),
    Key("end,G", "End, G", "bottom", "", "the end, where it grows"),
)

COLUMNS = (
    ("VERDICT", "what became of it, behind the sign of the gravest thing found"),
    ("IDLE, EVERY", "silence before the first probe, and between probes; as observed"),
    ("SILENT", "since the last sign of life"),
    ("NEXT", "until the next probe is expected; negative: overdue"),
    ("UNANS.", "the latest probes that nothing has answered"),
    ("PROBES", "keep-alive probes in all"),
    ("FINDINGS", "what else was found; opened, a connection says it in words"),
)


def bottom(keys: Sequence[Key], width: int) -> Line:
    """The keys in one line, as many as fit."""
    line: Line = []
    used = 0
    for key in keys:
        room = cells(key.shown) + len(key.word) + 1 + (2 if line else 0)
        if not key.word or used + room > width:
            continue
        line += [("  " if line else "", ""), (key.shown, "title"), (" " + key.word, "faint")]
        used += room
    return line


def explained(keys: Sequence[Key], width: int) -> Iterator[Line]:
    """The keys one by one, then what the columns mean."""
    yield from _entries([(key.shown, key.help) for key in keys], width)
    yield []
    yield [("Columns", "title")]
    yield from _entries(COLUMNS, width)


def _entries(entries: Sequence[tuple[str, str]], width: int) -> Iterator[Line]:
    left = max(cells(name) for name, _ in entries) + 2
    for name, meaning in entries:
        for place, text in enumerate(wrapped(meaning, width - left)):
            yield [(("" if place else name).ljust(left), "title"), (text, "")]
