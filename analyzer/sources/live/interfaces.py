"""What can be captured on here, and whether permission is there."""

from __future__ import annotations

import socket
import struct
import sys

if sys.platform == "linux":
    import fcntl

SIOCGIFFLAGS, IFF_UP = 0x8913, 1  # netdevice(7)


def is_up(interface: str) -> bool | None:
    """Whether an interface is up; None where that cannot be told, or it is not one."""
    if sys.platform != "linux":
        return None
    request = struct.pack("16sh14x", interface.encode("utf-8", "surrogateescape")[:15], 0)
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
            answer = fcntl.ioctl(any_socket, SIOCGIFFLAGS, request)
    except OSError:
        return None
    return bool(struct.unpack("16sh14x", answer)[1] & IFF_UP)
