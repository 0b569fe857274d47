"""One story seen from two vantage points: A near the client, B near the server.

The timeline tells all that happened, by A's clock; each capture lacks what never passed it. On its
way to B a segment takes its time, addresses may be translated and numbers moved, and B's clock has
a mind of its own.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from . import wire
from .segment import ACK, Endpoint, Record, Segment, following
from .timeline import IPV4, START_NS

SECOND = 1_000_000_000


@dataclass(frozen=True)
class Way:
    """The way from A to B, and B's clock. to_b_s, to_a_s: delays. ahead_s, drift: of B's clock.

    translated: endpoints as B has them. moved: by endpoint as A has it, what is added to its numbers.
    hops: by so much the TTL falls.
    """

    to_b_s: float = 0.010
    to_a_s: float = 0.010
    ahead_s: float = 0.0
    drift: float = 0.0
    translated: Mapping[Endpoint, Endpoint] = field(default_factory=dict)
    moved: Mapping[Endpoint, int] = field(default_factory=dict)
    hops: int = 1
    client: Endpoint = IPV4["c"]

    def at_b(self, segment: Segment) -> Segment:
        """A segment as B has it."""
        onward = segment.sender == self.client
        seconds = self.to_b_s if onward else -self.to_a_s
        since = segment.time_ns - START_NS + round(seconds * SECOND)
        time_ns = START_NS + since + round(self.ahead_s * SECOND) + round(self.drift * since)
        (src, sport), (dst, dport) = (
            self.translated.get(end, end) for end in (segment.sender, segment.receiver)
        )
        ack = segment.ack
        if segment.has(ACK):
            ack = following(ack, self.moved.get(segment.receiver, 0))
        there = replace(
            segment,
            time_ns=time_ns,
            src=src,
            sport=sport,
            dst=dst,
            dport=dport,
            seq=following(segment.seq, self.moved.get(segment.sender, 0)),
            ack=ack,
            ttl=segment.ttl - self.hops if onward else segment.ttl + self.hops,
        )
        return wire.with_checksum(there)


def two_views(
    segments: Iterable[Segment],
    way: Way,
    not_at_a: Collection[int] = (),
    not_at_b: Collection[int] = (),
) -> tuple[list[Record], list[Record]]:
    """What A and B have of the story. not_at_a, not_at_b: frames of the timeline."""
    segments = list(segments)
    at_a = [each for each in segments if each.frame not in not_at_a]
    at_b = sorted(
        (way.at_b(each) for each in segments if each.frame not in not_at_b), key=lambda each: each.time_ns
    )
    return renumbered(at_a), renumbered(at_b)


def renumbered(segments: Iterable[Segment]) -> list[Record]:
    """Frames counted from 1."""
    return [replace(segment, frame=place) for place, segment in enumerate(segments, 1)]


def write_capture(path: Path, records: Iterable[Record], ran: tuple[float, float] | None = None) -> Path:
    """A pcapng file; `ran`: from when to when, in seconds of the timeline, its statistics block says."""
    content = wire.pcapng_bytes(records)
    if ran is not None:
        words = [divmod(START_NS + round(seconds * SECOND), 1 << 32) for seconds in ran]
        options = b"".join(
            struct.pack("<HHII", code, 8, *word) for code, word in zip((2, 3), words, strict=True)
        )
        body = struct.pack("<III", 0, *words[1]) + options + struct.pack("<HH", 0, 0)
        content += wire.pcapng_block("<", 5, body)
    path.write_bytes(content)
    return path
