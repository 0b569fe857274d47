"""The switch's program: tags on the trunk, none elsewhere."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from analyzer.lab import switch
from analyzer.lab.hosts import Host
from analyzer.lab.switch import tagged

from .conditions import needs_lab

ADDRESSES = bytes.fromhex("020000000102 020000000101")
FRAME = ADDRESSES + b"\x88\xb5" + b"a local experiment (IEEE 802)".ljust(46, b".")


def test_a_tag_stands_between_addresses_and_type() -> None:
    assert tagged(FRAME, 42) == ADDRESSES + b"\x81\x00\x00\x2a" + FRAME[12:]


LISTEN_AND_SEND = """
import socket, sys
sent_from, heard_at = (socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) for _ in range(2))
heard_at.bind((sys.argv[2], 0x88B5))
heard_at.settimeout(0.5)
sent_from.bind((sys.argv[1], 0))
sent_from.send(bytes.fromhex(sys.argv[3]))
try:
    print(heard_at.recv(2000).hex())
except TimeoutError:
    print("nothing")
"""
"""Send a frame on one interface, and print what is heard at another."""


@contextmanager
def running_switch(vlan: int) -> Iterator[Host]:
    """A host with a switch that joins `access` and `trunk`; their far ends are `near` and `far`."""
    with Host("switch") as host:
        host.ask("without_ipv6")
        for port, end in (("access", "near"), ("trunk", "far")):
            host.ip("link", "add", port, "type", "veth", "peer", "name", end)
            host.ip("link", "set", port, "up")
            host.ip("link", "set", end, "up")
        command = host.inside(sys.executable, "-I", switch.__file__, "access", "trunk", str(vlan))
        program = subprocess.Popen(command, stdout=subprocess.PIPE)
        try:
            assert program.stdout is not None
            assert program.stdout.readline() == b"ready\n"
            yield host
        finally:
            program.kill()
            program.communicate()


def carried(host: Host, sent_from: str, heard_at: str, frame: bytes) -> str:
    command = host.inside(sys.executable, "-I", "-c", LISTEN_AND_SEND, sent_from, heard_at, frame.hex())
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@needs_lab
def test_the_tag_is_popped_on_the_way_from_the_trunk_and_only_that_vlan_s() -> None:
    with running_switch(vlan=42) as host:
        assert carried(host, "far", "near", tagged(FRAME, 42)) == FRAME.hex()
        assert carried(host, "far", "near", tagged(FRAME, 43)) == "nothing"
        assert carried(host, "far", "near", FRAME) == "nothing"


@needs_lab
def test_what_comes_from_the_access_port_is_heard_on_the_trunk() -> None:
    with running_switch(vlan=42) as host:
        # a kernel takes the tag off before it hands the frame to whoever listens
        assert carried(host, "near", "far", FRAME) == FRAME.hex()
