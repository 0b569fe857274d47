"""Capture files taken apart without the package, to compare what was written with what was read."""

from __future__ import annotations

import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

SECTION, ENHANCED, OLD, SIMPLE = 0x0A0D0D0A, 6, 2, 3
NUMBERED = (9, 0x204, 0x216, 0x221, 0xBAD, 0x40000BAD)
"""Records that are no frames, and that Wireshark numbers as such."""

COMMENT = 1


@dataclass(frozen=True)
class Block:
    """One block of a pcapng file, with the byte order of its section."""

    kind: int
    content: bytes
    order: str

    @property
    def is_packet(self) -> bool:
        return self.kind in (ENHANCED, OLD)

    @property
    def body(self) -> bytes:
        """Of a packet: from behind the length to the end of the padded frame."""
        return self.content[8 : self.options_at]

    @property
    def options_at(self) -> int:
        (captured,) = struct.unpack_from(self.order + "I", self.content, 20)
        return int(28 + captured + -captured % 4)

    @property
    def options(self) -> bytes:
        return self.content[self.options_at : -4]


def blocks_of(data: bytes) -> list[Block]:
    """All blocks of a pcapng file; what is cut short at the end is left out."""
    found, at, order = [], 0, "<"
    while at + 12 <= len(data):
        if data[at : at + 4] == b"\x0a\x0d\x0d\x0a":
            order = "<" if data[at + 8 : at + 12] == b"\x4d\x3c\x2b\x1a" else ">"
        kind, total = struct.unpack_from(order + "II", data, at)
        size = total + -total % 4
        content = data[at : at + size]
        if len(content) < size:
            break
        assert struct.unpack(order + "I", content[-4:]) == (total,)
        found.append(Block(kind, content, order))
        at += size
    return found


def split_comments(options: bytes, order: str) -> tuple[list[str], bytes]:
    """The comments that an option list begins with, and what follows."""
    comments, at = [], 0
    while at + 4 <= len(options):
        code, length = struct.unpack_from(order + "HH", options, at)
        if code != COMMENT:
            break
        comments.append(options[at + 4 : at + 4 + length].decode())
        at += 4 + length + -length % 4
    return comments, options[at:]


def added_comments(before: bytes, after: bytes) -> dict[int, list[str]]:
    """By frame the comments that a copy of a pcapng file has more; all else must be the same bytes."""
    old, new = blocks_of(before), blocks_of(after)
    assert [block.kind for block in new] == [block.kind for block in old]
    found: dict[int, list[str]] = {}
    frame = 0
    for one, other in zip(old, new, strict=True):
        frame += one.is_packet or one.kind == SIMPLE or one.kind in NUMBERED
        if one.content == other.content:
            continue
        assert one.is_packet and one.order == other.order and one.body == other.body
        existing, _ = split_comments(one.options, one.order)
        comments, _ = split_comments(other.options, one.order)
        ours = comments[: len(comments) - len(existing)]
        written = b"".join(
            struct.pack(one.order + "HH", COMMENT, len(text.encode()))
            + text.encode()
            + bytes(-len(text.encode()) % 4)
            for text in ours
        )
        assert other.options == written + (one.options or bytes(4)), frame
        growth = len(other.content) - len(one.content)
        (total,) = struct.unpack_from(one.order + "I", one.content, 4)
        assert struct.unpack_from(one.order + "I", other.content, 4) == (total + growth,)
        found[frame] = ours
    return found


def asked(program: str, path: Path, *fields: str) -> list[tuple[str, ...]]:
    """These fields of every frame, as tshark says; it must have nothing to complain about."""
    command = [program, "-n", "-r", str(path), "-T", "fields", "-E", "separator=/t", "-E", "aggregator=|"]
    run = subprocess.run(
        [*command, *(word for field in fields for word in ("-e", field))], capture_output=True, text=True
    )
    said = [line for line in run.stderr.splitlines() if not line.startswith("Running as user")]
    assert (run.returncode, said) == (0, []), path
    return [tuple(line.split("\t")) for line in run.stdout.splitlines()]


def comments_in_tshark(program: str, path: Path) -> dict[int, list[str]]:
    """The packet comments by frame."""
    rows = asked(program, path, "frame.number", "frame.comment")
    return {int(frame): text[0].split("|") for frame, *text in rows if text and text[0]}
