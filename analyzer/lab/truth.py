"""What a recording must give: stated by its scenario, confirmed by the kernel's counters.

Nothing here has seen a packet. A scenario says how many probes it lets happen; the kernel
counts in each namespace what it sent; a recording where the two differ is thrown away.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from analyzer.lab.failures import NotAsPlannedError

Counters = dict[str, int]
Address = tuple[str, int]

PRINCIPAL_COUNTERS = (
    "TCPKeepAlive",
    "TCPWinProbe",
    "TCPAbortOnTimeout",
    "OutRsts",
    "OutSegs",
    "RetransSegs",
)
"""Of `/proc/net/snmp` and `/proc/net/netstat`; a sidecar lists these in any case."""

STOPPED = "StoppedByMiddlebox"
"""The only counter that is no kernel's own name: that of the rule in `middlebox`."""

FURTHER_COUNTERS = (
    *("EstabResets", "AttemptFails", "TCPTimeouts", "TCPLossProbes", "TCPDSACKOldSent"),
    *("TCPACKSkippedSeq", "TCPACKSkippedChallenge", "TCPChallengeACK"),
    *("OutOfWindowIcmps", "IcmpInDestUnreachs", "Icmp6InDestUnreachs"),
    *("IcmpOutDestUnreachs", "Icmp6OutDestUnreachs", STOPPED),
    *("TCPToZeroWindowAdv", "TCPFromZeroWindowAdv", "TCPWantZeroWindowAdv"),
)
"""Listed where they rose."""

CONFIRMED_BY = {
    "probes": "TCPKeepAlive",
    "window_probes": "TCPWinProbe",
    "resets": "OutRsts",
    "retransmissions": "RetransSegs",
}
"""Which counter must agree with which claim about a side."""


Said = tuple[str, ...]

PROBE: Said = ("probe",)
"""A keep-alive probe."""

ANSWER: Said = ("answer",)
"""A bare acknowledgment of the peer's keep-alive probe."""

WINDOW_PROBE: Said = ("window_probe",)
"""A probe of the peer's closed window."""

WINDOW_ANSWER: Said = ("window_answer",)
"""A bare acknowledgment of the peer's window probe."""

RESET: Said = ("reset",)
"""A segment with RST."""

COUNTED_WORDS = {
    "probes": PROBE,
    "answers": ANSWER,
    "window_probes": WINDOW_PROBE,
    "window_answers": WINDOW_ANSWER,
    "resets": RESET,
}


def count(said: Said, claim: str) -> int:
    """How often a side says what counts as this claim."""
    return sum(word in COUNTED_WORDS[claim] for word in said)


@dataclass(frozen=True)
class Side:
    """What one side of a connection sent, as the capture holds it; copies of a frame count once."""

    said: Said = ()
    """Its probes, answers and resets in the order in which it sent them: `3 * PROBE + RESET`."""

    unseen: Said = ()
    """The same of what it sent where this capture could not see it."""

    retransmissions: int = 0
    """Segments sent again because nobody had acknowledged them."""

    segments: int | None = None
    """All segments, by the kernel's count; None where not all of them passed the capture, or where
    several connections share the count."""

    router_resets: int | None = None
    """How many of its resets a middlebox sent in its name; None where there is no such box."""

    duplicates: int | None = None
    """Further copies of these, because the capture saw them in more than one place."""

    keepalive_time_s: int | None = None
    """`TCP_KEEPIDLE`, where the capture shows it: at most 12.5 % late, and a tick sooner or later."""

    keepalive_interval_s: int | None = None
    """`TCP_KEEPINTVL`, likewise."""

    keepalive_count: int | None = None
    """`TCP_KEEPCNT`, where the capture shows it."""

    def sent(self, claim: str) -> int:
        """How many of these its kernel must have counted, seen by the capture or not."""
        if claim == "retransmissions":
            return self.retransmissions
        by_router = (self.router_resets or 0) if claim == "resets" else 0
        return count(self.said + self.unseen, claim) - by_router

    def as_dict(self) -> dict[str, Any]:
        """For the sidecar: order and counts of what the capture holds, without what is not claimed.

        What it does not hold stands apart.
        """
        order: dict[str, Any] = {"order": list(self.said)}
        if self.unseen:
            order["unseen"] = list(self.unseen)
        counts = {claim: count(self.said, claim) for claim in COUNTED_WORDS}
        further = {name: value for name, value in asdict(self).items() if name not in ("said", "unseen")}
        claims = {name: value for name, value in further.items() if value is not None}
        return order | counts | claims


@dataclass(frozen=True)
class Expected:
    """What an analysis must say about one connection."""

    client: Address
    server: Address
    verdict: str
    sides: dict[str, Side]
    findings: tuple[str, ...] = ()
    """Names of all findings about it, and no others."""

    def as_dict(self) -> dict[str, Any]:
        """For the sidecar; the endpoints are named as in the table of flows."""
        return {
            "client": self.client[0],
            "client_port": self.client[1],
            "server": self.server[0],
            "server_port": self.server[1],
            "verdict": self.verdict,
            "findings": sorted(self.findings),
            "sides": {end: side.as_dict() for end, side in self.sides.items()},
        }


def confirm(end: str, sides: Iterable[Side], counters: Counters, answers: int) -> None:
    """Raise unless what one end's kernel counted agrees with all claims about that end together.

    `answers`: of either kind, as `Stage.let_probe` and `Stage.let_window_probe` counted them.
    """
    sides = list(sides)
    for claim, counter in CONFIRMED_BY.items():
        planned = sum(side.sent(claim) for side in sides)
        require_equal(f"{claim} of the {end}", planned, counters.get(counter, 0))
    planned = sum(side.sent("answers") + side.sent("window_answers") for side in sides)
    require_equal(f"answers of the {end}", planned, answers)


def require_equal(what: str, planned: int, counted: int) -> None:
    if planned != counted:
        raise NotAsPlannedError(
            f"the recording did not go as planned, perhaps this machine was too busy: record it again "
            f"({what}: {planned} planned, {counted} counted by the kernel)"
        )


def noted(counters: Counters) -> Counters:
    """The counters that a sidecar lists."""
    principal = {name: counters.get(name, 0) for name in PRINCIPAL_COUNTERS}
    return principal | {name: counters[name] for name in FURTHER_COUNTERS if counters.get(name)}


def rise(now: Counters, before: Counters) -> Counters:
    """How far each counter rose."""
    return {name: value - before.get(name, 0) for name, value in now.items()}


def total(counters: Counters, more: Counters) -> Counters:
    """Two spans of time taken together."""
    return {name: counters.get(name, 0) + more.get(name, 0) for name in counters | more}
