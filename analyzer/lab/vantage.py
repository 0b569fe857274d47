"""Where a recording is made from, and how much of each frame it keeps."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from analyzer.lab.network import CLIENT, ROUTER


@dataclass(frozen=True)
class Vantage:
    """Where and how a recording is made."""

    words: str
    """For the sidecar: `the router's interface towards the client`."""

    interfaces: tuple[str, ...]

    name: str = ""
    """What a second capture's file is called after, if one is made from here."""

    host: str = ROUTER
    """Whose interfaces these are: "router", "client", "server", or a further host of the network."""

    copies: int = 0
    """How many further times every frame stands in the capture."""

    snap_length: int = 0
    """Octets kept of each frame, 0 = all; over IPv4."""

    only_from: str | None = None
    """The end whose frames alone are captured; None: of both."""

    uncut_from: str | None = None
    """The end whose segments are seen before its link cuts them to the MTU: fewer than the kernel counts."""

    def over(self, ip_version: int) -> Vantage:
        """The same for frames of this IP version: IPv6's header is 20 octets longer (RFC 8200, 3)."""
        longer = 20 if ip_version == 6 and self.snap_length else 0
        return replace(self, snap_length=self.snap_length + longer)

    def hears(self, end: str) -> bool:
        """Whether what this end sends stands in the capture."""
        return self.only_from in (None, end)

    def meets(self, end: str) -> bool:
        """Whether it sees all that this end sends, also what does not get across the router."""
        return self.host == end or bool({"any", f"to-{end}"} & set(self.interfaces))

    def counts(self, end: str) -> bool:
        """Whether each segment that this end's kernel counts is a frame of its own in the capture."""
        return self.hears(end) and self.uncut_from != end


@dataclass(frozen=True)
class Second:
    """A second capture of the same traffic. lacks: by end, how many segments only the first one has."""

    vantage: Vantage
    path: Path
    lacks: dict[str, int] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """For the sidecar."""
        return {"capture": self.path.name, "vantage_point": self.vantage.words, "lacks": self.lacks}


NEAR_CLIENT = Vantage("the router's interface towards the client", ("to-client",))
NEAR_SERVER = Vantage("the router's interface towards the server", ("to-server",), name="near-server")
WHOLE_ROUTER = Vantage("all interfaces of the router at once", ("any",), copies=1)
CLIENT_PORT = Vantage("the switch's port towards the client", ("to-client",))
BOTH_PORTS = Vantage("both ports of the switch at once, in one file", ("to-client", "to-server"), copies=1)
ON_CLIENT = Vantage(
    "the client's own interface, before the link cuts frames to its MTU",
    ("eth0",),
    host=CLIENT,
    uncut_from=CLIENT,
)
ONLY_CLIENT = Vantage(
    "the router's interface towards the client, what the client sends alone", ("to-client",), only_from=CLIENT
)
SHORT_FRAMES = Vantage(
    "the router's interface towards the client, frames cut off in the TCP options",
    ("to-client",),
    snap_length=64,
)
