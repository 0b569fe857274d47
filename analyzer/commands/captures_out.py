"""What commands have in common that read a capture and write another."""

from __future__ import annotations

import argparse
import sys

from analyzer.commands.analyze import read, report_trouble
from analyzer.copies import Target, check_files
from analyzer.errors import UsageError
from analyzer.facts import CaptureResult
from analyzer.rules import Options

STANDARD_OUTPUT = "-"


def add_files(parser: argparse.ArgumentParser, output: str) -> None:
    """What to read and what to write."""
    parser.add_argument("input", metavar="IN", help="a capture file, compressed or not; it is read twice")
    parser.add_argument("output", metavar="OUT", help=f"{output}; - for standard output")
    parser.set_defaults(join=False)


def target_of(arguments: argparse.Namespace) -> Target:
    """What to write, once it is checked that one file is read and another one written."""
    if arguments.output != STANDARD_OUTPUT:
        check_files(arguments.input, arguments.output)
        return str(arguments.output)
    check_files(arguments.input, None)
    if sys.stdout.isatty():
        raise UsageError("standard output is a terminal: a capture is no text")
    return sys.stdout.buffer


def analyzed(arguments: argparse.Namespace, options: Options) -> tuple[CaptureResult | None, int]:
    """The one capture, and the exit status so far; None where it could not be read."""
    outcome = read([arguments.input], options)
    status = report_trouble(outcome)
    return (outcome.captures[0] if outcome.captures else None), status
