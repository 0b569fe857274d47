"""A live capture tells each thing once, and in the end says what the analysis of its file says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

import numpy as np
import pytest

from analyzer import found, kinds, pipeline
from analyzer.facts import CaptureResult
from analyzer.news import News
from analyzer.pipeline import Diagnosis
from analyzer.reading import decoded
from analyzer.rules import Options, Rules
from analyzer.sources import open_source
from analyzer.tables import Filters, Tables, choose
from analyzer.tables.files import write_json
from analyzer.watch.searching import Search
from analyzer.watch.watching import Watch

RECORDED = sorted(Path(__file__).parents[2].joinpath("captures", "recorded").glob("*.pcapng"))
DEAD = next(path for path in RECORDED if path.stem == "peer-dead")
SECOND = 1_000_000_000


@dataclass
class Heard:
    """All that was told, by flow number."""

    verdicts: dict[int, list[int]] = field(default_factory=dict)
    findings: dict[int, set[int]] = field(default_factory=dict)
    events: dict[tuple[int, int], int] = field(default_factory=dict)

    def hear(self, news: News) -> None:
        result = news.result
        numbers = result.flow_numbers(np.arange(len(result.flows)))
        for row in news.judged.tolist():
            self.verdicts.setdefault(int(numbers[row]), []).append(int(result.flows.verdict[row]))
        for finding in news.findings:
            if finding.scope == found.OF_FLOW:
                told = self.findings.setdefault(int(numbers[finding.flows[0]]), set())
                assert finding.name not in told
                told.add(finding.name)
        for row, name in news.withdrawn:
            self.findings.get(int(numbers[row]), set()).discard(name)
        for event in news.events:
            assert (int(event.frame), int(event.flow)) not in self.events or event.flow == kinds.NO_FLOW
        for event in (*news.events, *news.corrections):
            flow = int(event.flow) if event.flow == kinds.NO_FLOW else int(numbers[event.flow])
            self.events[int(event.frame), flow] = int(event.kind)


def watched(
    path: Path, chunk_frames: int = 7, search: Search = Search.STIRRED
) -> Iterator[tuple[Watch, Heard]]:
    """A file as a live capture: after each batch, and at the end."""
    heard = Heard()
    with open_source(str(path), chunk_frames=chunk_frames) as source:
        watch = Watch(source.facts, Options())
        for batch in decoded(source, watch.decoder):
            watch.step(batch)
            for news in watch.look(batch.end_ns, search):
                heard.hear(news)
            yield watch, heard
    watch.ended = True
    for news in watch.look(watch.now_ns, Search.EVERYWHERE):
        heard.hear(news)
    yield watch, heard


def document(result: CaptureResult) -> str:
    text = StringIO()
    write_json(Tables(choose([result], Filters()), Diagnosis(Rules())), text)
    return text.getvalue()


WELL = {kinds.ALIVE, kinds.OPEN}


def marked(result: CaptureResult) -> dict[int, set[int]]:
    """The findings about single connections, by flow number."""
    told = Diagnosis(Rules()).findings(result, np.arange(len(result.flows)), 0xFFFFFFFF)
    by_flow: dict[int, set[int]] = {}
    for each in told:
        by_flow.setdefault(int(result.flow_numbers(each.flows)[0]), set()).add(each.name)
    return by_flow


def quiet(result: CaptureResult, row: int) -> bool:
    """Whether a verdict came too late to have settled."""
    latest = int(result.flows.side["last_time"][row].max())
    return result.end_ns - latest < Rules().settled_ns


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_in_the_end_it_says_what_the_analysis_of_the_file_says(path: Path) -> None:
    *_, (watch, heard) = watched(path)
    (analyzed,) = pipeline.analyze([str(path)]).captures
    watch.facts.path = analyzed.facts.path
    result = watch.result()
    assert result.end_ns <= analyzed.end_ns
    result.end_ns = analyzed.end_ns
    own = marked(result)
    assert heard.findings == own | {flow: set() for flow in heard.findings.keys() - own.keys()}
    for row, verdict in enumerate(result.flows.verdict.tolist()):
        last = heard.verdicts.get(row, [kinds.UNDECIDED])[-1]
        assert verdict in (last, kinds.UNKNOWN) or WELL >= {verdict, last} or quiet(result, row)
    assert document(result).splitlines() == document(analyzed).splitlines()
