"""What people are told about a capture beside its row in the captures table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from analyzer.facts import CaptureResult, Finding
from analyzer.tables import schema
from analyzer.tables.blocks import capture_row, findings_block
from analyzer.tables.files import cell_rows
from analyzer.tables.rows import Tables
from analyzer.tables.select import Selection
from analyzer.tables.source import TableSource

MOST = 100  # connections that a wide finding names; of more, how many there are


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


@dataclass(frozen=True)
class Wide:
    """A finding about more than one connection. row: of the findings table, as plain values.

    flows: the first connections it explains, by number; count: how many there are.
    """

    row: dict[str, Any]
    flows: tuple[int, ...]
    count: int


def wide_rows(selection: Selection) -> list[Wide]:
    """The findings about hosts, paths and captures that the chosen connections have a part in."""
    findings = selection.wide_findings()
    rows = cell_rows(schema.FINDINGS, findings_block(findings, selection.results))
    results = {result.capture: result for result in selection.results}

    def numbers(finding: Finding) -> tuple[int, ...]:
        return tuple(results[finding.capture].flow_numbers(finding.flows[:MOST]).tolist())

    return [
        Wide(row, numbers(finding), len(finding.flows)) for row, finding in zip(rows, findings, strict=True)
    ]


def findings_by_flow(tables: Tables) -> dict[int, list[dict[str, Any]]]:
    """The findings about single connections: rows of the findings table, by number of the connection."""
    found: dict[int, list[dict[str, Any]]] = {}
    for row in plain_rows(tables, "findings"):
        if row["flow"] is not None:
            found.setdefault(row["flow"], []).append(row)
    return found


def plain_rows(tables: TableSource, name: str) -> list[dict[str, Any]]:
    """A table's rows as plain Python values: for a few rows at a time."""
    return cell_rows(tables.described(name), tables.table(name))
