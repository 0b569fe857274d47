"""The frames of the connections that a report tells: as timelines tell them, row by row."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from analyzer import found, kinds
from analyzer.kinds import VERDICT_SEVERITY, WARNING
from analyzer.present.connection import probing, run_text
from analyzer.present.labels import STYLES, label
from analyzer.present.lookalikes import lookalikes
from analyzer.present.steps import EXCHANGE, Step, is_lone, steps
from analyzer.present.timeline import repeated_fins, summary
from analyzer.present.words import Exact
from analyzer.tables import Selection, Tables
from analyzer.tables.about import plain_rows
from analyzer.tables.labelled import Segment, segments_of
from analyzer.tables.values import Array

Row = dict[str, Any]

MOST_STORIES = 2_000  # our choice: nobody opens more
MOST_RUNS = 6  # probe runs of one connection, the last ones
FEW = 100  # connections that are all told, also those of which nothing is wrong

SUMMED = 3
"""In place of the sender: several frames as one row."""


@dataclass(frozen=True)
class Stories:
    """rows: by number of the connection. wanted: how many should have frames."""

    rows: dict[int, Row]
    wanted: int


def stories(tables: Tables, zeros_ns: Array, tell: Callable[[str], str], room: int) -> Stories:
    """Of the connections of these tables those worth telling, as far as there is room, in bytes.

    zeros_ns: by place in the selection, when its capture began. tell: how texts are said.
    """
    order = worth_telling(tables.selection)
    picked = order[:MOST_STORIES]
    chosen = replace(tables, selection=tables.selection.ordered(picked))
    segments, runs = _segments(chosen), _by_flow(plain_rows(chosen, "probe_runs"))
    told: dict[int, Row] = {}
    for flow, zero_ns in zip(plain_rows(chosen, "flows"), zeros_ns[picked].tolist(), strict=True):
        number = flow["flow"]
        said = [tell(each) for each in _said(flow, runs[number], segments[number])]
        story = {"said": said, "rows": list(_rows(segments[number], zero_ns, tell))}
        octets = len(json.dumps(story, separators=(",", ":")))
        if octets <= room:  # a long one hides no short one
            room -= octets
            told[number] = story
    return Stories(told, len(order))


def worth_telling(selection: Selection) -> Array:
    """Places in the selection, the order of which is that in which to tell them.

    The first of each kind of trouble come first, so that a thousand of one do not hide the rest.
    """
    verdicts, marks = selection.field("verdict"), selection.marks
    plain = np.array(VERDICT_SEVERITY)[verdicts] < WARNING
    wanted = ~plain | (marks != 0) | (len(selection) <= FEW)
    kind = np.where(marks != 0, len(kinds.VERDICT_WORDS) + _gravest(marks), verdicts)
    rank = np.zeros(len(selection), np.int64)
    for each in np.unique(kind):
        places = np.flatnonzero(kind == each)
        rank[places] = np.arange(len(places))
    rank[plain & (marks == 0)] += len(selection)
    order = np.argsort(rank, kind="stable")
    worth: Array = order[wanted[order]]
    return worth


def _gravest(marks: Array) -> Array:
    """Of each connection's findings the code of the gravest, the first in order of several."""
    gravest = np.zeros(len(marks), np.int64)
    for name in sorted(range(len(found.WORDS)), key=lambda each: (found.SEVERITY[each], -each)):
        gravest[(marks >> np.uint32(name)) & 1 == 1] = name
    return gravest


def _by_flow(rows: list[Row]) -> dict[int, list[Row]]:
    by_flow: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        by_flow[row["flow"]].append(row)
    return by_flow


def _segments(tables: Tables) -> dict[int, list[Segment]]:
    segments: dict[int, list[Segment]] = defaultdict(list)
    for block in tables.blocks("packets" if tables.packets else "events"):
        for flow, segment in zip(block["flow"].tolist(), segments_of(block), strict=True):
            segments[flow].append(segment)
    return segments


def _rows(segments: list[Segment], zero_ns: int, tell: Callable[[str], str]) -> Iterator[list[Any]]:
    """[frame, µs since zero, sender, style, label, seq, ack, window, length] of each; sums have no numbers.

    sender: 0 client, 1 server, 2 neither, or SUMMED, whose last value is when the last of them was.
    """
    answered = {segment.answers for segment in segments if segment.answers}
    again = repeated_fins(segments)
    for step in steps(segments):
        if not step.told:
            yield _summed(step, zero_ns)
            continue
        for each in step.segments:
            lone = is_lone(each, answered)
            style = "lone" if lone else STYLES.get(each.kind, "data")
            words = label(each, lone, each.frame in again)
            head: list[Any] = [each.frame, (each.time_ns - zero_ns) // 1000, min(each.sender, 2), style]
            if each.sender == kinds.NO_SENDER:
                yield [*head, tell(f"{words}, from {each.source}")]
            else:
                yield [*head, words, each.seq, each.ack, each.window, each.length]


def _summed(step: Step, zero_ns: int) -> list[Any]:
    start, end = ((ns - zero_ns) // 1000 for ns in (step.start_ns, step.end_ns))
    style = "good" if step.kind == EXCHANGE else "data"
    return [step.segments[0].frame, start, SUMMED, style, summary(step), end]


def _said(flow: Row, runs: list[Row], segments: list[Segment]) -> Iterator[str]:
    """What a timeline says below: the probing, its runs, and what may be mistaken for data."""
    yield from probing(flow)
    if len(runs) > MOST_RUNS:
        yield f"{len(runs) - MOST_RUNS:,} earlier probe runs, then:"
    for run in runs[-MOST_RUNS:]:
        yield run_text(run, Exact())
    yield from lookalikes(segments)
