"""What a conversation is made of: steps, the hosts that take them, and the clock that they share."""

from __future__ import annotations

from dataclasses import dataclass, field

from .segment import Endpoint, Record, Segment

MILLISECOND = 1_000_000


@dataclass(frozen=True)
class Step:
    """One thing that happens: what, to which flow, by which side, after how long."""

    action: str
    flow: int
    by_server: bool
    wait_ns: int
    variant: int
    """0 to 7: how the action is varied."""


@dataclass
class Host:
    endpoint: Endpoint
    next: int
    """Next sequence number to send."""
    expected: int = 0
    """Next sequence number of the peer."""
    window: int = 500
    ttl: int = 60
    ip_id: int | None = 1
    echo: int | None = None
    """TSval of the peer's that it heard last; None: no timestamps."""
    sent: list[Segment] = field(default_factory=list)


@dataclass
class Clock:
    """What the conversations of one capture share: the time, and the records so far."""

    now_ns: int
    records: list[Record] = field(default_factory=list)
