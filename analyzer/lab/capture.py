"""Capturing inside a lab host, with dumpcap, or tcpdump where that is missing."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from analyzer.errors import MissingToolError
from analyzer.lab.hosts import Host, LabError
from analyzer.lab.vantage import Vantage

SETTLE_S = 0.5
"""The kernel hands captured frames over in blocks; stopped sooner, the tool would lose the last."""

STOP_S = 10

LONGEST_S = 300
"""A recording is over long before; where dumpcap is not told to stop, it stops by itself then."""


@dataclass(frozen=True)
class Tool:
    """A capture program: its command line, and the line on stderr after which it sees every frame.

    merges: whether it captures on several interfaces into one file.
    """

    name: str
    suffix: str
    options: tuple[str, ...]
    ready: str
    merges: bool

    def command(self, vantage: Vantage, path: Path, only_from: str | None = None) -> list[str]:
        """The command line; only_from: the address whose frames alone are kept."""
        if len(vantage.interfaces) > 1 and not self.merges:
            raise MissingToolError(f"{self.name} captures on one interface only: install dumpcap")
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


DUMPCAP = Tool("dumpcap", ".pcapng", ("-q", "-a", f"duration:{LONGEST_S}"), ready="File: ", merges=True)
TCPDUMP = Tool(
    "tcpdump",
    ".pcap",
    # without immediate mode and a large buffer it loses the last second, and bursts
    ("-U", "--immediate-mode", "-B", "4096", "-Z", "root", "--time-stamp-precision=nano"),
    ready="listening on",
    merges=False,
)


def find_tool() -> Tool:
    """The capture program installed here; dumpcap first, since its files carry interface and drops."""
    for tool in (DUMPCAP, TCPDUMP):
        if shutil.which(tool.name) is not None:
            return tool
    raise MissingToolError("the lab needs dumpcap or tcpdump to capture: install wireshark-common or tcpdump")


class Capture:
    """One running capture, a context manager: frames are seen from the start of the block on."""

    def __init__(
        self, tool: Tool, host: Host, vantage: Vantage, path: Path, only_from: str | None = None
    ) -> None:
        """only_from: the address whose frames alone are kept."""
        self._command = host.inside(*tool.command(vantage, path, only_from))
        self._tool = tool
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            self._wait_until_ready()
        except BaseException:
            self._kill()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self.stop()
        finally:
            self._kill()

    def stop(self) -> None:
        """End the capture so that nothing is missing from the file; raise if frames were lost."""
        assert self._process is not None
        time.sleep(SETTLE_S)
        self._process.send_signal(signal.SIGINT)
        try:
            _, said = self._process.communicate(timeout=STOP_S)
        except subprocess.TimeoutExpired:
            raise LabError(f"{self._tool.name} did not end {STOP_S} s after SIGINT") from None
        if self._process.returncode != 0:
            raise LabError(f"{self._tool.name} failed: {last_line(said)}")
        if lost_frames(said):
            raise LabError(f"{self._tool.name} lost frames, this machine is too busy: record it again")

    def _wait_until_ready(self) -> None:
        assert self._process is not None
        assert self._process.stderr is not None
        said = ""
        for line in self._process.stderr:
            said += line
            if self._tool.ready in line:
                return
        raise LabError(f"{self._tool.name} could not capture: {last_line(said)}")

    def _kill(self) -> None:
        """End the process in any case; after `stop` there is none left."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()


def last_line(said: str) -> str:
    return (said.strip().splitlines() or ["it said nothing"])[-1]


def lost_frames(said: str) -> int:
    """How many frames a capture program says, on ending, that it did not write."""
    # dumpcap: "Packets received/dropped on interface 'x': 23/0 (pcap:0/…"
    # tcpdump: "0 packets dropped by kernel"
    dumpcap = re.search(r"received/dropped on interface .*?: \d+/(\d+)", said)
    tcpdump = re.search(r"(\d+) packets dropped by kernel", said)
    return sum(int(found.group(1)) for found in (dumpcap, tcpdump) if found)
