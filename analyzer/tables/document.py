"""The JSON Schemas of what `--json` writes, generated from `schema` and `lines`.

`schema.json` and `live_schema.json` beside this file are the same as text, for those who have no Python
at hand.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from analyzer.tables.lines import LINES
from analyzer.tables.schema import FINDINGS, FLOWS, SCHEMA, TABLES, Column, Table

SHIPPED = Path(__file__).with_name("schema.json")
LIVE = Path(__file__).with_name("live_schema.json")

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_JSON_TYPES: dict[str, dict[str, Any]] = {
    "integer": {"type": "integer"},
    "seconds": {"type": "number"},
    "time": {
        "type": "string",
        "format": "date-time",
        "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{9}Z$",
    },
    "boolean": {"type": "boolean"},
    "text": {"type": "string"},
    "integers": {"type": "array", "items": {"type": "integer"}},
    "counts": {"type": "object", "additionalProperties": {"type": "integer"}},
}


def _json_column(column: Column) -> dict[str, Any]:
    if column.type == "category":
        rule: dict[str, Any] = {"enum": [*column.words, None] if column.nullable else list(column.words)}
    elif column.type == "words":
        rule = {"type": "array", "items": {"enum": list(column.words)}}
    else:
        rule = dict(_JSON_TYPES[column.type])
        if column.nullable:
            rule["type"] = [rule["type"], "null"]
    rule["description"] = column.text + (f" Unit: {column.unit}." if column.unit else "")
    return rule


def _json_row(table: Table, **first: Any) -> dict[str, Any]:
    """An object with the columns of a table. first: members before them."""
    properties = first | {column.name: _json_column(column) for column in table.columns}
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _json_table(table: Table) -> dict[str, Any]:
    return {"description": table.text, "type": "array", "items": _json_row(table)}


def json_schema() -> dict[str, Any]:
    """The JSON Schema of the document that `--json` writes; `packets` comes with `--packets` only."""
    properties: dict[str, Any] = {
        "schema": {"const": SCHEMA, "description": "Name and number of this layout."}
    }
    properties |= {name: _json_table(table) for name, table in TABLES.items()}
    return {
        "$schema": DIALECT,
        "title": "Output of `keepalive analyze --json`",
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name != "packets"],
        "additionalProperties": False,
    }


def live_schema() -> dict[str, Any]:
    """The JSON Schema of one line of `keepalive live --json`; `$defs` has each kind, and the alert."""
    kinds = {
        table.name if len(tables) > 1 else line: {"description": table.text} | _line(line, table)
        for line, tables in LINES.items()
        for table in tables
    }
    return {
        "$schema": DIALECT,
        "title": "One line of `keepalive live --json`",
        "oneOf": [{"$ref": f"#/$defs/{name}"} for name in kinds],
        "$defs": kinds | {"alert": _alert()},
    }


def _line(line: str, table: Table) -> dict[str, Any]:
    """A line: first its type, then, of a correction, what it corrects."""
    row = _json_row(table, type={"const": line})
    if "corrects" in table.names:
        row["properties"]["corrects"] = {"const": table.name.partition("_")[0]}
    return row


def _alert() -> dict[str, Any]:
    """What `--exec` and `--webhook` hand on."""
    either: dict[str, tuple[Table, str]] = {
        "connection": (FLOWS, "The connection, as of now; null where it is about more than one."),
        "finding": (FINDINGS, "The finding; null where it is a verdict that was asked for."),
    }
    properties = {
        "type": {"const": "alert"},
        "name": {"type": "string", "description": "The verdict or finding that was asked for."},
        "time": dict(_JSON_TYPES["time"], description="When it was known."),
        "text": {"type": "string", "description": "The same for people: one sentence."},
        "flows": dict(_JSON_TYPES["integers"], description="The connections it is about, at most 100."),
    } | {
        name: {"description": text, "oneOf": [_json_row(table), {"type": "null"}]}
        for name, (table, text) in either.items()
    }
    return {
        "description": "What `keepalive live --exec` and `--webhook` hand on.",
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def schema_text(schema: dict[str, Any]) -> str:
    """What a schema's file must hold. To write both anew: python -m analyzer.tables.document"""
    return json.dumps(schema, indent=1) + "\n"


if __name__ == "__main__":
    SHIPPED.write_text(schema_text(json_schema()), encoding="utf-8")
    LIVE.write_text(schema_text(live_schema()), encoding="utf-8")
