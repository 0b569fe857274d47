"""dumpcap, Wireshark's own capture process. It may capture where our process may not.

Found with 4.0.17: a frame comes through the pipe up to 250 ms after it was seen (its read timeout), out of
a recording up to 750 ms after (it flushes its files each half second). How many frames the kernel dropped
it tells when it ends, never before: SIGUSR1 ends it, its ring of files has no statistics blocks, and the
kernel shows a ring buffer's drops to nobody else (`ss -0 -m` stays at d0). Into a pipe it writes them as
a statistics block, too. Where the interface is taken down it says nothing, and goes on once it is up again;
where it is removed, or the disk is full, it ends and says so.
"""

from __future__ import annotations

import re
import signal
from pathlib import Path

from analyzer.sources.live.backend import LiveOptions, has_program

DROPPED = re.compile(r"Packets received/dropped on interface '(.*)': \d+/(\d+)")


class Dumpcap:
    """See `Backend`."""

    name = "dumpcap"
    ready = "File: "
    settle_s = 0.3
    tells: signal.Signals | None = None
    records = True

    def installed(self) -> bool:
        return has_program(self.name)

    def command(self, options: LiveOptions, capture_filter: str, file: Path | None = None) -> list[str]:
        chosen = ["-f", capture_filter] if capture_filter else []
        where = ["-w", "-"]
        if file is not None:
            ring = (
                f"filesize:{options.file_mb * 1000}",
                f"duration:{options.file_s}",
                f"files:{options.files}",
            )
            where = ["-w", str(file), *(word for limit in ring for word in ("-b", limit))]
        size = ["-s", str(options.snap_length), "-B", str(options.buffer_mib)]
        return [self.name, "-q", "-i", options.interface, *chosen, *size, *where]

    def check_command(self, options: LiveOptions, capture_filter: str) -> list[str]:
        return [self.name, "-d", "-i", options.interface, "-f", capture_filter]

    def list_command(self) -> list[str]:
        return [self.name, "-D"]

    def try_command(self, interface: str) -> list[str]:
        return [self.name, "-L", "-i", interface]

    def dropped(self, line: str) -> dict[str, int]:
        return {interface: int(count) for interface, count in DROPPED.findall(line)}
