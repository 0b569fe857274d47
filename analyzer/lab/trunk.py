"""The lab's network with a VLAN trunk in the client's link: a tagged line between two switches.

    client eth0 ── port-client  switch  trunk ══ trunk-far  switch  port-router ── to-client router

Both switches are processes (`switch.py`) on one further host. Client and router see no tag.
"""

from __future__ import annotations

import sys
from pathlib import Path

from analyzer.lab.background import Background
from analyzer.lab.failures import LabError
from analyzer.lab.hosts import Host
from analyzer.lab.network import CLIENT, Network
from analyzer.lab.vantage import Vantage

SWITCH = "switch"
"""The host that both switches run on."""

PROGRAM = Path(__file__).with_name("switch.py")

VLAN = 42
"""Any number from 1 to 4094 would do (IEEE 802.1Q table 9-2)."""

TRUNK = ("trunk", "trunk-far")
ACCESS = ("port-client", "port-router")

ON_TRUNK = Vantage("the trunk between the client's switch and the router's", TRUNK[:1], host=SWITCH)


class TrunkedNetwork(Network):
    """Client, router and server, with two switches between the first two; a context manager."""

    def __init__(self, ip_version: int = 4, place: int = 0) -> None:
        super().__init__(ip_version, place)
        self._hosts[SWITCH] = Host(SWITCH)

    def _prepare(self, host: Host) -> None:
        """A switch has nothing to say, in IPv6 either."""
        if host is self._hosts[SWITCH]:
            host.ask("without_ipv6")
        else:
            super()._prepare(host)

    def _plug(self, end: str) -> None:
        """The client is plugged into the one switch, the router into the other."""
        super()._plug(end)
        if end != CLIENT:
            return
        switch, link = self._hosts[SWITCH], self.links[CLIENT]
        self.router.ip("link", "del", "to-client")  # the far end goes with it
        switch.ip("link", "add", TRUNK[0], "type", "veth", "peer", "name", TRUNK[1])
        for port, interface, mac, host in (
            (ACCESS[0], "eth0", link.host_mac, self.client),
            (ACCESS[1], "to-client", link.router_mac, self.router),
        ):
            cable = ("peer", "name", interface, "address", mac, "netns", str(host.pid))
            switch.ip("link", "add", port, "type", "veth", *cable)
            host.ask("compute_checksums", interface=interface)
        for access, trunk in zip(ACCESS, TRUNK, strict=True):
            switch.ip("link", "set", access, "up")
            switch.ip("link", "set", trunk, "up")
            self._running.enter_context(Switch(switch, access, trunk))


class Switch(Background):
    """One running switch; a context manager."""

    def __init__(self, host: Host, access: str, trunk: str) -> None:
        super().__init__(SWITCH)
        self._whole_command = host.inside(sys.executable, "-I", str(PROGRAM), access, trunk, str(VLAN))

    def _command(self) -> list[str]:
        return self._whole_command

    def _wait_until_ready(self) -> None:
        """From then on it forwards."""
        if not self._read_line():
            raise LabError(f"the lab's switch did not start: {self._last_words()}")
