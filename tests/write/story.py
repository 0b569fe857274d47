"""What an analysis says, without what an extract must change: numbers of frames, and addresses."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import analyzer as ka

FRAMES_AND_ADDRESSES = {
    "flows": ["client", "server", "reason", "display_filter"],
    "events": ["frame", "answers", "source"],
    "probe_runs": ["first_frame", "last_frame"],
    "handshakes": [],
    "findings": ["frames", "summary", "advice"],
}
NUMBERS = re.compile(r"\d+(?:\.\d+)*")


def story(path: Path) -> dict[str, list[dict[str, Any]]]:
    """All tables, row by row, as far as they must stay the same."""
    analysis = ka.analyze(path)
    return {
        name: getattr(analysis, name)
        .drop(columns=columns)
        .astype(object)
        .where(lambda x: x.notna(), None)
        .to_dict("records")
        for name, columns in FRAMES_AND_ADDRESSES.items()
    }


def differences(before: dict[str, list[dict[str, Any]]], after: dict[str, list[dict[str, Any]]]) -> list[str]:
    """One line for each row that is not the same."""
    found = []
    for name, rows in before.items():
        others = after[name]
        if len(rows) != len(others):
            found.append(f"{name}: {len(rows)} rows, then {len(others)}")
        for place, (row, other) in enumerate(zip(rows, others, strict=False)):
            found += [
                f"{name}[{place}].{column}: {row[column]!r}, then {other[column]!r}"
                for column in row
                if row[column] != other[column]
            ]
    return found
