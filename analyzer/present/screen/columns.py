"""The table of connections: which columns fit, what stands in their cells."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from analyzer import found, kinds
from analyzer.news import Board, Wish
from analyzer.present.findings import MARKS
from analyzer.present.paper import Line, Span
from analyzer.present.words import cells, printable
from analyzer.wording import DAY, HOUR, MINUTE, SAY_MINUTES, duration, number


@dataclass(frozen=True)
class Column:
    """name: of its cell in CELLS. width: columns that it takes at least.

    ease, most: as wide as what stands in it: others leave for it up to ease; it grows up to most.

    sort: the field of `Wish.sort` that orders by it. right: aligned to the right.
    """

    name: str
    heading: str
    width: int
    ease: int = 0
    most: int = 0
    sort: str = ""
    right: bool = False


COLUMNS = (
    Column("flow", "FLOW", 6, sort="flow", right=True),
    Column("verdict", "VERDICT", 17, sort="verdict"),
    Column("client", "CLIENT", 15, 21, 47, sort="client"),
    Column("server", "SERVER", 15, 21, 47, sort="server"),
    Column("process", "PROCESS", 10, 16, 24),
    Column("prober", "PROBER", 6),
    Column("time", "IDLE", 9, right=True),
    Column("interval", "EVERY", 9, right=True),
    Column("life", "SILENT", 6, sort="life_s", right=True),
    Column("next", "NEXT", 7, sort="next_probe_s", right=True),
    Column("unanswered", "UNANS.", 6, sort="unanswered", right=True),
    Column("probes", "PROBES", 7, sort="probes", right=True),
    Column("findings", "FINDINGS", 12, 12, 80),
)
"""In the order in which they stand."""

LEAVING = ("findings", "probes", "flow", "interval", "time", "prober", "process")
"""Which columns leave a narrow screen, the first one first. The others stay."""

LARGEST_FIRST = frozenset(("unanswered", "probes"))
"""Orders that begin with the largest (`news.SORTS`)."""

Layout = Sequence[tuple[Column, int]]


def layout(width: int, wanted: Mapping[str, int]) -> Layout:
    """The columns that fit, each with its width, one space between two.

    wanted: columns that the widest cell of a column takes, by its name. A column without anything in
    it (0) leaves.
    """
    there = [
        each for each in COLUMNS if each.name not in LEAVING or each.most == 0 or wanted.get(each.name, 1)
    ]
    for name in LEAVING:
        if sum(_eased(each, wanted) + 1 for each in there) - 1 <= width:
            break
        there = [each for each in there if each.name != name]
    widths = {each.name: each.width for each in there}
    spare = width - sum(widths.values()) - len(there) + 1
    for each in there:
        more = max(0, min(spare, min(each.most, wanted.get(each.name, 0)) - each.width))
        widths[each.name] += more
        spare -= more
    return _shared([(each, widths[each.name]) for each in there], wanted)


def _eased(column: Column, wanted: Mapping[str, int]) -> int:
    return max(column.width, min(column.ease, wanted.get(column.name, 0)))


def _shared(columns: list[tuple[Column, int]], wanted: Mapping[str, int]) -> Layout:
    """Client and server lack the same, where both lack room."""
    widths = {column.name: width for column, width in columns}
    room = widths["client"] + widths["server"]
    ends = [max(15, min(47, wanted.get(name, 0))) for name in ("client", "server")]
    if sum(ends) > room:
        client = min(ends[0], max(room // 2, room - ends[1]))
        widths |= {"client": client, "server": room - client}
    return [(column, widths[column.name]) for column, _ in columns]


def wanted(board: Board) -> dict[str, int]:
    """How wide the cells of the flexible columns are, for `layout`."""
    texts = {"client": board.client, "server": board.server, "process": board.process}
    widest = {name: max((cells(printable(each)) for each in texts[name]), default=0) for name in texts}
    found_here = (cells(findings_of(board, row)) for row in range(len(board)))
    return widest | {"findings": max(found_here, default=0)}


def heading(columns: Layout, wish: Wish) -> Line:
    """The line above the rows; the column that gives the order bears an arrow."""
    line: Line = []
    for column, width in columns:
        ordering = bool(column.sort) and column.sort == wish.sort
        text = column.heading
        if ordering:
            arrow = "▼" if wish.descending != (wish.sort in LARGEST_FIRST) else "▲"
            text = f"{arrow}{text}" if column.right else f"{text}{arrow}"
        gap = " " if line and cells(text) <= width else ""  # an arrow may take its place
        room = width if gap or not line else width + 1
        line += [(gap, ""), (_fitted(text, room, column.right), "title" if ordering else "faint")]
    return line


def row_line(board: Board, row: int, columns: Layout, elapsed_s: float = 0.0) -> Line:
    """One connection. elapsed_s: what has passed since the board was made."""
    line: Line = []
    for column, width in columns:
        if column.name == "verdict":
            line += _verdict(board, row, width)
        elif column.name in ("client", "server"):
            line.append((ending(getattr(board, column.name)[row], width), ""))
        else:
            text, style = CELLS[column.name](board, row, elapsed_s)
            line.append((_fitted(text, width, column.right), style))
        line.append((" ", ""))
    return line[:-1]


def _verdict(board: Board, row: int, width: int) -> Iterator[Span]:
    """The sign of what is gravest about it, then the verdict in its own colour."""
    gravest = kinds.SEVERITY_WORDS[attention(board, row)]
    yield MARKS[gravest], gravest
    code = int(board.verdict[row])
    yield _fitted(" " + verdict_word(code), width - 1), verdict_style(code)


def verdict_word(code: int) -> str:
    """The word of a verdict; none for a connection that no frame has decided."""
    return kinds.VERDICT_WORDS[code] if code < len(kinds.VERDICT_WORDS) else ""


def verdict_style(code: int) -> str:
    """The style of a verdict: its severity."""
    severity = kinds.VERDICT_SEVERITY[code] if code < len(kinds.VERDICT_SEVERITY) else kinds.NOTE
    return kinds.SEVERITY_WORDS[severity]


def attention(board: Board, row: int) -> int:
    """The gravest severity of a verdict and its findings."""
    code = int(board.verdict[row])
    own = kinds.VERDICT_SEVERITY[code] if code < len(kinds.VERDICT_SEVERITY) else kinds.NOTE
    return max([own, *(found.SEVERITY[name] for name in _names(int(board.findings[row])))])


def findings_of(board: Board, row: int) -> str:
    """outage, app_hung; those that the verdict does not say already"""
    verdict = verdict_word(int(board.verdict[row]))
    words = [found.WORDS[name] for name in _names(int(board.findings[row]))]
    return ", ".join(word for word in words if word != verdict)


def _names(bits: int) -> list[int]:
    return [name for name in range(len(found.WORDS)) if bits >> name & 1]


def _since_life(board: Board, row: int, elapsed_s: float) -> Span:
    since_s = float(board.life_s[row])
    return ("none", "faint") if math.isnan(since_s) else (ticking(since_s + elapsed_s), "")


def _next_probe(board: Board, row: int, elapsed_s: float) -> Span:
    left_s = float(board.next_probe_s[row]) - elapsed_s
    if math.isnan(left_s):
        return "", ""
    return ticking(math.ceil(left_s)), "warning" if left_s <= -1 else "probe"


def _unanswered(board: Board, row: int, _elapsed_s: float) -> Span:
    count = int(board.unanswered[row])
    return (number(count), "lost") if count else ("0" if board.probes[row] else "", "faint")


def _timer(seconds: float) -> Span:
    return ("", "") if math.isnan(seconds) else (duration(seconds), "")


CELLS: dict[str, Callable[[Board, int, float], Span]] = {
    "flow": lambda board, row, _: (str(board.flow[row]), "faint"),
    "process": lambda board, row, _: (printable(board.process[row]), ""),
    "prober": lambda board, row, _: (printable(board.prober[row]), ""),
    "time": lambda board, row, _: _timer(float(board.keepalive_time_s[row])),
    "interval": lambda board, row, _: _timer(float(board.keepalive_interval_s[row])),
    "life": _since_life,
    "next": _next_probe,
    "unanswered": _unanswered,
    "probes": lambda board, row, _: (number(int(board.probes[row])) if board.probes[row] else "", ""),
    "findings": lambda board, row, _: (findings_of(board, row), ""),
}


def ticking(seconds: float) -> str:
    """12 s, 599 s, 11 min, 2.1 h, 30 h, 3.2 d: never more than it takes to follow it"""
    sign, size = ("-", -seconds) if seconds < 0 else ("", seconds)
    if size < SAY_MINUTES:
        return f"{sign if size >= 1 else ''}{int(size)} s"
    for unit_s, name, below_s in ((MINUTE, "min", HOUR), (HOUR, "h", 2 * DAY), (DAY, "d", math.inf)):
        if size < below_s:
            whole = size >= 10 * unit_s
            return f"{sign}{int(size / unit_s) if whole else int(size * 10 / unit_s) / 10} {name}"
    return ""


def _fitted(text: str, width: int, right: bool = False) -> str:
    """The text in exactly `width` columns; what is too long loses its end."""
    if cells(text) > width:
        text = cut(text, width)
    padding = " " * (width - cells(text))
    return padding + text if right else text + padding


def cut(text: str, width: int) -> str:
    """At most `width` columns of the text, … where its end is missing."""
    if cells(text) <= width:
        return text
    while text and cells(text) >= width:
        text = text[:-1]
    return text + "…"


def ending(text: str, width: int) -> str:
    """An endpoint in exactly `width` columns; what is too long loses its beginning: the port counts."""
    text = printable(text)
    if cells(text) > width:
        while text and cells(text) >= width:
            text = text[1:]
        text = "…" + text
    return text + " " * (width - cells(text))
