"""Lab hosts: each is one process in a network namespace of its own.

A namespace here has no name that could clash and no file that could stay behind. It exists
because the host's process (`agent.py`) runs in it, and the kernel takes it back, with its
links, routes and sockets, once that process has ended. The process ends with its `Host`, when
its stdin closes, or with the recorder, however that dies (`setpriv --pdeathsig`).
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from analyzer.lab.background import DIE_WITH_RECORDER, Background, last_line
from analyzer.lab.failures import LabError, NotAsPlannedError, SocketError

Address = tuple[str, int]
Options = dict[str, int]

AGENT = Path(__file__).with_name("agent.py")

POLL_S = 0.02


class Host(Background):
    """One host: a context manager that owns the namespace, and the sockets in it."""

    @property
    def pid(self) -> int:
        return self._running().pid

    def inside(self, *command: str) -> list[str]:
        """The command line that runs `command` in this host's namespace."""
        return [*DIE_WITH_RECORDER, "nsenter", f"--net=/proc/{self.pid}/ns/net", *command]

    def ip(self, *arguments: str) -> None:
        """Run iproute2's `ip` inside."""
        done = subprocess.run(self.inside("ip", *arguments), capture_output=True, text=True, check=False)
        if done.returncode != 0:
            said = last_line(done.stderr)
            raise LabError(f"`ip {' '.join(arguments)}` failed on the lab's {self.name}: {said}")

    def ask(self, action: str, **arguments: Any) -> Any:
        """Have the agent carry out one of its actions (see `agent.Agent`) and return the result."""
        return self.begin(action, **arguments)()

    def begin(self, action: str, **arguments: Any) -> Callable[[], Any]:
        """As `ask`, but what is returned waits for the reply; till then nothing else can be asked."""
        process = self._running()
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps({"do": action, "with": arguments}) + "\n")
            process.stdin.flush()
        except BrokenPipeError:
            pass  # it died: reading its reply tells why
        return partial(self._read_reply, action)

    def counters(self) -> dict[str, int]:
        """The kernel's TCP counters of this namespace, from its birth."""
        counted: dict[str, int] = self.ask("counters")
        return counted

    def wait_until(self, counter: str, goal: int, patience_s: float = 30.0) -> None:
        """Wait until the kernel has counted `goal` of these events since the host's birth."""
        deadline = time.monotonic() + patience_s
        while self.counters().get(counter, 0) < goal:
            if time.monotonic() > deadline:
                raise NotAsPlannedError(
                    f"the {self.name}'s {counter} did not reach {goal} in {patience_s:g} s"
                )
            time.sleep(POLL_S)

    def listen(self, own: Address, options: Options) -> Listener:
        """A listening socket; what it accepts inherits its options."""
        return Listener(self, self.ask("listen", own=own, options=options), options)

    def connect(self, own: Address, peer: Address, options: Options) -> Socket:
        """A connection from here; the handshake is over when this returns."""
        return self.begin_connect(own, peer, options)()

    def begin_connect(self, own: Address, peer: Address, options: Options) -> Callable[[], Socket]:
        """As `connect`, without waiting for the handshake: what is returned waits for it."""
        attempt = self.begin("connect", own=own, peer=peer, options=options)
        return lambda: Socket(self, attempt(), options)

    def states(self) -> dict[str, int]:
        """How many connections the kernel has in each state: `{"TIME_WAIT": 1}`."""
        counted: dict[str, int] = self.ask("states")
        return counted

    def _command(self) -> list[str]:
        return [*DIE_WITH_RECORDER, "unshare", "--net", sys.executable, "-I", str(AGENT)]

    def _wait_until_ready(self) -> None:
        self._read_reply("start")

    def _read_reply(self, action: str) -> Any:
        line = self._read_line()
        if not line:
            raise LabError(f"the lab's {self.name} died at {action}: {self._last_words()}")
        reply = json.loads(line)
        if "errno" in reply:
            raise SocketError(self.name, action, reply["errno"], reply["message"])
        return reply["result"]


class Listener:
    """A listening socket on a host."""

    def __init__(self, host: Host, number: int, options: Options) -> None:
        self._host = host
        self._number = number
        self._options = options

    def accept(self, options: Options) -> Socket:
        """The next connection, once its handshake is over."""
        number = self._host.ask("accept", number=self._number, options=options)
        return Socket(self._host, number, self._options | options)


class Socket:
    """A connected socket on a host. Where a method can fail, it is the host's kernel that says so."""

    def __init__(self, host: Host, number: int, options: Options) -> None:
        self._host = host
        self._number = number
        self.options: Options = host.ask("options", number=number, names=list(options))
        """Those that were set, as the kernel reports them now (it doubles a buffer size)."""
        self.client_port: int | None = None
        """Tells which connection it belongs to, at either end."""
        self.ended_with: str | None = None
        """How it ended for the application: ETIMEDOUT, ECONNRESET, EOF, closed, crashed; None: not yet."""
        self.is_held = True
        """Whether the application still has it, be the connection open or not."""
        self.states: list[str] = []
        """The states that it was required to pass, in order."""

    def send(self, octets: int) -> None:
        self._host.ask("send", number=self._number, octets=octets)

    def receive(self, octets: int) -> None:
        """Read exactly `octets`; the end of the stream before that is an error."""
        arrived = self._host.ask("receive", number=self._number, octets=octets)
        if arrived != octets:
            raise NotAsPlannedError(f"the {self._host.name} received {arrived} of {octets} octets")

    def serve(self, request_octets: int, reply_octets: int) -> int:
        """Leave the replying to a process of its own in the same host; its process id."""
        pid: int = self._host.ask(
            "serve", number=self._number, request_octets=request_octets, reply_octets=reply_octets
        )
        return pid

    def wait_for_end(self, expected: str, patience_s: float = 15.0) -> None:
        """Read until the kernel reports the connection's end: an error's name, or "EOF"."""
        ended_with: str = self._host.ask("wait_for_end", number=self._number, patience_s=patience_s)
        if ended_with != expected:
            raise NotAsPlannedError(f"the {self._host.name} saw {ended_with} where {expected} was planned")
        self.ended_with = ended_with

    def close(self) -> None:
        self._host.ask("close", number=self._number)
        self.ended_with = self.ended_with or "closed"
        self.is_held = False

    def shut_down(self) -> None:
        """Send a FIN and go on reading."""
        self._host.ask("shut_down", number=self._number)

    def abort(self) -> None:
        """Close with a RST (SO_LINGER with a time of 0)."""
        self._host.ask("abort", number=self._number)
        self.ended_with = self.ended_with or "aborted"
        self.is_held = False

    def own_port(self) -> int:
        port: int = self._host.ask("own_port", number=self._number)
        return port

    def require_state(self, planned: str) -> None:
        """Raise unless the kernel says that the connection is in this state now."""
        state = self.tcp_info()["state"]
        if state != planned:
            raise NotAsPlannedError(
                f"the {self._host.name}'s connection is in {state} where {planned} was planned"
            )
        self.states.append(state)

    def crash(self) -> None:
        """Note that its host is about to lose it."""
        self.ended_with = "crashed"
        self.is_held = False

    def tcp_info(self) -> dict[str, Any]:
        info: dict[str, Any] = self._host.ask("tcp_info", number=self._number)
        return info

    def segments_sent(self) -> int:
        """All that the kernel sent on this socket since it is there: a server's SYN-ACK is not among it."""
        sent: int = self._host.ask("segments_sent", number=self._number)
        return sent
