"""Which local process a connection belongs to, as the operating system says."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

AGAIN_S = 2.0  # no sooner is the system asked again: with thousands of sockets it takes a while

Ends = tuple[tuple[str, int], tuple[str, int]]
"""(address, port) of this host, then of the peer."""


class Processes:
    """Names of processes by the ends of their connections; asked for in a thread, so never waited for."""

    def __init__(self, ask: Callable[[], Iterator[tuple[Ends, str]]] | None = None) -> None:
        self._ask = ask or system_connections
        self._known: dict[Ends, str] = {}
        self._asked = -AGAIN_S
        self._thread: threading.Thread | None = None

    def name(self, one: tuple[str, int], other: tuple[str, int]) -> str:
        """ "sshd[812]" of a connection between two (address, port); "" if it is not known."""
        return self._known.get((one, other)) or self._known.get((other, one), "")

    def refresh(self) -> None:
        """Begin to ask again, unless that was done just now."""
        if time.monotonic() - self._asked < AGAIN_S or (self._thread and self._thread.is_alive()):
            return
        self._asked = time.monotonic()
        self._thread = threading.Thread(target=self._update, name="keepalive-processes", daemon=True)
        self._thread.start()

    def _update(self) -> None:
        found = dict(self._ask())
        gone = [ends for ends in self._known if ends not in found]
        for ends in gone[: max(0, len(self._known) - MOST_KEPT)]:
            del self._known[ends]
        self._known |= found  # a socket that was closed is still of its process


MOST_KEPT = 20_000  # sockets, those that are gone included


def system_connections() -> Iterator[tuple[Ends, str]]:
    """The connections of this host with the processes that may be known to this user."""
    import psutil

    names: dict[int, str] = {}
    try:
        connections = psutil.net_connections("tcp")
    except (psutil.Error, OSError, RuntimeError):
        return
    for each in connections:
        if each.pid is None or not (each.laddr and each.raddr):
            continue
        if each.pid not in names:
            try:
                names[each.pid] = psutil.Process(each.pid).name()
            except psutil.Error:
                names[each.pid] = "?"
        ends = (plain(each.laddr.ip), each.laddr.port), (plain(each.raddr.ip), each.raddr.port)
        yield ends, f"{names[each.pid]}[{each.pid}]"


def plain(address: str) -> str:
    """An address as captures have it: IPv4 on an IPv6 socket is IPv4 on the wire, and scopes are not."""
    return address.removeprefix("::ffff:").partition("%")[0]
