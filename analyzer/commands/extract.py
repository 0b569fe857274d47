"""`keepalive extract IN OUT`: the frames that matter, for a ticket; anonymized where it leaves the house."""

from __future__ import annotations

import argparse

from analyzer import write
from analyzer.commands import captures_out, choices, outputs
from analyzer.commands.main import complain
from analyzer.errors import UsageError
from analyzer.kinds import MISSING
from analyzer.tables import choose
from analyzer.tables.addresses import packed_ends
from analyzer.tables.excerpt import frames_of, probing_of
from analyzer.write import Wanted


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    captures_out.add_files(parser, "the file to write, in the format of IN")
    group = parser.add_argument_group("which connections (default: all)")
    outputs.add_flow(group, "connection N (may be repeated)")
    outputs.add_choices(group)
    group = parser.add_argument_group("what of them")
    group.add_argument(
        "--only",
        choices=["keepalive"],
        help="only keep-alive probes, their answers, and giving up (default: every segment)",
    )
    group.add_argument(
        "--anonymize",
        action="store_true",
        help="other addresses, no payload, and nothing of the file but its frames",
    )
    outputs.add_copies(parser.add_argument_group("how to read"))
    parser.set_defaults(since=None, until=None, local=False)


def run(arguments: argparse.Namespace) -> int:
    """Carry out; returns the exit status."""
    captures_out.check(arguments)
    filters = choices.filters(arguments)
    result, status = captures_out.analyzed(arguments, outputs.options(arguments, packets=True))
    if result is None:
        return status
    choices.check_flows(arguments.flow, len(result.flows))
    selection = choose([result], filters)
    frames = probing_of(selection) if arguments.only else frames_of(selection)
    if not frames.any():
        raise UsageError(f"{arguments.input}: nothing to extract: no such connection")
    moments = frozenset((result.start_ns, result.end_ns)) - {MISSING}
    wanted = Wanted(frames, moments)
    with captures_out.copying(arguments) as (source, out):
        if arguments.anonymize:
            done = write.extract_anonymized(source, wanted, out, packed_ends(result.flows))
        else:
            done = write.extract(source, wanted, out)
        captures_out.check_unchanged(arguments, done.read, result)
    complain(f"{arguments.output}: {done.written:,} of {done.read:,} frames")
    return status
