"""A middlebox: the router tracks connections, and forgets those that are idle for too long.

The kernel's connection tracking does so, as in home routers and firewalls. What belongs to no
connection that it knows is dropped, or answered by a RST in the name of the host that it was for.
"""

from __future__ import annotations

import subprocess

from analyzer.lab.background import last_line
from analyzer.lab.failures import LabError
from analyzer.lab.network import CLIENT, ROUTER, SERVER, Network
from analyzer.lab.truth import require_equal

TRACKING = "net/netfilter/nf_conntrack_tcp_"

OWN_TTL = 255
"""What the middlebox sends itself starts with this; many network devices do so."""

FORGOTTEN = ("-p", "tcp", "-m", "conntrack", "--ctstate", "INVALID")
SILENTLY = ("-j", "DROP")
BY_A_RESET = ("-j", "REJECT", "--reject-with", "tcp-reset")


class Middlebox:
    """Connection tracking on a network's router; it ends with the router."""

    def __init__(self, network: Network, resets: bool = False) -> None:
        """resets: answer what belongs to no known connection by a RST, instead of dropping it."""
        self.resets = resets
        self._ip_version = network.ip_version
        self._router = network.host(ROUTER)
        self._program = "iptables" if network.ip_version == 4 else "ip6tables"
        # this rule is also what has the kernel track connections here at all
        self._run("-A", "FORWARD", *FORGOTTEN, *(BY_A_RESET if resets else SILENTLY))

    def translate(self) -> None:
        """Have the client's connections come from the router's own address, and from a port of its choice."""
        towards_server = ("-t", "nat", "-A", "POSTROUTING", "-o", f"to-{SERVER}", "-p", "tcp")
        self._run(*towards_server, "-j", "MASQUERADE", "--random")

    def parameters(self, idle_timeout_s: int) -> dict[str, str]:
        """What to set on the router, for it to forget connections that are idle for so long."""
        own_ttl = {4: "net/ipv4/ip_default_ttl", 6: f"net/ipv6/conf/to-{CLIENT}/hop_limit"}
        return {
            f"{TRACKING}timeout_established": str(idle_timeout_s),
            # else a segment in mid-connection would begin a new one
            f"{TRACKING}loose": "0",
            own_ttl[self._ip_version]: str(OWN_TTL),
        }

    def stopped(self) -> int:
        """How many segments belonged to no connection that it knew, by the kernel's count."""
        rules = self._run("-L", "FORWARD", "--numeric", "--verbose", "--exact").splitlines()
        return int(rules[-1].split()[0])  # the only rule, after two lines of headings

    def require_stopped(self, planned: int) -> None:
        """Raise unless that many segments did so far."""
        require_equal("segments that the middlebox stopped", planned, self.stopped())

    def _run(self, *arguments: str) -> str:
        """Run iptables on the router; what it says."""
        command = self._router.inside(self._program, *arguments)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            said = last_line(done.stderr)
            raise LabError(f"`{self._program} {' '.join(arguments)}` failed on the lab's router: {said}")
        return done.stdout
