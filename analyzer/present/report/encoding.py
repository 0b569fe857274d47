"""Rows as compact JSON that a page can hold: columns, not objects, and each word once."""

from __future__ import annotations

import json
import re
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from analyzer.kinds import MISSING
from analyzer.present.lanes import Lane
from analyzer.present.words import printable
from analyzer.tables.files import words_of
from analyzer.tables.schema import Column
from analyzer.tables.values import Array

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_"
PLACES = 1 << 12  # two digits: finer than a lane has pixels
MOST_MARKS = 48  # of one lane; more would run into one another
FRAMES = re.compile(r"(frame\.number >= )(\d+)( && frame\.number <= )(\d+)$")
SECONDS_DIGITS = 7  # decimals: what sentences say of durations ends at microseconds


def in_script(document: Any) -> str:
    """JSON that can stand in a script element whatever it says: no tag begins in it."""
    return json.dumps(document, separators=(",", ":")).replace("<", "\\u003c")


def encoded(column: Column, values: Any, zero_ns: Array) -> Any:
    """A column of the flows table. zero_ns: by row, the moment from which its times count, in µs.

    A list of values, null where missing; or, where many are the same, {"words": …, "codes": …}, the
    latter only where there is more than one word.
    """
    if column.type == "time":
        return _microseconds(values, zero_ns)
    if column.type == "integer":
        plain = [None if value == MISSING else value for value in values.tolist()]
    elif column.type == "seconds":
        plain = [round(value, SECONDS_DIGITS) if value == value else None for value in values.tolist()]
    elif column.type == "category":
        plain = [word or None for word in words_of(column, values)]
    else:
        plain = [printable(each if isinstance(each, str) else ", ".join(each)) for each in values]
    return with_words(plain)


def _microseconds(values: Array, zero_ns: Array) -> list[int | None]:
    missing = values == MISSING
    since = ((values - zero_ns) // 1000).tolist()
    return [None if gone else each for gone, each in zip(missing.tolist(), since, strict=True)]


def with_words(values: Sequence[Hashable]) -> Any:
    """Codes and what they stand for, where that is shorter."""
    words = list(dict.fromkeys(values))
    if len(words) == 1:
        return {"words": words}
    if len(words) * 2 > len(values):
        return list(values)
    codes = {word: code for code, word in enumerate(words)}
    return {"words": words, "codes": [codes[value] for value in values]}


def filter_parts(text: str, ends: Mapping[str, str]) -> tuple[str, str]:
    """A display filter as what many share, and its two frame numbers: "3 15".

    ends: what stands in it for this connection alone, by the name to write instead: {client}. Of an
    unknown form: all of it, and nothing.
    """
    found = FRAMES.search(text)
    if not found:
        return text, ""
    for name, value in ends.items():
        text = text.replace(f"== {value} &&", f"== {{{name}}} &&", 1)
    return FRAMES.sub(r"\1{first}\3{last}", text), f"{found[2]} {found[4]}"


def lane_text(lane: Lane, start_ns: int, end_ns: int) -> str:
    """Phases, a space, marks; each a digit for what and two for where between start and end."""
    phases = ((phase, _place(since, start_ns, end_ns)) for phase, since in lane.phases)
    marks = [(mark, _place(at, start_ns, end_ns)) for mark, at in lane.marks]
    return "".join(map(_digits, phases)) + " " + "".join(map(_digits, _thinned(marks)))


def _place(ns: int, start_ns: int, end_ns: int) -> int:
    span = max(end_ns - start_ns, 1)
    return min(max((ns - start_ns) * (PLACES - 1) // span, 0), PLACES - 1)


def _digits(each: tuple[int, int]) -> str:
    what, place = each
    return f"{what}{DIGITS[place >> 6]}{DIGITS[place & 63]}"


def _thinned(marks: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Of marks that would hide one another the first."""
    kept, shift = list(dict.fromkeys(marks)), 0
    while len(kept) > MOST_MARKS:
        shift += 1
        kept = list({(mark, place >> shift): (mark, place) for mark, place in reversed(marks)}.values())[::-1]
    return kept
