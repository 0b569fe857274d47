"""Tables as Parquet files, written block by block; the columns carry their documentation."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from analyzer.kinds import MISSING
from analyzer.tables.files import replacing
from analyzer.tables.schema import Column, Table
from analyzer.tables.source import TableSource
from analyzer.tables.values import Block

_TYPES = {
    "integer": pa.int64(),
    "seconds": pa.float64(),
    "time": pa.timestamp("ns", tz="UTC"),
    "boolean": pa.bool_(),
    "text": pa.string(),
    "integers": pa.list_(pa.int64()),
    "words": pa.list_(pa.string()),
    "counts": pa.map_(pa.string(), pa.int64()),
}
_NULLABLE = {"integer": ("int64", "Int64"), "boolean": ("bool", "boolean")}


def write_parquet(tables: TableSource, folder: str | os.PathLike[str]) -> dict[str, int]:
    """One file per table; returns how many rows each has."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    return {name: _write(tables, name, Path(folder) / f"{name}.parquet") for name in tables.names}


def _write(tables: TableSource, name: str, path: Path) -> int:
    table, count = tables.described(name), 0
    schema = arrow_schema(table, tables.layout)
    with replacing(path, binary=True) as stream, parquet.ParquetWriter(stream, schema) as writer:
        for block in tables.blocks(name):
            batch = arrow_table(table, schema, block)
            writer.write_table(batch)
            count += batch.num_rows
    return count


def arrow_table(table: Table, schema: Any, block: Block) -> Any:
    """A block in Arrow's form."""
    return pa.table([_array(column, block[column.name]) for column in table.columns], schema=schema)


def write_part(batches: list[Any], path: Path) -> None:
    """Arrow tables as one file that survives whatever happens once it is there."""
    whole = pa.concat_tables(batches)
    with replacing(path, binary=True, durable=True) as stream:
        parquet.write_table(whole, stream)


def arrow_schema(table: Table, layout: str) -> Any:
    """The Arrow schema of a table, its sentences as metadata."""
    fields = [
        pa.field(
            column.name,
            _type(column),
            nullable=column.nullable,
            metadata={"text": column.text, "unit": column.unit},
        )
        for column in table.columns
    ]
    return pa.schema(fields, metadata={"schema": layout, "text": table.text, "pandas": _for_pandas(table)})


def _type(column: Column) -> Any:
    if column.type == "category":
        return pa.dictionary(pa.int8(), pa.string(), column.ordered)
    return _TYPES[column.type]


def _for_pandas(table: Table) -> str:
    """Which columns are nullable integers and booleans; without it, missing values make pandas read floats.
    https://pandas.pydata.org/docs/development/developer.html#storing-pandas-dataframe-objects-in-apache-parquet-format
    """
    columns = [
        {"name": each.name, "field_name": each.name, "pandas_type": of, "numpy_type": dtype, "metadata": None}
        for each in table.columns
        for of, dtype in [_NULLABLE.get(each.type, ("", ""))]
        if dtype and (each.nullable or each.type == "boolean")
    ]
    return json.dumps({"index_columns": [], "column_indexes": [], "columns": columns})


def _array(column: Column, values: Any) -> Any:
    kind = _type(column)
    if column.type in ("integer", "time"):
        return pa.array(values, kind, mask=values == MISSING)
    if column.type == "seconds":
        return pa.array(values, kind, mask=np.isnan(values))
    if column.type == "boolean":
        return pa.array(values == 1, kind, mask=values > 1)
    if column.type == "category":
        known = values < len(column.words)
        codes = pa.array(np.where(known, values, 0).astype(np.int8), mask=~known)
        words = pa.array(column.words, pa.string())
        return pa.DictionaryArray.from_arrays(codes, words, ordered=column.ordered)
    if column.type == "counts":
        return pa.array([list(value.items()) for value in values], kind)
    return pa.array(values, kind)
