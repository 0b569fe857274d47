"""The program of a lab switch: an access port and a trunk port, with IEEE 802.1Q tags on the trunk alone.

`trunk.Switch` starts this file on its own (`python -I switch.py ACCESS TRUNK VLAN`), since not every
kernel has VLAN devices. Whatever arrives at one port leaves by the other: towards the trunk with the
tag pushed, from the trunk with it popped. It says "ready" on stdout, runs until it is ended, and
imports the standard library only.
"""

from __future__ import annotations

import selectors
import socket
import struct
import sys

# linux/if_packet.h, linux/if_ether.h; Python's socket module has no names for them.
SOL_PACKET = 263
PACKET_AUXDATA = 8
PACKET_IGNORE_OUTGOING = 23
ETH_P_ALL = 0x0003
AUXDATA = struct.Struct("=IIIHHHH")
"""struct tpacket_auxdata: status, length, captured, offsets of link and network layer, tag, its type."""
TP_STATUS_VLAN_VALID = 0x10

DOT1Q = 0x8100
"""Tag protocol identifier, IEEE 802.1Q table 9-1."""
VLAN_MASK = 0x0FFF
ADDRESSES_OCTETS = 12

LARGEST = 1 << 16


def port(interface: str) -> socket.socket:
    """A socket that gets every frame that arrives at the interface, and none that leaves by it."""
    packet_socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    packet_socket.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    packet_socket.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    packet_socket.bind((interface, ETH_P_ALL))
    return packet_socket


def receive(trunk: socket.socket) -> tuple[bytes, int | None]:
    """A frame without its tag, and the VLAN that the tag named; the kernel has taken it off already."""
    frame, ancillary, _, _ = trunk.recvmsg(LARGEST, socket.CMSG_SPACE(AUXDATA.size))
    for level, kind, content in ancillary:
        if (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
            status, _, _, _, _, tag, _ = AUXDATA.unpack(content[: AUXDATA.size])
            if status & TP_STATUS_VLAN_VALID:
                return frame, tag & VLAN_MASK
    return frame, None


def tagged(frame: bytes, vlan: int) -> bytes:
    """The frame with a tag after its addresses; priority 0."""
    tag = struct.pack("!HH", DOT1Q, vlan)
    return frame[:ADDRESSES_OCTETS] + tag + frame[ADDRESSES_OCTETS:]


def carry(access: socket.socket, trunk: socket.socket, vlan: int) -> None:
    """Forward between the ports, for ever; frames of another VLAN, or of none, do not leave the trunk."""
    with selectors.DefaultSelector() as selector:
        selector.register(access, selectors.EVENT_READ)
        selector.register(trunk, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is access:
                    trunk.send(tagged(access.recv(LARGEST), vlan))
                else:
                    frame, named = receive(trunk)
                    if named == vlan:
                        access.send(frame)


def main() -> None:
    with port(sys.argv[1]) as access, port(sys.argv[2]) as trunk:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        carry(access, trunk, int(sys.argv[3]))


if __name__ == "__main__":
    main()
