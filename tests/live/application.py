"""An application with keep-alive on its connection, and how that ended for it.

Run in a host's namespace: PEER PORT TIME INTERVAL COUNT. Says what happens as lines of JSON, each with the
monotonic time, which is the same in all namespaces of a machine. Needs the standard library only.
"""

from __future__ import annotations

import errno
import json
import socket
import sys
import time


def say(what: str, at_s: float, **more: object) -> None:
    print(json.dumps({"what": what, "at_s": at_s, **more}), flush=True)


def main() -> None:
    peer, port, idle, interval, count = sys.argv[1], *map(int, sys.argv[2:])
    with socket.create_connection((peer, port), timeout=30) as connection:
        connection.settimeout(None)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in (("TCP_KEEPIDLE", idle), ("TCP_KEEPINTVL", interval), ("TCP_KEEPCNT", count)):
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
        say("connected", time.monotonic(), port=connection.getsockname()[1])
        try:
            said = connection.recv(1)
            at_s = time.monotonic()
            say("ended", at_s, how="DATA" if said else "EOF")
        except OSError as error:
            at_s = time.monotonic()
            say("ended", at_s, how=errno.errorcode[error.errno or 0])


main()
