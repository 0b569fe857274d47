"""What a capture program must be able to do for us, and what is wished of it."""

from __future__ import annotations

import os
import re
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

SNAP_LENGTH = 256  # bytes: all headers and options, within a tunnel too; no more is looked at
BUFFER_MIB = 32  # of the kernel, for bursts; our choice: a good second of 100,000 frames each of 256 bytes
FILE_MB, FILES, FILE_S = 100, 24, 3600  # our choice: a recording keeps a day of a calm link, at most 2.4 GB

DROPPED = re.compile(r"(\d+) packets? dropped by (kernel|interface)")
"""As tcpdump says it, and our own sniffer."""


@dataclass(frozen=True)
class LiveOptions:
    """What to capture, and how.

    interface: its name; "any" for all of them (Linux). backend: "dumpcap", "tcpdump" or "scapy"; "" is the
    first of these that is installed. capture_filter: the user's own, in pcap-filter's syntax; "" for none.
    snap_length: bytes of a frame that are kept. buffer_mib: of the kernel's buffer, MiB.
    record: a folder into which dumpcap writes a ring of files, which is then followed: no more than `files`
    of `file_mb` MB (1,000,000 bytes) or `file_s` seconds each.
    """

    interface: str
    backend: str = ""
    capture_filter: str = ""
    snap_length: int = SNAP_LENGTH
    buffer_mib: int = BUFFER_MIB
    record: Path | None = None
    file_mb: int = FILE_MB
    files: int = FILES
    file_s: int = FILE_S


class Backend(Protocol):
    """A capture program.

    name: how the user calls it. ready: what it says on stderr once it captures. settle_s: how long it may
    keep a frame to itself; when nothing came for so long, nothing is on its way. tells: the signal at which
    it says how many frames were dropped so far, if there is one. records: whether it can write a ring of
    files.
    """

    name: str
    ready: str
    settle_s: float
    tells: signal.Signals | None
    records: bool

    def installed(self) -> bool:
        """Whether it is there."""
        ...

    def command(self, options: LiveOptions, capture_filter: str, file: Path | None = None) -> list[str]:
        """The command line that captures to stdout, or into a ring of files called like `file`."""
        ...

    def check_command(self, options: LiveOptions, capture_filter: str) -> list[str]:
        """The command line that compiles a filter for the interface, and ends."""
        ...

    def list_command(self) -> list[str]:
        """The command line that lists interfaces; empty: it knows those of the system."""
        ...

    def try_command(self, interface: str) -> list[str]:
        """The command line that opens an interface and tells its link types."""
        ...

    def dropped(self, line: str) -> dict[str, int]:
        """Frames lost so far, by who lost them, if a line on stderr tells."""
        ...


def environment() -> dict[str, str]:
    """Ours, but with messages in the language that we look for."""
    return {**os.environ, "LC_ALL": "C"}


def has_program(name: str) -> bool:
    """Whether a program is installed."""
    return shutil.which(name) is not None


def dropped_by(line: str) -> dict[str, int]:
    """`Backend.dropped` of programs that say it as tcpdump does."""
    return {who: int(count) for count, who in DROPPED.findall(line)}
