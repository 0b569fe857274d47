"""What people are told about a capture beside its row in the captures table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from analyzer.facts import CaptureResult
from analyzer.tables import schema
from analyzer.tables.blocks import capture_row
from analyzer.tables.files import cell_rows
from analyzer.tables.rows import Tables


@dataclass(frozen=True)
class About:
    """row: of the captures table, as plain values. interfaces: their names, untrusted as comments are."""

    row: dict[str, Any]
    flows: int
    interfaces: tuple[str, ...]
    comments: tuple[str, ...]
    damages: tuple[str, ...]
    files: tuple[str, ...]
    verdicts: tuple[int, ...]


def about(result: CaptureResult) -> About:
    """Describe one capture."""
    facts = result.facts
    return About(
        row=capture_row(result),
        flows=len(result.flows),
        interfaces=tuple(each.name or each.description for each in facts.interfaces),
        comments=tuple(facts.comments),
        damages=tuple(str(damage) for damage in facts.damages),
        files=tuple(facts.files),
        verdicts=tuple(result.verdicts),
    )


def plain_rows(tables: Tables, name: str) -> list[dict[str, Any]]:
    """A table's rows as plain Python values: for a few rows at a time."""
    return cell_rows(schema.TABLES[name], tables.table(name))
