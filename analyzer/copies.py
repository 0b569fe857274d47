"""An analyzed capture once more, as a file: with comments for Wireshark, or the frames that matter of it.

What `Analysis` and the commands share. The capture is read a second time, so it is one file.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from analyzer import write
from analyzer.errors import UnreadableError, UsageError
from analyzer.facts import CaptureResult
from analyzer.kinds import MISSING
from analyzer.pipeline import Outcome
from analyzer.present import Clock
from analyzer.present.comments import comments_of
from analyzer.sources import open_source
from analyzer.sources.base import FileSource
from analyzer.sources.foreign import OR_TSHARK
from analyzer.tables import Selection, Tables
from analyzer.tables.addresses import packed_ends
from analyzer.tables.excerpt import frames_of, probing_of
from analyzer.tables.files import replacing
from analyzer.write import Annotated, Choice, Wanted

Path = str | os.PathLike[str]
Target = Path | IO[bytes]
"""The name of a file, which is there when it is complete; or what is open already."""

KEEPALIVE = "keepalive"
ONLY = ("", KEEPALIVE)
"""What an extract takes of each connection: every segment, or keep-alive probing alone."""


def check_files(source: str, target: Path | None) -> None:
    """One file to read, and another one to write; said before the long part.

    target: None where it is open already.
    """
    if not os.path.isfile(source):
        if source == "-" or os.path.exists(source):
            raise UsageError(f"{source}: one capture file is wanted, for it is read twice")
        raise UnreadableError(f"{source}: no such file")
    try:
        open_source(source).close()
    except UnreadableError as error:  # tshark reads other formats, but nobody here copies them
        raise UnreadableError(str(error).removesuffix(OR_TSHARK)) from None
    if target is not None and os.path.exists(target) and os.path.samefile(source, target):
        raise UsageError(f"{os.fspath(target)}: this is the capture that is read; another name is wanted")


def check_again(outcome: Outcome, target: Path, only: str = "") -> None:
    """Whether what was analyzed is one capture file that can be read again, and is not the one to write.

    only: what is wanted of each connection.
    """
    if only not in ONLY:
        raise UsageError(f"extract: only={only!r}; there are: {', '.join(map(repr, ONLY))}")
    if not outcome.sources:
        raise UsageError("a live capture is in no file: analyze what it recorded (record=…)")
    files = [file for result in outcome.captures for file in result.facts.files]
    if len(files) != 1:
        raise UsageError(f"one capture file is wanted, these are {len(files)}: analyze it alone")
    if not all(isinstance(each, str) for each in outcome.sources):
        raise UsageError("packets that a program holds are in no file: analyze the file that they are from")
    check_files(files[0], target)


def annotate(tables: Tables, target: Target, clock: Clock | None = None, every: bool = False) -> Annotated:
    """Write the one capture of `tables`, with comments on what is said of the chosen connections.

    clock: how times are said, by default since the start. every: label every segment; `tables` have
    the packets, then.
    """
    [result] = tables.selection.results
    comments = comments_of(tables, clock or Clock(), every)
    with _copying(result, target) as (source, out):
        done = write.annotate(source, comments, out)
        _check_unchanged(result, done.frames)
    return done


def extract(selection: Selection, target: Target, only: str = "", anonymize: bool = False) -> Choice:
    """Write the frames of the chosen connections of one capture, which was read with all packets.

    only: one of ONLY. Raises UsageError where there are none.
    """
    [result] = selection.results
    frames = probing_of(selection) if only == KEEPALIVE else frames_of(selection)
    if not frames.any():
        raise UsageError(f"{result.facts.path}: nothing to extract: no such connection")
    moments = frozenset((result.start_ns, result.end_ns)) - {MISSING}
    wanted = Wanted(frames, moments)
    with _copying(result, target) as (source, out):
        if anonymize:
            done = write.extract_anonymized(source, wanted, out, packed_ends(result.flows))
        else:
            done = write.extract(source, wanted, out)
        _check_unchanged(result, done.read)
    return done


@contextmanager
def _copying(result: CaptureResult, target: Target) -> Iterator[tuple[FileSource, IO[bytes]]]:
    """The capture opened once more, and the file to write."""
    with open_source(result.facts.path) as source:
        if isinstance(target, str | os.PathLike):
            with replacing(target, binary=True) as out:
                yield source, out
        else:
            yield source, target


def _check_unchanged(result: CaptureResult, frames: int) -> None:
    """Whether the second reading has found what the first one had."""
    if frames != result.frames:
        raise UnreadableError(f"{result.facts.path}: changed while it was read")
