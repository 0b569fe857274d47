"""A watch with hardly any room: whatever had to leave memory, everything can still be told."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer import kinds
from analyzer.analysis import Analysis
from analyzer.facts import CaptureFacts
from analyzer.news import SORTS, News, Wish
from analyzer.pipeline import Diagnosis, Outcome
from analyzer.present.live_lines import PlainLines
from analyzer.present.words import Clock
from analyzer.reading import Batch, decoded
from analyzer.rules import Options, Rules
from analyzer.sources import open_source
from analyzer.tables import Filters, Tables, choose
from analyzer.tables.files import write_json
from analyzer.tables.lines import JsonLines
from analyzer.tables.parts import PartsWriter
from analyzer.watch import Boards, Search, Watch
from tests.helpers.columns import segment_rows
from tests.helpers.segment import Record
from tests.helpers.strategies import conversations

ROOT = Path(__file__).parents[2]
RECORDED = sorted((ROOT / "captures" / "recorded").glob("*.pcapng"))
FEW_FLOWS, FEW_EVENTS = 3, 5
LARGE = 50_000  # bytes


class Audience:
    """All who are told of a live capture, and who look at it in between."""

    def __init__(self, facts: CaptureFacts, folder: Path, chance: random.Random) -> None:
        flows, events = chance.choice([(FEW_FLOWS, FEW_EVENTS), (FEW_FLOWS, 40), (40, FEW_EVENTS), (1, 1)])
        self.watch = Watch(facts, Options(), most_flows=flows, most_events=events)
        self.json, self.plain = StringIO(), StringIO()
        self._chance = chance
        self._lines = JsonLines(self.json, Diagnosis(Rules()))
        self._people = PlainLines(self.plain, Clock("relative"), Diagnosis(Rules()))
        self._parts = PartsWriter(folder, Diagnosis(Rules()))
        self._boards = Boards(self.watch, Diagnosis(Rules()), None)

    def follow(self, batches: Iterator[Batch]) -> None:
        """Take all batches, looking here and there, as at other times than theirs."""
        for batch in batches:
            self.watch.step(batch)
            if self._chance.random() < 0.5:
                self.look(self._chance.choice(list(Search)))
            if self._chance.random() < 0.1:
                self.ask()
        self.watch.ended = True
        self.look(Search.EVERYWHERE)
        self.ask()
        self._parts.flush()
        self._lines.end(self.watch.totals())
        self._people.end(self.watch.totals())

    def look(self, search: Search) -> None:
        later_ns = round(self._chance.choice([0, 0, 0.5, 30, 4000]) * 1e9)
        for news in self.watch.look(self.watch.now_ns + later_ns, search):
            self._hear(news)

    def _hear(self, news: News) -> None:
        for tell in (self._lines.tell, self._people.tell, self._parts.add):
            tell(news)

    def ask(self) -> None:
        """What the screen and notebooks ask for."""
        if self.watch.now_ns == kinds.MISSING:
            return
        wish = Wish(sort=self._chance.choice(list(SORTS)))
        board = self._boards.board(wish, self.watch.totals(), 0.0, self.watch.now_ns)
        write_json(Tables(choose([self.watch.result()], Filters()), Diagnosis(Rules())), StringIO())
        for number in board.flow.tolist():
            result = self.watch.result(self.watch.rows_of(number))
            Analysis(Outcome([result])).flow(number).connection("events")

    def check(self) -> None:
        """Of every connection there was a last word, and the counts say the same."""
        lines = [json.loads(line) for line in self.json.getvalue().splitlines()]
        summary = lines[-1]
        assert summary["type"] == "summary"
        told = {line["flow"]: line["verdict"] for line in lines if line["type"] == "verdict"}
        assert len(told) <= summary["connections"] == sum(summary["verdicts"].values())
        assert summary["held"] + sum(summary["retired"].values()) == summary["connections"]
        for word in ("peer_dead", "peer_rebooted", "closed", "refused", "middlebox_reset"):
            assert list(told.values()).count(word) == summary["verdicts"].get(word, 0), word
        assert self.plain.getvalue()


def follow(path: Path, folder: Path, seed: int) -> None:
    chance = random.Random(seed)
    few = path.stat().st_size < LARGE
    with open_source(str(path), chunk_frames=chance.choice([1, 3, 20, 200]) if few else 200) as source:
        audience = Audience(source.facts, folder, chance)
        audience.follow(decoded(source, audience.watch.decoder))
    audience.check()


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_every_recording_can_be_told_with_hardly_any_room(path: Path, tmp_path: Path) -> None:
    follow(path, tmp_path / "tables", seed=len(path.stem))


def test_a_connection_that_came_since_the_latest_look_can_be_asked_for() -> None:
    path = next(each for each in RECORDED if each.stem == "port-reuse")
    with open_source(str(path), chunk_frames=1) as source:
        watch = Watch(source.facts, Options(), most_events=FEW_EVENTS)
        for batch in decoded(source, watch.decoder):
            watch.step(batch)
    assert len(watch.result().findings.marks) == len(watch.tracker.flows) > len(watch.marks) == 0


def batches_of(records: list[Record], chance: random.Random) -> Iterator[Batch]:
    """Records as a source hands them over, some at a time."""
    segments = segment_rows(records)
    start = 0
    while start < len(segments):
        stop = start + chance.choice([1, 2, 7])
        some = segments[start:stop]
        times = some.time_ns
        yield Batch(some, min(stop, len(segments)), int(times.min()), int(times.max()), 0)
        start = stop


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(conversations(icmp=True), st.integers(0, 2**32))
def test_every_conversation_can_be_told_with_hardly_any_room(
    tmp_path_factory: pytest.TempPathFactory, records: list[Record], seed: int
) -> None:
    chance = random.Random(seed)
    facts = CaptureFacts("-", "pcap")
    audience = Audience(facts, tmp_path_factory.mktemp("told") / "tables", chance)
    audience.follow(batches_of(records, chance))
    if records:
        audience.check()
