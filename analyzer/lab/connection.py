"""A connection on the stage: both its sockets, and the keep-alive settings they are given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from analyzer.lab.hosts import Address, Options, Socket

Ends = tuple[Address, Address]
"""Addresses of a connection's client and server."""


@dataclass(frozen=True)
class KeepAlive:
    """A socket's keep-alive settings; the times in seconds, as the kernel takes them."""

    time_s: int
    interval_s: int
    count: int
    user_timeout_s: int | None = None
    """`TCP_USER_TIMEOUT`: how long the peer may be silent when it owes an acknowledgment."""

    def options(self) -> Options:
        options = {
            "SO_KEEPALIVE": 1,
            "TCP_KEEPIDLE": self.time_s,
            "TCP_KEEPINTVL": self.interval_s,
            "TCP_KEEPCNT": self.count,
        }
        if self.user_timeout_s is not None:
            options["TCP_USER_TIMEOUT"] = self.user_timeout_s * 1000
        return options


@dataclass(frozen=True)
class Connection:
    """Both sockets of one connection."""

    client: Socket
    server: Socket
    ends: Ends

    def talk(self, request_octets: int = 10, reply_octets: int = 20) -> None:
        """The client asks, the server replies."""
        self.client.send(request_octets)
        self.server.receive(request_octets)
        self.server.send(reply_octets)
        self.client.receive(reply_octets)

    def close(self) -> None:
        """The client says goodbye, and then the server."""
        self.client.close()
        self.server.wait_for_end("EOF")
        self.server.close()


def view(socket: Socket) -> dict[str, Any]:
    """What one end knows of its socket."""
    seen: dict[str, Any] = {
        "client_port": socket.client_port,
        "options": socket.options,
        "ended_with": socket.ended_with,
    }
    if socket.states:
        seen["states"] = socket.states
    if socket.is_held:
        seen["tcp_info"] = socket.tcp_info()
    return seen
