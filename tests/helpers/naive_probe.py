"""Design 4.1 to the letter: which segments are probes, and which may turn out to be."""

from __future__ import annotations

from .naive_state import SECOND, Row, Side
from .segment import ACK, FIN, PSH, RST, SYN, Segment, ahead, following

PUSHED_PROBE_NS = 10 * SECOND


def has_probe_shape(segment: Segment) -> bool:
    """ACK set, SYN, FIN and RST clear, payload length 0 or 1."""
    return segment.has(ACK) and not segment.flags & (SYN | FIN | RST) and segment.length <= 1


def probe_kind(row: Row, x: Side, y: Side) -> str | None:
    """The label that the table of 4.1 gives to a segment of X; None where it does not apply."""
    segment = row.wire
    if not has_probe_shape(segment) or x.next_seq is None:
        return None
    if following(segment.seq) == x.next_seq:
        return _by_table(segment, x, y)
    if segment.length == 1 and segment.seq == x.next_seq and y.window == 0:
        row.at_next_seq = True
        return "zero_window_probe"
    return None


def _by_table(segment: Segment, x: Side, y: Side) -> str:
    assert x.next_seq is not None
    never_acked = x.acked is None
    again = bool(x.probes) and x.last is x.probes[-1].wire and _repeats_probe(segment, x)
    close = x.last is not None and segment.time_ns - x.last.time_ns < SECOND and not again
    if segment.length == 1 and segment.has(PSH) and not _is_pushed_probe(segment, x):
        return "retransmission"  # row 1
    if never_acked and segment.length == 1 and close:
        return "retransmission"  # row 2
    if x.acked is not None and ahead(x.next_seq, x.acked):
        return "retransmission" if segment.length else "old_ack"  # row 3
    if x.fin and (never_acked or close):
        return "old_ack"  # row 4
    if y.window == 0:
        return "zero_window_probe"  # row 5
    return "keepalive_probe"  # row 6


def _is_pushed_probe(segment: Segment, x: Side) -> bool:
    """The octet is acknowledged, and X was silent for 10 s or sends its last probe of old ground again."""
    if x.acked is None or x.acked != x.next_seq:
        return False
    silent = x.last is not None and segment.time_ns - x.last.time_ns >= PUSHED_PROBE_NS
    return silent or _repeats_probe(segment, x)


def _repeats_probe(segment: Segment, x: Side) -> bool:
    if not x.probes or x.probes[-1].at_next_seq:
        return False
    last = x.probes[-1].wire
    return (segment.seq, segment.length) == (last.seq, last.length)


def is_tentative(row: Row, x: Side, y: Side) -> bool:
    """Whether a segment of X opens its side in mid-connection, and may be a probe once Y answers."""
    segment = row.wire
    pure = has_probe_shape(segment) and (segment.length == 0 or not segment.has(PSH))
    if not pure or x.acked == following(segment.seq):
        return False  # Y was seen acknowledging exactly seq + 1: the table applies
    if not x.opened:
        offers_next = segment.length == 1 and segment.seq == x.acked and y.window == 0
        return not offers_next
    return repeats_tentative(segment, x)


def repeats_tentative(segment: Segment, x: Side) -> bool:
    """An exact repeat of X's first segment while that is all X has sent."""
    if not x.tentative:
        return False
    first = x.tentative[0].wire
    same = (segment.seq, segment.ack, segment.length) == (first.seq, first.ack, first.length)
    return same and has_probe_shape(segment) and (segment.length == 0 or not segment.has(PSH))


def prove_by_answer(row: Row, prober: Side, peer: Side) -> None:
    """Y's bare ACK of `seq + 1` turns X's tentative segments into probes."""
    if not prober.tentative or not row.wire.is_bare_ack:
        return
    first = prober.tentative[0].wire
    if row.wire.ack != following(first.seq):
        return
    if first.length == 1 and row.wire.sack_blocks[:1] != ((first.seq, following(first.seq)),):
        prober.tentative.clear()  # no D-SACK of that byte: it was data
        return
    window = peer.window if peer.window is not None else row.wire.window
    _promote(prober, window)


def prove_by_giving_up(row: Row, prober: Side, peer: Side) -> None:
    """So does X's own RST with sequence `seq + 1`."""
    if prober.tentative and row.wire.seq == following(prober.tentative[0].wire.seq):
        _promote(prober, peer.window)


def _promote(prober: Side, peer_window: int | None) -> None:
    """Tentative segments come before every other probe of their side."""
    rows = list(prober.tentative)
    proven = following(rows[0].wire.seq)  # where X stands, now that this was a probe
    if prober.next_seq is None or ahead(proven, prober.next_seq):
        prober.next_seq = proven
    prober.tentative.clear()
    for row in rows:
        row.kind = "zero_window_probe" if peer_window == 0 else "keepalive_probe"
    prober.probes[:0] = rows
    prober.waiting[:0] = rows
