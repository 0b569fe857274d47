"""What the naive reference knows of a connection: its two sides, as section 4 of the design has them."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field

from .segment import ACK, FIN, RST, SYN, Endpoint, Segment, ahead, distance, following

PROBES = ("keepalive_probe", "zero_window_probe")
ANSWERS = ("keepalive_reply", "zero_window_reply", "keepalive_reset")
SECOND = 1_000_000_000

DUPLICATE_NS = 10_000_000
DUPLICATE_MEMORY = 8
TENTATIVE_MEMORY = 64


@dataclass(eq=False)
class Row:
    """One labelled frame. `segment` is missing for an ICMP error."""

    frame: int
    time_ns: int
    kind: str
    flow: int | None = None
    stream: int | None = None
    sender: str | None = None
    answers: int | None = None
    gap_ns: int | None = None
    rtt_ns: int | None = None
    segment: Segment | None = field(default=None, repr=False)
    at_next_seq: bool = field(default=False, repr=False)
    """A window probe that offers the next byte, not the one before."""
    idle_ns: int | None = field(default=None, repr=False)
    """Of the first probe of a run: since its sender had heard the peer."""
    accepted: bool = field(default=False, repr=False)
    """The peer can have accepted it: no RST, and not behind what was acknowledged."""
    tentative: bool = field(default=False, repr=False)
    """When it was seen, nobody knew whether it is a probe."""
    new_payload: bool = field(default=False, repr=False)
    marks: frozenset[str] = field(default=frozenset(), repr=False)
    """For which it is kept, whatever its kind."""
    of_the_old: bool = field(default=False, repr=False)
    """It speaks of the connection that the 4-tuple had before."""

    @property
    def wire(self) -> Segment:
        assert self.segment is not None
        return self.segment


@dataclass(eq=False)
class Side:
    """One endpoint X of a flow; Y is its peer."""

    endpoint: Endpoint
    word: str
    next_seq: int | None = None
    """The highest of the sequence ends X sent and the acknowledgments Y sent."""
    acked: int | None = None
    """The highest acknowledgment Y sent."""
    window: int | None = None
    """What X last advertised, unscaled."""
    fin: bool = False

    opened: bool = False
    """X sent something that is no RST."""
    last: Segment | None = None
    """X's previous segment."""
    recent: deque[Segment] = field(default_factory=lambda: deque(maxlen=DUPLICATE_MEMORY))
    syns: list[int] = field(default_factory=list)
    """Sequence numbers of the SYNs without ACK that X sent."""
    last_syn: int | None = None
    """Sequence number of X's last SYN, with or without ACK."""
    base: int | None = None
    """Its initial sequence number as Wireshark 4.0 tells it: from its SYN, else from what came first."""
    offered: int | None = None
    """Sequence number after X's last SYN-ACK: acknowledging it completes the handshake."""

    holes: list[tuple[int, int]] = field(default_factory=list)
    """Ground of X below `next_seq` that the capture has never seen: from, up to."""
    window_byte: int | None = None
    """Where X's last window probe at `next_seq` was: that byte has been seen, though it moved nothing."""

    tentative: deque[Row] = field(default_factory=lambda: deque(maxlen=TENTATIVE_MEMORY))
    probes: list[Row] = field(default_factory=list)
    waiting: list[Row] = field(default_factory=list)
    """X's probes since the last one that was answered."""

    answer: Segment | None = None
    """What answered X's last answered probe."""

    tries: int = 0
    """Retransmissions since Y last acknowledged something new."""
    unacked_ns: int | None = None
    """When the oldest of X's payload was sent that Y has not acknowledged."""
    last_try_ns: int | None = None

    def add_probe(self, row: Row) -> None:
        self.probes.append(row)
        self.waiting.append(row)

    @property
    def spacing_ns(self) -> int | None:
        """Between X's last two probes."""
        if len(self.probes) < 2:
            return None
        return self.probes[-1].time_ns - self.probes[-2].time_ns

    @property
    def idle_ns(self) -> int | None:
        """The shortest silence of the peer before a run of X's probes."""
        return min((row.idle_ns for row in self.probes if row.idle_ns is not None), default=None)


@dataclass(eq=False)
class Flow:
    """One connection: a 4-tuple, and which use of it."""

    number: int
    client: Side
    server: Side
    rows: list[Row] = field(default_factory=list)
    closed: bool = False
    reset: bool = False
    handshake_done: bool = False
    decider: str | None = None
    """Whose RST decides what became of it: the first that was not ignored."""
    went_on_ns: int | None = None
    """When that RST was, once its own sender has sent more."""
    ignored_until: int = 0
    """RSTs before this frame were ignored."""
    challenged: bool = False
    """The old peer's challenge ACK came in the middle of this one's handshake."""
    verdict: str = "unknown"
    verdicts: frozenset[str] = frozenset()
    """What a fair reader of section 5 may say; more than one where its text leaves it open."""

    @property
    def sides(self) -> tuple[Side, Side]:
        return self.client, self.server

    def sides_of(self, segment: Segment) -> tuple[Side, Side]:
        """The sender's side, then its peer's."""
        if segment.sender == self.client.endpoint:
            return self.client, self.server
        return self.server, self.client

    @property
    def counts(self) -> Counter[str]:
        """How many rows of each kind."""
        return Counter(row.kind for row in self.rows)

    @property
    def unanswered(self) -> set[int]:
        """Frames of the keep-alive and window probes that nothing answered."""
        probes = {row.frame for row in self.rows if row.kind in PROBES}
        return probes - {row.answers for row in self.rows if row.answers is not None}


def update(flow: Flow, row: Row, x: Side, y: Side) -> None:
    """What a segment of X that is no duplicate changes. A RST changes no number."""
    segment = row.wire
    _go_on(flow, row, x)
    x.last = segment
    x.recent.append(segment)
    if segment.has(RST):
        flow.reset = True
        flow.decider = flow.decider or x.word
        return
    if segment.has(SYN):
        _begin(segment, x)
    _advance(row, x)
    x.opened = True
    x.fin = x.fin or segment.has(FIN)
    flow.closed = flow.closed or (x.fin and y.fin)
    x.window = segment.window
    if segment.has(ACK):
        _acknowledge(segment.ack, y)


def _go_on(flow: Flow, row: Row, x: Side) -> None:
    """A RST was ignored if behind it its sender goes on, and then its receiver, at least 1 s later."""
    if flow.decider is None or row.wire.flags & (SYN | RST):
        return
    if x.word == flow.decider:
        assert x.last is not None
        flow.went_on_ns = x.last.time_ns if flow.went_on_ns is None else flow.went_on_ns
    elif flow.went_on_ns is not None and row.time_ns - flow.went_on_ns >= SECOND:
        flow.decider = flow.went_on_ns = None
        flow.reset = False
        flow.ignored_until = row.frame


def _begin(segment: Segment, x: Side) -> None:
    """4.4: a SYN, with or without ACK, starts its sender's numbers anew."""
    x.next_seq = x.acked = None
    x.fin = False
    x.holes.clear()
    x.window_byte = x.unacked_ns = None
    x.tries = 0
    x.last_syn = segment.seq
    if segment.has(ACK):
        x.offered = following(segment.seq)
    else:
        x.syns.append(segment.seq)


def _advance(row: Row, x: Side) -> None:
    """X's own sequence numbers, and which of its ground has been seen."""
    segment = row.wire
    if row.kind in PROBES:
        x.window_byte = segment.seq if row.at_next_seq else x.window_byte
        return
    if segment.length and x.unacked_ns is None:
        x.unacked_ns = row.time_ns
    if row.kind == "retransmission":
        x.tries += 1
        x.last_try_ns = row.time_ns
    if x.next_seq is None:
        x.next_seq = segment.end
        return
    if ahead(segment.seq, x.next_seq):
        x.holes.append((x.next_seq, segment.seq))
    x.holes = [rest for hole in x.holes for rest in _without(hole, segment)]
    if ahead(segment.end, x.next_seq):
        x.next_seq = segment.end


def _acknowledge(ack: int, x: Side) -> None:
    """Y acknowledged `ack`: what X must have sent, also where the capture lost it."""
    if x.acked is None or ahead(ack, x.acked):
        x.acked = ack
        x.tries, x.unacked_ns = 0, None
    if x.next_seq is None:
        x.next_seq = ack
    elif ahead(ack, x.next_seq):
        seen = x.window_byte == x.next_seq
        start = following(x.next_seq) if seen else x.next_seq
        if start != ack:
            x.holes.append((start, ack))
        x.next_seq = ack


def fills_hole(segment: Segment, x: Side) -> bool:
    """Whether the segment covers ground that the capture has never seen."""
    return any(_overlap(hole, segment) for hole in x.holes)


def _overlap(hole: tuple[int, int], segment: Segment) -> bool:
    left, right = hole
    size = distance(right, left)
    start = distance(segment.seq, left)
    return start < size and start + distance(segment.end, segment.seq) > 0


def _without(hole: tuple[int, int], segment: Segment) -> list[tuple[int, int]]:
    """What a segment leaves of a hole."""
    if not _overlap(hole, segment):
        return [hole]
    left, right = hole
    rests = [(left, segment.seq)] if ahead(segment.seq, left) else []
    return rests + ([(segment.end, right)] if ahead(right, segment.end) else [])
