"""The overview for people: the captures, then the connections, what is wrong first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import PurePath
from typing import Any

import numpy as np

from analyzer import kinds
from analyzer.kinds import MISSING
from analyzer.present.connection import ends_of, paragraph, probing, reason_of
from analyzer.present.findings import MARKS, below_reason, explained, finding_lines
from analyzer.present.listing import listing
from analyzer.present.paper import Line
from analyzer.present.urgency import VERDICT_ORDER, most_urgent
from analyzer.present.words import Clock, cells, printable, source_name
from analyzer.tables import Tables
from analyzer.tables.about import About, Wide, about, findings_by_flow, plain_rows, wide_rows
from analyzer.wording import counted, duration, number

Row = dict[str, Any]

CAPTURES_SHOWN = 20
WIDE_SHOWN = 10  # findings about more than one connection
SHORT_ENTRY = 3  # lines
CONSEQUENCE = {  # why a person should care, by what is wrong with a capture
    "damage": "what follows covers what came before it",
    "dropped": "a missing answer may be one of them",
}


@dataclass(frozen=True)
class Overview:
    """What an overview shows. flows: rows of the flows table as plain values, in order.

    findings: rows of the findings table by number of the flow. wide: those about more than one.

    counts: all chosen connections by verdict code. clocks: one a capture. `sorted`: the user gave
    the order, so it is kept.
    """

    captures: Sequence[About]
    flows: Sequence[Row]
    counts: Sequence[int]
    clock: Clock
    sorted: bool = False
    filtered: bool = False
    hint: str = ""
    findings: Mapping[int, Sequence[Row]] = field(default_factory=dict)
    wide: Sequence[Wide] = ()
    clocks: dict[int, Clock] = field(default_factory=dict)

    @classmethod
    def of(cls, tables: Tables, most: int, clock: Clock, order: bool = False) -> Overview:
        """Of chosen connections, `most` of them one by one. order: they stand as they are to be shown."""
        selection = tables.selection
        shown = tables if order else replace(tables, selection=most_urgent(selection))
        first = shown.first(most)
        counts = np.bincount(selection.field("verdict"), minlength=len(kinds.VERDICT_WORDS))
        return cls(
            captures=[about(result) for result in selection.results],
            flows=plain_rows(first, "flows"),
            findings=findings_by_flow(first),
            wide=wide_rows(selection),
            counts=counts.tolist(),
            clock=clock,
            sorted=order,
            filtered=not selection.filters.empty,
            clocks={result.capture: clock.starting(result.start_ns) for result in selection.results},
        )

    def clock_of(self, flow: Row) -> Clock:
        return self.clocks.get(flow["capture"], self.clock)

    def attention(self, flow: Row) -> str:
        """The gravest severity of its verdict and its findings."""
        found = [each["severity"] for each in self.findings.get(flow["flow"], ())]
        severities: list[str] = [flow["severity"], *found]
        return max(severities, key=kinds.SEVERITY_WORDS.index)

    @cached_property
    def severities(self) -> dict[str, str]:
        """The severity of each verdict that is shown."""
        return {flow["verdict"]: flow["severity"] for flow in self.flows}


def overview(facts: Overview, width: int) -> Iterator[Line]:
    """The whole page."""
    for capture in facts.captures[:CAPTURES_SHOWN]:
        yield from capture_lines(capture, facts.clock, width)
    if len(facts.captures) > CAPTURES_SHOWN:
        yield [(f"… and {counted(len(facts.captures) - CAPTURES_SHOWN, 'capture')} more", "faint")]
    yield []
    yield from tally(facts, width)
    yield from across(facts, width)
    told = [] if facts.sorted else [flow for flow in facts.flows if facts.attention(flow) != "note"]
    rest = [flow for flow in facts.flows if facts.sorted or facts.attention(flow) == "note"]
    before, advised = "", set[str]()
    for flow in told:
        lines = list(entry(flow, facts, width, advised))
        short = "warning" if facts.attention(flow) == "warning" and len(lines) <= SHORT_ENTRY else ""
        if not short or short != before:  # short warnings stand close: there are many
            yield []
        before = short
        yield from lines
    if rest:
        yield []
        yield from listing(rest, facts, width)
    yield from _more(facts, width)


def capture_lines(about: About, clock: Clock, width: int) -> Iterator[Line]:
    """One capture: what it is, how much was decoded, what is wrong with it."""
    row = about.row
    yield [(source_name(row["path"]), "title"), (_when(row, clock), "faint")]
    if len(about.files) > 1:
        first, last = printable(about.files[0]), printable(about.files[-1])
        yield from paragraph(f"joined of {number(len(about.files))} files: {first} … {last}", width, "faint")
    yield from paragraph(_format(about) + capture_counts(about), width, "")
    if row["skipped"]:
        yield from paragraph(capture_skipped(about), width, "faint")
    for trouble in capture_troubles(about):
        yield from paragraph(f"▲ {trouble}", width, "warning")


def capture_counts(about: About) -> str:
    """15 frames, 11 TCP segments, 1 connection"""
    row = about.row
    frames, segments = counted(row["frames"], "frame"), counted(row["tcp_segments"], "TCP segment")
    return f"{frames}, {segments}, {counted(about.flows, 'connection')}"


def capture_skipped(about: About) -> str:
    """not decoded: 4 not IP"""
    reasons = sorted(about.row["skipped"].items(), key=lambda item: -item[1])
    return "not decoded: " + ", ".join(
        f"{number(count)} {_reason_words(reason)}" for reason, count in reasons
    )


def capture_troubles(about: About) -> Iterator[str]:
    """What is wrong with a capture, and why a person should care."""
    for damage in about.damages:
        yield f"{printable(damage)}: {CONSEQUENCE['damage']}"
    if about.row["dropped"]:
        lost = f"the capturing program lost {counted(about.row['dropped'], 'frame')}"
        yield f"{lost}: {CONSEQUENCE['dropped']}"


def _reason_words(reason: str) -> str:
    """not_tcp: not TCP"""
    words = printable(reason).split("_")
    return " ".join(word.upper() if word in ("tcp", "ip") else word for word in words)


def _when(row: Row, clock: Clock) -> str:
    if row["start"] in (None, MISSING):
        return "  no frames"
    zero = "time 0 is" if clock.mode == "relative" else "from"
    return f"  {duration(row['duration_s'])}, {zero} {clock.moment(row['start'])}"


def _format(about: About) -> str:
    names = [printable(name) for name in about.interfaces if name]
    where = f" from {', '.join(names[:3])}{', …' if len(names) > 3 else ''}" if names else ""
    return f"{printable(about.row['format'])}{where}: "


def tally(facts: Overview, width: int) -> Iterator[Line]:
    """How many connections have which verdict."""
    total = sum(facts.counts)
    noun = "connection chosen" if facts.filtered else "connection"
    if not total:
        what = "no connection matches" if facts.filtered else "no TCP connection in it"
        yield [(what, "title")]
        return
    plural = "connections chosen" if facts.filtered else "connections"
    line: Line = [(f"{number(total)} {noun if total == 1 else plural}", "title")]
    used = cells(line[0][0])
    separator = ": "
    for code in VERDICT_ORDER:
        if facts.counts[code]:
            text = f"{number(facts.counts[code])} {kinds.VERDICT_WORDS[code]}"
            if used + len(separator) + len(text) > width:
                yield [*line, (separator.rstrip(), "")]
                line, used, separator = [("  ", "")], 2, ""
            line += [(separator, ""), (text, facts.severities.get(kinds.VERDICT_WORDS[code], ""))]
            used += len(separator) + len(text)
            separator = ", "
    yield line


def across(facts: Overview, width: int) -> Iterator[Line]:
    """What was found about hosts, paths and captures."""
    for wide in facts.wide[:WIDE_SHOWN]:
        clock = facts.clock_of(wide.row)
        yield []
        yield from finding_lines(wide.row, clock, width, "")
        notes = [explained(wide.flows, wide.count)]
        if len(facts.captures) > 1:
            notes.append(f"in {printable(PurePath(facts.captures[wide.row['capture']].row['path']).name)}")
        if any(notes):
            yield from paragraph(", ".join(filter(None, notes)), width, "faint")
    hidden = len(facts.wide) - WIDE_SHOWN
    if hidden > 0:
        yield from ([], [(f"… and {counted(hidden, 'finding')} more: --json has all", "faint")])


def entry(flow: Row, facts: Overview, width: int, advised: set[str]) -> Iterator[Line]:
    """A connection that needs attention: ends, verdict, reason, probing, findings.

    advised: findings whose advice stands at an earlier connection.
    """
    clock = facts.clock_of(flow)
    client, server = ends_of(flow)
    title = f" {flow['flow']}  {flow['verdict']}"
    ends = f"{client} → {server}"
    when = f"at {clock.time(flow['start'])} for {duration(flow['duration_s'])}"
    if len(facts.captures) > 1:
        when += f" in {printable(PurePath(facts.captures[flow['capture']].row['path']).name)}"
    attention = facts.attention(flow)
    findings = facts.findings.get(flow["flow"], ())
    start: Line = [(MARKS[attention], attention), (title, flow["severity"])]
    used = 1 + len(title) + 2
    if used + cells(ends) + 2 + len(when) <= width:
        yield [*start, ("  " + ends, "title"), ("  " + when, "faint")]
    elif used + cells(ends) <= width:
        yield [*start, ("  " + ends, "title")]
        yield [("    " + when, "faint")]
    else:
        yield [*start, ("  " + when, "faint")]
        yield from ([(f"    {client} →", "title")], [(f"    {server}", "title")])
    yield from paragraph(reason_of(flow, findings, clock), width, "", "    ")
    for sentence in probing(flow):
        yield from paragraph(sentence, width, "faint", "    ")
    yield from below_reason(flow, findings, clock, width, "    ", advised)


def _more(facts: Overview, width: int) -> Iterator[Line]:
    hidden = sum(facts.counts) - len(facts.flows)
    if hidden:
        yield []
        text = (
            f"… and {counted(hidden, 'connection')} more, less urgent: --limit 0 shows all, "
            "--verdict, --host and --port choose"
        )
        yield from paragraph(text, width, "faint", "")
    if facts.hint and facts.flows:
        yield []
        yield [(facts.hint, "faint")]
