"""What commands have in common that read a capture and write another."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from analyzer.commands.analyze import read, report_trouble
from analyzer.errors import UnreadableError, UsageError
from analyzer.facts import CaptureResult
from analyzer.rules import Options
from analyzer.sources.base import FileSource
from analyzer.sources.opening import open_source
from analyzer.tables.files import replacing

STANDARD_OUTPUT = "-"


def add_files(parser: argparse.ArgumentParser, output: str) -> None:
    """What to read and what to write."""
    parser.add_argument("input", metavar="IN", help="a capture file, compressed or not; it is read twice")
    parser.add_argument("output", metavar="OUT", help=f"{output}; - for standard output")
    parser.set_defaults(join=False)


def check(arguments: argparse.Namespace) -> None:
    """One file to read, and another one to write; said before the long part."""
    source, target = arguments.input, arguments.output
    if not os.path.isfile(source):
        if source == "-" or os.path.exists(source):
            raise UsageError(f"{source}: one capture file is wanted, for it is read twice")
        raise UnreadableError(f"{source}: no such file")
    if target == STANDARD_OUTPUT:
        if sys.stdout.isatty():
            raise UsageError("standard output is a terminal: a capture is no text")
    elif os.path.exists(target) and os.path.samefile(source, target):
        raise UsageError(f"{target}: this is the capture that is read; another name is wanted")


def analyzed(arguments: argparse.Namespace, options: Options) -> tuple[CaptureResult | None, int]:
    """The one capture, and the exit status so far; None where it could not be read."""
    outcome = read([arguments.input], options)
    status = report_trouble(outcome)
    return (outcome.captures[0] if outcome.captures else None), status


@contextmanager
def copying(arguments: argparse.Namespace) -> Iterator[tuple[FileSource, IO[bytes]]]:
    """The capture opened once more, and the file to write, which is there when it is complete."""
    with open_source(arguments.input) as source:
        if arguments.output == STANDARD_OUTPUT:
            yield source, sys.stdout.buffer
        else:
            with replacing(arguments.output, binary=True) as out:
                yield source, out


def check_unchanged(arguments: argparse.Namespace, frames: int, result: CaptureResult) -> None:
    """Whether the second reading has found what the first one had."""
    if frames != result.frames:
        raise UnreadableError(f"{arguments.input}: changed while it was read")
