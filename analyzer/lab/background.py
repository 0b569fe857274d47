"""Programs that run beside the recorder: hosts, captures, switches."""

from __future__ import annotations

import subprocess
from types import TracebackType
from typing import Self

from analyzer.lab.failures import LabError

DIE_WITH_RECORDER = ("setpriv", "--pdeathsig", "KILL")
"""However the recorder dies, what it started does too."""


class Background:
    """One such program: a context manager that starts it, waits until it is ready, and ends it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        """Ctrl-C is for the recorder alone, so the program gets a session of its own."""
        self._process = subprocess.Popen(
            self._command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Kill it; a second call does nothing."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()

    def _command(self) -> list[str]:
        raise NotImplementedError

    def _wait_until_ready(self) -> None:
        """Return once it does its work; raise if it does not."""
        raise NotImplementedError

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None:
            raise LabError(f"the lab's {self.name} is not running")
        return self._process

    def _read_line(self) -> str:
        """The next line that it says; empty if it has ended."""
        output = self._running().stdout
        assert output is not None
        return output.readline()

    def _last_words(self) -> str:
        """The last line that it complained, once it has ended."""
        _, said = self._running().communicate()
        return last_line(said)


def last_line(said: str) -> str:
    return (said.strip().splitlines() or ["it said nothing"])[-1]
