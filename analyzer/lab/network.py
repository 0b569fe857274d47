"""The lab's network: a client and a server, each on a link of its own to a router between them.

    client eth0 ──────── to-client  router  to-server ──────── eth0 server

The path is cut by blackhole routes on the router: a packet to a host that is cut off is dropped
without an ICMP error, while everything sent still arrives at the router's interfaces and is
captured there.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from ipaddress import ip_address, ip_network
from types import TracebackType
from typing import Self

from analyzer.lab.hosts import Host

CLIENT = "client"
SERVER = "server"
ROUTER = "router"
ENDS = (CLIENT, SERVER)

ADDRESS_BITS = {4: 32, 6: 128}
"""By IP version."""


@dataclass(frozen=True)
class Link:
    """One end's addresses, and the router's on the same link (documentation ranges, RFC 5737, 3849)."""

    host: str
    router: str
    prefix_bits: int
    host_mac: str
    router_mac: str


LINKS = {
    4: {
        CLIENT: Link("192.0.2.2", "192.0.2.1", 24, "02:00:00:00:01:02", "02:00:00:00:01:01"),
        SERVER: Link("198.51.100.2", "198.51.100.1", 24, "02:00:00:00:02:02", "02:00:00:00:02:01"),
    },
    6: {
        CLIENT: Link("2001:db8:1::2", "2001:db8:1::1", 64, "02:00:00:00:01:02", "02:00:00:00:01:01"),
        SERVER: Link("2001:db8:2::2", "2001:db8:2::1", 64, "02:00:00:00:02:02", "02:00:00:00:02:01"),
    },
}
"""By IP version, then by end. Fixed MAC addresses let a host come back after a reboot as itself."""

PLACES = 8192
"""How many networks can be told apart when one watcher sees them all."""

MANY = {4: (ip_network("198.18.0.0/15"), 29), 6: (ip_network("2001:db8:4000::/36"), 64)}
"""By IP version: where their links are (RFC 2544 C.2.2, RFC 3849), and how long the prefix of each is."""


def links_at(place: int, ip_version: int) -> dict[str, Link]:
    """The links of a network among others. place: below PLACES; 0 is that of a network by itself."""
    links = LINKS[ip_version]
    if not place:
        return links
    whole, bits = MANY[ip_version]
    size = 1 << whole.max_prefixlen - bits
    moved = {}
    for number, end in enumerate(ENDS):
        first = whole[(2 * place + number) * size]
        moved[end] = replace(links[end], router=str(first + 1), host=str(first + 2), prefix_bits=bits)
    return moved


class Network:
    """Three hosts and two links; a context manager. `client`, `router` and `server` are running hosts."""

    def __init__(self, ip_version: int = 4, place: int = 0) -> None:
        """place: which of many networks it is, each with addresses of its own (`links_at`)."""
        self.ip_version = ip_version
        self.links = links_at(place, ip_version)
        self._hosts = {name: Host(name) for name in (ROUTER, *ENDS)}
        self._running = ExitStack()
        self._cut_off: list[str] = []

    def __enter__(self) -> Self:
        with self._running as undo_on_failure:
            for host in self._hosts.values():
                undo_on_failure.enter_context(host)
                self._prepare(host)
            self._prepare_router()
            for end in ENDS:
                self._join(end)
            self._running = undo_on_failure.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._running.close()

    def host(self, name: str) -> Host:
        """The router, or the host at one end: the one that runs now, after a reboot the new one."""
        return self._hosts[name]

    @property
    def client(self) -> Host:
        return self._hosts[CLIENT]

    @property
    def router(self) -> Host:
        return self._hosts[ROUTER]

    @property
    def server(self) -> Host:
        return self._hosts[SERVER]

    def cut(self, towards: tuple[str, ...] = ENDS) -> None:
        """Drop whatever the router would forward to these ends, silently, until `restore`."""
        for end in towards:
            self._ip(self.router, "route", "add", "blackhole", self._only(end))
            self._cut_off.append(end)

    def add_server_address(self) -> str:
        """A second address of the server, to all others a second host behind the same router."""
        link = self.links[SERVER]
        address = str(ip_address(link.host) + 1)
        self._add_address(self.server, "eth0", f"{address}/{link.prefix_bits}")
        return address

    def cut_off(self, address: str) -> None:
        """Drop whatever the router would forward to this address, silently and for good."""
        self._ip(self.router, "route", "add", "blackhole", f"{address}/{ADDRESS_BITS[self.ip_version]}")

    def restore(self) -> None:
        """Forward again."""
        while self._cut_off:
            self._ip(self.router, "route", "del", "blackhole", self._only(self._cut_off.pop()))

    def reboot(self, end: str) -> None:
        """End one host without a word on the wire, and start it anew with the same addresses.

        Cut the path around it: without, the router would report the missing link by ICMP. What is
        captured on the router's interface to it ends here.
        """
        self.router.ip("link", "del", f"to-{end}")  # the kernel takes its time to do so by itself
        self.host(end).ask("vanish")
        self.host(end).stop()
        self._hosts[end] = self._running.enter_context(Host(end))
        self._prepare(self.host(end))
        self._join(end)

    def power_off(self, end: str) -> None:
        """End one host without a word on the wire; its link is dead from now on."""
        self.host(end).ip("link", "set", "eth0", "down")
        self.host(end).ask("vanish")

    def _prepare(self, host: Host) -> None:
        """Keep what is not the scenario's off the links: duplicate address detection, or all of IPv6."""
        if self.ip_version == 6:
            host.ask("sysctl", name="net/ipv6/conf/default/accept_dad", value="0")
            host.ask("sysctl", name="net/ipv6/conf/default/router_solicitations", value="0")
        else:
            host.ask("without_ipv6")

    def _prepare_router(self) -> None:
        """Have it forward."""
        name = "net/ipv6/conf/all/forwarding" if self.ip_version == 6 else "net/ipv4/ip_forward"
        self.router.ask("sysctl", name=name, value="1")

    def _join(self, end: str) -> None:
        """Join an end to the router, and give both their addresses."""
        self._plug(end)
        link = self.links[end]
        self._give_address(self.router, f"to-{end}", f"{link.router}/{link.prefix_bits}")
        self._give_address(self.host(end), "eth0", f"{link.host}/{link.prefix_bits}")
        self._ip(self.host(end), "route", "add", "default", "via", link.router)

    def _plug(self, end: str) -> None:
        """Make a veth pair between an end and the router. It is made inside, so no real interface shows."""
        host, link, port = self.host(end), self.links[end], f"to-{end}"
        self.router.ip(
            *("link", "add", port, "address", link.router_mac, "type", "veth"),
            *("peer", "name", "eth0", "address", link.host_mac, "netns", str(host.pid)),
        )
        self.router.ask("compute_checksums", interface=port)
        host.ask("compute_checksums", interface="eth0")

    def _give_address(self, host: Host, interface: str, address: str) -> None:
        """An address with the length of its prefix; the interface is up then."""
        self._add_address(host, interface, address)
        self._ip(host, "link", "set", interface, "up")

    def _add_address(self, host: Host, interface: str, address: str) -> None:
        """An address that can be used at once."""
        at_once = ("nodad",) if self.ip_version == 6 else ()
        self._ip(host, "address", "add", address, "dev", interface, *at_once)

    def _only(self, end: str) -> str:
        """The prefix that holds one end's address and no other."""
        return f"{self.links[end].host}/{ADDRESS_BITS[self.ip_version]}"

    def _ip(self, host: Host, *arguments: str) -> None:
        host.ip(f"-{self.ip_version}", *arguments)
