"""What can go wrong in the lab.

KeepaliveError
├── MissingToolError          a program is not installed
└── LabError                  the lab cannot work here, or not like this
    └── NotAsPlannedError     a recording went otherwise than its scenario planned: try again
        └── SocketError       a socket call inside a host failed
"""

from __future__ import annotations

from analyzer.errors import KeepaliveError


class LabError(KeepaliveError):
    """The lab cannot work here; trying again would not help."""


class NotAsPlannedError(LabError):
    """A recording did not go as its scenario planned. A busy machine does that: worth another try."""


class SocketError(NotAsPlannedError):
    """A socket call inside a host failed; `errno_name` is what the application saw."""

    def __init__(self, host: str, action: str, errno_name: str, message: str) -> None:
        super().__init__(f"{action} on the lab's {host} failed: {message}")
        self.errno_name = errno_name
