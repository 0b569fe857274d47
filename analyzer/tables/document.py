"""The JSON Schema of what `--json` writes, generated from `schema`.

`schema.json` beside this file is the same as text, for those who have no Python at hand.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from analyzer.tables.schema import SCHEMA, TABLES, Column, Table

SHIPPED = Path(__file__).with_name("schema.json")

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


def _json_table(table: Table) -> dict[str, Any]:
    return {
        "description": table.text,
        "type": "array",
        "items": {
            "type": "object",
            "properties": {column.name: _json_column(column) for column in table.columns},
            "required": list(table.names),
            "additionalProperties": False,
        },
    }


def json_schema() -> dict[str, Any]:
    """The JSON Schema of the document that `--json` writes; `packets` comes with `--packets` only."""
    properties: dict[str, Any] = {
        "schema": {"const": SCHEMA, "description": "Name and number of this layout."}
    }
    properties |= {name: _json_table(table) for name, table in TABLES.items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Output of `keepalive analyze --json`",
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name != "packets"],
        "additionalProperties": False,
    }


def schema_text() -> str:
    """What `schema.json` must hold. To write it anew: python -m analyzer.tables.document"""
    return json.dumps(json_schema(), indent=1) + "\n"


if __name__ == "__main__":
    SHIPPED.write_text(schema_text(), encoding="utf-8")
