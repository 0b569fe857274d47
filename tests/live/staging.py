"""Programs at work in the prober's namespace, and what they say, with the time each line came."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from analyzer.lab.hosts import Host

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
PATIENCE_S = 60.0


def wait_until(holds: Callable[[], Any], what: str, patience_s: float = PATIENCE_S) -> None:
    deadline = time.monotonic() + patience_s
    while not holds():
        assert time.monotonic() < deadline, f"it does not happen: {what}"
        time.sleep(0.02)


class Program:
    """A program in a host's namespace; a context manager. lines: (monotonic s, line) so far."""

    def __init__(self, host: Host, *words: object) -> None:
        self.lines: list[tuple[float, str]] = []
        self.process = subprocess.Popen(
            host.inside(sys.executable, *map(str, words)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=environment(),
        )
        self._errors: list[str] = []
        assert self.process.stdin and self.process.stdout and self.process.stderr
        self._threads = [
            threading.Thread(target=self._listen),
            threading.Thread(target=lambda: self._errors.extend(self.process.stderr)),  # type: ignore[arg-type]
        ]
        for each in self._threads:
            each.start()

    def _listen(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append((time.monotonic(), line.rstrip("\n")))

    @property
    def errors(self) -> str:
        """What it said on standard error."""
        return "".join(self._errors)

    def rows(self, **wanted: object) -> list[dict[str, Any]]:
        """Its lines as JSON, with `came_s`; those in which all of these hold."""
        rows = [{"came_s": came_s} | json.loads(line) for came_s, line in list(self.lines)]
        return [row for row in rows if all(row.get(name) == value for name, value in wanted.items())]

    def wait_for(self, **wanted: object) -> dict[str, Any]:
        wait_until(lambda: self.rows(**wanted) or self._gone(), f"{wanted}")
        return self.rows(**wanted)[0]

    def _gone(self) -> bool:
        assert self.process.poll() is None, f"it ended with {self.process.returncode}: {self.errors}"
        return False

    def write(self, line: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def end(self, *sent: signal.Signals) -> int:
        """Send it signals, and wait for its end and its last words; its exit status."""
        for each in sent:
            self.process.send_signal(each)
        status = self.process.wait(PATIENCE_S)
        for each in self._threads:
            each.join(PATIENCE_S)
        return status

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.end()
        assert self.process.stdin and self.process.stdout and self.process.stderr
        for each in (self.process.stdin, self.process.stdout, self.process.stderr):
            each.close()


def live(host: Host, *options: object) -> Program:
    """`keepalive live` on a host's own interface."""
    return Program(host, "-m", "analyzer", "live", "-i", "eth0", *options)


def application(host: Host, peer: str, port: int, timers: Sequence[int]) -> Program:
    """An application that waits for what its connection becomes."""
    return Program(host, "-I", HERE / "application.py", peer, port, *timers)


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8", "TERM": "xterm-256color"}


class Crowd:
    """A context manager: how crowded this machine is meanwhile.

    worst_s: how late a process that slept was woken up, at worst. times: how many wanted a core at once, for
    each that there is, most of the time (9 of 10 looks), 1 at least: so much longer does all work take.
    """

    STEP_S = 0.01

    def __init__(self) -> None:
        self.worst_s = 0.0
        self.times = 1.0
        self._running: list[int] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        while not self._over.is_set():
            began = time.monotonic()
            time.sleep(self.STEP_S)
            self.worst_s = max(self.worst_s, time.monotonic() - began - self.STEP_S)
            running, _, _ = Path("/proc/loadavg").read_text().split()[3].partition("/")  # proc(5)
            self._running.append(int(running))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        usual = sorted(self._running)[len(self._running) * 9 // 10]
        self.times = max(1.0, usual / (os.cpu_count() or 1))


class Terminal:
    """A real terminal with a command in it: tmux, on a socket of its own; a context manager."""

    def __init__(self, host: Host, folder: Path, columns: int, rows: int) -> None:
        self._host = host
        self._tmux = ["tmux", "-S", str(folder / "tmux"), "-f", os.devnull]
        self._size = ["-x", str(columns), "-y", str(rows)]

    def run(self, *words: object) -> None:
        """Start a program; its exit status stands in the terminal when it has ended."""
        quoted = " ".join([sys.executable, *map(str, words)])
        shell = ["sh", "-c", f"{quoted}; echo it ended with $?; cat"]
        self._call("new-session", "-d", *self._size, "-c", str(ROOT), *self._host.inside(*shell))

    def press(self, *keys: str) -> None:
        self._call("send-keys", *keys)

    def shown(self) -> str:
        """What stands in the terminal."""
        return self._call("capture-pane", "-p")

    def _call(self, *words: str) -> str:
        done = subprocess.run(
            [*self._tmux, *words], capture_output=True, text=True, check=True, env=environment()
        )
        return done.stdout

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        subprocess.run([*self._tmux, "kill-server"], capture_output=True, check=False)
