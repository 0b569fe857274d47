"""What the writers write: some named tables, each described, each block by block."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

import numpy as np

from analyzer.kinds import MISSING
from analyzer.tables.schema import Column, Table
from analyzer.tables.values import Block, join


class TableSource(ABC):
    """Tables of one kind of document."""

    @property
    @abstractmethod
    def layout(self) -> str:
        """Name of the document's layout, with its number."""

    @property
    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """The tables to write, in order."""

    @abstractmethod
    def described(self, name: str) -> Table:
        """The columns of one table."""

    @abstractmethod
    def blocks(self, name: str) -> Iterator[Block]:
        """The rows of one table, in order, some tens of thousands at a time."""

    def table(self, name: str) -> Block:
        """All rows of one table at once."""
        blocks = list(self.blocks(name)) or [empty(self.described(name))]
        return join(blocks, np.arange(sum(length(block) for block in blocks)))


def length(block: Block) -> int:
    """How many rows a block has."""
    return len(next(iter(block.values())))


def empty(table: Table) -> Block:
    """A block of the table without rows."""
    return {column.name: column_of(column, []) for column in table.columns}


def column_of(column: Column, values: list[Any]) -> Any:
    """Values in the form of the column's type, None becoming its missing value."""
    if column.type in ("integer", "time"):
        return np.array([MISSING if value is None else value for value in values], np.int64)
    if column.type == "seconds":
        return np.array([np.nan if value is None else value for value in values], np.float64)
    if column.type in ("category", "boolean"):
        return np.array(values, np.uint8)
    return values
