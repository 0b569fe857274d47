"""scapy's sniffer, where neither dumpcap nor tcpdump is installed.

It runs as a process of its own, `scapy_pipe.py`, which writes a pcap file to its standard output as the
others do: so our process reads all of them in the same way, and can end it. It is the slowest, as each frame
crosses Python by itself, and it needs our process's own privileges.
"""

from __future__ import annotations

import signal
import sys
from importlib.util import find_spec
from pathlib import Path

from analyzer.sources.live.backend import LiveOptions, dropped_by

PROGRAM = Path(__file__).with_name("scapy_pipe.py")


class Scapy:
    """See `Backend`."""

    name = "scapy"
    ready = "listening on "
    settle_s = 0.1
    tells: signal.Signals | None = getattr(signal, "SIGUSR1", None)
    records = False

    def installed(self) -> bool:
        return find_spec("scapy") is not None

    def command(self, options: LiveOptions, capture_filter: str, file: Path | None = None) -> list[str]:
        assert file is None
        return [*_run("capture"), options.interface, capture_filter, str(options.snap_length)]

    def check_command(self, options: LiveOptions, capture_filter: str) -> list[str]:
        return [*_run("check"), options.interface, capture_filter]

    def list_command(self) -> list[str]:
        return []

    def try_command(self, interface: str) -> list[str]:
        return [*_run("try"), interface, ""]

    def dropped(self, line: str) -> dict[str, int]:
        return dropped_by(line)


def _run(what: str) -> list[str]:
    """-P: the library is meant by `import scapy`, not the file beside the program."""
    return [sys.executable, "-P", str(PROGRAM), what]
