"""Analyzed captures as tables, and tables into files.

`select` says which connections, `rows` makes the rows, `files`, `parquet` and `frames` write them.
The latter two load large libraries and are imported where they are used.
"""

from analyzer.tables.addresses import Network
from analyzer.tables.flow_columns import Diagnosis
from analyzer.tables.moments import Moment, moment_of
from analyzer.tables.rows import Tables
from analyzer.tables.schema import TABLES
from analyzer.tables.select import Filters, Selection, choose
from analyzer.tables.source import TableSource

__all__ = [
    "TABLES",
    "Diagnosis",
    "Filters",
    "Moment",
    "Network",
    "Selection",
    "TableSource",
    "Tables",
    "choose",
    "moment_of",
]
