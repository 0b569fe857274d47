"""Client and server on one LAN, with a switch between them instead of a router.

    client eth0 ──────── to-client  switch  to-server ──────── eth0 server

The switch stands in the router's place, and is captured on like it. A host finds the other by
ARP (over IPv6, by neighbour discovery), not by a gateway.
"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address

from analyzer.lab.failures import LabError
from analyzer.lab.network import CLIENT, ENDS, SERVER, Network

BRIDGE = "bridge"


class Lan(Network):
    """Two hosts on a bridge; a context manager."""

    def __init__(self, ip_version: int = 4, place: int = 0) -> None:
        super().__init__(ip_version, place)
        client, server = self.links[CLIENT], self.links[SERVER]
        address = str(ip_address(client.host) + 1)
        self.links = self.links | {SERVER: replace(server, host=address, router=client.router)}

    def cut(self, towards: tuple[str, ...] = ENDS) -> None:
        """A switch has no routes that could lead nowhere."""
        raise LabError("on a LAN no path can be cut: power a host off")

    def _prepare_router(self) -> None:
        """Have it switch; it sends nothing of its own."""
        self.router.ask("without_ipv6")
        self.router.ip("link", "add", BRIDGE, "type", "bridge", "mcast_snooping", "0")
        self.router.ip("link", "set", BRIDGE, "up")

    def _join(self, end: str) -> None:
        """Plug an end in, and give it its address; the switch needs none."""
        self._plug(end)
        link = self.links[end]
        self.router.ip("link", "set", f"to-{end}", "master", BRIDGE, "up")
        self._give_address(self.host(end), "eth0", f"{link.host}/{link.prefix_bits}")
