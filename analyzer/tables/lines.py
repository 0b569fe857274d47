"""What a live capture tells, line by line: rows of the tables, and the type of each line.

`Lines` turns news into blocks of rows; `json_lines` writes them out, `present` puts them into words.
docs/live-lines.md describes the lines, and `live_schema.json` in this folder does for machines.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import IO, Any

import numpy as np

from analyzer import found
from analyzer.facts import CaptureResult, Rows
from analyzer.kinds import MISSING, VERDICT_WORDS
from analyzer.news import News, Totals
from analyzer.records import taken
from analyzer.tables.addresses import address_texts
from analyzer.tables.blocks import findings_block, labelled_block
from analyzer.tables.files import json_rows
from analyzer.tables.flow_columns import Diagnosis, FlowView, flow_block
from analyzer.tables.schema import EVENTS, FINDINGS, FLOWS, Column, Table
from analyzer.tables.select import Filters, choose, passing_rows
from analyzer.tables.source import column_of
from analyzer.tables.values import Array, Block, pick
from analyzer.wording import endpoint

BLOCK = 1 << 11  # rows at a time: one becomes some 10 kB of Python's objects

CORRECTS_WORDS = ("event", "finding")
_CORRECTS = Column(
    "corrects", "category", "What was told before and is now told otherwise.", words=CORRECTS_WORDS
)

EVENT_CORRECTION = Table(
    "event_correction",
    "A segment proved to be of another kind: this line takes the place of the event of that frame, if "
    "there was one.",
    (_CORRECTS, *EVENTS.columns),
)
FINDING_CORRECTION = Table(
    "finding_correction",
    "A finding does not hold any more for this connection.",
    (
        _CORRECTS,
        FINDINGS["finding"],
        FINDINGS["capture"],
        FLOWS["flow"],
        Column("time", "time", "When that was known.", "UTC"),
    ),
)
DROPS = Table(
    "drops",
    "The capturing program says that it lost frames: a missing answer may be one of them.",
    (
        Column("time", "time", "When that was known.", "UTC", nullable=True),
        Column("dropped", "integer", "Frames lost since the capture began.", "frames"),
        Column("frames", "integer", "Frames seen since the capture began.", "frames"),
    ),
)
SUMMARY = Table(
    "summary",
    "What the whole capture came to: the last line.",
    (
        Column("start", "time", "Time of the first frame.", "UTC", nullable=True),
        Column("end", "time", "Until when the capture was watched.", "UTC", nullable=True),
        Column("duration_s", "seconds", "From start to end.", "s", nullable=True),
        Column("frames", "integer", "Frames seen, of whatever protocol.", "frames"),
        Column("tcp_segments", "integer", "TCP segments decoded and tracked.", "segments"),
        Column(
            "dropped",
            "integer",
            "Frames the capturing program says it lost; missing where it says nothing.",
            "frames",
            nullable=True,
        ),
        Column("connections", "integer", "Connections seen.", "connections"),
        Column("held", "integer", "Of these, in memory at the end.", "connections"),
        Column("verdicts", "counts", "Connections by verdict.", "connections"),
        Column("findings", "counts", "Findings by name.", "findings"),
        Column("retired", "counts", "Connections that left memory, by why.", "connections"),
        Column("late", "integer", "Segments of connections that had left memory.", "segments"),
        Column("untracked", "integer", "Segments for which there was no room.", "segments"),
        Column("probes", "integer", "Keep-alive probes.", "probes"),
        Column("unanswered", "integer", "Of these, not answered.", "probes"),
        Column(
            "unsaid",
            "integer",
            "Connections of which nothing came (no answer, a refusal, one side alone) and that had no line "
            "of their own: more than 500 in a second, as in a flood.",
            "connections",
        ),
    ),
)

LINES: dict[str, tuple[Table, ...]] = {
    "event": (EVENTS,),
    "correction": (EVENT_CORRECTION, FINDING_CORRECTION),
    "verdict": (FLOWS,),
    "finding": (FINDINGS,),
    "drops": (DROPS,),
    "summary": (SUMMARY,),
}
"""The types of lines, and what a line of each has beside its type."""


@dataclass(frozen=True)
class Told:
    """Some lines of one type, as rows of a table."""

    type: str
    table: Table
    block: Block


class Lines:
    """What news say, as rows.

    filters: the connections to tell of, by address and port. columns: of the flows table, those that a
    verdict needs.
    """

    def __init__(
        self, diagnosis: Diagnosis, filters: Filters | None = None, columns: tuple[str, ...] = FLOWS.names
    ) -> None:
        self._diagnosis = diagnosis
        self._filters = filters or Filters()
        self._columns = columns
        self._dropped = 0

    def of(self, news: News) -> Iterator[Told]:
        """Events, what is told otherwise now, verdicts, findings and drops, in this order."""
        news = narrowed(news, self._filters)
        result = news.result
        for rows in some_at_a_time(news.events):
            yield Told("event", EVENTS, labelled_block(result, rows))
        for rows in some_at_a_time(news.corrections):
            yield Told("correction", EVENT_CORRECTION, _corrected(result, rows))
        if news.withdrawn:
            yield Told("correction", FINDING_CORRECTION, _withdrawn(news))
        columns = tuple(FLOWS[name] for name in self._columns)
        for judged in some_at_a_time(news.judged):
            view = FlowView(result, judged, self._diagnosis)
            yield Told("verdict", replace(FLOWS, columns=columns), flow_block(view, self._columns))
        if news.findings:
            yield Told("finding", FINDINGS, findings_block(news.findings, [result]))
        totals = news.totals
        if totals.dropped is not None and totals.dropped > self._dropped:
            self._dropped = totals.dropped
            row = {"time": totals.now_ns, "dropped": totals.dropped, "frames": totals.frames}
            yield Told("drops", DROPS, block_of(DROPS, row))


class JsonLines:
    """Writes news as JSON, one object a line, each batch at once."""

    def __init__(self, stream: IO[str], diagnosis: Diagnosis, filters: Filters | None = None) -> None:
        self._stream = stream
        self._lines = Lines(diagnosis, filters)

    def tell(self, news: News) -> None:
        """Write what is new."""
        for told in self._lines.of(news):
            self._write(told)
        self._stream.flush()

    def end(self, totals: Totals) -> None:
        """Write the last line."""
        self._write(summary(totals))
        self._stream.flush()

    def _write(self, told: Told) -> None:
        self._stream.writelines(line + "\n" for line in json_lines(told))


def some_at_a_time(rows: Any) -> Iterator[Any]:
    """Rows in turn, so many together that what is made of them needs little memory."""
    return (rows[start : start + BLOCK] for start in range(0, len(rows), BLOCK))


def narrowed(news: News, filters: Filters) -> News:
    """The part of the news that is about the connections the filters choose."""
    if filters.empty:
        return news
    selection = choose([news.result], filters)
    chosen = selection.chosen(0)
    return replace(
        news,
        events=taken(news.events, passing_rows(selection, 0, news.events)),
        corrections=taken(news.corrections, passing_rows(selection, 0, news.corrections)),
        judged=news.judged[chosen[news.judged]],
        findings=[finding for finding in news.findings if chosen[finding.flows].any()],
        withdrawn=[each for each in news.withdrawn if chosen[each[0]]],
    )


def summary(totals: Totals) -> Told:
    """The last line."""
    known = totals.now_ns != MISSING and totals.start_ns != MISSING
    row = {
        "start": totals.start_ns,
        "end": totals.now_ns,
        "duration_s": (totals.now_ns - totals.start_ns) / 1e9 if known else None,
        "frames": totals.frames,
        "tcp_segments": totals.segments,
        "dropped": totals.dropped,
        "connections": totals.connections,
        "held": totals.held,
        "verdicts": by_word(VERDICT_WORDS, totals.verdicts),
        "findings": by_word(found.WORDS, totals.findings),
        "retired": dict(totals.retired),
        "late": totals.late,
        "untracked": totals.untracked,
        "probes": totals.probes,
        "unanswered": totals.unanswered,
        "unsaid": totals.unsaid,
    }
    return Told("summary", SUMMARY, block_of(SUMMARY, row))


def json_lines(told: Told) -> list[str]:
    """JSON objects, one a line, the type first."""
    return json_rows(told.table, told.block, f'"type": "{told.type}", ')


def ends_by_flow(result: CaptureResult) -> dict[int, tuple[str, str]]:
    """Client and server as endpoints, by number of the connection."""
    flows = result.flows
    client = flows["client"].astype(np.int64)
    ends = [_endpoints(flows, side) for side in (client, client ^ 1)]
    numbers = result.flow_numbers(np.arange(len(flows))).tolist()
    return dict(zip(numbers, zip(*ends, strict=True), strict=True))


def _endpoints(flows: Rows, side: Array) -> list[str]:
    texts = address_texts(pick(flows["address_high"], side), pick(flows["address_low"], side))
    return [endpoint(*end) for end in zip(texts, pick(flows["port"], side).tolist(), strict=True)]


def block_of(table: Table, row: dict[str, Any]) -> Block:
    """One row as a block."""
    return {column.name: column_of(column, [row[column.name]]) for column in table.columns}


def by_word(words: tuple[str, ...], counts: Iterable[int]) -> dict[str, int]:
    """What there is of each word; what there is none of is left out."""
    return {word: count for word, count in zip(words, counts, strict=False) if count}


def _corrected(result: CaptureResult, rows: Any) -> Block:
    return {"corrects": _all(rows, "event")} | labelled_block(result, rows)


def _withdrawn(news: News) -> Block:
    rows, names = (np.array(each, np.int64) for each in zip(*news.withdrawn, strict=True))
    return {
        "corrects": _all(rows, "finding"),
        "finding": names.astype(np.uint8),
        "capture": np.full(len(rows), news.result.capture, np.int64),
        "flow": news.result.flow_numbers(rows),
        "time": np.full(len(rows), news.totals.now_ns, np.int64),
    }


def _all(rows: Any, word: str) -> Array:
    return np.full(len(rows), CORRECTS_WORDS.index(word), np.uint8)
