"""Tables into files: one JSON document, or a folder of CSV files. Written block by block.

A file takes its name only when it is complete; until then its content stands beside it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import numpy as np

from analyzer.kinds import MISSING
from analyzer.tables.schema import Column, Table
from analyzer.tables.source import TableSource
from analyzer.tables.values import Block

PIECE = 1 << 12  # rows that are text at a time: some 60 bytes a cell


@contextmanager
def replacing(path: str | os.PathLike[str], binary: bool = False, durable: bool = False) -> Iterator[IO[Any]]:
    """Open a file that takes the place of `path` when the block ends well, and vanishes when not.

    A device or pipe is written directly, since it cannot be replaced. durable: the file is on the disk
    before it takes its place, and its place is before this returns: a power cut takes neither away.
    """
    target = Path(path)
    special = target.exists() and not target.is_file()
    partial = target if special else target.with_name(f".{target.name}.{os.getpid()}.part")
    text: dict[str, Any] = {} if binary else {"encoding": "utf-8", "newline": "\n"}
    try:
        with open(partial, "wb" if binary else "w", **text) as stream:
            yield stream
            if durable:
                stream.flush()
                os.fsync(stream.fileno())
        if not special:
            os.replace(partial, target)
            if durable:
                _sync_folder(target.parent)
    except BaseException as error:
        if isinstance(error, OSError) and error.filename == os.fspath(partial):
            error.filename = os.fspath(path)  # the name that the user gave
        if not special:
            with suppress(OSError):
                partial.unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":  # elsewhere a folder cannot be opened
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def iso_times(values: Any) -> list[str]:
    """ISO 8601, UTC, nine decimals; "" where missing."""
    texts: list[str] = np.datetime_as_string(values.view("M8[ns]"), unit="ns").tolist()
    return [text + "Z" if text != "NaT" else "" for text in texts]


def pieces(tables: TableSource, name: str) -> Iterator[Block]:
    """The rows of a table, some thousands at a time: as text each cell is an object of its own."""
    for block in tables.blocks(name):
        for start in range(0, len(next(iter(block.values()))), PIECE):
            yield {column: values[start : start + PIECE] for column, values in block.items()}


def write_json(tables: TableSource, stream: IO[str]) -> None:
    """One document; `schema.json` in this folder describes that of `keepalive analyze`."""
    stream.write(f'{{"schema": {json.dumps(tables.layout)}')
    for name in tables.names:
        stream.write(f',\n"{name}": [')
        separator = "\n"
        for piece in pieces(tables, name):
            stream.write(separator + ",\n".join(json_rows(tables.described(name), piece)))
            separator = ",\n"
        stream.write("\n]")
    stream.write("\n}\n")


def write_csv(tables: TableSource, folder: str | os.PathLike[str]) -> dict[str, int]:
    """One file per table; returns how many rows each has."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    counts = {}
    for name in tables.names:
        counts[name] = 0
        with replacing(Path(folder) / f"{name}.csv") as stream:
            stream.write(",".join(tables.described(name).names) + "\n")
            for piece in pieces(tables, name):
                columns = [
                    _csv_cells(column, piece[column.name]) for column in tables.described(name).columns
                ]
                stream.writelines(",".join(row) + "\n" for row in zip(*columns, strict=True))
                counts[name] += len(columns[0])
    return counts


def json_rows(table: Table, block: Block, head: str = "") -> list[str]:
    """A block's rows as JSON objects. head: members to begin each with, as JSON, their comma included."""
    columns = [_json_cells(column, block[column.name]) for column in table.columns]
    row = "{" + head.replace("%", "%%") + ", ".join(f'"{name}": %s' for name in table.names) + "}"
    return [row % cells for cells in zip(*columns, strict=True)]


def _json_cells(column: Column, values: Any) -> list[str]:
    if column.type == "integer":
        return [str(value) if value != MISSING else "null" for value in values.tolist()]
    if column.type == "seconds":
        return [repr(value) if value == value else "null" for value in values.tolist()]
    if column.type == "time":
        return [f'"{text}"' if text else "null" for text in iso_times(values)]
    if column.type == "category":
        words = [json.dumps(word) for word in column.words]
        return _coded(values, words, "null")
    if column.type == "boolean":
        return _coded(values, ["false", "true"], "null")
    return [json.dumps(value) for value in values]


def _csv_cells(column: Column, values: Any) -> list[str]:
    if column.type == "integer":
        return [str(value) if value != MISSING else "" for value in values.tolist()]
    if column.type == "seconds":
        return [repr(value) if value == value else "" for value in values.tolist()]
    if column.type == "time":
        return iso_times(values)
    if column.type == "category":
        return _coded(values, list(column.words), "")
    if column.type == "boolean":
        return _coded(values, ["false", "true"], "")
    if column.type == "integers":
        return [";".join(map(str, value)) for value in values]
    if column.type == "words":
        return [";".join(value) for value in values]
    if column.type == "counts":
        return [_quoted(";".join(f"{word}={count}" for word, count in value.items())) for value in values]
    return [_quoted(value) for value in values]


def _coded(codes: Any, words: list[str], missing: str) -> list[str]:
    lookup = np.array([*words, missing], object)
    texts: list[str] = lookup[np.minimum(codes, len(words))].tolist()
    return texts


def _quoted(text: str) -> str:
    """A CSV field as RFC 4180 wants it."""
    if any(mark in text for mark in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


def words_of(column: Column, codes: Any) -> list[str]:
    """A category column as words, "" where missing."""
    return _coded(codes, list(column.words), "")


def cell_rows(table: Table, block: Block) -> list[dict[str, Any]]:
    """A block's rows as plain Python values, None where missing: for a few rows at a time."""
    columns = [_plain(column, block[column.name]) for column in table.columns]
    return [dict(zip(table.names, row, strict=True)) for row in zip(*columns, strict=True)]


def _plain(column: Column, values: Any) -> list[Any]:
    if column.type in ("integer", "time"):
        return [value if value != MISSING else None for value in values.tolist()]
    if column.type == "seconds":
        return [value if value == value else None for value in values.tolist()]
    if column.type == "category":
        return [word or None for word in words_of(column, values)]
    if column.type == "boolean":
        return [bool(value) if value <= 1 else None for value in values.tolist()]
    return list(values)
