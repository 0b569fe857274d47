"""Take out of a pcapng file what tells one machine from another: processor, system, host names.

dumpcap notes these in the section header, for whoever looks at a trace of their own. A recording
is made to be passed on. What helps to read it stays: interface names, time resolution, drops.
The layout is that of draft-ietf-opsawg-pcapng, sections 3.1 (blocks), 3.5 (options), 4.1, 4.2.

On purpose apart from `analyzer.sources`: the lab's truth must not pass through our own reader.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

from analyzer.lab.failures import LabError

SECTION_HEADER = 0x0A0D0D0A
INTERFACE = 1
NAME_RESOLUTION = 4
BYTE_ORDER = struct.pack("=I", 0x1A2B3C4D)
"""The lab cleans only what was captured a moment ago on this machine, so in its byte order."""


END_OF_OPTIONS = 0
SHB_OS = 3
SHB_USERAPPL = 4
IF_NAME = 2
IF_TSRESOL = 9
IF_FILTER = 11
KEPT_INTERFACE_OPTIONS = (IF_NAME, IF_TSRESOL, IF_FILTER)


def forget_machine(path: Path, system: str, application: str) -> None:
    """Rewrite the file in place: `system` and `application` are all that its header still says."""
    about = [(SHB_OS, system.encode()), (SHB_USERAPPL, application.encode())]
    cleaned = bytearray()
    for kind, body in blocks(path.read_bytes()):
        if kind == SECTION_HEADER:
            length_unknown = body[:8] + struct.pack("=q", -1)
            cleaned += block(kind, length_unknown + encode_options(about))
        elif kind == INTERFACE:
            kept = [(code, value) for code, value in options(body[8:]) if code in KEPT_INTERFACE_OPTIONS]
            cleaned += block(kind, body[:8] + encode_options(kept))
        elif kind != NAME_RESOLUTION:
            cleaned += block(kind, body)
    path.write_bytes(cleaned)


def blocks(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Type and body of each block."""
    if content[8:12] != BYTE_ORDER:
        raise LabError("the capture program did not write a pcapng file of this machine's byte order")
    offset = 0
    while offset < len(content):
        kind, length = struct.unpack_from("=II", content, offset)
        if length < 12 or offset + length > len(content):
            raise LabError(f"the capture program wrote a damaged pcapng file, see byte {offset}")
        yield kind, content[offset + 8 : offset + length - 4]
        offset += length


def block(kind: int, body: bytes) -> bytes:
    """The octets of one block; the length stands on both sides of the body."""
    length = len(body) + 12
    return struct.pack("=II", kind, length) + body + struct.pack("=I", length)


def options(field: bytes) -> Iterator[tuple[int, bytes]]:
    """Code and value of each option, up to the end mark."""
    offset = 0
    while offset + 4 <= len(field):
        code, length = struct.unpack_from("=HH", field, offset)
        if code == END_OF_OPTIONS:
            return
        yield code, field[offset + 4 : offset + 4 + length]
        offset += 4 + padded(length)


def encode_options(pairs: list[tuple[int, bytes]]) -> bytes:
    encoded = b"".join(
        struct.pack("=HH", code, len(value)) + value.ljust(padded(len(value)), b"\0") for code, value in pairs
    )
    return encoded + struct.pack("=HH", END_OF_OPTIONS, 0)


def padded(octets: int) -> int:
    """The next multiple of four."""
    return (octets + 3) & ~3
