"""What rows are kept for beside the events table, in plain words."""

from __future__ import annotations

from .naive_state import Row, Side
from .segment import FIN, RST, SYN, following


def marks_of(row: Row, x: Side) -> frozenset[str]:
    """What a labelled segment of X bears, before it changes X's state."""
    marks = set()
    if _looks_like_a_probe(row, x) and row.kind != "keepalive_probe" and not row.tentative:
        marks.add("probe_shape")
    if not row.wire.has(RST):
        if row.wire.window == 0 and x.window != 0:
            marks.add("closes")
        if row.wire.window != 0 and x.window == 0:
            marks.add("reopens")
    return frozenset(marks)


def _looks_like_a_probe(row: Row, x: Side) -> bool:
    """At most one octet, just before X's next sequence number, and no SYN, FIN or RST."""
    segment = row.wire
    plain = not segment.flags & (SYN | FIN | RST) and segment.length <= 1
    return plain and x.next_seq is not None and following(segment.seq) == x.next_seq
