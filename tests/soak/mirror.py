"""A mirror port as network engineers know it: what passes a lab's interfaces is seen by one observer."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Self

from analyzer.lab.background import Background
from analyzer.lab.failures import LabError, NotAsPlannedError
from analyzer.lab.hosts import Host
from analyzer.lab.vantage import Vantage

PROGRAM = Path(__file__).with_name("mirror_program.py")
SETTLE_S = 0.2  # for frames that are on their way through the program
MTU = 65535  # of a link on which frames that the sender's link would cut up are seen whole


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
    """One running mirror; in a lab's stage it stands where the capture does."""

    def __init__(self, observer: Observer, host: Host, vantage: Vantage, only_from: str | None) -> None:
        super().__init__("mirror")
        where = (f"/proc/{observer.pid}/ns/net", observer.LINK, only_from or "")
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
