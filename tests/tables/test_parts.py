"""Tables as Parquet parts: readable whenever the writer dies, the last word of everything, few files."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analyzer import found
from analyzer.errors import UsageError
from analyzer.news import News
from analyzer.tables import Filters, Tables, choose, parts
from analyzer.tables.frames import data_frame
from analyzer.tables.parts import NAMES, RECORDED, PartsWriter, rows_to_write
from tests.helpers_news import ROOT, analyzed, diagnosis, news_of, quiet, verdict

KEYS = {
    "captures": ["capture"],
    "flows": ["flow"],
    "events": ["capture", "frame"],
    "probe_runs": ["flow", "prober", "first_frame"],
    "handshakes": ["flow"],
}


@pytest.fixture(scope="module")
def news() -> News:
    return news_of(analyzed("peer-dead", "middlebox-timeout", "outage"))


def latest(folder: Path, name: str) -> pd.DataFrame:
    """What docs/recording.md tells readers to do."""
    table = pd.read_parquet(folder / name).sort_values("revision", kind="stable")
    if name in KEYS:
        table = table.drop_duplicates(KEYS[name], keep="last").sort_values(KEYS[name])
    return table.drop(columns="revision").reset_index(drop=True)


def whole(news: News, name: str) -> pd.DataFrame:
    frame = data_frame(Tables(choose([news.result], Filters()), diagnosis()), name)
    return frame.sort_values(KEYS[name]).reset_index(drop=True)


def same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    assert list(one.columns) == list(other.columns) and len(one) == len(other)
    for name in one.columns:
        pairs = zip(one[name].tolist(), other[name].tolist(), strict=True)
        assert [pair for pair in pairs if plain(pair[0]) != plain(pair[1])] == [], name


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return list(value.items())
    if isinstance(value, list | np.ndarray):
        return list(value)
    return None if pd.isna(value) else value


def in_pieces(news: News, size: int = 7) -> Iterator[News]:
    """Events a few at a time, then what was made of them."""
    for start in range(0, len(news.events), size):
        yield quiet(news, events=news.events[start : start + size])
    yield quiet(news, judged=news.judged, findings=news.findings)


@pytest.mark.parametrize("flush_each", [True, False])
def test_what_was_written_in_parts_is_the_whole(news: News, tmp_path: Path, flush_each: bool) -> None:
    writer = PartsWriter(tmp_path / "live", diagnosis())
    for piece in in_pieces(news):
        writer.add(piece)
        if flush_each:
            writer.flush()
    writer.flush()
    for name in KEYS:
        same(latest(tmp_path / "live", name), whole(news, name))
    told = latest(tmp_path / "live", "findings")
    assert sorted(told["finding"]) == sorted(found.WORDS[each.name] for each in news.findings)


def test_every_table_can_be_read_from_the_start(news: News, tmp_path: Path) -> None:
    PartsWriter(tmp_path, diagnosis()).flush()
    for name in NAMES:
        table = pd.read_parquet(tmp_path / name)
        assert len(table) == 0 and list(table.columns) == [*RECORDED[name].names]


def test_the_columns_are_documented(tmp_path: Path) -> None:
    from pyarrow import dataset

    PartsWriter(tmp_path, diagnosis()).flush()
    schema = dataset.dataset(tmp_path / "flows").schema
    assert schema.metadata[b"schema"] == b"keepalive-analyzer/1-parts"
    assert schema.field("revision").metadata[b"text"].endswith(b"the highest holds.")


def test_a_connection_is_written_again_when_it_changes(news: News, tmp_path: Path) -> None:
    flows = news.result.flows.copy()
    flows["verdict"][0] = verdict("alive")
    before = quiet(news, judged=np.array([0]), result=replace(news.result, flows=flows))
    writer = PartsWriter(tmp_path, diagnosis())
    for piece in (before, quiet(news, judged=np.array([0])), quiet(news, judged=np.array([1]))):
        writer.add(piece)
        writer.flush()
    rows = pd.read_parquet(tmp_path / "flows")
    assert rows[["flow", "revision"]].to_numpy().tolist() == [[0, 1], [0, 2], [1, 3]]
    assert rows["verdict"][0] == "alive" != rows["verdict"][1]
    last = latest(tmp_path, "flows").set_index("flow")["verdict"]
    assert last[0] == whole(news, "flows").set_index("flow")["verdict"][0]


def test_of_several_news_between_two_writings_the_last_counts(news: News, tmp_path: Path) -> None:
    writer = PartsWriter(tmp_path, diagnosis())
    for _ in range(3):
        writer.add(quiet(news, judged=np.array([0])))
    writer.flush()
    assert pd.read_parquet(tmp_path / "flows")["revision"].tolist() == [3]


def test_a_correction_takes_the_place_of_its_event(news: News, tmp_path: Path) -> None:
    changed = news.events[3:4].copy()
    changed["kind"] = 19
    writer = PartsWriter(tmp_path, diagnosis())
    writer.add(quiet(news, events=news.events[:5]))
    writer.add(quiet(news, corrections=changed))
    writer.flush()
    events = latest(tmp_path, "events").set_index("frame")["kind"]
    assert events[int(changed["frame"][0])] == "old_ack" and len(events) == 5


def test_a_withdrawn_finding_is_missing_from_its_connection(news: News, tmp_path: Path) -> None:
    [row] = {int(each.flows[0]) for each in news.findings if each.name == found.OUTAGE}
    marks = news.result.findings.marks.copy()
    marks[row] &= ~np.uint32(1 << found.OUTAGE)
    after = replace(news.result, findings=replace(news.result.findings, marks=marks))
    writer = PartsWriter(tmp_path, diagnosis())
    writer.add(news)
    writer.add(quiet(replace(news, result=after), withdrawn=[(row, found.OUTAGE)]))
    writer.flush()
    named = latest(tmp_path, "flows").set_index("flow")["findings"]
    assert "outage" not in named[row] and "outage" in latest(tmp_path, "findings")["finding"].tolist()


def test_runs_and_handshakes_are_written_when_they_change(news: News, tmp_path: Path) -> None:
    writer = PartsWriter(tmp_path, diagnosis())
    for _ in range(3):
        writer.add(quiet(news, judged=news.judged))
        writer.flush()
    assert len(pd.read_parquet(tmp_path / "flows")) == 3 * len(news.judged)
    for name in ("handshakes", "probe_runs"):
        assert len(pd.read_parquet(tmp_path / name)) == len(whole(news, name))


def test_few_files_however_often_it_writes(
    news: News, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "FULL", 50)
    writer = PartsWriter(tmp_path, diagnosis())
    for _ in range(60):
        writer.add(quiet(news, events=news.events[:2]))
        writer.flush()
    assert len(pd.read_parquet(tmp_path / "events")) == 120
    names = sorted(path.name for path in (tmp_path / "events").iterdir())
    assert names == ["part-000000.parquet", "part-000001.parquet", "part-000002.parquet"]
    assert len(list((tmp_path / "captures").iterdir())) == len(pd.read_parquet(tmp_path / "captures")) == 1


def test_much_is_written_without_being_asked(
    news: News, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "MOST_WAITING", 10)
    writer = PartsWriter(tmp_path, diagnosis())
    writer.add(quiet(news, events=news.events[:9]))
    assert len(pd.read_parquet(tmp_path / "events")) == 0
    writer.add(quiet(news, events=news.events[9:11]))
    assert len(pd.read_parquet(tmp_path / "events")) == 11


def test_writing_that_fails_is_told_and_made_up_for(news: News, tmp_path: Path) -> None:
    writer = PartsWriter(tmp_path / "live", diagnosis())
    shutil.rmtree(tmp_path / "live" / "events")
    writer.add(quiet(news, events=news.events[:2]))
    with pytest.raises(FileNotFoundError, match="part-000000.parquet"):
        writer.flush()
    (tmp_path / "live" / "events").mkdir()
    writer.add(quiet(news, events=news.events[2:4]))
    writer.flush()
    assert len(pd.read_parquet(tmp_path / "live" / "events")) == 4


def test_numbers_are_those_of_the_live_capture(news: News, tmp_path: Path) -> None:
    numbers = np.arange(len(news.result.flows)) + 5_000_000_000
    writer = PartsWriter(tmp_path, diagnosis())
    writer.add(replace(news, result=replace(news.result, numbers=numbers)))
    writer.flush()
    for name in ("flows", "events", "probe_runs", "handshakes"):
        assert latest(tmp_path, name)["flow"].dropna().min() == 5_000_000_000


def test_the_capture_says_what_was_lost(news: News, tmp_path: Path) -> None:
    writer = PartsWriter(tmp_path, diagnosis())
    writer.add(quiet(news, totals=replace(news.totals, dropped=12, frames=99)))
    writer.flush()
    [row] = pd.read_parquet(tmp_path / "captures").to_dict("records")
    assert (row["dropped"], row["frames"]) == (12, 99)


def test_tables_of_another_capture_are_not_mixed_with_ours(tmp_path: Path) -> None:
    PartsWriter(tmp_path, diagnosis()).flush()
    with pytest.raises(UsageError, match="there are tables of another capture already"):
        PartsWriter(tmp_path, diagnosis())


def test_the_connections_to_write(news: News) -> None:
    assert rows_to_write(quiet(news)).tolist() == []
    assert rows_to_write(quiet(news, withdrawn=[(2, 1)], judged=np.array([0]))).tolist() == [0, 2]
    assert rows_to_write(quiet(news, events=news.events)).tolist() == list(range(len(news.result.flows)))


def test_of_a_flood_only_those_are_written_that_are_told(tmp_path: Path) -> None:
    flood = news_of(analyzed("syn-never-answered"))
    rows = np.flatnonzero(flood.result.flows["verdict"] == verdict("no_answer"))
    assert len(rows) and not np.isin(rows, rows_to_write(quiet(flood, events=flood.events))).any()
    assert rows_to_write(quiet(flood, judged=rows)).tolist() == rows.tolist()


def test_one_thread_may_add_while_another_one_flushes(news: News, tmp_path: Path) -> None:
    writer = PartsWriter(tmp_path, diagnosis())
    over = threading.Event()

    def flush() -> None:
        while not over.is_set():
            writer.flush()

    thread = threading.Thread(target=flush)
    thread.start()
    try:
        for piece in in_pieces(news, size=1):
            writer.add(piece)
    finally:
        over.set()
        thread.join()
    writer.flush()
    for name in ("flows", "events", "handshakes"):
        same(latest(tmp_path, name), whole(news, name))


WRITER = """
import sys
from dataclasses import replace
from itertools import count
import numpy as np
from analyzer.tables.parts import PartsWriter
from tests.helpers_news import analyzed, diagnosis, news_of

news = news_of(analyzed("many-connections"))
writer = PartsWriter(sys.argv[1], diagnosis())
for turn in count():
    numbers = np.arange(len(news.result.flows)) + turn * len(news.result.flows)
    events = news.events.copy()
    events["frame"] += turn * 1_000_000
    writer.add(replace(news, events=events, result=replace(news.result, numbers=numbers)))
    writer.flush()
    print((turn + 1) * len(events), (turn + 1) * len(numbers), flush=True)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
@pytest.mark.parametrize("flushes", [1, 3, 6])
def test_after_sigkill_all_that_was_flushed_can_be_read(tmp_path: Path, flushes: int) -> None:
    """Killed in the middle of whatever it does after so many flushes."""
    from pyarrow import dataset

    child = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path / "live")], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    with child.stdout as output:
        for _ in range(flushes):
            events, flows = map(int, output.readline().split())
        child.send_signal(signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    for name, count in (("events", events), ("flows", flows)):
        table = pd.read_parquet(tmp_path / "live" / name)
        assert len(table) >= count and not table.duplicated(KEYS[name]).any()
        assert dataset.dataset(tmp_path / "live" / name).count_rows() == len(table)
    assert set(latest(tmp_path / "live", "flows")["verdict"]) == {"alive", "peer_dead"}


def test_the_documentation_names_every_table_and_what_identifies_a_row() -> None:
    text = (ROOT / "docs" / "recording.md").read_text(encoding="utf-8")
    assert [name for name in NAMES if f"| `{name}` |" not in text] == []
    assert [name for name, key in KEYS.items() if f"| `{name}` | `{', '.join(key)}` |" not in text] == []
