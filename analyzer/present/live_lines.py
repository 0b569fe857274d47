"""What a live capture tells, for people and logs: a line for each event, verdict and finding."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TextIO

from analyzer import kinds
from analyzer.kinds import MISSING
from analyzer.news import News, Totals
from analyzer.present.connection import paragraph, reason_of
from analyzer.present.console import CONSEQUENCE
from analyzer.present.findings import MARKS, doubt, told
from analyzer.present.labels import STYLES, label
from analyzer.present.paper import Line, Span, paper_for, write
from analyzer.present.urgency import VERDICT_ORDER
from analyzer.present.words import Clock, printable
from analyzer.tables.blocks import findings_block
from analyzer.tables.files import cell_rows
from analyzer.tables.flow_columns import Diagnosis
from analyzer.tables.labelled import Segment, segments_of
from analyzer.tables.lines import Lines, Told, ends_by_flow, narrowed, summary
from analyzer.tables.schema import FINDINGS
from analyzer.tables.select import Filters
from analyzer.wording import counted, duration, number

Row = dict[str, Any]
Ends = Mapping[int, tuple[str, str]]

COLUMNS = ("flow", "verdict", "reason", "severity")
"""Of the flows table, those that a line needs: the others cost more than the rest of it."""

PROBES = frozenset((kinds.KEEPALIVE_PROBE, kinds.ZERO_WINDOW_PROBE))
MOST_REASONS = 10_000  # that are kept: findings come up to some seconds after their verdict
TIME_WIDTH = 10  # columns of a relative time: 11 days fit


class PlainLines:
    """Writes news as text, each batch at once; styled on a terminal."""

    def __init__(
        self, stream: TextIO, clock: Clock, diagnosis: Diagnosis, filters: Filters | None = None
    ) -> None:
        self._stream = stream
        self._paper = paper_for(stream)
        self._clock = clock
        self._filters = filters or Filters()
        self._lines = Lines(diagnosis, columns=COLUMNS)
        self._begun = False
        self._reasons: dict[int, str] = {}

    def tell(self, news: News) -> None:
        """Write what is new."""
        if not self._begun and news.totals.start_ns != MISSING:
            self._begun = True
            self._clock = self._clock.starting(news.totals.start_ns)
            if self._clock.mode == "relative":
                self._write(iter([[(f"time 0 is {self._clock.moment(news.totals.start_ns)}", "faint")]]))
        news = narrowed(news, self._filters)
        findings = findings_of(news)
        ends = ends_by_flow(news.result)
        told = self._lines.of(news)
        self._write(plain_lines(told, findings, ends, self._clock, news.totals.now_ns, self._reasons))
        for flow in list(self._reasons)[:-MOST_REASONS]:
            del self._reasons[flow]

    def end(self, totals: Totals) -> None:
        """Write the summary."""
        self._write(summary_lines(totals, self._clock, self._paper.width))

    def _write(self, lines: Iterator[Line]) -> None:
        write(lines, self._stream, self._paper)
        self._stream.flush()


def findings_of(news: News) -> dict[int | None, list[Row]]:
    """The findings by flow, those about several under None."""
    findings: dict[int | None, list[Row]] = {}
    if news.findings:
        for row in cell_rows(FINDINGS, findings_block(news.findings, [news.result])):
            findings.setdefault(row["flow"], []).append(row)
    return findings


def plain_lines(
    batch: Iterable[Told],
    findings: Mapping[int | None, list[Row]],
    ends: Ends,
    clock: Clock,
    now_ns: int,
    reasons: dict[int, str],
) -> Iterator[Line]:
    """The lines of some news.

    findings: by flow. ends: client and server by flow. now_ns: when the rest but events is told. reasons: of
    verdicts, by flow, the latest last; those of this news are added.
    """
    for each in batch:
        if "kind" in each.block:
            yield from _event_lines(each, ends, clock)
        elif each.type == "drops":
            lost = lost_frames(int(each.block["dropped"][0]))
            yield [*_start(None, ends, clock, now_ns), *_marked("warning", lost)]
        else:
            for row in cell_rows(each.table, each.block):
                if each.type == "correction":
                    ended = (f"no longer: {row['finding']}", "faint")
                    yield [*_start(row["flow"], ends, clock, now_ns), ended]
                elif each.type == "verdict":
                    reasons.pop(row["flow"], None)
                    reasons[row["flow"]] = row["reason"]
                    yield _verdict_line(row, findings.get(row["flow"], []), ends, clock, now_ns)
                elif reasons.get(row["flow"]) != row["summary"]:  # else its verdict has said it
                    yield _finding_line(row, ends, clock, now_ns)


def _start(
    flow: int | None, ends: Ends, clock: Clock, time_ns: int, sender: int = kinds.CLIENT
) -> list[Span]:
    """When, which connection, and which way."""
    spans: list[Span] = [(f"{clock.stamp(time_ns):>{TIME_WIDTH}}  ", "faint")]
    if flow is not None and flow != MISSING:
        first, second = reversed(ends[flow]) if sender == kinds.SERVER else ends[flow]
        spans.append((f"flow {flow}  {first} {'–' if sender == kinds.NO_SENDER else '→'} {second}  ", ""))
    return spans


def _event_lines(each: Told, ends: Ends, clock: Clock) -> Iterator[Line]:
    rows = zip(
        segments_of(each.block), each.block["flow"].tolist(), each.block["gap_s"].tolist(), strict=True
    )
    frame = "frame {} is after all: " if each.type == "correction" else "frame {}: "
    for segment, flow, gap_s in rows:
        start = _start(flow, ends, clock, segment.time_ns, segment.sender)
        words = event_words(segment, gap_s)
        yield [*start, (frame.format(segment.frame), "faint"), (words, STYLES.get(segment.kind, ""))]


def event_words(segment: Segment, gap_s: float) -> str:
    """What a segment is, as timelines call it; a probe with the silence before it."""
    text = label(segment, lone=False)
    if segment.kind in PROBES and not math.isnan(gap_s):
        return f"{text} after {duration(gap_s)}"
    return f"{text} from {segment.source}" if segment.sender == kinds.NO_SENDER else text


def _verdict_line(row: Row, own: list[Row], ends: Ends, clock: Clock, now_ns: int) -> Line:
    text = f"{row['verdict']}: {reason_of(row, own, clock)}"
    return [*_start(row["flow"], ends, clock, now_ns), *_marked(row["severity"], text)]


def _finding_line(row: Row, ends: Ends, clock: Clock, now_ns: int) -> Line:
    text = f"{row['finding']}{doubt(row)}: {told(row, 'summary', clock)}"
    return [*_start(row["flow"], ends, clock, now_ns), *_marked(row["severity"], text)]


def _marked(severity: str, text: str) -> list[Span]:
    """A sign of how much it matters, and the name in its style."""
    name, colon, rest = text.partition(":")
    return [(f"{MARKS[severity]} {name}{colon}", severity), (rest, "")]


def lost_frames(dropped: int) -> str:
    """That the capture has gaps, and what follows."""
    return f"the capturing program lost {counted(dropped, 'frame')}: {CONSEQUENCE['dropped']}"


def summary_lines(totals: Totals, clock: Clock, width: int) -> Iterator[Line]:
    """What the whole capture came to."""
    [row] = cell_rows(*_parts(summary(totals)))
    if row["start"] is None:
        yield [("no frames", "title")]
    else:
        when = f"{duration(row['duration_s'])} until {clock.moment(row['end'])}"
        counts = f"{counted(row['frames'], 'frame')}, {counted(row['tcp_segments'], 'TCP segment')}"
        yield [(when, "title")]
        yield from paragraph(f"{counts}, {counted(row['connections'], 'connection')}", width, "")
    verdicts = [kinds.VERDICT_WORDS[code] for code in VERDICT_ORDER]
    yield from _tally("verdicts", {name: row["verdicts"].get(name, 0) for name in verdicts}, width)
    yield from _tally("findings", row["findings"], width)
    if row["probes"]:
        probed = f"{counted(row['probes'], 'keep-alive probe')}, {number(row['unanswered'])} unanswered"
        yield from paragraph(probed, width, "")
    yield from _tally("no longer in memory", row["retired"], width, "faint")
    for text in _losses(row):
        yield from paragraph(f"▲ {text}", width, "warning")


def _parts(told: Told) -> tuple[Any, Any]:
    return told.table, told.block


def _tally(name: str, counts: Mapping[str, int], width: int, style: str = "") -> Iterator[Line]:
    parts = [f"{number(count)} {printable(word)}" for word, count in counts.items() if count]
    if parts:
        yield from paragraph(f"{name}: {', '.join(parts)}", width, style)


def _losses(row: Row) -> Iterator[str]:
    """What makes the rest less sure."""
    if row["dropped"]:
        yield lost_frames(row["dropped"])
    if row["untracked"]:
        yield f"no room for {counted(row['untracked'], 'segment')} of further connections"
    if row["unsaid"]:
        own = "its own" if row["unsaid"] == 1 else "their own"
        yield f"{counted(row['unsaid'], 'connection')} of which nothing came had no line of {own}"
    if row["late"]:
        yield f"{counted(row['late'], 'segment')} of connections that were no longer in memory"
