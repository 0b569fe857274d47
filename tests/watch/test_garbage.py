"""What was told can go: no ring holds it until the collector of garbage comes by, which takes long."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest

from analyzer.facts import CaptureResult
from analyzer.news import News
from analyzer.pipeline import Diagnosis
from analyzer.present.live_lines import PlainLines
from analyzer.present.words import Clock
from analyzer.reading import decoded
from analyzer.rules import Options, Rules
from analyzer.sources import open_source
from analyzer.tables.lines import JsonLines
from analyzer.watch import Search, Watch

ROOT = Path(__file__).parents[2]
RECORDED = sorted((ROOT / "captures" / "recorded").glob("*.pcapng"))
LARGE = 50_000  # bytes
SMALL = [path for path in RECORDED if path.stat().st_size < LARGE]
AT_MOST = 2  # the latest capture of each of those who tell; they let it go when the next one comes


@pytest.fixture
def uncollected() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("uncollected")
@pytest.mark.parametrize("path", SMALL, ids=lambda path: path.stem)
def test_captures_that_were_told_leave_memory_at_once(path: Path) -> None:
    tellers = (
        JsonLines(StringIO(), Diagnosis(Rules())),
        PlainLines(StringIO(), Clock("relative"), Diagnosis(Rules())),
    )
    held: list[weakref.ref[CaptureResult]] = []

    def tell(news: News) -> None:
        held.append(weakref.ref(news.result))
        for each in tellers:
            each.tell(news)

    with open_source(str(path), chunk_frames=3) as source:
        watch = Watch(source.facts, Options())
        for batch in decoded(source, watch.decoder):
            watch.step(batch)
            for search in Search:
                any(map(tell, watch.look(batch.end_ns, search)))  # no variable holds the news
    assert len(held) > AT_MOST
    assert sum(each() is not None for each in held) <= AT_MOST
