"""`keepalive verify SOURCE…`: our labels beside Wireshark's, as a table, and why they differ."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from analyzer.commands.analyze import read, report_trouble
from analyzer.commands.wireshark import flagged
from analyzer.errors import UsageError
from analyzer.facts import CaptureResult
from analyzer.kinds import KIND_WORDS, NO_SENDER
from analyzer.present import paper_for, write
from analyzer.present.confusion import confusion
from analyzer.rules import Options


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("sources", nargs="+", metavar="SOURCE", help="file, folder or glob")


def run(arguments: argparse.Namespace) -> int:
    """Carry out; returns the exit status. Differences are no failure: the table says why they are."""
    if "-" in arguments.sources:
        raise UsageError("verify reads its source twice, which standard input does not allow: name a file")
    outcome = read(arguments.sources, Options(packets=True))
    status = report_trouble(outcome)
    paper = paper_for(sys.stdout)
    for place, result in enumerate(outcome.captures):
        if place:
            print()
        theirs = _theirs(result, flagged)
        write(confusion(result.facts.path, labels(result), theirs, paper.width), sys.stdout, paper)
    return status


def labels(result: CaptureResult) -> dict[int, str]:
    """Frame to kind, of every TCP segment."""
    found: dict[int, str] = {}
    if result.packets is not None:
        for batch in result.packets.batches():
            sent = batch[batch["sender"] != NO_SENDER]
            words = [KIND_WORDS[code] for code in sent["kind"].tolist()]
            found.update(zip(sent["frame"].tolist(), words, strict=True))
    return found


def _theirs(result: CaptureResult, read: Callable[[str], dict[int, str]]) -> dict[int, str]:
    files = result.facts.files or [result.facts.path]
    if len(files) > 1:
        raise UsageError(f"{result.facts.path}: joined of {len(files)} files; verify one file at a time")
    return read(files[0])
