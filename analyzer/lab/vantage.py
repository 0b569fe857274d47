"""Where a recording is made from, and how much of each frame it keeps."""

from __future__ import annotations

from dataclasses import dataclass

from analyzer.lab.network import ROUTER


@dataclass(frozen=True)
class Vantage:
    """Where and how a recording is made."""

    words: str
    """For the sidecar: `the router's interface towards the client`."""

    interfaces: tuple[str, ...]

    host: str = ROUTER
    """Whose interfaces these are: "router", "client" or "server"."""

    copies: int = 0
    """How many further times every frame stands in the capture."""

    snap_length: int = 0
    """Octets kept of each frame, 0 = all."""

    only_from: str | None = None
    """The end whose frames alone are captured; None: of both."""

    def hears(self, end: str) -> bool:
        """Whether what this end sends stands in the capture."""
        return self.only_from in (None, end)


NEAR_CLIENT = Vantage("the router's interface towards the client", ("to-client",))
WHOLE_ROUTER = Vantage("all interfaces of the router at once", ("any",), copies=1)
