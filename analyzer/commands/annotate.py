"""`keepalive annotate IN OUT`: the capture once more, with our labels and verdicts as packet comments."""

from __future__ import annotations

import argparse

from analyzer import copies, pipeline
from analyzer.commands import captures_out, outputs
from analyzer.commands.main import complain
from analyzer.tables import Filters, Tables, choose


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    captures_out.add_files(parser, "the pcapng file to write")
    group = parser.add_argument_group("what is said")
    group.add_argument(
        "--all", action="store_true", help="label every segment: plain data and acknowledgments, too"
    )
    outputs.add_times(group)
    reading = parser.add_argument_group("how to read")
    outputs.add_reader(reading)
    outputs.add_copies(reading)
    outputs.add_profiles(reading)


def run(arguments: argparse.Namespace) -> int:
    """Carry out; returns the exit status."""
    target = captures_out.target_of(arguments)
    options = outputs.options(arguments, packets=arguments.all)
    result, status = captures_out.analyzed(arguments, options)
    if result is None:
        return status
    diagnosis = pipeline.Diagnosis(options.rules, options.profiles)
    tables = Tables(choose([result], Filters()), diagnosis, arguments.all)
    done = copies.annotate(tables, target, outputs.clock_for(arguments), arguments.all)
    complain(f"{arguments.output}: comments on {done.commented:,} of {done.frames:,} frames")
    if done.simple:
        complain(f"{done.simple:,} more were meant for simple packets, which cannot bear any")
    return status
