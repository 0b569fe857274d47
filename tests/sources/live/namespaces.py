"""A watcher at work in a lab host's namespace, and marked frames for it to see."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import Ether
from scapy.packet import Packet

from analyzer.lab.hosts import Host

ROOT = Path(__file__).parents[3]
PATIENCE_S = 30.0
SEGMENT = IP(src="192.0.2.2", dst="192.0.2.3") / TCP(sport=50000, dport=443, flags="A", seq=1)

SEND = """
import socket, sys, time
interface, frame, count, rate = sys.argv[1], bytes.fromhex(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
link.bind((interface, 0))
began = time.monotonic()
for number in range(count):
    while rate and number > (time.monotonic() - began) * rate:
        time.sleep(0.001)
    try:
        link.send(frame + number.to_bytes(4, "big"))
    except OSError:  # its queue is full
        time.sleep(0.001)
        link.send(frame + number.to_bytes(4, "big"))
print(began, time.monotonic())
"""
"""Runs without the package, so that it begins at once."""


def send(
    host: Host, count: int, per_s: float = 0, packet: Packet = SEGMENT, interface: str = "eth0"
) -> float:
    """Send marked frames; when the first left (monotonic, s)."""
    frame = bytes(Ether(src="02:00:00:00:01:02", dst="02:00:00:00:01:99") / packet) + b"marked"
    python = [sys.executable, "-S", "-E", "-c", SEND, interface, frame.hex(), str(count), str(per_s)]
    done = subprocess.run(host.inside(*python), capture_output=True, text=True, check=True)
    return float(done.stdout.split()[0])


class Watcher:
    """`watcher.py` in a host's namespace; a context manager. `before`: a command that runs it."""

    def __init__(self, host: Host, before: Sequence[str] = (), **options: object) -> None:
        program = [sys.executable, "-m", "tests.sources.live.watcher", json.dumps(options)]
        self.process = subprocess.Popen(
            host.inside(*before, *program),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            start_new_session=True,
        )
        self.told: queue.Queue[dict[str, Any]] = queue.Queue()
        self._listener = threading.Thread(target=self._listen)
        self._listener.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.kill()
        self.process.wait()
        self._listener.join()
        assert self.process.stdin and self.process.stdout
        self.process.stdin.close()
        self.process.stdout.close()

    def _listen(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.told.put(json.loads(line))

    def wait_for(self, what: str, marked: int = 0) -> dict[str, Any]:
        """The next line of that kind with so many marked frames at least; any other end fails."""
        while True:
            told = self.told.get(timeout=PATIENCE_S)
            if told["what"] == what and told.get("marked", marked) >= marked:
                return told
            assert told["what"] not in ("end", "refused"), told

    def say(self, word: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()

    def drops(self) -> dict[str, Any]:
        self.say("drops")
        return self.wait_for("drops")

    def stop(self) -> dict[str, Any]:
        self.say("stop")
        return self.wait_for("end")

    def kill(self) -> None:
        """Our process dies without a chance to end anything."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
