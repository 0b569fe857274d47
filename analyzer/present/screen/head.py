"""What stands above the connections and below: totals, what was chosen, and the one selected."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from analyzer import kinds
from analyzer.news import Board, Totals, Wish
from analyzer.present.paper import Line, Span
from analyzer.present.screen.columns import cut, findings_of, ticking, verdict_style
from analyzer.present.screen.state import State
from analyzer.present.urgency import VERDICT_ORDER
from analyzer.present.words import cells, printable
from analyzer.wording import counted, duration, number

SECOND_NS = 1_000_000_000

ORDER_WORDS = {
    "urgency": ("gravest first", "mildest first"),
    "flow": ("in order of appearance", "latest first"),
    "client": ("by client", "by client, downward"),
    "server": ("by server", "by server, downward"),
    "verdict": ("gravest verdict first", "mildest verdict first"),
    "life_s": ("shortest silence first", "longest silence first"),
    "next_probe_s": ("soonest probe first", "latest probe first"),
    "unanswered": ("most unanswered probes first", "fewest unanswered probes first"),
    "probes": ("most probes first", "fewest probes first"),
}
"""What `Wish.sort` means to people, and its reverse."""

USUAL = ("urgency", False)
"""The order that need not be said."""


def head(state: State, width: int) -> Iterator[Line]:
    """The lines above the table."""
    yield title_line(state, width)
    if state.notice:
        yield [(cut(f"▲ {printable(state.notice)}", width), "warning")]
    if state.board is None:
        yield [("waiting for the first connection", "faint")]
        return
    yield from tally(state.board.totals, width)
    yield counts(state.board, width)
    if state.wish.search or state.wish.verdicts or (state.wish.sort, state.wish.descending) != USUAL:
        yield chosen(state.board, state.wish, width)


def title_line(state: State, width: int) -> Line:
    """What is watched and for how long; on the right whether it goes on."""
    told = ""
    if state.board is not None and state.board.totals.now_ns != kinds.MISSING:
        totals = state.board.totals
        told = f"  for {running((totals.now_ns - totals.start_ns) // SECOND_NS)}"
    title = printable(state.title)
    status = status_of(state, max(width // 2, width - cells(title + told) - 2))
    room = width - cells(status[0]) - 2
    title = cut(title, max(0, room - cells(told)))
    told = cut(told, max(0, room - cells(title)))
    gap = " " * max(1, width - cells(title) - cells(told) - cells(status[0]))
    return [(title, "title"), (told, "faint"), (gap, ""), status]


def running(seconds: int) -> str:
    """2:04:11: for how long something has been going on"""
    minutes, rest = divmod(max(0, seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


def status_of(state: State, room: int) -> Span:
    """Live, paused or ended, and why."""
    if state.failure:
        return cut(f"✖ ended: {printable(state.failure)}", room), "problem"
    if state.failure is not None:
        return "■ the capture has ended", "warning"
    if state.paused:
        return "‖ paused: Space goes on", "warning"
    return "● live", "good"


def tally(totals: Totals, width: int, most: int = 2) -> Iterator[Line]:
    """How many connections have which verdict, in at most two lines."""
    spans: list[Span] = [
        (f"{number(totals.verdicts[code])} {kinds.VERDICT_WORDS[code]}", verdict_style(code))
        for code in VERDICT_ORDER
        if totals.verdicts[code]
    ]
    line: Line = [(counted(totals.connections, "connection"), "title")]
    separator = ": "
    lines = 1
    for text, style in spans:
        if sum(cells(each) for each, _ in line) + len(separator) + len(text) + len(", …") > width:
            if lines == most:
                yield [*line, (separator + "…", "")]
                return
            yield [*line, (separator.rstrip(), "")]
            line, separator, lines = [("  ", "")], "", lines + 1
        line += [(separator, ""), (text, style)]
        separator = ", "
    yield line


def counts(board: Board, width: int) -> Line:
    """Frames, rate, and what is missing from the picture; the last ones leave when there is no room."""
    totals = board.totals
    retired = sum(totals.retired.values())
    parts: list[Span] = [(counted(totals.frames, "frame"), ""), (f"{_rate(board.rate)} segments/s", "")]
    if totals.dropped is None:
        parts.append(("drops not told", "faint"))
    else:
        parts.append((f"{number(totals.dropped)} dropped", "warning" if totals.dropped else "faint"))
    if totals.untracked:
        parts.append((f"{number(totals.untracked)} without room", "warning"))
    parts += [(f"{number(retired)} retired", "faint"), (f"{number(totals.late)} late", "faint")]
    lost = f", {number(totals.unanswered)} unanswered" if totals.unanswered else ""
    parts.append((counted(totals.probes, "probe") + lost, "probe"))
    parts.append((f"{number(totals.held)} in memory", "faint"))
    while len(parts) > 1 and sum(len(text) + 2 for text, _ in parts) - 2 > width:
        parts.pop()  # a number that is cut is another number
    return _joined(parts, width)


def _rate(rate: float) -> str:
    return "0" if math.isnan(rate) else f"{rate:.1f}" if 0 < rate < 10 else number(round(rate))


def chosen(board: Board, wish: Wish, width: int) -> Line:
    """Which connections are shown, in which order."""
    parts: list[Span] = []
    if wish.search or wish.verdicts:
        parts.append((f"{number(board.passing)} shown", "title"))
    parts.append((ORDER_WORDS[wish.sort][wish.descending], "faint"))
    if wish.search:
        parts.append((f"with “{printable(wish.search)}”", "window"))
    if wish.verdicts:
        words = [kinds.VERDICT_WORDS[code] for code in VERDICT_ORDER if code in wish.verdicts]
        parts.append((f"only {', '.join(words)}", "window"))
    return _joined(parts, width)


def _joined(parts: Sequence[Span], width: int) -> Line:
    """The parts that fit, the last of them cut."""
    line: Line = []
    used = 0
    for text, style in parts:
        separator = "  " if line else ""
        room = width - used - len(separator)
        if cells(text) > room:
            if room > 12:
                line += [(separator, ""), (cut(text, room), style)]
            break
        line += [(separator, ""), (text, style)]
        used += len(separator) + cells(text)
    return line


def detail(board: Board, row: int, width: int) -> list[Line]:
    """Two lines on one connection: what a narrow table leaves out."""
    ends = f"{printable(board.client[row])} → {printable(board.server[row])}"
    first: list[Span] = [(f"{board.flow[row]}", "faint"), (ends, "title")]
    if board.process[row]:
        first.append((printable(board.process[row]), ""))
    second: list[Span] = []
    probing = probing_of(board, row)
    if probing:
        second.append((probing, "probe"))
    found_here = findings_of(board, row)
    if found_here:
        second.append((found_here, verdict_style(int(board.verdict[row]))))
    if not second:
        second.append(("no keep-alive probe seen", "faint"))
    return [_joined(first, width), [("  ", ""), *_joined(second, width - 2)]]


def probing_of(board: Board, row: int) -> str:
    """client probes after 60 s idle, each 10 s: 12 probes, 2 unanswered"""
    if not board.probes[row]:
        return ""
    idle_s, interval_s = float(board.keepalive_time_s[row]), float(board.keepalive_interval_s[row])
    timers = [] if math.isnan(idle_s) else [f"after {duration(idle_s)} idle"]
    timers += [] if math.isnan(interval_s) else [f"each {duration(interval_s)}"]
    prober = printable(board.prober[row])
    who = f"{'both probe' if prober == 'both' else f'{prober} probes'} " if prober else ""
    text = (who + ", ".join(timers)).strip()
    unanswered = int(board.unanswered[row])
    many = counted(int(board.probes[row]), "probe") + (
        f", {number(unanswered)} unanswered" if unanswered else ""
    )
    return f"{text}: {many}" if text else many


def pulse(board: Board, row: int, elapsed_s: float) -> list[Span]:
    """silent for 12 s, next probe in 48 s: of a connection that is opened"""
    parts: list[Span] = []
    silent_s = float(board.life_s[row])
    if not math.isnan(silent_s):
        parts.append((f"silent for {ticking(silent_s + elapsed_s)}", ""))
    left_s = float(board.next_probe_s[row]) - elapsed_s
    if not math.isnan(left_s):
        late = left_s <= -1
        words = (
            f"next probe {ticking(-left_s)} overdue"
            if late
            else f"next probe in {ticking(math.ceil(left_s))}"
        )
        parts.append((words, "warning" if late else "probe"))
    if board.unanswered[row]:
        parts.append((f"{number(int(board.unanswered[row]))} unanswered", "lost"))
    return parts
