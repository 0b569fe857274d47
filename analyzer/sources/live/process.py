"""A capture program at work: how it is started, listened to and ended.

It gets a session of its own: Ctrl-C in a terminal reaches every process of the foreground group, and it is
for us to end the capture, once the last frames are out. Where our process is killed, it ends as well: at
once on Linux (`_lifeline`), elsewhere at its next frame, when nobody reads the pipe. But a recording goes on
until its file is full (or its time is over): no frame around our death is missing, and the program ends
when it cannot say on stderr that it began the next file.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Sequence
from typing import IO

from analyzer.errors import MissingToolError, UnreadableError
from analyzer.sources.live.backend import Backend, environment

PIPE_BYTES = 1 << 20  # the most that Linux allows everyone by default, 16 times what a pipe has
LINES = 100  # of stderr that are kept: enough for the longest complaint
ENDS_S = 3.0  # after a signal; then it is killed


class CaptureProcess:
    """One such program. Raises MissingToolError or UnreadableError where it cannot be started.

    output: the pipe that it writes to (None: it writes files). dropped: frames lost so far, by who lost
    them, as far as it told.
    """

    def __init__(self, backend: Backend, command: Sequence[str], to_pipe: bool) -> None:
        self.backend = backend
        self.dropped: dict[str, int] = {}
        self._lines: deque[str] = deque(maxlen=LINES)
        self._ready = threading.Event()
        self._held: int | None = None
        lifeline = None
        if to_pipe and sys.platform == "linux":
            lifeline, self._held = os.pipe()
        try:
            self._popen = subprocess.Popen(
                command,
                bufsize=0,
                stdin=subprocess.DEVNULL if lifeline is None else lifeline,
                stdout=subprocess.PIPE if to_pipe else subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                start_new_session=True,
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),  # the same on Windows
                env=environment(),
            )
            if lifeline is not None:
                _lifeline(lifeline, self._popen.pid)
        except FileNotFoundError as error:
            self._let_go()
            raise MissingToolError(f"{backend.name} is not installed") from error
        except OSError as error:
            self._let_go()
            raise UnreadableError(f"{backend.name} does not start: {error.strerror or error}") from error
        finally:
            if lifeline is not None:
                os.close(lifeline)
        self.output = self._popen.stdout
        if self.output is not None:
            _enlarge(self.output)
        self._listener = threading.Thread(target=self._listen, name="keepalive-capture", daemon=True)
        self._listener.start()

    @property
    def said(self) -> str:
        """The last lines that it said on stderr."""
        return "\n".join(self._lines)

    def wait_until_ready(self) -> bool:
        """Wait until it captures; False if it ended before."""
        self._ready.wait()
        return any(self.backend.ready in line for line in tuple(self._lines))

    def running(self) -> bool:
        return self._popen.poll() is None

    def wait(self) -> int:
        """Its exit status, once all that it said was heard; negative: the signal that killed it."""
        status = self._popen.wait()
        self._listener.join(ENDS_S)
        return status

    def wait_for_end(self, patience_s: float) -> bool:
        """Wait for its end, not longer than that; whether it has ended."""
        try:
            self._popen.wait(patience_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def tell(self) -> None:
        """Have it say how many frames were dropped, if it can; the answer arrives later."""
        if self.backend.tells is not None and self._ready.is_set():
            self.send(self.backend.tells)

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, if it still runs."""
        with contextlib.suppress(OSError):  # it may belong to root
            self._popen.send_signal(number)

    def end(self, patience_s: float = ENDS_S) -> None:
        """End it, by force where it does not within that time. May be called twice."""
        if self.running():
            self._popen.terminate() if sys.platform == "win32" else self.send(signal.SIGINT)
            if not self.wait_for_end(patience_s):
                self._popen.kill()
                self.wait_for_end(ENDS_S)
        self._let_go()

    def _let_go(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            os.close(held)

    def _listen(self) -> None:
        assert self._popen.stderr is not None
        with self._popen.stderr as errors:
            rest = b""
            while data := errors.read(4096):
                *lines, rest = (rest + data).replace(b"\r", b"\n").split(b"\n")
                for line in lines:
                    self._hear(line)
            self._hear(rest)
        self._ready.set()

    def _hear(self, said: bytes) -> None:
        line = said.decode("utf-8", "replace")
        self._lines.append(line)
        self.dropped |= self.backend.dropped(line)
        if self.backend.ready in line:
            self._ready.set()


def _lifeline(lifeline: int, process: int) -> None:
    """Have the kernel end a process when ours ends, however that happens.

    Its standard input is a pipe whose other end is ours alone. When that closes, the kernel sends the
    signal that announces input (fcntl(2), F_SETOWN and F_SETSIG), here SIGTERM.
    """
    if sys.platform == "linux":
        import fcntl

        fcntl.fcntl(lifeline, fcntl.F_SETOWN, process)
        fcntl.fcntl(lifeline, fcntl.F_SETSIG, signal.SIGTERM)
        fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)


def _enlarge(pipe: IO[bytes]) -> None:
    """More room in the pipe: while we are busy, the program must not wait."""
    if sys.platform == "linux":
        import fcntl

        with contextlib.suppress(OSError):  # as much as it has will do
            fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, PIPE_BYTES)
