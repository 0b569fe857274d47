"""The program inside a lab host: it holds the sockets, does as told, and reports what the kernel says.

`hosts.Host` starts this file on its own (`python -I agent.py`) in a network namespace of its
own. Each line on stdin is one request, `{"do": ACTION, "with": {…}}`; each gets one line on
stdout, `{"result": …}` or `{"errno": NAME, "message": …}`. When stdin ends, so does the
program, and with it the namespace: whatever becomes of the recorder, nothing is left behind.

It imports the standard library only, and nothing of it that other systems lack at import.
"""

from __future__ import annotations

import errno
import json
import socket
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

Address = tuple[str, int]

PAYLOAD = b"keepalive lab. "
"""What applications say to each other here, over and over."""

RESPONDER = Path(__file__).with_name("responder.py")

PATIENCE_S = 15.0
"""How long a socket call may block before the request counts as failed."""

# linux/tcp.h and linux/ethtool.h; Python's socket module has no names for them.
TCP_INFO = 11
TCP_INFO_SEGS_OUT = 136
TCP_REPAIR = 19
SIOCETHTOOL = 0x8946
ETHTOOL_STXCSUM = 0x17

LINGER_FOR_NO_TIME = struct.pack("ii", 1, 0) if sys.platform != "win32" else struct.pack("HH", 1, 0)
"""`struct linger`, switched on and 0 s: the connection is not closed but aborted."""

OPTION_LEVELS = {
    "SO": socket.SOL_SOCKET,
    "TCP": socket.IPPROTO_TCP,
    "IP": socket.IPPROTO_IP,
    "IPV6": socket.IPPROTO_IPV6,
}

# include/net/tcp_states.h, from 1
TCP_STATES = (
    "ESTABLISHED SYN_SENT SYN_RECV FIN_WAIT1 FIN_WAIT2 TIME_WAIT CLOSE CLOSE_WAIT LAST_ACK LISTEN CLOSING"
).split()


class Agent:
    """The sockets of one host, by number; every public method is an action that can be asked for."""

    def __init__(self) -> None:
        self._sockets: dict[int, socket.socket] = {}
        self._last_number = 0
        self._responders: list[subprocess.Popen[bytes]] = []

    def listen(self, own: Address, options: dict[str, int]) -> int:
        """A listening socket; its options are inherited by what it accepts."""
        listener = self._new_socket(own[0], options)
        listener.bind(tuple(own))
        listener.listen()
        return self._keep(listener)

    def accept(self, number: int, options: dict[str, int]) -> int:
        """The next connection to a listening socket."""
        connection, _ = self._sockets[number].accept()
        connection.settimeout(PATIENCE_S)
        set_options(connection, options)
        return self._keep(connection)

    def connect(self, own: Address, peer: Address, options: dict[str, int]) -> int:
        """A connection; from port 0 it is left to the kernel to choose one, as most programs do."""
        connection = self._new_socket(own[0], options)
        try:
            if own[1]:
                connection.bind(tuple(own))
            connection.connect(tuple(peer))
        except OSError:
            connection.close()
            raise
        return self._keep(connection)

    def send(self, number: int, octets: int) -> None:
        text = PAYLOAD * (octets // len(PAYLOAD) + 1)
        self._sockets[number].sendall(text[:octets])

    def receive(self, number: int, octets: int) -> int:
        """Read until `octets` arrived or the stream ends; how many arrived."""
        arrived = 0
        while arrived < octets:
            chunk = self._sockets[number].recv(octets - arrived)
            if not chunk:
                break
            arrived += len(chunk)
        return arrived

    def serve(self, number: int, request_octets: int, reply_octets: int) -> int:
        """Have a process of its own reply to every request on this connection; its process id.

        It dies with this one, and the socket stays here too: without a FIN when it dies first.
        """
        descriptor = self._sockets[number].fileno()
        program = [
            sys.executable,
            "-I",
            str(RESPONDER),
            *map(str, (descriptor, request_octets, reply_octets)),
        ]
        responder = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", *program],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            pass_fds=[descriptor],
        )
        assert responder.stdout is not None
        if not responder.stdout.readline():
            raise OSError(errno.ECHILD, "its application did not start")
        self._responders.append(responder)
        return responder.pid

    def wait_for_end(self, number: int, patience_s: float) -> str:
        """Block until the connection ends: the error's name, or "EOF" after the peer's FIN.

        The application sees an end only because it reads; nobody is expected to send.
        """
        connection = self._sockets[number]
        connection.settimeout(patience_s)
        try:
            return "EOF" if not connection.recv(1) else "DATA"
        except OSError as error:
            # a socket timeout of ours is the same exception class, but it has no errno
            if error.errno is None:
                raise
            return errno.errorcode[error.errno]

    def close(self, number: int) -> None:
        self._sockets.pop(number).close()

    def shut_down(self, number: int) -> None:
        """Send a FIN and go on reading."""
        self._sockets[number].shutdown(socket.SHUT_WR)

    def abort(self, number: int) -> None:
        """Close with a RST instead of a FIN."""
        aborted = self._sockets.pop(number)
        aborted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_FOR_NO_TIME)
        aborted.close()

    def own_port(self, number: int) -> int:
        port: int = self._sockets[number].getsockname()[1]
        return port

    def stop_probing(self) -> None:
        """Switch keep-alive off everywhere; this sends nothing, and nothing more will be sent."""
        for tcp_socket in self._sockets.values():
            tcp_socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 0)

    def vanish(self) -> None:
        """Forget every socket without a word on the wire, as a crash does (TCP_REPAIR)."""
        for tcp_socket in self._sockets.values():
            if tcp_state(tcp_socket) != "LISTEN":
                tcp_socket.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
            tcp_socket.close()
        self._sockets.clear()

    def options(self, number: int, names: list[str]) -> dict[str, int]:
        """What the kernel says these options are set to."""
        tcp_socket = self._sockets[number]
        return {name: tcp_socket.getsockopt(*option_code(name)) for name in names}

    def tcp_info(self, number: int) -> dict[str, Any]:
        """`struct tcp_info`: the state, and the probes and retransmissions still unanswered."""
        raw = self._sockets[number].getsockopt(socket.IPPROTO_TCP, TCP_INFO, 8)
        state, _, retransmits, probes = struct.unpack_from("4B", raw)
        return {"state": TCP_STATES[state - 1], "retransmits": retransmits, "probes": probes}

    def states(self) -> dict[str, int]:
        """How many connections this kernel has in each state, with those that no application holds."""
        counted: dict[str, int] = {}
        for table in ("tcp", "tcp6"):
            path = Path("/proc/self/net", table)
            for line in path.read_text().splitlines()[1:] if path.exists() else ():
                state = TCP_STATES[int(line.split()[3], 16) - 1]
                counted[state] = counted.get(state, 0) + 1
        return counted

    def segments_sent(self, number: int) -> int:
        """`tcpi_segs_out`: every segment that the kernel sent on this socket, a SYN-ACK not included."""
        raw = self._sockets[number].getsockopt(socket.IPPROTO_TCP, TCP_INFO, TCP_INFO_SEGS_OUT + 4)
        sent: int = struct.unpack_from("I", raw, TCP_INFO_SEGS_OUT)[0]
        return sent

    def counters(self) -> dict[str, int]:
        """The kernel's TCP and ICMP counters of this namespace, from its birth; ICMP's bear its name."""
        counted: dict[str, int] = {}
        for name in ("snmp", "netstat"):
            lines = Path("/proc/self/net", name).read_text().splitlines()
            for titles, values in zip(lines[::2], lines[1::2], strict=True):
                if titles.startswith(("Tcp:", "TcpExt:")):
                    pairs = zip(titles.split()[1:], values.split()[1:], strict=True)
                    counted.update((title, int(value)) for title, value in pairs)
                elif titles.startswith("Icmp:"):
                    pairs = zip(titles.split()[1:], values.split()[1:], strict=True)
                    counted.update((f"Icmp{title}", int(value)) for title, value in pairs)
        return counted | icmpv6_counters()

    def sysctl(self, name: str, value: str) -> None:
        """Set a kernel parameter of this namespace: `net/ipv4/ip_forward`."""
        Path("/proc/sys", name).write_text(value)

    def without_ipv6(self) -> None:
        """No IPv6 on the interfaces to come, where this kernel has it at all."""
        for interfaces in ("all", "default"):
            switch = Path("/proc/sys/net/ipv6/conf", interfaces, "disable_ipv6")
            if switch.exists():
                switch.write_text("1")

    def compute_checksums(self, interface: str, on: bool = True) -> None:
        """Have the kernel fill in checksums before a frame is captured, and cut it to the MTU.

        A virtual link would leave both to a network card that never comes; off, it does (ethtool(8)).
        """
        import array
        import fcntl

        value = array.array("B", struct.pack("II", ETHTOOL_STXCSUM, 0 if on else 1))
        request = struct.pack("16sP", interface.encode(), value.buffer_info()[0])
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
            fcntl.ioctl(any_socket, SIOCETHTOOL, request)

    def _new_socket(self, address: str, options: dict[str, int]) -> socket.socket:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        tcp_socket = socket.socket(family, socket.SOCK_STREAM)
        tcp_socket.settimeout(PATIENCE_S)
        set_options(tcp_socket, options)
        return tcp_socket

    def _keep(self, tcp_socket: socket.socket) -> int:
        self._last_number += 1
        self._sockets[self._last_number] = tcp_socket
        return self._last_number


def option_code(name: str) -> tuple[int, int]:
    """Level and number of an option by its C name."""
    return OPTION_LEVELS[name.split("_")[0]], getattr(socket, name)


def set_options(tcp_socket: socket.socket, options: dict[str, int]) -> None:
    for name, value in options.items():
        tcp_socket.setsockopt(*option_code(name), value)


def icmpv6_counters() -> dict[str, int]:
    """Those that begin with Icmp6; none where the kernel has no IPv6."""
    path = Path("/proc/self/net/snmp6")
    pairs = [line.split() for line in path.read_text().splitlines()] if path.exists() else []
    return {title: int(value) for title, value in pairs if title.startswith("Icmp6")}


def tcp_state(tcp_socket: socket.socket) -> str:
    return TCP_STATES[tcp_socket.getsockopt(socket.IPPROTO_TCP, TCP_INFO, 1)[0] - 1]


def answer(agent: Agent, request: dict[str, Any]) -> dict[str, Any]:
    """Carry out one request; what the operating system refuses is an answer too."""
    action: Callable[..., Any] = getattr(agent, request["do"])
    try:
        return {"result": action(**request["with"])}
    except OSError as error:
        name = errno.errorcode.get(error.errno or 0, "no answer in time")
        return {"errno": name, "message": str(error)}


def main() -> None:
    agent = Agent()
    reply: dict[str, Any] = {"result": "ready"}
    while True:
        sys.stdout.write(json.dumps(reply) + "\n")
        sys.stdout.flush()
        line = sys.stdin.readline()
        if not line:
            return
        reply = answer(agent, json.loads(line))


if __name__ == "__main__":
    main()
