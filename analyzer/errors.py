"""The exception tree. Its roots decide the exit status of the command (design 7).

KeepaliveError
├── UsageError        wrong usage: the call itself cannot be carried out (2)
├── UnreadableError   nothing could be read: missing, no permission, not a capture (3)
└── MissingToolError  a program or library that the call needs is not installed (3)

Damage *inside* a capture is no exception: the results so far are kept, and the capture
carries a `Damage` that says where and why (exit status 4).
"""

from __future__ import annotations

from dataclasses import dataclass


class KeepaliveError(Exception):
    """Base of everything this package raises on purpose; `str()` is one line for people."""

    exit_status = 3


class UsageError(KeepaliveError):
    """The call cannot be carried out as written."""

    exit_status = 2


class UnreadableError(KeepaliveError):
    """A source could not be read at all."""


class MissingToolError(KeepaliveError):
    """Something that has to be installed is not there."""


@dataclass(frozen=True)
class Damage:
    """Where reading a capture had to stop or something was lost; results cover the rest.

    offset: byte offset in the (uncompressed) file, or -1 where it has none.
    reason: one clause, without the path: "cut short in the middle of a record".
    """

    offset: int
    reason: str

    def __str__(self) -> str:
        return self.reason if self.offset < 0 else f"{self.reason} at byte {self.offset}"
