"""What the columns of the tables mean: for people who hold a DataFrame."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.errors import UsageError
from analyzer.tables import TABLES
from analyzer.tables.schema import Column, Table


def columns(table: str = "flows") -> Columns:
    """The columns of a table, each with its type, its unit and what it says.

    Tables: those of `Analysis` and its `states()`. Raises UsageError where there is no such table.
    """
    from analyzer.tables.states import STATES

    tables = {**TABLES, "states": STATES}
    if table not in tables:
        raise UsageError(f"columns: no table {table!r}; there are: {', '.join(tables)}")
    return Columns(tables[table])


class Columns:
    """The columns of a table, in its order: shows itself whole, can be asked by name or gone through."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def __getitem__(self, name: str) -> Column:
        """One column. Raises UsageError where the table has none of this name."""
        if name not in self._table.names:
            raise UsageError(f"{self._table.name} has no column {name!r}; there are: {', '.join(self.names)}")
        return self._table[name]

    def __iter__(self) -> Iterator[Column]:
        return iter(self._table.columns)

    def __len__(self) -> int:
        return len(self._table.columns)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all."""
        return self._table.names

    def _dtypes(self) -> list[str]:
        from analyzer.tables.frames import dtypes_of

        return dtypes_of(self._table)

    def __repr__(self) -> str:
        from analyzer.present.cards import columns_text

        return columns_text(self._table, self._dtypes())

    def _repr_html_(self) -> str:
        from analyzer.present.cards import columns_card

        return columns_card(self._table, self._dtypes())
