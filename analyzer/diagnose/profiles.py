"""What is known of stacks, applications and middleboxes: rows of TOML files, each with its source.

The project's own rows stand in `stacks.toml` and `middleboxes.toml`, which say what each field
means. Users' files have the same tables; a row of theirs replaces ours of that name.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import MISSING as REQUIRED
from dataclasses import Field, dataclass, fields
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from analyzer.errors import UsageError
from analyzer.lateness import LATE_NS, TICK_NS, wheel_ns

OURS = ("stacks.toml", "middleboxes.toml")


@dataclass(frozen=True, kw_only=True)
class Row:
    """What every row has. source: addresses, or for a user's own row any words; secondhand: names of
    facts whose source is neither the vendor nor the code."""

    name: str
    source: tuple[str, ...]
    secondhand: tuple[str, ...] = ()
    setting: str = ""


@dataclass(frozen=True, kw_only=True)
class Stack(Row):
    """How an operating system or an application probes. None: no source tells.

    application: the form of its probes (octets, timestamps, hop limit) is that of the system it runs
    on, as far as the row is silent. chosen_time: users choose the keepalive time, `time_s` is only
    the default. late: its timers run late by the timer wheel of Linux.
    """

    application: bool = False
    family: str = ""
    time_s: float | None = None
    chosen_time: bool = False
    interval_s: float | None = None
    time_per_interval: float | None = None
    count: int | None = None
    spacing: str | None = None
    abort_after_s: float | None = None
    octets: int | None = None
    timestamps: bool | None = None
    hop_limit: int | None = None
    ports: tuple[int, ...] = ()
    gives_up: str | None = None
    on: bool | None = None
    late: bool = False

    def lateness_ns(self, setting_ns: int) -> int:
        """How late at most its timer of this setting fires; an application may run on Linux."""
        on_wheel = self.late or (self.application and self.octets != 1)
        return wheel_ns(setting_ns) if on_wheel else TICK_NS + LATE_NS

    def setting_for(self, time_s: int, interval_s: int, count: int) -> str:
        """What to paste so that it probes like this; empty where no source tells."""
        return filled(
            self.setting,
            time_s=time_s,
            time_ms=time_s * 1000,
            time_min=-(-time_s // 60),
            interval_s=interval_s,
            interval_ms=interval_s * 1000,
            count=count,
        )


@dataclass(frozen=True, kw_only=True)
class Heartbeat(Row):
    """Payload that an application sends at a steady period. length: octets of it, unencrypted."""

    period_s: float | None = None
    ports: tuple[int, ...] = ()
    length: int | None = None


@dataclass(frozen=True, kw_only=True)
class Hang(Row):
    """How long a host waits for an acknowledgment before it gives up. waiting: of "data" or "syn"."""

    waiting: str
    shortest_s: float
    longest_s: float


@dataclass(frozen=True, kw_only=True)
class Middlebox(Row):
    """A device on the path that forgets idle connections."""

    timeout_s: float | None = None
    shortest_s: float | None = None
    longest_s: float | None = None
    at_expiry: tuple[str, ...] = ()
    counts: str = "segments"

    def setting_for(self, timeout_s: int) -> str:
        """What to paste so that it waits so long; empty where no source tells."""
        hours, rest = divmod(timeout_s, 3600)
        return filled(
            self.setting,
            timeout_s=timeout_s,
            timeout_min=-(-timeout_s // 60),
            timeout_hms=f"{hours}:{rest // 60:02}:{rest % 60:02}",
        )


@dataclass(frozen=True)
class Profiles:
    """All rows, in the order of the files."""

    stacks: tuple[Stack, ...]
    heartbeats: tuple[Heartbeat, ...]
    hangs: tuple[Hang, ...]
    middleboxes: tuple[Middlebox, ...]


TABLES = MappingProxyType(
    {"system": Stack, "application": Stack, "heartbeat": Heartbeat, "hang": Hang, "middlebox": Middlebox}
)
WORDS = MappingProxyType(
    {
        "spacing": ("constant", "back-off"),
        "gives_up": ("rst", "silent"),
        "waiting": ("data", "syn"),
        "counts": ("segments", "payload"),
        "at_expiry": ("silent", "rst", "rst_both", "close"),
        "octets": (0, 1),
    }
)
"""What some fields may be."""

NOT_IN_FILES = frozenset({"application"})  # the table's name tells


def filled(text: str, **values: object) -> str:
    """The text with {name} replaced; other braces stay."""
    for name, value in values.items():
        text = text.replace("{" + name + "}", str(value))
    return text


@cache
def our_rows() -> Mapping[tuple[str, str], Row]:
    """The rows of the project's own files, by class and name."""
    rows: dict[tuple[str, str], Row] = {}
    for name in OURS:
        rows |= read(Path(__file__).with_name(name).read_text(encoding="utf-8"), name)
    return MappingProxyType(rows)


def load(paths: Sequence[str] = ()) -> Profiles:
    """Our rows and those of the users' files; raises UsageError where a file is not as it should be."""
    rows = dict(our_rows())
    for path in paths:
        try:
            text = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "not a text file (UTF-8)"
            raise UsageError(f"{path}: cannot be read: {why}") from error
        rows |= read(text, path)
    return Profiles(
        stacks=tuple(row for row in rows.values() if isinstance(row, Stack)),
        heartbeats=tuple(row for row in rows.values() if isinstance(row, Heartbeat)),
        hangs=tuple(row for row in rows.values() if isinstance(row, Hang)),
        middleboxes=tuple(row for row in rows.values() if isinstance(row, Middlebox)),
    )


def read(text: str, path: str) -> dict[tuple[str, str], Row]:
    """The rows of one file by class and name. path: what errors call it."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: not TOML: {error}") from error
    rows: dict[tuple[str, str], Row] = {}
    for table, entries in document.items():
        if table not in TABLES:
            raise UsageError(f"{path}: unknown table {table!r}; there are {', '.join(TABLES)}")
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise UsageError(f"{path}: {table}: each row begins with [[{table}]]")
        for number, entry in enumerate(entries, 1):
            row = row_of(table, entry, f"{path}: [[{table}]] {number}")
            key = (TABLES[table].__name__, row.name)
            if key in rows:
                raise UsageError(f"{path}: there are two rows named {row.name!r}")
            rows[key] = row
    return rows


@cache
def fields_of(kind: type[Row]) -> Mapping[str, Field[Any]]:
    """What rows of a class may have in a file."""
    return {field.name: field for field in fields(kind) if field.name not in NOT_IN_FILES}


def row_of(table: str, entry: dict[str, Any], place: str) -> Row:
    """One row, checked; place: what errors call it."""
    kind = TABLES[table]
    if isinstance(entry.get("name"), str):
        place += f" ({entry['name']})"
    known = fields_of(kind)
    for name in entry:
        if name not in known:
            raise UsageError(f"{place}: unknown field {name!r}")
    for name, field in known.items():
        if name not in entry and field.default is REQUIRED:
            raise UsageError(f"{place}: {name!r} is missing")
    values = {name: value_of(name, str(known[name].type), value, place) for name, value in entry.items()}
    for name in values.get("secondhand", ()):
        if name not in values:
            raise UsageError(f"{place}: 'secondhand' names {name!r}, which is not there")
    if kind is Stack:
        values["application"] = table == "application"
        if "interval_s" in values:
            values.setdefault("spacing", "constant")
    row: Row = kind(**values)
    return row


def value_of(name: str, kind: str, value: Any, place: str) -> Any:
    """A field's value as its type has it; kind: the annotation."""
    if kind.startswith("tuple"):
        listed = value if isinstance(value, list) else [value]
        inner = "int" if "int" in kind else "str"
        if not listed:
            raise UsageError(f"{place}: {name!r} is empty")
        return tuple(value_of(name, inner, each, place) for each in listed)
    if name in WORDS:
        right = any(value == word and type(value) is type(word) for word in WORDS[name])
        wanted = " or ".join(map(repr, WORDS[name]))
    elif kind.startswith("bool"):
        right, wanted = isinstance(value, bool), "true or false"
    elif kind.startswith("str"):
        right, wanted = isinstance(value, str) and bool(value.strip()), "text"
    elif kind.startswith("int"):
        right, wanted = type(value) is int and value > 0, "a whole number above 0"
    else:
        right, wanted = type(value) in (int, float) and 0 < value < float("inf"), "a number above 0"
    if not right:
        raise UsageError(f"{place}: {name!r} is to be {wanted}, not {value!r}")
    return value


def names(rows: Sequence[Row]) -> str:
    """ "Linux, lwIP, Zephyr"; several rows of one family by the family's name."""
    families = [getattr(row, "family", "") for row in rows]
    words = [
        family if family and families.count(family) > 1 else row.name
        for family, row in zip(families, rows, strict=True)
    ]
    return ", ".join(dict.fromkeys(words))
