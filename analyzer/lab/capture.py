"""Capturing inside a lab host, with dumpcap, or tcpdump where that is missing."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from analyzer.errors import MissingToolError
from analyzer.lab.background import Background, last_line
from analyzer.lab.failures import LabError, NotAsPlannedError
from analyzer.lab.hosts import Host
from analyzer.lab.vantage import Vantage

STOP_S = 10

LONGEST_S = 300
"""A recording is over long before; where dumpcap is not told to stop, it stops by itself then."""


@dataclass(frozen=True)
class Tool:
    """A capture program: its command line, and the line on stderr after which it sees every frame.

    settle_s: how long the kernel may keep captured frames; stopped sooner, the tool would lose the last.
    merges: whether it captures on several interfaces into one file.
    """

    name: str
    suffix: str
    options: tuple[str, ...]
    ready: str
    settle_s: float
    merges: bool

    def command(self, vantage: Vantage, path: Path, only_from: str | None = None) -> list[str]:
        """The command line; only_from: the address whose frames alone are kept."""
        where = [part for interface in vantage.interfaces for part in ("-i", interface)]
        snap = ["-s", str(vantage.snap_length)] if vantage.snap_length else []
        # before the interfaces: dumpcap then takes it for all of them
        chosen = ["-f", f"src host {only_from}"] if only_from and self.merges else []
        last = [f"src host {only_from}"] if only_from and not self.merges else []
        return [self.name, *snap, *chosen, *where, *self.options, "-w", str(path), *last]

    def version(self) -> str:
        """`dumpcap 4.0.17`."""
        said = subprocess.run([self.name, "--version"], capture_output=True, text=True, check=False)
        number = re.search(r"\d+(\.\d+)+", said.stdout + said.stderr)
        return f"{self.name} {number.group() if number else '(version unknown)'}"


DUMPCAP = Tool(
    "dumpcap",
    ".pcapng",
    ("-q", "-a", f"duration:{LONGEST_S}"),
    ready="File: ",
    settle_s=0.5,
    merges=True,
)
TCPDUMP = Tool(
    "tcpdump",
    ".pcap",
    # a large buffer for bursts; in immediate mode it would have room for a few frames only
    ("-U", "-B", "4096", "-Z", "root", "--time-stamp-precision=nano"),
    ready="listening on",
    settle_s=1.5,  # it is handed frames once a second
    merges=False,
)


def find_tool() -> Tool:
    """The capture program installed here; dumpcap first, since its files carry interface and drops."""
    for tool in (DUMPCAP, TCPDUMP):
        if shutil.which(tool.name) is not None:
            return tool
    raise MissingToolError("the lab needs dumpcap or tcpdump to capture: install wireshark-common or tcpdump")


class Capture(Background):
    """One running capture, a context manager: frames are seen from the start of the block on."""

    def __init__(
        self, tool: Tool, host: Host, vantage: Vantage, path: Path, only_from: str | None = None
    ) -> None:
        """only_from: the address whose frames alone are kept."""
        super().__init__(tool.name)
        self._tool = tool
        self._whole_command = host.inside(*tool.command(vantage, path, only_from))

    def finish(self) -> None:
        """End the capture so that nothing is missing from the file; raise if frames were lost."""
        process = self._running()
        time.sleep(self._tool.settle_s)
        process.send_signal(signal.SIGINT)
        try:
            _, said = process.communicate(timeout=STOP_S)
        except subprocess.TimeoutExpired:
            raise LabError(f"{self.name} did not end {STOP_S} s after SIGINT") from None
        if process.returncode != 0:
            raise LabError(f"{self.name} failed: {last_line(without_statistics(said))}")
        if lost_frames(said):
            raise NotAsPlannedError(f"{self.name} lost frames, this machine is too busy: record it again")

    def _command(self) -> list[str]:
        return self._whole_command

    def _wait_until_ready(self) -> None:
        said = ""
        errors = self._running().stderr
        assert errors is not None
        for line in errors:
            said += line
            if self._tool.ready in line:
                return
        raise LabError(f"{self.name} could not capture: {last_line(said)}")


def without_statistics(said: str) -> str:
    """The complaints alone: a capture program tells what it counted even after it has failed."""
    return "\n".join(line for line in said.splitlines() if not line.startswith("Packets "))


def lost_frames(said: str) -> int:
    """How many frames a capture program says, on ending, that it did not write."""
    # dumpcap: "Packets received/dropped on interface 'x': 23/0 (pcap:0/…"
    # tcpdump: "0 packets dropped by kernel"
    dumpcap = re.search(r"received/dropped on interface .*?: \d+/(\d+)", said)
    tcpdump = re.search(r"(\d+) packets dropped by kernel", said)
    return sum(int(found.group(1)) for found in (dumpcap, tcpdump) if found)
