"""One TCP header as seen in one frame: the plain object that every helper here speaks.

Field names are the RFC's. Numbers are as on the wire: sequence numbers 32 bits,
the window unscaled, times in nanoseconds since the epoch.
"""

from __future__ import annotations

from dataclasses import dataclass

FIN, SYN, RST, PSH, ACK, URG, ECE, CWR = (1 << bit for bit in range(8))

SEQUENCE_SPACE = 1 << 32

Endpoint = tuple[str, int]
"""An address and a port."""


@dataclass(frozen=True)
class Segment:
    """A TCP segment in one frame of a capture."""

    frame: int
    """Counts from 1 over all frames of the file."""
    time_ns: int
    src: str
    sport: int
    dst: str
    dport: int
    seq: int
    ack: int
    flags: int
    window: int = 1000
    """As in the header: not scaled."""
    length: int = 0
    """Bytes of payload."""
    ip_id: int | None = None
    """None: the header has none (IPv6)."""
    checksum: int = 0
    """As in the header; it may be wrong."""
    ttl: int = 64
    mss: int | None = None
    window_scale: int | None = None
    sack_permitted: bool = False
    sack_blocks: tuple[tuple[int, int], ...] = ()
    """Left and right edge of each block, in the order of the option."""
    tsval: int | None = None
    tsecr: int | None = None
    payload: bytes = b""
    """Only for `wire`; empty stands for `length` bytes of no importance."""

    @property
    def sender(self) -> Endpoint:
        return self.src, self.sport

    @property
    def receiver(self) -> Endpoint:
        return self.dst, self.dport

    def has(self, flag: int) -> bool:
        return bool(self.flags & flag)

    @property
    def end(self) -> int:
        """Sequence number after this segment: payload, SYN and FIN count."""
        return (self.seq + self.length + self.has(SYN) + self.has(FIN)) % SEQUENCE_SPACE

    @property
    def is_bare_ack(self) -> bool:
        """An acknowledgment and nothing else."""
        return self.length == 0 and self.has(ACK) and not self.flags & (SYN | FIN | RST)


@dataclass(frozen=True)
class IcmpError:
    """An ICMP or ICMPv6 error that quotes the header of a TCP segment."""

    frame: int
    time_ns: int
    reporter: str
    """The address that sends the error."""
    src: str
    """Source of the quoted segment: the error goes back to it."""
    sport: int
    dst: str
    dport: int
    seq: int = 0
    """Sequence number of the quoted segment."""
    code: int = 1
    type: int | None = None
    """None: destination unreachable."""

    @property
    def sender(self) -> Endpoint:
        return self.src, self.sport

    @property
    def receiver(self) -> Endpoint:
        return self.dst, self.dport


Record = Segment | IcmpError
"""What a capture holds, as far as the labels care."""


def ahead(left: int, right: int) -> bool:
    """Whether sequence number `left` lies after `right` (RFC 1982)."""
    return 0 < (left - right) % SEQUENCE_SPACE < SEQUENCE_SPACE // 2


def distance(left: int, right: int) -> int:
    """How far `left` lies after `right`; negative when it lies before."""
    half = SEQUENCE_SPACE // 2
    return (left - right + half) % SEQUENCE_SPACE - half


def following(seq: int, count: int = 1) -> int:
    """The sequence number `count` after `seq`."""
    return (seq + count) % SEQUENCE_SPACE
