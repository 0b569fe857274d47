"""Segments one by one: what a timeline and live lines are drawn from."""

from __future__ import annotations

from typing import NamedTuple

from analyzer.kinds import MISSING
from analyzer.tables.rows import Tables
from analyzer.tables.values import Block


class Segment(NamedTuple):
    """A row of the packets table. sender: 0 client, 1 server, 255 neither; answers: 0 = none."""

    frame: int
    time_ns: int
    kind: int
    sender: int
    source: str
    seq: int
    ack: int
    length: int
    window: int
    rtt_s: float
    answers: int


NAMES = ("frame", "time", "kind", "sender", "source", "seq", "ack", "length", "window", "rtt_s", "answers")


def segments(tables: Tables, name: str = "packets") -> list[Segment]:
    """All rows of the packets (or events) table; made for a selection of one connection."""
    return [segment for block in tables.blocks(name) for segment in segments_of(block)]


def segments_of(block: Block) -> list[Segment]:
    """A block of the packets or events table."""
    columns = [block[each] if isinstance(block[each], list) else block[each].tolist() for each in NAMES]
    columns[-1] = [0 if answers == MISSING else answers for answers in columns[-1]]
    return list(map(Segment._make, zip(*columns, strict=True)))
