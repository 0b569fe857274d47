"""`keepalive analyze SOURCE…`: what became of every TCP connection."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TextIO

import numpy as np

from analyzer import pipeline
from analyzer.commands import choices, outputs
from analyzer.commands.main import complain
from analyzer.errors import UsageError
from analyzer.present import (
    Clock,
    Overview,
    Paper,
    ProgressBar,
    most_urgent,
    overview,
    paper_for,
    printable,
    write,
)
from analyzer.rules import Options
from analyzer.tables import Selection, Tables, choose
from analyzer.tables.select import finding_bits

if TYPE_CHECKING:
    from analyzer.pipeline import Outcome


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    outputs.add_sources(parser)
    _configure_outputs(parser.add_argument_group("what comes out (default: an overview for people)"))
    _configure_choices(parser.add_argument_group("which connections (every output obeys)"))
    reading = parser.add_argument_group("how to read")
    outputs.add_reading(reading)
    outputs.add_profiles(reading)


def _configure_outputs(group: argparse._ArgumentGroup) -> None:
    outputs.add_flow(
        group, "the timeline of connection N (may be repeated); with --packets, nothing is summed up"
    )
    outputs.add_files(group)
    group.add_argument("--html", metavar="FILE", help="a report: one file for any browser")
    group.add_argument(
        "--anonymize", action="store_true", help="with --html: other names for hosts, files and interfaces"
    )
    group.add_argument("--packets", action="store_true", help="add the packets table: every segment")
    group.add_argument(
        "--fail-on",
        action="append",
        default=[],
        metavar="NAME,…",
        help="exit 1 if there is such a verdict or finding",
    )
    outputs.add_times(group)


def _configure_choices(group: argparse._ArgumentGroup) -> None:
    outputs.add_choices(group)
    when = "seconds since the capture's start, or 2026-11-20T12:03:11Z"
    group.add_argument("--since", metavar="TIME", help=f"with a segment at or after: {when}")
    group.add_argument("--until", metavar="TIME", help="with a segment at or before")
    group.add_argument(
        "--limit",
        type=int,
        metavar="N",
        help=f"at most so many; 0: all (default: {outputs.SHOWN} in the overview)",
    )
    group.add_argument("--sort", metavar="COLUMN", help="by a column of the flows table; -COLUMN: descending")


def run(arguments: argparse.Namespace) -> int:
    """Carry out; returns the exit status."""
    filters = choices.filters(arguments)
    fail_on = choices.fail_on(arguments.fail_on)
    order = choices.sort_column(arguments.sort) if arguments.sort else None
    options = outputs.options(arguments, packets=arguments.packets or bool(arguments.flow))
    outputs.check(arguments)
    _check_report(arguments)
    outcome = read(arguments.sources, options)
    status = report_trouble(outcome)
    if not outcome.captures:
        return status
    selection = choose(outcome.captures, filters)
    choices.check_flows(arguments.flow, sum(len(result.flows) for result in outcome.captures))
    tables = Tables(selection, pipeline.Diagnosis(options.rules, options.profiles), arguments.packets)
    if order:
        tables = tables.sorted(*order)
    _write_outputs(arguments, tables)
    return max(status, 1 if matches(selection, *fail_on) else 0)


def matches(selection: Selection, verdicts: list[int], findings: list[int]) -> bool:
    """Whether any chosen connection, host, path or capture has one of these."""
    judged = np.isin(selection.field("verdict"), verdicts).any()
    told = (selection.marks & finding_bits(findings)).any()
    return bool(judged or told) or any(each.name in findings for each in selection.wide_findings())


def read(sources: Sequence[str], options: Options) -> Outcome:
    """Analyze with a progress bar; the first run of all says why it takes so long."""
    if unkept := pipeline.compiles_always():
        complain(f"compiling the kernels in each run ({unkept}); NUMBA_CACHE_DIR names a folder to keep them")
    elif pipeline.compiles_first():
        complain("compiling the kernels, once; this takes some seconds")
    if options.reader:
        complain("reading through tshark, which takes about a hundred times as long")
    with ProgressBar(sys.stderr) as progress:
        return pipeline.analyze(sources, options, progress.report)


def report_trouble(outcome: Outcome) -> int:
    """Say on stderr what could not be read; the exit status that follows from it."""
    for note in outcome.notes:
        complain(note)
    for result in () if outcome.options.reader else outcome.captures:
        for reason in result.skipped:
            if reason.startswith("link type"):
                complain(f"{result.facts.path}: {reason} is not known here; with --reader tshark it may be")
    for path, error in outcome.failures:
        complain(str(error) if path in str(error) else f"{path}: {error}")
    status = 4 if outcome.failures else 0
    for result in outcome.captures:
        for damage in result.facts.damages:
            complain(f"{result.facts.path}: {damage}")
            status = 4
    if not outcome.captures:
        return max((error.exit_status for _, error in outcome.failures), default=3)
    return status


def _check_report(arguments: argparse.Namespace) -> None:
    if arguments.anonymize and not arguments.html:
        raise UsageError("--anonymize is for reports: --html FILE")
    if arguments.html == "-":
        raise UsageError("--html: a file is wanted, not standard output")
    others = [f"--{form}" for form in ("json", "csv", "parquet") if getattr(arguments, form)]
    if arguments.anonymize and others:
        complain(f"--anonymize is for the report: {' and '.join(others)} keep all names")


def _write_outputs(arguments: argparse.Namespace, tables: Tables) -> None:
    limited = tables.first(arguments.limit) if arguments.limit else tables
    if arguments.html:
        _write_report(arguments, tables)
    if not outputs.write_files(arguments, limited) and not arguments.html:
        with outputs.opened(arguments.output) as stream:
            _write_text(arguments, tables, stream)


def _write_report(arguments: argparse.Namespace, tables: Tables) -> None:
    from analyzer.present.report import Wish, write_report

    ordered = tables if arguments.sort else replace(tables, selection=most_urgent(tables.selection))
    first = ordered.first(arguments.limit) if arguments.limit else ordered
    wish = Wish(outputs.clock_for(arguments).mode, bool(arguments.sort), arguments.anonymize)
    octets = write_report(first, arguments.html, wish)
    complain(f"{arguments.html}: report written, {octets / 1e6:.1f} MB")


def _write_text(arguments: argparse.Namespace, tables: Tables, stream: TextIO) -> None:
    paper = paper_for(stream)
    clock = outputs.clock_for(arguments)
    if arguments.flow and len(tables.selection):
        _write_timelines(arguments, tables, clock, stream, paper)
        return
    facts = Overview.of(tables, outputs.room(arguments), clock, order=bool(arguments.sort))
    facts = replace(facts, hint=_hint(arguments.sources, facts.flows, stream))
    write(overview(facts, paper.width), stream, paper)


def _hint(sources: list[str], flows: Sequence[dict[str, object]], stream: TextIO) -> str:
    """How to go on, for those who read it on a terminal."""
    if not flows or not stream.isatty() or "-" in sources or len(sources) > 3:
        return ""
    words = " ".join(map(shlex.quote, sources))
    return printable(f"One connection's timeline: keepalive analyze {words} --flow {flows[0]['flow']}")


def _write_timelines(
    arguments: argparse.Namespace, tables: Tables, clock: Clock, stream: TextIO, paper: Paper
) -> None:
    from analyzer.present.timeline import Connection, timeline

    selection = tables.selection
    for place in range(len(selection)):
        result = selection.results[int(selection.part[place])]
        one = Tables(selection.ordered(np.array([place])), tables.diagnosis)
        if place:
            stream.write("\n")
        lines = timeline(Connection.of(one), clock.starting(result.start_ns), paper.width, arguments.packets)
        write(lines, stream, paper)
