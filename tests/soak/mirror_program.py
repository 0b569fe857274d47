"""The program of a mirror port: each frame of some interfaces is sent on a link of another namespace, too.

`mirror.Mirror` starts this file on its own in the namespace of the interfaces: NAMESPACE LINK LAST SENDER
INTERFACE… (LAST: a frame in hexadecimal digits to send after all others; SENDER: copy the frames of this
address alone, "" for all; "any" stands for all interfaces). It says "ready", and when its input closes, how
many frames it copied and how many the kernel dropped.
"""

from __future__ import annotations

import ctypes
import os
import selectors
import socket
import struct
import sys
from ipaddress import ip_address

CLONE_NEWNET = 0x40000000
SOL_PACKET, PACKET_STATISTICS, PACKET_AUXDATA = 263, 6, 8  # linux/if_packet.h
SO_RCVBUFFORCE = 33
ETH_P_ALL = 0x0003
AUXDATA = struct.Struct("=IIIHHHH")
TP_STATUS_VLAN_VALID = 0x10
DOT1Q = 0x8100
BUFFER = 64 << 20
LARGEST = 1 << 17
SENDERS = {4: (b"\x08\x00", 26), 6: (b"\x86\xdd", 22)}
"""By IP version: EtherType, and where in an Ethernet frame the sender's address begins."""


def listening(interface: str) -> socket.socket:
    """Gets what passes an interface in either direction, as a capture program does."""
    everywhere = interface == "any"
    port = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL) if everywhere else 0)
    port.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    port.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER)
    if not everywhere:
        port.bind((interface, ETH_P_ALL))
    port.setblocking(False)
    return port


def speaking(namespace: str, link: str) -> socket.socket:
    """Sends on a link of another namespace; this process stays there."""
    there = os.open(namespace, os.O_RDONLY)
    if ctypes.CDLL(None, use_errno=True).setns(there, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")
    port = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    port.bind((link, 0))
    return port


def whole(port: socket.socket) -> bytes:
    """The next frame, with the VLAN tag that the kernel took off."""
    frame, ancillary, _, _ = port.recvmsg(LARGEST, socket.CMSG_SPACE(AUXDATA.size))
    for level, kind, content in ancillary:
        if (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
            status, _, _, _, _, tag, _ = AUXDATA.unpack(content[: AUXDATA.size])
            if status & TP_STATUS_VLAN_VALID:
                return frame[:12] + struct.pack("!HH", DOT1Q, tag) + frame[12:]
    return frame


def copy(ports: list[socket.socket], out: socket.socket, sender: str) -> int:
    """Copy until standard input closes; how many frames."""
    wanted = ip_address(sender) if sender else None
    copied = 0
    with selectors.DefaultSelector() as selector:
        for each in (*ports, sys.stdin):
            selector.register(each, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is sys.stdin:
                    return copied
                frame = whole(key.fileobj)  # type: ignore[arg-type]
                if wanted is not None:
                    kind, at = SENDERS[wanted.version]
                    if frame[12:14] != kind or frame[at : at + len(wanted.packed)] != wanted.packed:
                        continue
                out.send(frame)
                copied += 1


def dropped(port: socket.socket) -> int:
    """Frames that the kernel had no room for."""
    return int(struct.unpack("II", port.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))[1])


def main() -> None:
    namespace, link, last, sender, *interfaces = sys.argv[1:]
    ports = [listening(each) for each in interfaces]
    out = speaking(namespace, link)
    print("ready", flush=True)
    copied = copy(ports, out, sender)
    out.send(bytes.fromhex(last))
    print(copied, sum(map(dropped, ports)), flush=True)


if __name__ == "__main__":
    main()
