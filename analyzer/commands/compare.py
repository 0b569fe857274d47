"""`keepalive compare A B`: which segments left one vantage point and never reached the other."""

from __future__ import annotations

import argparse

import numpy as np
from numpy.typing import NDArray

from analyzer import pairing
from analyzer.commands import choices, outputs
from analyzer.commands.analyze import read, report_trouble
from analyzer.compared import OUTCOME_WORDS, Compared
from analyzer.errors import UsageError
from analyzer.facts import CaptureResult
from analyzer.pairing import View
from analyzer.present import paper_for, write
from analyzer.present.comparison import comparison_page, connection_page, view_of
from analyzer.tables import choose
from analyzer.tables.about import plain_rows
from analyzer.tables.comparison import ComparisonTables


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("a", metavar="A", help="a capture from one vantage point")
    parser.add_argument("b", metavar="B", help="a capture of the same traffic from another")
    group = parser.add_argument_group("what comes out (default: a page for people)")
    group.add_argument(
        "--connection",
        type=int,
        action="append",
        default=[],
        metavar="N",
        help="connection N segment by segment (may be repeated)",
    )
    outputs.add_files(group)
    group.add_argument(
        "--packets", action="store_true", help="every segment, not only events and what is missing"
    )
    group.add_argument("--fail-on", action="append", default=[], metavar="OUTCOME,…", help="exit 1 if any")
    outputs.add_times(group)
    which = parser.add_argument_group("which connections (every output obeys)")
    for option, metavar, text in (
        ("--host", "IP,…", "with this address or network at either end, in either capture"),
        ("--port", "N,…", "with this port at either end, in either capture"),
    ):
        which.add_argument(option, action="append", default=[], metavar=metavar, help=text)
    which.add_argument(
        "--limit",
        type=int,
        metavar="N",
        help=f"at most so many; 0: all (page: {outputs.SHOWN})",
    )
    outputs.add_reading(parser.add_argument_group("how to read"))


def run(arguments: argparse.Namespace) -> int:
    """Carry out; returns the exit status."""
    outputs.check(arguments)
    fail_on = choices.outcomes(arguments.fail_on, "--fail-on")
    filters = choices.ends(arguments)
    options = outputs.options(arguments, packets=True)
    views = []
    status = 0
    for source in (arguments.a, arguments.b):
        if source == "-":
            raise UsageError(
                "compare reads its captures twice, which standard input does not allow: name files"
            )
        outcome = read([source], options)
        status = max(status, report_trouble(outcome))
        if not outcome.captures:
            return status
        views.append(View(source, pairing.only_one(source, outcome.captures)))

    def wanted(result: CaptureResult) -> NDArray[np.bool_]:
        chosen: NDArray[np.bool_] = choose([result], filters).chosen(0)
        return chosen

    everything = arguments.packets or bool(arguments.connection)
    found = pairing.compare((views[0], views[1]), wanted, everything, arguments.join)
    _check_connections(arguments.connection, found)
    write_out(arguments, found)
    matched = any(OUTCOME_WORDS[each.outcome] in fail_on for each in found.connections)
    return max(status, 1 if matched else 0)


def _check_connections(numbers: list[int], found: Compared) -> None:
    count = len(found.connections)
    for number in numbers:
        if not 0 <= number < count:
            there = f"there are 0 to {count - 1}" if count else "the captures have none in common"
            raise UsageError(f"--connection: no connection {number}; {there}")


def write_out(arguments: argparse.Namespace, found: Compared) -> None:
    """In the forms that were asked for."""
    numbers = arguments.connection or range(len(found.connections))
    tables = ComparisonTables.most_urgent(found, numbers)
    limited = tables.first(arguments.limit) if arguments.limit else tables
    if outputs.write_files(arguments, limited):
        return
    with outputs.opened(arguments.output) as stream:
        paper = paper_for(stream)
        clock = outputs.clock_for(arguments).starting(found.results[0].start_ns)
        if not arguments.connection:
            shown = tables.first(outputs.SHOWN) if arguments.limit is None else limited
            write(comparison_page(view_of(shown, clock), paper.width), stream, paper)
            return
        for place, number in enumerate(limited.chosen):
            if place:
                stream.write("\n")
            one = ComparisonTables(found, [number])
            (row,) = plain_rows(one, "connections")
            write(connection_page(row, plain_rows(one, "segments"), clock, paper.width), stream, paper)
