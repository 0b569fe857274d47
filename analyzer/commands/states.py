"""`keepalive states SOURCE…`: what netstat on each endpoint would have shown."""

from __future__ import annotations

import argparse
import sys
from typing import Any, TextIO

import numpy as np

from analyzer import pipeline
from analyzer.commands import choices, outputs
from analyzer.commands.analyze import read, report_trouble
from analyzer.errors import UsageError
from analyzer.kinds import MISSING, STATE_WORDS
from analyzer.present import Clock, paper_for, write
from analyzer.present.states import HostView, StateCourse, StatesView, states_page, steps_for
from analyzer.tables import Tables, choose
from analyzer.tables.about import about
from analyzer.tables.addresses import address_texts
from analyzer.tables.files import cell_rows
from analyzer.tables.states import STATES, StateTables, state_block
from analyzer.tables.wanted import moment

HOSTS_SHOWN = 4  # hosts told of unless --limit says otherwise: two or three screens


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    outputs.add_sources(parser)
    parser.add_argument(
        "--at",
        metavar="TIME",
        help="seconds since the capture's start, 12:03:11 or 2026-11-20T12:03:11Z (default: its end)",
    )
    group = parser.add_argument_group("what comes out (default: counts, their course and lists for people)")
    outputs.add_files(group)
    outputs.add_times(group)
    outputs.add_ends(parser.add_argument_group("which connections; --host: and what these hosts had"))
    outputs.add_reading(parser.add_argument_group("how to read"))


def run(arguments: argparse.Namespace) -> int:
    """Carry out; returns the exit status."""
    outputs.check(arguments)
    at = moment(arguments.at, "--at", arguments.local)
    filters = choices.ends(arguments)
    options = outputs.options(arguments)
    outcome = read(arguments.sources, options)
    status = report_trouble(outcome)
    if not outcome.captures:
        return status
    diagnosis = pipeline.Diagnosis(options.rules)
    selection = choose(outcome.captures, filters)
    tables = StateTables(Tables(selection, diagnosis), diagnosis, filters.hosts, at)
    if at and all(tables.moment(part) is None for part in range(len(outcome.captures))):
        raise UsageError(f"--at {arguments.at}: no capture holds that moment; {lasts(tables)}")
    if not outputs.write_files(arguments, tables):
        with outputs.opened(arguments.output) as stream:
            write_text(arguments, tables, stream)
    return status


def lasts(tables: StateTables) -> str:
    """From when to when the captures last."""
    utc = Clock("utc")
    timed = [each for each in tables.selection.results if each.start_ns != MISSING]
    if not timed:
        return "they hold no frames"
    start, end = min(each.start_ns for each in timed), max(each.end_ns for each in timed)
    longest = max((each.end_ns - each.start_ns) / 1e9 for each in timed)
    return f"they last from {utc.moment(start)} to {utc.moment(end)}, at most {longest:.3f} s each"


def write_text(arguments: argparse.Namespace, tables: StateTables, stream: TextIO) -> None:
    """A page for each capture."""
    paper = paper_for(stream)
    for part in range(len(tables.selection.results)):
        if part:
            stream.write("\n")
        write(states_page(view(arguments, tables, part, paper.width), paper.width), stream, paper)


def view(arguments: argparse.Namespace, tables: StateTables, part: int, width: int) -> StatesView:
    """One capture as its page shows it."""
    result = tables.selection.results[part]
    at_ns = tables.moment(part)
    clock = outputs.clock_for(arguments).starting(result.start_ns)
    hosts: list[Any] = []
    host_count = 0
    if at_ns is not None:
        hosts, host_count = pipeline.busiest_hosts(
            result,
            tables.of_capture(part),
            at_ns,
            pipeline.Span(result.start_ns, result.end_ns, steps_for(clock, width)),
            most=sys.maxsize if arguments.limit == 0 else HOSTS_SHOWN,
        )
    room = outputs.room(arguments)
    shown = []
    for host in hosts:
        listed = host.open[:room]
        room -= len(listed)
        shown.append(
            HostView(
                address_texts(*np.array(host.address, np.uint64).reshape(2, 1))[0],
                host.ends,
                len(host.open),
                [StateCourse(STATE_WORDS[each.state], *each[1:]) for each in host.courses],
                cell_rows(STATES, state_block(result, listed)),
            )
        )
    return StatesView(about(result), clock, at_ns, shown, host_count)
