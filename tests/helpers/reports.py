"""Reports of captures, and the document in them, as the page's script reads it."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from . import wire
from .segment import Record

DATA = re.compile(r'<script type="application/json" id="data">(.*?)</script>', re.DOTALL)
COMMENT, IF_NAME, IF_DESCRIPTION, IF_FILTER = 1, 2, 3, 11
"""Options of pcapng (draft-ietf-opsawg-pcapng 3.5, 4.2)."""


def document(report: Path) -> Any:
    """What the report holds."""
    [data] = DATA.findall(report.read_text(encoding="utf-8"))
    return json.loads(data)


def column(held: Any, name: str) -> list[Any]:
    """A column of the flows table, decoded as the page does (a display filter: its parts)."""
    values = held["flows"]["columns"][name]["values"]
    if isinstance(values, list):
        return values
    codes = values.get("codes", [0] * held["flows"]["count"])
    return [values["words"][code] for code in codes]


def option(code: int, text: str | bytes) -> bytes:
    raw = text if isinstance(text, bytes) else text.encode()
    return struct.pack("<HH", code, len(raw)) + raw + b"\0" * (-len(raw) % 4)


def named_capture(records: Iterable[Record], says: str) -> bytes:
    """A pcapng file whose comments, interface and capture filter all say the same."""
    end = b"\0\0\0\0"
    section = struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1) + option(COMMENT, says) + end
    names = option(IF_NAME, says) + option(IF_DESCRIPTION, says) + option(COMMENT, says)
    resolution = option(9, b"\x09") + option(IF_FILTER, b"\0" + says.encode())
    interface = struct.pack("<HHI", wire.ETHERNET, 0, 262144) + names + resolution + end
    parts = [wire.pcapng_block("<", 0x0A0D0D0A, section), wire.pcapng_block("<", 1, interface)]
    for time_ns, raw in wire.frames(records):
        high, low = divmod(time_ns, 1 << 32)
        head = struct.pack("<IIIII", 0, high, low, len(raw), len(raw))
        padded = raw + b"\0" * (-len(raw) % 4)
        parts.append(wire.pcapng_block("<", 6, head + padded + option(COMMENT, says) + end))
    return b"".join(parts)
