"""From the arguments of a call to captures: files, folders, globs, "-", and which files belong together.

A capture of its own is one file. Joined into one are the files of a ring that dumpcap wrote, told by
their names, or all of them when the user says so (design 3).
"""

from __future__ import annotations

import glob
import os
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from analyzer.errors import KeepaliveError, UnreadableError, UsageError
from analyzer.sources.base import CHUNK_BYTES, CHUNK_FRAMES, Source
from analyzer.sources.held import OURS, Held
from analyzer.sources.inputs import STANDARD_INPUT, plain
from analyzer.sources.joined import JoinedSource
from analyzer.sources.opening import is_capture, open_source

RING_NAME = re.compile(
    r"(?P<stem>.+)_(?P<number>\d{5,})_(?P<time>\d{14})(?P<ending>(\.[^.]+){0,2})", re.DOTALL
)
MOST_NAMES = 8  # our choice: what a person still reads in one line
GLOB_SIGNS = re.compile(r"[*?[]")


@dataclass(frozen=True)
class Capture:
    """One capture to read.

    path: how it is called. files: what it consists of, in order. ring: they are a dumpcap ring.
    held: packets that a program holds, in place of files.
    """

    path: str
    files: tuple[str, ...]
    ring: bool = False
    held: Held | None = None


@dataclass
class Discovery:
    """What the arguments stand for.

    captures: in the order of the arguments; a file that was named is one even if it cannot be read.
    others: by folder that was named, the files in it that are no captures.
    failures: arguments, files and folders that could not be looked at, and why.
    """

    captures: list[Capture] = field(default_factory=list)
    others: dict[str, list[str]] = field(default_factory=dict)
    failures: list[tuple[str, KeepaliveError]] = field(default_factory=list)

    @property
    def notes(self) -> list[str]:
        """What was left out, one line for each folder that was named."""
        return [_left_out(folder, paths) for folder, paths in self.others.items()]

    def fail(self, path: str, reason: str) -> None:
        """Note what could not be looked at."""
        self.failures.append((path, UnreadableError(f"{path}: {reason}")))


def open_capture(
    capture: Capture,
    reader: str = OURS,
    chunk_bytes: int = CHUNK_BYTES,
    chunk_frames: int = CHUNK_FRAMES,
) -> Source:
    """Open a discovered capture; reader: who takes its frames apart (`held.READERS`).

    Raises UnreadableError with one line for people.
    """
    if capture.held:
        return capture.held.open(reader)
    opener = open_through_tshark if reader else open_source
    if len(capture.files) == 1:
        return opener(capture.files[0], chunk_bytes, chunk_frames)
    return JoinedSource(capture.path, capture.files, chunk_bytes, chunk_frames, capture.ring, opener)


def open_through_tshark(path: str, _chunk_bytes: int, chunk_frames: int) -> Source:
    """A file as tshark reads it."""
    from analyzer.sources.tshark import TsharkSource

    return TsharkSource(path, chunk_frames)


def discover(arguments: Sequence[str | Held], join: bool = False, reader: str = OURS) -> Discovery:
    """Find the captures that `arguments` name; with `join`, all files are one capture.

    A file that is named twice, or by two links, counts once. reader: who is to read them; tshark knows
    captures in a folder that we do not. Raises UsageError where what is no file is to be joined.
    """
    found = Discovery()
    files: dict[object, str] = {}  # by identity, in order of appearance
    given = [each for each in arguments if isinstance(each, Held)]
    if join and given:
        raise UsageError("join: only files can be joined")
    for argument in arguments:
        if isinstance(argument, Held):
            continue
        for path in _files_of(argument, found, reader):
            files.setdefault(_identity(path), path)
    paths = list(files.values())
    if join and len(paths) > 1:
        found.captures = [Capture(_joined_path(paths), tuple(paths))]
    else:
        found.captures = _by_ring(paths)
    found.captures += [Capture(each.name, (), held=each) for each in given]
    return found


def _files_of(argument: str, found: Discovery, reader: str) -> Iterator[str]:
    """The files that one argument stands for; what is none goes into `found`."""
    if argument != STANDARD_INPUT and not os.path.lexists(argument) and GLOB_SIGNS.search(argument):
        matches = sorted(glob.glob(argument, recursive=True))
        if not matches:
            found.fail(argument, "no file matches")
    else:
        matches = [argument]
    for path in matches:
        if path != STANDARD_INPUT and os.path.isdir(path):
            yield from _captures_in(path, found, reader)
        else:
            yield path


def _captures_in(folder: str, found: Discovery, reader: str) -> Iterator[str]:
    """The captures in a folder and those below it, by name; pipes and devices are left alone."""
    count, failed = 0, len(found.failures)
    for path in _walk(folder, found):
        try:
            if is_capture(path, foreign=reader != OURS):
                count += 1
                yield path
            else:
                found.others.setdefault(folder, []).append(path)
        except KeepaliveError as error:
            found.failures.append((path, error))
    if not count and len(found.failures) == failed:
        found.fail(folder, "no captures in this folder")


def _walk(folder: str, found: Discovery) -> Iterator[str]:
    def note(error: OSError) -> None:
        found.fail(str(error.filename), plain(error))

    for parent, folders, names in os.walk(folder, onerror=note):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(parent, name)
            if os.path.isfile(path):
                yield path


def _left_out(folder: str, paths: list[str]) -> str:
    """One line: files by name, but several with the same ending by their number."""
    groups: dict[str, list[str]] = {}
    for path in paths:
        groups.setdefault(os.path.splitext(path)[1] or path, []).append(os.path.relpath(path, folder))
    words = [names[0] if len(names) == 1 else f"{len(names)} *{ending}" for ending, names in groups.items()][
        :MOST_NAMES
    ]
    rest = sum(len(names) for names in list(groups.values())[MOST_NAMES:])
    more = f" and {rest} more" if rest else ""
    return f"{folder}: left out, no captures: {', '.join(words)}{more}"


def _identity(path: str) -> object:
    """The same for all names of one file."""
    if path == STANDARD_INPUT:
        return path
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return os.path.abspath(path)
    if stat.S_ISREG(status.st_mode) and status.st_ino:
        return status.st_dev, status.st_ino
    return os.path.abspath(path)


def _by_ring(paths: list[str]) -> list[Capture]:
    """Captures in order of their first file; files of one ring (same folder and stem) are one."""
    groups: dict[object, list[str]] = {}
    for path in paths:
        folder, name = os.path.split(path)
        ring = RING_NAME.fullmatch(name)
        key = (os.path.abspath(folder), ring["stem"]) if ring else path
        groups.setdefault(key, []).append(path)
    return [
        _ring_capture(files) if len(files) > 1 else Capture(files[0], (files[0],))
        for files in groups.values()
    ]


def _ring_capture(files: list[str]) -> Capture:
    """A ring as one capture, called `stem_*.ending`."""

    def place(path: str) -> tuple[str, int, str]:
        ring = RING_NAME.fullmatch(os.path.basename(path))
        assert ring
        return ring["time"], int(ring["number"]), path

    files = sorted(files, key=place)
    folder, name = os.path.split(files[0])
    ring = RING_NAME.fullmatch(name)
    assert ring
    return Capture(os.path.join(folder, f"{ring['stem']}_*{ring['ending']}"), tuple(files), ring=True)


def _joined_path(paths: list[str]) -> str:
    if len(paths) > 3:
        return f"{paths[0]} + {len(paths) - 1} more"
    return " + ".join(paths)
