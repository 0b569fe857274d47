"""The program that serves one connection: a reply to each request, in a process of its own that can hang.

The agent starts it (`python -I responder.py FD REQUEST REPLY`) and leaves it a socket: descriptor,
octets of each request, octets of each reply. It says "ready" on stdout, replies until the stream
ends, and imports the standard library only.
"""

from __future__ import annotations

import socket
import sys


def respond(connection: socket.socket, request_octets: int, reply_octets: int) -> None:
    """Answer every complete request until the peer closes."""
    reply = b"reply ".ljust(reply_octets, b".")[:reply_octets]
    arrived = 0
    while chunk := connection.recv(request_octets - arrived):
        arrived += len(chunk)
        if arrived == request_octets:
            connection.sendall(reply)
            arrived = 0


def main() -> None:
    descriptor, request_octets, reply_octets = map(int, sys.argv[1:])
    with socket.socket(fileno=descriptor) as connection:
        connection.settimeout(None)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        respond(connection, request_octets, reply_octets)


if __name__ == "__main__":
    main()
