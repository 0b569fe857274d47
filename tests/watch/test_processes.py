"""Local processes by the ends of their connections, from the operating system itself."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator

import psutil
import pytest

from analyzer.watch import processes
from analyzer.watch.processes import Ends, Processes, system_connections


@pytest.fixture
def connection() -> Iterator[tuple[socket.socket, socket.socket]]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        server, _ = listener.accept()
        with client, server:
            yield client, server


def test_a_connection_of_this_process_is_known_by_either_order_of_its_ends(
    connection: tuple[socket.socket, socket.socket],
) -> None:
    client, _ = connection
    known = Processes()
    one, other = client.getsockname(), client.getpeername()
    assert known.name(one, other) == ""
    known.refresh()
    name = f"{psutil.Process().name()}[{os.getpid()}]"
    until = time.monotonic() + 20
    while known.name(one, other) != name and time.monotonic() < until:
        time.sleep(0.01)
    assert known.name(one, other) == known.name(other, one) == name
    assert known.name(one, ("192.0.2.1", 9)) == ""


def test_a_socket_that_was_closed_is_remembered_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    def ends(port: int) -> Ends:
        return ("10.0.0.1", port), ("10.0.0.2", 80)

    answers = [{ends(port): f"old[{port}]" for port in range(1, 6)}, {ends(9): "new[9]"}]
    monkeypatch.setattr(processes, "AGAIN_S", 0.0)
    monkeypatch.setattr(processes, "MOST_KEPT", 3)
    known = Processes(lambda: iter(answers.pop(0).items()))
    for _ in range(2):
        known.refresh()
        assert known._thread is not None
        known._thread.join()
    assert known.name(*ends(9)) == "new[9]"
    assert [known.name(*ends(port)) for port in range(1, 6)] == ["", "", "old[3]", "old[4]", "old[5]"]


def test_addresses_are_those_of_the_wire() -> None:
    assert processes.plain("::ffff:192.0.2.1") == "192.0.2.1"
    assert processes.plain("fe80::1%eth0") == "fe80::1"
    assert all(len(ends) == 2 and name.endswith("]") for ends, name in system_connections())
