"""The commands that are compared, and what each of them does with a capture."""

import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

PROJECT, PROJECT_JSON, FLOOR, WALKER = "keepalive analyze", "keepalive analyze --json", "cat", "capinfos -c"
TCPTRACE, TSHARK = "tcptrace -n -l", "tshark -Y keep_alive"
LABELS = "keep-alive labels by Wireshark's rule"


@dataclass(frozen=True)
class Tool:
    """A command line; the capture's path comes last, or where FILE stands."""

    name: str
    does: str
    command: tuple[str, ...]
    slice: int = 0  # frames it is given: 0 for the whole file

    def line(self, path: Path) -> list[str]:
        if "FILE" in self.command:
            return [str(path) if word == "FILE" else word for word in self.command]
        return [*self.command, str(path)]

    def missing(self) -> str:
        """Why it cannot run here; empty if it can."""
        if self.command[1:3] == ("-m", "benchmarks.readers"):
            module = self.command[3]
            return "" if find_spec(module) else f"{module} is not installed"
        return "" if shutil.which(self.command[0]) else f"{self.command[0]} is not installed"


def project_command() -> list[str]:
    """`keepalive analyze` of this Python's environment."""
    beside = Path(sys.executable).with_name("keepalive")
    return [str(beside) if beside.exists() else "keepalive", "analyze"]


def tools(project: Sequence[str]) -> list[Tool]:
    """All tools, the fast ones first."""
    reader = (sys.executable, "-m", "benchmarks.readers")
    display = ("tshark", "-n", "-r", "FILE", "-Y", "tcp.analysis.keep_alive")
    return [
        Tool(FLOOR, "reads every byte", ("cat",)),
        Tool(WALKER, "walks the records", ("capinfos", "-c")),
        Tool(PROJECT, "labels, timers, verdicts; for people", tuple(project)),
        Tool(PROJECT_JSON, "the same, all tables as JSON", (*project, "--json")),
        Tool(TCPTRACE, "per-flow statistics, no keep-alives", ("tcptrace", "-n", "-l")),
        Tool("nfstream", "per-flow statistics, no keep-alives", (*reader, "nfstream"), slice=500_000),
        Tool("dpkt", LABELS, (*reader, "dpkt"), slice=250_000),
        Tool(TSHARK, "labels", display, slice=250_000),
        Tool("scapy", LABELS, (*reader, "scapy"), slice=20_000),
        Tool("pyshark", "labels by tshark", (*reader, "pyshark"), slice=50_000),
    ]
