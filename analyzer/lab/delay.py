"""A router that holds packets back for a moment: both ends can then speak before either hears the other.

The router forgets a host's link address and may not ask for it: the kernel then leaves the
answer to a daemon (`app_solicit`, net/core/neighbour.c), and keeps what is to be forwarded until
it comes. There is no daemon; `release` tells the address, and all goes out in its order. Other
ways to delay packets need kernel modules (netem) that are not everywhere.
"""

from __future__ import annotations

from analyzer.lab.network import Network

PATIENCE_S = 3
"""How long the kernel keeps the packets: it asks the daemon once a second."""


def hold_back(network: Network, towards: tuple[str, ...]) -> None:
    """Keep whatever the router would forward to these ends, until `release`; it was captured already."""
    for end in towards:
        settings = f"net/ipv{network.ip_version}/neigh/to-{end}"
        for name, value in (("mcast_solicit", 0), ("ucast_solicit", 0), ("app_solicit", PATIENCE_S)):
            network.router.ask("sysctl", name=f"{settings}/{name}", value=str(value))
        network.router.ip("neighbour", "del", network.links[end].host, "dev", f"to-{end}")


def release(network: Network, end: str) -> None:
    """Forward to this end again, first of all what was held back."""
    link = network.links[end]
    network.router.ip(
        *("neighbour", "replace", link.host, "lladdr", link.host_mac, "dev", f"to-{end}", "nud", "permanent")
    )
