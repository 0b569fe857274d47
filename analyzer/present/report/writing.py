"""A report as a file."""

from __future__ import annotations

import os
from pathlib import PurePath

from analyzer.present.report.document import Wish, document
from analyzer.present.report.page import page
from analyzer.present.words import printable, source_name
from analyzer.tables import Tables
from analyzer.tables.files import replacing
from analyzer.wording import counted


def write_report(tables: Tables, path: str | os.PathLike[str], wish: Wish | None = None) -> int:
    """Write the report of these tables, and return its size in bytes.

    OSError where it cannot be written.
    """
    wish = wish or Wish()
    text = page(document(tables, wish), _title(tables, wish.anonymize))
    with replacing(path) as stream:
        stream.write(text)
    return len(text.encode())


def _title(tables: Tables, anonymize: bool) -> str:
    """Connections of trace.pcapng"""
    paths = [result.facts.path for result in tables.selection.results]
    if len(paths) == 1 and not anonymize:
        path = paths[0]
        return f"Connections of {source_name(path) if path == '-' else printable(PurePath(path).name)}"
    return f"Connections of {counted(len(paths), 'capture')}"
