"""`ka.compare`: two captures of the same connections, as DataFrames."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pyarrow.parquet
import pytest

import analyzer as ka
from analyzer.kinds import KIND_WORDS
from analyzer.tables.comparison_schema import LAYOUT, TABLES
from tests.diagnose.compare.stories import PROBED, compared
from tests.helpers.vantages import Way


@pytest.fixture
def comparison(tmp_path: Path) -> ka.Comparison:
    return compared(tmp_path, PROBED, Way(ahead_s=1.25), not_at_b=(11, 12, 13, 14))


def test_tables_have_the_columns_that_are_documented(comparison: ka.Comparison) -> None:
    for name, table in TABLES.items():
        assert tuple(getattr(comparison, name).columns) == table.names
    assert list(comparison.captures.capture) == [0, 1]
    assert comparison.outcomes == {"probes_lost": 1}
    assert "1 probes_lost" in repr(comparison)
    assert comparison.damages == []


def test_segments(comparison: ka.Comparison) -> None:
    lost = comparison.segments[comparison.segments.seen == "A"]
    assert list(lost.kind) == ["keepalive_probe"] * 3 + ["keepalive_timeout"]
    assert list(lost.probe[:3]) == [3, 4, 5]
    assert list(lost.a_frame) == [11, 12, 13, 14]
    assert lost.b_frame.isna().all()
    assert list(lost.idle_s.round(2)) == [60.01, 70.01, 80.01, 90.01]
    first = comparison.segments.iloc[0]
    assert (first.kind, first.seen, first.a_frame, first.b_frame) == ("syn", "both", 1, 1)
    assert (first.b_time - first.a_time).total_seconds() == pytest.approx(1.26)
    assert first.delay_s == pytest.approx(0.010)
    assert set(comparison.segments.kind.cat.categories) == set(KIND_WORDS[:-1])


def test_files(comparison: ka.Comparison, tmp_path: Path) -> None:
    comparison.to_json(tmp_path / "c.json")
    comparison.to_csv(tmp_path / "csv")
    comparison.to_parquet(tmp_path / "parquet")
    document = json.loads((tmp_path / "c.json").read_text(encoding="utf-8"))
    assert list(document) == ["schema", *TABLES]
    assert document["schema"] == LAYOUT
    for name, table in TABLES.items():
        with open(tmp_path / "csv" / f"{name}.csv", encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert len(rows) == len(document[name]) == len(getattr(comparison, name))
        assert all(list(row) == list(table.names) for row in document[name])
        assert pyarrow.parquet.read_table(tmp_path / "parquet" / f"{name}.parquet").num_rows == len(rows)


def test_the_page_is_what_the_command_shows(comparison: ka.Comparison) -> None:
    page = comparison.page(width=80)
    assert "probes 3 to 5 and the RST of the client" in page
    assert max(map(len, page.splitlines()[4:])) <= 80  # paths are not cut
    assert "UTC" in comparison.page(clock="utc")


def test_only_events_and_what_is_missing_unless_all_is_asked_for(tmp_path: Path) -> None:
    compared(tmp_path, PROBED, not_at_b=(4, 6))
    few = ka.compare(tmp_path / "a.pcapng", tmp_path / "b.pcapng").segments
    assert "data" in set(few.kind)  # it is missing in B
    assert len(few) < len(ka.compare(tmp_path / "a.pcapng", tmp_path / "b.pcapng", packets=True).segments)


def test_each_side_is_one_capture(tmp_path: Path) -> None:
    compared(tmp_path, PROBED)
    with pytest.raises(ka.UsageError, match="2 captures, and only one can be compared"):
        ka.compare(tmp_path, tmp_path / "a.pcapng")
    with pytest.raises(ka.UsageError, match="wants their paths, not Analysis"):
        ka.compare(ka.analyze(tmp_path / "a.pcapng"), tmp_path / "b.pcapng")  # type: ignore[arg-type]
    with pytest.raises(ka.UsageError, match="standard input"):
        ka.compare("-", tmp_path / "a.pcapng")
    with pytest.raises(ka.UnreadableError):
        ka.compare(tmp_path / "none.pcapng", tmp_path / "a.pcapng")


def test_a_capture_without_connections(tmp_path: Path) -> None:
    compared(tmp_path, PROBED, not_at_b=range(1, 15))
    found = ka.compare(tmp_path / "a.pcapng", tmp_path / "b.pcapng")
    assert (len(found.connections), list(found.alone.capture), list(found.alone.why)) == (
        0,
        ["A"],
        ["absent"],
    )
    assert "in A only" in found.page()
