"""What can be captured on here, and whether permission is there."""

from __future__ import annotations

import re
import socket
import struct
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from analyzer.errors import MissingToolError
from analyzer.sources.live.backend import Backend, environment
from analyzer.sources.live.complaints import refusal

SIOCGIFFLAGS, IFF_UP = 0x8913, 1  # netdevice(7)
LISTED = re.compile(r"^\d+\. ?(?P<name>\S+)(?: \((?P<description>.*?)\))?(?: \[.*\])?$", re.MULTILINE)
"""A line of `dumpcap -D` or `tcpdump -D`."""
LINK_TYPE = re.compile(r"^ *\S+ \((.+)\)$", re.MULTILINE)
"""A line of `dumpcap -L` or `tcpdump -L`; the first is what is captured."""

AT_ONCE = 4  # interfaces that are tried at the same time
PATIENCE_S = 10.0


@dataclass(frozen=True)
class Listed:
    """One interface.

    addresses: of all families but the link's. link_type: "" where it cannot be told. up: None likewise.
    allowed: whether we may capture on it now; why_not: else what keeps us, and what to do about it.
    """

    name: str
    description: str
    addresses: tuple[str, ...]
    link_type: str
    up: bool | None
    allowed: bool
    why_not: str


def list_interfaces(backend: Backend) -> list[Listed]:
    """All interfaces that a capture program knows, in its order: the best guess comes first."""
    addresses, states = _addresses(), _states()
    names = _names(backend)

    def listed(name: str) -> Listed:
        link_type, why_not = _try(backend, name)
        return Listed(
            name, names[name], addresses.get(name, ()), link_type, states.get(name), not why_not, why_not
        )

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(listed, names))


def is_up(interface: str) -> bool | None:
    """Whether an interface is up; None where that cannot be told, or it is not one."""
    if sys.platform != "linux":
        return None
    import fcntl

    request = struct.pack("16sh14x", interface.encode("utf-8", "surrogateescape")[:15], 0)
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
            answer = fcntl.ioctl(any_socket, SIOCGIFFLAGS, request)
    except OSError:
        return None
    return bool(struct.unpack("16sh14x", answer)[1] & IFF_UP)


def _names(backend: Backend) -> dict[str, str]:
    """Descriptions by name."""
    if not (command := backend.list_command()):
        return {name: "" for _, name in socket.if_nameindex()}
    done = _run(command)
    return {each["name"]: each["description"] or "" for each in LISTED.finditer(done.stdout)}


def _try(backend: Backend, name: str) -> tuple[str, str]:
    """Link type, and what keeps us from capturing."""
    done = _run(backend.try_command(name))
    if done.returncode:
        return "", str(refusal(done.stderr, name, backend.name)).removeprefix(f"{name}: ")
    types = LINK_TYPE.findall(done.stdout + done.stderr)
    return (types[0] if types else ""), ""


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            env=environment(),
            timeout=PATIENCE_S,
            check=False,
        )
    except FileNotFoundError as error:
        raise MissingToolError(f"{command[0]} is not installed") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(command, 1, "", f"{command[0]} did not answer: {error}")


def _addresses() -> dict[str, tuple[str, ...]]:
    import psutil

    return {
        name: tuple(
            each.address.partition("%")[0]
            for each in known
            if each.family in (socket.AF_INET, socket.AF_INET6)
        )
        for name, known in psutil.net_if_addrs().items()
    }


def _states() -> dict[str, bool]:
    import psutil

    return {name: state.isup for name, state in psutil.net_if_stats().items()}
