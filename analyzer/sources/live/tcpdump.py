"""tcpdump, which nearly every Unix has.

Found with 4.99.3 and libpcap 1.10.3: in immediate mode a frame comes through the pipe within 1 ms (else up
to 1 s after). The buffer then has slots of the snap length, so a short one keeps it large. SIGUSR1 (SIGINFO
on BSD) makes it say how many frames the kernel dropped. An interface that is taken down or removed: as with
dumpcap.
"""

from __future__ import annotations

import signal
from pathlib import Path

from analyzer.sources.live.backend import LiveOptions, dropped_by, has_program


class Tcpdump:
    """See `Backend`."""

    name = "tcpdump"
    ready = "listening on "
    settle_s = 0.1
    tells: signal.Signals | None = getattr(signal, "SIGINFO", getattr(signal, "SIGUSR1", None))
    records = False

    def installed(self) -> bool:
        return has_program(self.name)

    def command(self, options: LiveOptions, capture_filter: str, file: Path | None = None) -> list[str]:
        assert file is None
        how = ["-U", "--immediate-mode", "--time-stamp-precision=nano", "-B", str(options.buffer_mib * 1024)]
        size = ["-s", str(options.snap_length)]
        return [self.name, "-i", options.interface, *how, *size, "-w", "-", "--", capture_filter]

    def check_command(self, options: LiveOptions, capture_filter: str) -> list[str]:
        return [self.name, "-d", "-i", options.interface, "--", capture_filter]

    def list_command(self) -> list[str]:
        return [self.name, "-D"]

    def try_command(self, interface: str) -> list[str]:
        return [self.name, "-L", "-i", interface]

    def dropped(self, line: str) -> dict[str, int]:
        return dropped_by(line)
