"""A capture program made of scapy: writes a pcap file to standard output, says on stderr what tcpdump would.

Run by itself, so it imports nothing of the package. Arguments: `check` or `capture`, interface, filter, and
to capture the snap length. Frames are written one by one, never parsed.
"""

from __future__ import annotations

import errno
import os
import select
import signal
import socket
import struct
import sys
from types import FrameType
from typing import Any

NANOSECONDS = 0xA1B23C4D  # magic number of pcap files with such times
ETHERNET = 1  # LINKTYPE_
SOL_PACKET, PACKET_STATISTICS, PACKET_IGNORE_OUTGOING = 263, 6, 23  # linux/if_packet.h
LONGEST = 1 << 18
BUFFER_BYTES = 1 << 25
LOOK_S = 0.5  # how often it looks whether an interface that is down is still there


def main(words: list[str]) -> int:
    """Carry out; returns the exit status."""
    what, interface, capture_filter, *rest = words
    signal.signal(signal.SIGTERM, _end)
    try:
        import scapy.arch  # noqa: F401 (chooses this system's sockets)
        import scapy.layers.l2  # noqa: F401 (knows the link types)
        from scapy.config import conf

        conf.sniff_promisc = True
        if what == "check":
            return _check(interface, capture_filter)
        listening: Any = conf.L2listen(iface=interface, filter=capture_filter or None)
        if what == "try":
            _say(f"{listening.LL.__name__} ({listening.LL().name})")  # as `tcpdump -L` does
            return 0
    except PermissionError as error:
        return _refuse(f"no permission to capture: {error}")
    except ImportError as error:
        return _refuse(f"scapy is not installed: {error}")
    except (OSError, ValueError) as error:
        return _refuse(f"No such device: {error}" if _is_missing(interface) else str(error))
    except Exception as error:  # scapy has its own; what refused is told all the same
        return _refuse(str(error))
    try:
        return _capture(listening, interface, int(rest[0]))
    except (KeyboardInterrupt, BrokenPipeError):
        return 0
    except OSError as error:
        return _refuse(error.strerror or str(error))
    finally:
        if hasattr(signal, "SIGUSR1"):  # at its end Python would give it back its deadly meaning
            signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        _tell(listening)


def _capture(listening: Any, interface: str, snap_length: int) -> int:
    from scapy.config import conf

    link_type = conf.l2types.layer2num.get(listening.LL, ETHERNET)
    if hasattr(signal, "SIGUSR1"):
        signal.signal(signal.SIGUSR1, lambda *_: _tell(listening))
    if sys.platform == "linux":
        listening.ins.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        if interface == conf.loopback_name:  # it hands over what it sends once more as received
            listening.ins.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    os.write(1, struct.pack("<IHHiIII", NANOSECONDS, 2, 4, 0, 0, snap_length, link_type))
    _say(f"listening on {interface}")
    down = False
    while True:
        if down and not select.select([listening.ins], [], [], LOOK_S)[0]:
            if _is_missing(interface):
                return _refuse("The interface disappeared")
            continue
        try:
            _layer, data, time_s = listening.recv_raw(LONGEST)
        except OSError as error:
            if error.errno != errno.ENETDOWN:
                raise
            down = True
            continue
        if data is not None:
            seconds, ns = divmod(int(time_s * 10**9), 10**9)
            kept = data[:snap_length]
            _write(struct.pack("<IIII", seconds, ns, len(kept), len(data)) + kept)


def _write(record: bytes) -> None:
    """All of it: a signal may come in the middle."""
    while record:
        record = record[os.write(1, record) :]


def _check(interface: str, capture_filter: str) -> int:
    from scapy.arch.common import compile_filter
    from scapy.error import Scapy_Exception

    if interface == "any":
        return _refuse("it captures on one interface at a time: name one")
    if _is_missing(interface):
        return _refuse("No such device")
    try:
        if capture_filter:
            compile_filter(capture_filter, iface=interface)
    except Scapy_Exception as error:
        reason = str(error).rpartition("filter expression: ")[2].rstrip(")")  # libpcap's, in scapy's words
        return _refuse(f"can't parse filter expression: {reason}")
    return 0


def _tell(listening: Any) -> None:
    """How many frames the kernel dropped so far: it counts anew each time it is asked."""
    try:
        counted = listening.ins.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8)
    except (AttributeError, OSError):
        return  # not Linux, or the socket is gone
    listening.dropped = getattr(listening, "dropped", 0) + struct.unpack("II", counted)[1]
    _say(f"{listening.dropped} packets dropped by kernel")


def _is_missing(interface: str) -> bool:
    return interface not in {name for _, name in socket.if_nameindex()}


def _refuse(reason: str) -> int:
    _say(reason)
    return 1


def _say(what: str) -> None:
    """One line on standard error."""
    os.write(2, " ".join(what.split()).encode() + b"\n")


def _end(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
