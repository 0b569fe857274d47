"""The server application's program: a reply to each complete request."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from analyzer.lab import responder
from analyzer.lab.responder import respond


@pytest.fixture
def client() -> Iterator[socket.socket]:
    """The far end of a connection that is being served: requests of 4 octets, replies of 9."""
    near, far = socket.socketpair()
    near.settimeout(5)
    program = threading.Thread(target=respond, args=(far, 4, 9))
    program.start()
    with near, far:
        yield near
        near.shutdown(socket.SHUT_WR)
        program.join(timeout=5)
        assert not program.is_alive()  # it ends with the stream


def receive(client: socket.socket, octets: int) -> bytes:
    arrived = b""
    while len(arrived) < octets:
        arrived += client.recv(octets - len(arrived))
    return arrived


def test_a_request_in_pieces_is_one_request(client: socket.socket) -> None:
    client.sendall(b"as")
    client.sendall(b"k!")
    assert receive(client, 9) == b"reply ..."


def test_requests_that_waited_are_all_replied_to(client: socket.socket) -> None:
    client.sendall(b"ask!" * 3)
    assert receive(client, 27) == b"reply ..." * 3


def test_half_a_request_gets_no_reply(client: socket.socket) -> None:
    client.sendall(b"as")
    client.settimeout(0.1)
    with pytest.raises(TimeoutError):
        client.recv(1)


@pytest.mark.skipif(sys.platform == "win32", reason="hands a descriptor to another program")
def test_it_serves_the_socket_that_it_is_left_and_says_when() -> None:
    near, far = socket.socketpair()
    near.settimeout(5)
    far.setblocking(False)  # as the agent's are, which have a timeout
    with near, far:
        command = [sys.executable, "-I", responder.__file__, str(far.fileno()), "4", "9"]
        program = subprocess.Popen(command, stdout=subprocess.PIPE, pass_fds=[far.fileno()])
        try:
            assert program.stdout is not None
            assert program.stdout.readline() == b"ready\n"
            near.sendall(b"ask!")
            assert receive(near, 9) == b"reply ..."
            near.shutdown(socket.SHUT_WR)
            assert program.wait(timeout=5) == 0
        finally:
            program.kill()
            program.communicate()
