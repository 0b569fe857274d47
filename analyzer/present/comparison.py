"""Two captures of the same connections side by side, for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from analyzer.present.connection import ends_of, mark, paragraph
from analyzer.present.console import capture_lines
from analyzer.present.paper import Line
from analyzer.present.words import Clock, cells
from analyzer.tables.about import About, plain_rows
from analyzer.tables.comparison import ComparisonTables
from analyzer.wording import counted, duration, number

Row = dict[str, Any]

WHY = {
    "absent": "no connection of the other capture fits",
    "ambiguous": "several connections of the other capture fit",
    "other_numbers": "the other capture has these addresses and ports with other sequence numbers",
}
ALIGNED = {
    "sequence_numbers": "aligned by sequence numbers: addresses are translated between the two",
    "progress": "aligned by progress and timestamps: sequence numbers are rewritten between the two",
}
MOST_ALONE = 10  # connections that only one capture has, listed one by one; our choice


@dataclass(frozen=True)
class ComparisonView:
    """What the page shows. captures: A and B. measured: the row of the clock table.

    connections: rows to tell of, the gravest first; outcomes: of all of them. alone: rows.
    """

    captures: tuple[About, About]
    clock: Clock
    measured: Row
    connections: Sequence[Row]
    outcomes: Counter[str]
    alone: Sequence[Row]


def view_of(tables: ComparisonTables, clock: Clock) -> ComparisonView:
    """The page of the connections that the tables tell of, in their order."""
    return ComparisonView(
        captures=tables.captures,
        clock=clock,
        measured=plain_rows(tables, "clock")[0],
        connections=plain_rows(tables, "connections"),
        outcomes=tables.outcomes,
        alone=plain_rows(tables, "alone"),
    )


def comparison_page(view: ComparisonView, width: int) -> Iterator[Line]:
    """The captures, the clocks, then the connections, what is wrong first."""
    for name, about in zip("AB", view.captures, strict=True):
        lines = capture_lines(about, view.clock, width)
        yield [(f"{name}  ", "title"), *next(lines)]
        yield from lines
    yield from paragraph(clocks(view.measured), width, "", "")
    yield []
    yield from tally(view, width)
    for place, row in enumerate(view.connections):
        if place == 0 or row["severity"] != "note" or view.connections[place - 1]["severity"] != "note":
            yield []
        yield from entry(row, width)
        if row["severity"] != "note":
            yield from fact_lines(row, width)
    hidden = view.outcomes.total() - len(view.connections)
    if hidden:
        yield []
        text = f"… and {counted(hidden, 'connection')} more, less urgent: --limit 0 shows all"
        yield from paragraph(text, width, "faint", "")
    yield from alone_lines(view, width)


def clocks(row: Row) -> str:
    """B's clock is 1.250 s ahead of A's (± 12 µs, by 9 segments from A to B and 8 back)."""
    if row["basis"] == "assumed_equal":
        return "clocks: taken to agree, for no segment of both captures tells more"
    offset, uncertainty = row["offset_s"], row["uncertainty_s"]
    way = "ahead of" if offset >= 0 else "behind"
    text = f"clocks: B's is {duration(abs(offset))} {way} A's"
    if row["basis"] == "both_directions":
        segments = f"{counted(row['forward'], 'segment')} from A to B and {number(row['backward'])} back"
        agree = abs(offset) <= uncertainty and row["drift_ppm"] is None
        text = (
            f"clocks: A's and B's agree, ± {duration(uncertainty)}"
            if agree
            else f"{text}, ± {duration(uncertainty)}"
        )
        text += f" (by {segments})"
    else:
        text += ", as far as one direction tells; it is off by no less than the shortest time under way"
    if row["drift_ppm"] is not None:
        gains = "gains" if row["drift_ppm"] > 0 else "loses"
        text += f"; it {gains} {duration(abs(row['drift_ppm']) * 0.0036)} an hour"
    return text


def tally(view: ComparisonView, width: int) -> Iterator[Line]:
    """How many connections both have, and with which outcome."""
    total = view.outcomes.total()
    outcomes = ", ".join(f"{number(count)} {word}" for word, count in view.outcomes.most_common())
    only = Counter(row["capture"] for row in view.alone)
    parts = [f"{counted(total, 'connection')} in both" + (f": {outcomes}" if outcomes else "")]
    parts += [f"{number(only[name])} in {name} only" for name in "AB" if only[name]]
    yield from paragraph("; ".join(parts), width, "title", "")


def entry(row: Row, width: int) -> Iterator[Line]:
    """One connection: outcome, ends, what happened."""
    client, server = ends_of(row)
    sure = "" if row["confidence"] == "certain" else f" ({row['confidence']})"
    title = f" {row['connection']}  {row['outcome']}{sure}"
    ends = f"{client} → {server}"
    first: Line = [mark(row), (title, row["severity"])]
    if 1 + len(title) + 2 + cells(ends) <= width:
        yield [*first, ("  " + ends, "title")]
    else:
        yield first
        yield from ([(f"    {client} →", "title")], [(f"    {server}", "title")])
    if row["aligned_by"] != "addresses":
        yield from paragraph(ALIGNED[row["aligned_by"]], width, "faint", "    ")
    translated = {name: row[f"b_{name}"] for name in ("client", "client_port", "server", "server_port")}
    if ends_of(translated) != (client, server):
        yield from paragraph(f"in B: {' → '.join(ends_of(translated))}", width, "faint", "    ")
    yield from paragraph(row["summary"], width, "", "    ")


def fact_lines(row: Row, width: int) -> Iterator[Line]:
    for sentence in facts(row):
        yield from paragraph(sentence, width, "faint", "    ")


def facts(row: Row) -> Iterator[str]:
    """Counts, delays, and the verdicts of each capture."""
    other = {"client": "server", "server": "client", None: ""}[row["nearer"]]
    where = f"A is nearer to the {row['nearer']}, B to the {other}"
    if not other:
        where = "which end A is nearer to is not clear"
    verdicts = [f"{name} alone says {row[f'{name.lower()}_verdict']}" for name in "AB"]
    numbers = f"connection {row['a_flow']} of A, {row['b_flow']} of B"
    yield f"{where}; {', '.join(verdicts)} ({numbers})"
    for who in ("client", "server"):
        seen = [f"{number(row[f'{who}_both'])} at both"]
        seen += [
            f"{number(row[f'{who}_{place}'])} {words}"
            for place, words in (
                ("a_only", "at A only"),
                ("b_only", "at B only"),
                ("not_covered", "while one captured"),
            )
            if row[f"{who}_{place}"]
        ]
        yield f"segments of the {who}: {', '.join(seen)}{delays(row, who)}"


def delays(row: Row, who: str) -> str:
    """; from A to B in 5.6 ms (2.0 ms to 26.1 ms)"""
    if row[f"{who}_delay_median_s"] is None:
        return ""
    way = "from A to B" if row["nearer"] == who else "from B to A"
    least, middle, most = (duration(row[f"{who}_delay_{name}_s"]) for name in ("min", "median", "max"))
    return f"; {way} in {middle}" + ("" if least == most else f" ({least} to {most})")


def alone_lines(view: ComparisonView, width: int) -> Iterator[Line]:
    """The connections that only one capture has."""
    for name in "AB":
        rows = [row for row in view.alone if row["capture"] == name]
        if not rows:
            continue
        yield []
        yield [(f"in {name} only", "title")]
        for row in rows[:MOST_ALONE]:
            client, server = ends_of(row)
            rivals = f" ({', '.join(map(str, row['rivals'][:5]))})" if row["rivals"] else ""
            text = f"{row['flow']}  {client} → {server}  {row['verdict']}: {WHY[row['why']]}{rivals}"
            yield from paragraph(text, width, "")
        if len(rows) > MOST_ALONE:
            more = f"… and {counted(len(rows) - MOST_ALONE, 'connection')} more: --json, --csv"
            yield from paragraph(more, width, "faint")


def connection_page(row: Row, segments: Sequence[Row], clock: Clock, width: int) -> Iterator[Line]:
    """One connection, segment by segment: A's frame, its time, which way it went and how far, B's frame.

    The silence is the time since a segment of the connection passed both.
    """
    yield from entry(row, width)
    yield from fact_lines(row, width)
    yield []
    table = [("A", "TIME", "", "B", "UNDER WAY", "SILENCE", "WHAT")]
    styles = ["faint"]
    for each in segments:
        table.append(
            (
                "" if each["a_frame"] is None else str(each["a_frame"]),
                clock.time(each["time"]),
                arrow(each, row["nearer"]),
                "" if each["b_frame"] is None else str(each["b_frame"]),
                "" if each["delay_s"] is None else duration(each["delay_s"]),
                "" if each["idle_s"] is None else duration(each["idle_s"]),
                what(each),
            )
        )
        styles.append(style_of(each))
    widths = [max(map(cells, column)) for column in zip(*table, strict=True)]
    for line, style in zip(table, styles, strict=True):
        left = "".join(f"  {cell:>{room}}" for cell, room in zip(line[:6], widths, strict=False))
        yield [(left, "faint" if style == "faint" else ""), ("  " + line[6], style)]


def arrow(segment: Row, nearer: str | None) -> str:
    """──▶ from A to B, ◀── back, ──✕ lost on the way, ? where it cannot have come from."""
    seen, sender = segment["seen"], segment["sender"]
    if seen == "not_covered" or nearer is None:
        return "·" if seen != "both" else "─────"
    onward = sender == nearer
    if seen == "both":
        return "────▶" if onward else "◀────"
    if seen == ("A" if onward else "B"):
        return "──✕  " if onward else "  ✕──"
    return "  ?─▶" if onward else "◀─?  "


def what(segment: Row) -> str:
    """client keepalive_probe 3"""
    probe = f" {segment['probe']}" if segment["probe"] else ""
    length = f" {segment['length']} bytes" if segment["length"] > 1 else ""
    return f"{segment['sender']} {segment['kind']}{probe}{length}"


def style_of(segment: Row) -> str:
    if segment["seen"] == "not_covered":
        return "faint"
    return "" if segment["seen"] == "both" else "problem"
