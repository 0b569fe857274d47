"""`keepalive live --json` at work on an observer, and the lines that it told, with the time each came."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any, Self

from scapy.layers.inet import IP, TCP

from analyzer.lab.failures import LabError
from analyzer.lab.hosts import Host
from tests.sources.live.namespaces import send

PATIENCE_S = 60.0

KNOCK = IP(src="192.0.2.9", dst="192.0.2.10") / TCP(flags="S")


class Watcher:
    """A context manager; it watches once the block begins. lines: (monotonic s, the line) so far."""

    def __init__(self, host: Host, link: str, options: Sequence[str] = ()) -> None:
        command = [sys.executable, "-m", "analyzer", "live", "-i", "eth0", "--json", *options]
        self.lines: list[tuple[float, dict[str, Any]]] = []
        self._host = host
        self._link = link
        self._process = subprocess.Popen(
            host.inside(*command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    @property
    def pid(self) -> int:
        """Of the command: what started it here became it."""
        return self._process.pid

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.lines.append((time.monotonic(), json.loads(line)))

    def __enter__(self) -> Self:
        """Knock until it tells of it."""
        deadline = time.monotonic() + PATIENCE_S
        while not self.lines:
            if self._process.poll() is not None or time.monotonic() > deadline:
                self._process.kill()
                assert self._process.stderr is not None
                raise LabError(f"the watcher does not watch: {self._process.stderr.read()}")
            send(self._host, 1, packet=KNOCK, interface=self._link)
            time.sleep(0.2)
        return self

    def end(self) -> tuple[int, str]:
        """Interrupt it; exit status, and what it said on standard error."""
        self._process.send_signal(signal.SIGINT)
        self._reader.join(PATIENCE_S)
        assert self._process.stderr is not None
        said = self._process.stderr.read()
        return self._process.wait(PATIENCE_S), said

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._reader.join()
        assert self._process.stdout is not None and self._process.stderr is not None
        self._process.stdout.close()
        self._process.stderr.close()
