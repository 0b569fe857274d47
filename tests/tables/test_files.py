"""What is written: JSON, CSV, Parquet, DataFrames; the same names and values in all."""

from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from analyzer.tables import TABLES, Filters, Tables, choose
from analyzer.tables.about import plain_rows
from analyzer.tables.document import json_schema
from analyzer.tables.files import iso_times, replacing, write_csv, write_json
from tests.helpers_judge import Judge
from tests.helpers_result import life


@pytest.fixture
def tables() -> Tables:
    return Tables(choose([life()], Filters()), Judge(), packets=True)


def document(tables: Tables) -> Any:
    text = io.StringIO()
    write_json(tables, text)
    return json.loads(text.getvalue(), parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def test_the_json_document_keeps_to_its_schema(tables: Tables) -> None:
    validator = jsonschema.Draft202012Validator(json_schema())
    validator.validate(document(tables))
    without = document(Tables(tables.selection, tables.diagnosis))
    assert "packets" not in without
    validator.validate(without)


def test_an_empty_document_is_valid_too() -> None:
    empty = document(Tables(choose([], Filters()), Judge()))
    jsonschema.Draft202012Validator(json_schema()).validate(empty)
    assert empty["flows"] == []


def test_the_schema_is_strict() -> None:
    wrong = document(Tables(choose([life()], Filters()), Judge()))
    wrong["flows"][0]["verdict"] = "fine"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(json_schema()).validate(wrong)


def test_json_times_have_nine_decimals_and_nan_is_null(tables: Tables) -> None:
    flow = document(tables)["flows"][0]
    assert flow["start"] == "2026-11-20T12:03:11.204000000Z"
    assert flow["rtt_min_s"] is None and flow["server_keepalive_count"] is None


@pytest.mark.parametrize("name", TABLES)
def test_json_has_the_rows_of_the_tables(tables: Tables, name: str) -> None:
    rows = plain_rows(tables, name)
    for row in rows:
        for column in TABLES[name].columns:
            if column.type == "time" and row[column.name] is not None:
                row[column.name] = iso_time(row[column.name])
    assert document(tables)[name] == rows


def iso_time(ns: int) -> str:
    import numpy as np

    return iso_times(np.array([ns]))[0]


@pytest.mark.parametrize("name", TABLES)
def test_csv_has_the_same_rows(tables: Tables, name: str, tmp_path: Path) -> None:
    counts = write_csv(tables, tmp_path)
    with open(tmp_path / f"{name}.csv", encoding="utf-8", newline="") as stream:
        heading, *rows = csv.reader(stream)
    assert tuple(heading) == TABLES[name].names
    expected = document(tables)[name]
    assert len(rows) == len(expected) == counts[name]
    for row, other in zip(rows, expected, strict=True):
        assert row == [csv_text(other[column]) for column in heading]


def csv_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return ";".join(f"{key}={count}" for key, count in value.items())
    if isinstance(value, list):
        return ";".join(map(str, value))
    return str(value)


def test_text_that_csv_must_quote(tmp_path: Path) -> None:
    result = life()
    result.facts.path = 'a,"b"\nc'
    tables = Tables(choose([result], Filters()), Judge())
    write_csv(tables, tmp_path)
    with open(tmp_path / "captures.csv", encoding="utf-8", newline="") as stream:
        assert next(csv.DictReader(stream))["path"] == 'a,"b"\nc'
    assert document(tables)["captures"][0]["path"] == 'a,"b"\nc'


def test_a_path_with_stray_bytes_can_be_written(tmp_path: Path) -> None:
    result = life()
    result.facts.path = os.fsdecode(b"caf\xe9.pcap")
    tables = Tables(choose([result], Filters()), Judge())
    write_csv(tables, tmp_path)
    assert document(tables)["captures"][0]["path"] == "caf\\udce9.pcap"


def test_parquet_and_data_frames_say_the_same(tables: Tables, tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    from analyzer.tables.frames import data_frame
    from analyzer.tables.parquet import write_parquet

    counts = write_parquet(tables, tmp_path)
    for name, table in TABLES.items():
        stored = pandas.read_parquet(tmp_path / f"{name}.parquet")
        frame = data_frame(tables, name)
        assert tuple(stored.columns) == tuple(frame.columns) == table.names
        assert len(stored) == len(frame) == counts[name]
        assert [str(each) for each in stored.dtypes] == [str(each) for each in frame.dtypes]
        for column in table.columns:
            if column.type == "counts":
                stored[column.name] = stored[column.name].map(dict)
            one = [None if missing(value) else plain(value) for value in stored[column.name]]
            other = [None if missing(value) else plain(value) for value in frame[column.name]]
            assert one == other, (name, column.name)


def missing(value: Any) -> bool:
    import pandas

    return pandas.api.types.is_scalar(value) and bool(pandas.isna(value))


def plain(value: Any) -> Any:
    return list(value) if hasattr(value, "tolist") and getattr(value, "ndim", 0) else value


def test_parquet_documents_its_columns(tables: Tables, tmp_path: Path) -> None:
    from pyarrow import parquet

    from analyzer.tables.parquet import write_parquet

    write_parquet(tables, tmp_path)
    field = parquet.read_schema(tmp_path / "flows.parquet").field("duration_s")
    assert field.metadata == {b"text": TABLES["flows"]["duration_s"].text.encode(), b"unit": b"s"}


def test_empty_tables_keep_their_columns(tmp_path: Path) -> None:
    from analyzer.tables.frames import data_frame
    from analyzer.tables.parquet import write_parquet

    tables = Tables(choose([], Filters()), Judge(), packets=True)
    assert set(write_parquet(tables, tmp_path).values()) == {0}
    assert set(write_csv(tables, tmp_path).values()) == {0}
    for name, table in TABLES.items():
        assert tuple(data_frame(tables, name).columns) == table.names


def test_data_frames_have_proper_types(tables: Tables) -> None:
    from analyzer.tables.frames import data_frame

    flows, events = data_frame(tables, "flows"), data_frame(tables, "events")
    assert str(flows.start.dtype) == "datetime64[ns, UTC]"
    assert str(flows.verdict.dtype) == "category"
    assert str(flows.client_keepalive_count.dtype) == "Int64"
    assert str(flows.duration_s.dtype) == "float64"
    assert str(events.flow.dtype) == "Int64"
    assert str(data_frame(tables, "handshakes").client_sack.dtype) == "boolean"


def test_a_file_that_fails_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    path.write_text("old")
    with pytest.raises(ValueError), replacing(path) as stream:
        stream.write("half")
        raise ValueError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_is_replaced_when_complete(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    path.write_text("old")
    with replacing(path) as stream:
        stream.write("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"


@pytest.mark.skipif(not os.path.exists("/dev/null"), reason="needs a device file")
def test_a_device_is_written_directly() -> None:
    with replacing("/dev/null") as stream:
        stream.write("gone")
    assert not os.path.isfile("/dev/null")
