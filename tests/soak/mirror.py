"""A mirror port as network engineers know it: what passes a lab's interfaces is seen by one observer."""

from __future__ import annotations

import sys
import time
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Self

from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import Ether

from analyzer.lab.background import Background
from analyzer.lab.failures import LabError, NotAsPlannedError
from analyzer.lab.hosts import Host
from analyzer.lab.vantage import Vantage

PROGRAM = Path(__file__).with_name("mirror_program.py")
SETTLE_S = 0.2  # for frames that are on their way through the program
MTU = 65535  # of a link on which frames that the sender's link would cut up are seen whole


LAST_WORDS = ip_network("100.64.0.0/10")
"""Each mirror's last frame is a SYN from here (RFC 6598): whoever has heard it has heard all."""

NOBODY = "02:00:00:00:00:02"


def last_word(place: int) -> str:
    """Who sends the last frame of a network's mirror."""
    return str(LAST_WORDS[place])


def ended_place(address: str) -> int | None:
    """Whose mirror said its last word with this address; None: nobody's."""
    number = ip_address(address)
    return int(number) - int(LAST_WORDS.network_address) if number in LAST_WORDS else None


class Observer(Host):
    """A host whose `eth0` is where all mirrors send to; it says nothing itself."""

    LINK = "mirrors"

    def __init__(self) -> None:
        super().__init__("observer")

    def __enter__(self) -> Self:
        super().__enter__()
        self.ask("without_ipv6")
        self.ip("link", "add", "eth0", "type", "veth", "peer", "name", self.LINK)
        for link in ("eth0", self.LINK):
            self.ip("link", "set", link, "mtu", str(MTU), "up")
        return self


class Mirror(Background):
    """One running mirror; in a lab's stage it stands where the capture does. place: of the network."""

    def __init__(
        self, observer: Observer, host: Host, vantage: Vantage, only_from: str | None, place: int
    ) -> None:
        super().__init__("mirror")
        last = bytes(
            Ether(src=NOBODY, dst=NOBODY) / IP(src=last_word(place), dst="192.0.2.10") / TCP(flags="S")
        )
        where = (f"/proc/{observer.pid}/ns/net", observer.LINK, last.hex(), only_from or "")
        self._whole_command = host.inside(sys.executable, "-I", str(PROGRAM), *where, *vantage.interfaces)

    def finish(self) -> None:
        """Copy no more; raise where a frame was lost."""
        time.sleep(SETTLE_S)
        said, complaint = self._running().communicate(timeout=20)
        if not said.strip():
            raise LabError(f"the lab's mirror died: {complaint.strip()}")
        if int(said.split()[1]):
            raise NotAsPlannedError("the mirror lost frames, this machine is too busy")

    def _command(self) -> list[str]:
        return self._whole_command

    def _wait_until_ready(self) -> None:
        if not self._read_line():
            raise LabError(f"the lab's mirror did not start: {self._last_words()}")
