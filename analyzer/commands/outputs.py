"""Options that every command about captures has: where results go, and how captures are read."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO, cast

from analyzer.commands import choices
from analyzer.commands.main import complain
from analyzer.errors import UsageError
from analyzer.present import Clock
from analyzer.rules import Options, Rules
from analyzer.sources import READERS
from analyzer.tables import TableSource
from analyzer.tables.files import replacing, write_csv, write_json
from analyzer.tables.wanted import known

SHOWN = 30  # rows in an overview unless --limit says otherwise: two or three screens


def add_sources(parser: argparse.ArgumentParser) -> None:
    """What to read."""
    parser.add_argument("sources", nargs="+", metavar="SOURCE", help="file, folder, glob, or - for stdin")


def add_files(group: argparse._ArgumentGroup) -> None:
    """Which form the results have, and where they go."""
    group.add_argument("--json", action="store_true", help="one JSON document")
    group.add_argument("--csv", metavar="DIR", help="a CSV file for each table")
    group.add_argument("--parquet", metavar="DIR", help="a Parquet file for each table")
    group.add_argument("--output", metavar="FILE", help="write JSON or text there, not to standard output")


def add_times(group: argparse._ArgumentGroup) -> None:
    """How people see times."""
    times = group.add_mutually_exclusive_group()
    times.add_argument("--utc", action="store_true", help="times of day in UTC, not since the start")
    times.add_argument("--local", action="store_true", help="times of day in the local time zone")


def add_flow(group: argparse._ArgumentGroup, text: str) -> None:
    """Connections by number."""
    group.add_argument("--flow", type=int, action="append", default=[], metavar="N", help=text)


def add_choices(group: argparse._ArgumentGroup) -> None:
    """Connections by what they are."""
    for option, metavar, text in (
        ("--verdict", "NAME,…", "of these verdicts"),
        ("--finding", "NAME,…", "with any of these findings"),
        ("--host", "IP,…", "with this address or network (10.0.0.0/8) at either end"),
        ("--port", "N,…", "with this port at either end"),
    ):
        group.add_argument(option, action="append", default=[], metavar=metavar, help=text)


def add_ends(group: argparse._ArgumentGroup) -> None:
    """Which hosts and ports."""
    group.add_argument(
        "--host",
        action="append",
        default=[],
        metavar="IP,…",
        help="with this address or network (10.0.0.0/8) at either end",
    )
    group.add_argument(
        "--port", action="append", default=[], metavar="N,…", help="with this port at either end"
    )
    group.add_argument(
        "--limit", type=int, metavar="N", help=f"list at most so many; 0: all (default: {SHOWN})"
    )


def add_profiles(group: argparse._ArgumentGroup) -> None:
    """Users' own facts."""
    group.add_argument(
        "--profiles",
        action="append",
        default=[],
        metavar="FILE",
        help="stacks and middleboxes of your own, as TOML (may be repeated)",
    )


def add_reading(group: argparse._ArgumentGroup) -> None:
    """How captures are read."""
    group.add_argument("--join", action="store_true", help="make one capture of all files, in time order")
    add_reader(group)
    add_copies(group)


def add_reader(group: argparse._ArgumentGroup) -> None:
    """Who takes frames apart."""
    group.add_argument(
        "--reader",
        metavar="tshark",
        default="",
        help="take frames apart with tshark: formats and link types that are unknown here, but slowly",
    )


def add_copies(group: argparse._ArgumentGroup) -> None:
    """What copies of a frame are."""
    group.add_argument(
        "--dedup-window",
        default="10ms",
        metavar="TIME",
        help="equal segments this close are copies of one (default: %(default)s)",
    )


def check(arguments: argparse.Namespace) -> None:
    """Combinations that make no sense; before the long part, not after it."""
    if arguments.limit is not None and arguments.limit < 0:
        raise UsageError("--limit: a number from 0 is wanted; 0 means all")
    if arguments.output and (arguments.csv or arguments.parquet) and not arguments.json:
        raise UsageError("--output is for JSON and text; --csv and --parquet name their own folder")


def options(arguments: argparse.Namespace, *, packets: bool = False) -> Options:
    """How captures are read, as `add_reading` and `add_profiles`, where the command has it, ask."""
    reader = getattr(arguments, "reader", "")
    return Options(
        join=arguments.join,
        packets=packets,
        profiles=tuple(getattr(arguments, "profiles", ())),
        rules=Rules(dedup_window_ns=choices.window_ns(arguments.dedup_window)),
        reader=known(reader, READERS[1:], "--reader", "reader") if reader else reader,
    )


def room(arguments: argparse.Namespace) -> int:
    """How many rows people are shown."""
    return SHOWN if arguments.limit is None else arguments.limit or sys.maxsize


def clock_for(arguments: argparse.Namespace) -> Clock:
    """How to show times."""
    return Clock("utc" if arguments.utc else "local" if arguments.local else "relative")


def write_files(arguments: argparse.Namespace, tables: TableSource) -> bool:
    """Write the tables in each form that was asked for; whether any was."""
    if arguments.csv:
        _say_written(write_csv(tables, arguments.csv), arguments.csv)
    if arguments.parquet:
        from analyzer.tables.parquet import write_parquet

        _say_written(write_parquet(tables, arguments.parquet), arguments.parquet)
    if arguments.json:
        with opened(arguments.output) as stream:
            write_json(tables, stream)
    return bool(arguments.json or arguments.csv or arguments.parquet)


def _say_written(counts: dict[str, int], folder: str) -> None:
    tables = ", ".join(f"{name} {count:,}" for name, count in counts.items())
    complain(f"{folder}: rows written: {tables}")


@contextmanager
def opened(path: str | None) -> Iterator[TextIO]:
    """Standard output, or a file that is there when it is complete."""
    if path is None or path == "-":
        yield sys.stdout
    else:
        with replacing(path) as stream:
            yield cast(TextIO, stream)
