"""`keepalive extract IN OUT`: the frames that matter, for a ticket; anonymized where it leaves the house."""

from __future__ import annotations

import argparse

from analyzer import copies
from analyzer.commands import captures_out, choices, outputs
from analyzer.commands.main import complain
from analyzer.tables import choose


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    captures_out.add_files(parser, "the file to write, in the format of IN")
    group = parser.add_argument_group("which connections (default: all)")
    outputs.add_flow(group, "connection N (may be repeated)")
    outputs.add_choices(group)
    group = parser.add_argument_group("what of them")
    group.add_argument(
        "--only",
        choices=[copies.KEEPALIVE],
        default="",
        help="only keep-alive probes, their answers, and giving up (default: every segment)",
    )
    group.add_argument(
        "--anonymize",
        action="store_true",
        help="other addresses, no payload, and nothing of the file but its frames",
    )
    reading = parser.add_argument_group("how to read")
    outputs.add_reader(reading)
    outputs.add_copies(reading)
    parser.set_defaults(since=None, until=None, local=False)


def run(arguments: argparse.Namespace) -> int:
    """Carry out; returns the exit status."""
    target = captures_out.target_of(arguments)
    filters = choices.filters(arguments)
    result, status = captures_out.analyzed(arguments, outputs.options(arguments, packets=True))
    if result is None:
        return status
    choices.check_flows(arguments.flow, len(result.flows))
    done = copies.extract(choose([result], filters), target, arguments.only, arguments.anonymize)
    complain(f"{arguments.output}: {done.written:,} of {done.read:,} frames")
    return status
