"""A server application on the stage: a process of its own, so that it can hang while its kernel goes on."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from analyzer.lab.failures import NotAsPlannedError
from analyzer.lab.hosts import POLL_S, Socket

REQUEST_OCTETS = 12
REPLY_OCTETS = 20

PATIENCE_S = 5.0

LATE_S = 0.1
"""A heartbeat this late is still one: steady to a tenth of the second or more between two of them."""

STOPPED = "T"
"""State in `/proc/PID/stat` (proc_pid_stat(5))."""


class Application:
    """Replies to every request on one connection; a context manager that ends the process."""

    def __init__(self, client: Socket, server: Socket) -> None:
        self._client = client
        self.pid = server.serve(REQUEST_OCTETS, REPLY_OCTETS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._signal(signal.SIGKILL)

    def ask(self) -> None:
        """The client sends a request."""
        self._client.send(REQUEST_OCTETS)

    def reply(self) -> None:
        """The client gets the reply to one request."""
        self._client.receive(REPLY_OCTETS)

    def hang(self) -> None:
        """Stop the process where it stands; its kernel keeps the connection."""
        self._signal(signal.SIGSTOP)
        deadline = time.monotonic() + PATIENCE_S
        while self.process_state() != STOPPED:
            if time.monotonic() > deadline:
                raise NotAsPlannedError(f"the lab's server application did not stop in {PATIENCE_S:g} s")
            time.sleep(POLL_S)

    def _signal(self, number: signal.Signals) -> None:
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            if number != signal.SIGKILL:
                raise NotAsPlannedError("the lab's server application has ended") from None

    def process_state(self) -> str:
        """The letter for it in `/proc/PID/stat`: "S" while it waits for a request."""
        try:
            status = Path(f"/proc/{self.pid}/stat").read_text()
        except FileNotFoundError:
            raise NotAsPlannedError("the lab's server application has ended") from None
        return status.rpartition(")")[2].split()[0]


class Rhythm:
    """Beats at equal distances, however long the work between two of them takes."""

    def __init__(self, period_s: float) -> None:
        self._period_s = period_s
        self._next: float | None = None

    def wait(self) -> None:
        """Sleep until the next beat; the first is now. Raise where it is over already."""
        now = time.monotonic()
        if self._next is None:
            self._next = now
        if now > self._next + LATE_S:
            raise NotAsPlannedError(
                "a heartbeat came too late, perhaps this machine was too busy: record it again"
            )
        time.sleep(max(0.0, self._next - now))
        self._next += self._period_s
