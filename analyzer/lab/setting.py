"""Where a scenario plays, and what befalls it there: paths break, hosts reboot, a box is in the way.

The half of the stage that acts on hosts and network. It keeps in mind what the capture cannot
have heard.
"""

from __future__ import annotations

import time

from analyzer.lab.delay import hold_back, release
from analyzer.lab.hosts import Listener, Options, Socket
from analyzer.lab.middlebox import Middlebox
from analyzer.lab.network import CLIENT, ENDS, ROUTER, SERVER, Network
from analyzer.lab.tally import Tally
from analyzer.lab.truth import require_equal
from analyzer.lab.vantage import NEAR_CLIENT

SERVICE_PORT = 7777

ANSWER_S = 0.1
"""An answer takes some 0.1 ms here; a thousand times that is enough on a busy machine too."""


class Setting:
    """The network of one scenario, its service, and the sockets that its hosts may lose."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._tally = Tally(network)
        self._listeners: dict[str, Listener] = {}
        self._ports_used = 0
        self._sockets: dict[str, list[Socket]] = {CLIENT: [], SERVER: []}
        self._middlebox: Middlebox | None = None
        self._sent_before_cut: dict[str, int] = {}  # by the ends that the capture cannot hear
        self._unheard: set[str] = set()
        self.ip_version = network.ip_version
        self.vantage = NEAR_CLIENT
        """Where the recording is made from."""
        self.parameters: dict[str, dict[str, str]] = {CLIENT: {}, ROUTER: {}, SERVER: {}}
        """By end, and of the router: the kernel parameters that were set."""

    def leave_work_to_link(self) -> None:
        """Have the client's kernel leave checksums and the cutting to the MTU to its link, as is usual."""
        self._network.client.ask("compute_checksums", interface="eth0", on=False)

    def start_service(
        self, options: Options | None = None, address: str | None = None, ttl: int | None = None
    ) -> None:
        """Have the server listen; a buffer size must be set here to be agreed on in the handshake.

        ttl: what the service's packets start with, be it called TTL or hop limit.
        """
        address = address or self._network.links[SERVER].host
        name = "IP_TTL" if self.ip_version == 4 else "IPV6_UNICAST_HOPS"
        chosen = (options or {}) | ({} if ttl is None else {name: ttl})
        self._listeners[address] = self._network.server.listen((address, SERVICE_PORT), chosen)

    def start_other_service(self) -> str:
        """Have the server listen on a second address too, as if it were another host; that address."""
        address = self._network.add_server_address()
        self.start_service(address=address)
        return address

    def counted(self, host: str, counter: str) -> int:
        """For what is no plan but the kernel's own doing: how often it did so during the capture."""
        return self._tally.counters(host)[counter]

    def require_counted(self, host: str, counter: str, planned: int) -> None:
        """Raise unless an end's kernel, or the router's, did so that often during the capture."""
        require_equal(f"{counter} of the {host}", planned, self.counted(host, counter))

    def cut(self, towards: tuple[str, ...] = ENDS) -> None:
        """Drop what the router would forward to these ends: silently, and after it was captured."""
        for end, peer in ((CLIENT, SERVER), (SERVER, CLIENT)):
            if end in towards and not self.vantage.meets(peer):
                self._sent_before_cut[peer] = self._tally.sent(peer)
        self._network.cut(towards)

    def cut_off(self, address: str) -> None:
        """Drop what the router would forward to this address, silently, until the end."""
        self._network.cut_off(address)

    def tune(self, host: str, parameter: str, value: str) -> None:
        """Set a kernel parameter of an end, or of the router: `net/ipv4/tcp_retries2`."""
        self._network.host(host).ask("sysctl", name=parameter, value=value)
        self.parameters[host][parameter.replace("/", ".")] = value

    def tune_neighbours(self, host: str, interface: str, **settings: int) -> None:
        """Set how long a host looks for a neighbour's MAC address, by the kernel's names (arp(7))."""
        for name, value in settings.items():
            self.tune(host, f"net/ipv{self.ip_version}/neigh/{interface}/{name}", str(value))

    def put_middlebox(self, idle_timeout_s: int, resets: bool = False, translates: bool = False) -> Middlebox:
        """Have the router forget connections that are idle for so long, before any is made.

        translates: it is a NAT, too.
        """
        self._middlebox = Middlebox(self._network, resets)
        for parameter, value in self._middlebox.parameters(idle_timeout_s).items():
            self.tune(ROUTER, parameter, value)
        if translates:
            self._middlebox.translate()
        return self._middlebox

    def hold_back(self) -> None:
        """Have the router keep what it would forward, in both directions, until it is released."""
        hold_back(self._network, ENDS)

    def release(self, towards: str) -> None:
        """Let through to this end what was held back, and what follows."""
        release(self._network, towards)
        time.sleep(ANSWER_S)

    def restore(self) -> None:
        """Forward again."""
        self._note_unheard()
        self._network.restore()

    def reboot_server(self) -> None:
        """The server loses all it knew, without a word on the wire, and comes back as itself."""
        self._reboot(SERVER)
        self.start_service()

    def reboot_client(self) -> None:
        """The client does; its next connection uses the same port as its first.

        What is captured on the router's interface towards it ends here.
        """
        self._reboot(CLIENT)
        self._ports_used = 0

    def power_off_server(self) -> None:
        """The server is gone, without a word on the wire, and does not come back."""
        self._lose_sockets(SERVER)
        self._network.power_off(SERVER)

    def _reboot(self, end: str) -> None:
        self._tally.end_life(end)
        self._lose_sockets(end)
        self._network.reboot(end)

    def _lose_sockets(self, end: str) -> None:
        for lost in self._sockets[end]:
            lost.crash()

    def _note_unheard(self) -> None:
        """Note which end said anything while its way to the capture was cut."""
        for end, sent in self._sent_before_cut.items():
            if sent != self._tally.sent(end):
                self._unheard.add(end)
        self._sent_before_cut = {}
