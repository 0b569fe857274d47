"""A wire to measure on: two network namespaces joined by a veth pair, and a sender at a given rate.

Linux, as root, with `ip` (iproute2) and tcpreplay.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ENDS = "here", "there"  # names of the interfaces: each in a namespace of its own
NEEDED = "ip", "tcpreplay"


class WireFailed(Exception):
    """The wire cannot be laid, or nothing can be sent on it."""


@dataclass(frozen=True)
class Sent:
    """What was sent: counted by the interface that sent it, and by the one that received it."""

    frames: int
    received: int
    seconds: float


def missing() -> str:
    """Why nothing can be measured here; empty if it can."""
    if os.geteuid():
        return "network namespaces need root"
    lacking = [name for name in NEEDED if not shutil.which(name)]
    return f"{', '.join(lacking)}: not installed" if lacking else ""


def run(*command: str) -> str:
    """What a command says; raises WireFailed unless it exits with 0."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise WireFailed(f"{' '.join(command)}: {(done.stderr or done.stdout).strip()}")
    return done.stdout


class Wire:
    """Frames go in at one end and arrive at the other; nothing else is on it."""

    def __init__(self, name: str) -> None:
        self._spaces = f"{name}-a", f"{name}-b"

    def lay(self) -> None:
        for space in self._spaces:
            run("ip", "netns", "add", space)
            for what in ("all", "default"):  # no neighbour discovery: what is seen is what was sent
                run(*self._in(space), "sysctl", "-qw", f"net.ipv6.conf.{what}.disable_ipv6=1")
        here, there = self._spaces
        run("ip", "-n", here, "link", "add", ENDS[0], "type", "veth", "peer", ENDS[1], "netns", there)
        for space, end in zip(self._spaces, ENDS, strict=True):
            run("ip", "-n", space, "link", "set", end, "arp", "off", "up")

    def remove(self) -> None:
        for space in self._spaces:
            subprocess.run(("ip", "netns", "del", space), capture_output=True, check=False)

    @staticmethod
    def _in(space: str) -> tuple[str, ...]:
        return "ip", "netns", "exec", space

    def listener(self, command: Sequence[str]) -> list[str]:
        """The command line that runs a command where frames arrive, on the interface ENDS[1]."""
        return [*self._in(self._spaces[1]), *command]

    def heard(self) -> bool:
        """Whether somebody listens where frames arrive (packet(7): a header, then a line a socket)."""
        return len(run(*self.listener(("cat", "/proc/net/packet"))).splitlines()) > 1

    def _counter(self, end: int, name: str) -> int:
        path = f"/sys/class/net/{ENDS[end]}/statistics/{name}"
        return int(run(*self._in(self._spaces[end]), "cat", path))

    def send(self, capture: Path, frames: int, per_s: float) -> Sent:
        """Replay the first frames of a capture, held in memory, evenly at this rate."""
        counters = (0, "tx_packets"), (1, "rx_packets")
        before = [self._counter(*each) for each in counters]
        said = run(
            *self._in(self._spaces[0]),
            *("tcpreplay", "--preload-pcap", f"--pps={per_s:.0f}", f"--limit={frames}"),
            *(f"--intf1={ENDS[0]}", str(capture)),
        )
        took = re.search(r"sent in ([\d.]+) seconds", said)
        if not took:
            raise WireFailed(f"tcpreplay did not say how long it took: {said.strip()}")
        sent, received = (self._counter(*each) - start for each, start in zip(counters, before, strict=True))
        return Sent(sent, received, float(took[1]))


@contextmanager
def wire() -> Iterator[Wire]:
    """A wire of this process's own, removed at the end."""
    laid = Wire(f"rate{os.getpid()}")
    try:
        laid.lay()
        yield laid
    finally:
        laid.remove()
