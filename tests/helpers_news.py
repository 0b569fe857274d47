"""News of a live capture, made of a recording: what was found in it, all of it at once or in parts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from analyzer import found, pipeline
from analyzer.facts import CaptureResult
from analyzer.kinds import VERDICT_WORDS
from analyzer.news import News, Totals
from analyzer.records import EVENT, rows
from analyzer.rules import Options, Rules

ROOT = Path(__file__).parent.parent
RECORDED = ROOT / "captures" / "recorded"


def diagnosis() -> pipeline.Diagnosis:
    return pipeline.Diagnosis(Rules())


def analyzed(*names: str) -> CaptureResult:
    """One capture of the project's recordings of these names, joined."""
    paths = [str(RECORDED / f"{name}.pcapng") for name in names]
    [result] = pipeline.analyze(paths, Options(join=len(paths) > 1)).captures
    return result


def events_of(result: CaptureResult) -> Any:
    """All EVENT rows of the events table."""
    return np.concatenate([rows(0, EVENT), *result.events.batches()]).view(np.recarray)


def totals_of(result: CaptureResult) -> Totals:
    summary = diagnosis().summarize(result, np.arange(len(result.flows)))
    marks = result.findings.marks
    return Totals(
        now_ns=result.end_ns,
        start_ns=result.start_ns,
        frames=result.frames,
        segments=result.tcp_segments,
        dropped=result.facts.dropped,
        connections=len(result.flows),
        held=len(result.flows),
        verdicts=tuple(result.verdicts),
        findings=tuple(int((marks >> bit & 1).sum()) for bit in range(32)),
        probes=int(summary["probes"].sum()),
        unanswered=int(summary["unanswered"].sum()),
    )


def news_of(result: CaptureResult) -> News:
    """Everything about a capture as if it were new."""
    every = np.arange(len(result.flows))
    findings = diagnosis().findings(result, every, (1 << len(found.WORDS)) - 1)
    return News(
        result=result,
        events=events_of(result),
        corrections=rows(0, EVENT),
        judged=every,
        findings=[*findings, *result.findings.wide],
        withdrawn=[],
        totals=totals_of(result),
    )


def quiet(news: News, **changes: Any) -> News:
    """The same connections, but nothing is new except what is given."""
    nothing: dict[str, Any] = {
        "events": news.events[:0],
        "corrections": news.corrections[:0],
        "judged": news.judged[:0],
        "findings": [],
        "withdrawn": [],
    }
    return replace(news, **(nothing | changes))


def verdict(word: str) -> int:
    return VERDICT_WORDS.index(word)
