"""Tables as pandas DataFrames: UTC timestamps, categoricals, nullable integers, float seconds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analyzer.kinds import MISSING
from analyzer.tables.schema import Column, Table
from analyzer.tables.source import TableSource, empty


def data_frame(tables: TableSource, name: str) -> pd.DataFrame:
    """One table; `tables.described(name)` documents its columns, for people `analyzer.columns(name)`."""
    block = tables.table(name)
    return pd.DataFrame(
        {column.name: _series(column, block[column.name]) for column in tables.described(name).columns}
    )


def dtypes_of(table: Table) -> list[str]:
    """The dtype of each column's Series."""
    block = empty(table)
    return [str(pd.Series(_series(column, block[column.name])).dtype) for column in table.columns]


def _series(column: Column, values: Any) -> Any:
    if column.type == "time":
        return pd.DatetimeIndex(values.view("M8[ns]"), tz="UTC")
    if column.type == "integer" and column.nullable:
        missing = values == MISSING
        return pd.arrays.IntegerArray(np.where(missing, 0, values), missing)
    if column.type == "category":
        codes = np.where(values < len(column.words), values, -1).astype(np.int8)
        return pd.Categorical.from_codes(codes, categories=pd.Index(column.words), ordered=column.ordered)
    if column.type == "boolean":
        return pd.arrays.BooleanArray(values == 1, values > 1)
    if column.type == "text":
        return pd.array(values, dtype="str")
    if column.type in ("integers", "words", "counts"):
        return pd.Series(values, dtype=object)
    return values
