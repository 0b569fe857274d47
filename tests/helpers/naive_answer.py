"""Design 4.2 to the letter: what answers a probe, and when a prober gives up."""

from __future__ import annotations

from .naive_hearing import heard_nothing, heard_since
from .naive_state import PROBES, SECOND, Row, Side
from .segment import ACK, FIN, ahead, following

RESET_ANSWER_NS = 3 * SECOND


def answer_kind(row: Row, own_kind: str | None, prober: Side) -> str | None:
    """The label of an answer to the prober's waiting probes; None leaves the segment its own kind.

    `own_kind` is what 4.1 said: the first rule that matches gives the label, so
    it stays, and a probe of its own (crossing) answers nothing.
    """
    segment = row.wire
    if not prober.waiting or own_kind in PROBES or not segment.has(ACK):
        return None
    probe = prober.waiting[-1]
    sought = following(probe.wire.seq)
    if own_kind is None and segment.is_bare_ack:
        if segment.ack == sought:
            _settle(row, prober)
            return "keepalive_reply" if probe.kind == "keepalive_probe" else "zero_window_reply"
        if segment.ack == probe.wire.seq and probe.at_next_seq:
            _settle(row, prober)
            return "zero_window_reply"
    if segment.ack == sought and (segment.length or segment.has(FIN)):
        _settle(row, prober)
    elif ahead(segment.ack, sought):
        _settle(row, prober, with_rtt=False)
    return None


def reset_kind(row: Row, x: Side, y: Side) -> str:
    """What a RST of X is: the answer to Y's probe, X giving up its own, or any other.

    Where it could be both, its shape decides: giving up is RST+ACK with
    seq = next, a lost connection is a bare RST.
    """
    replies = bool(y.waiting) and row.time_ns - y.waiting[-1].time_ns < RESET_ANSWER_NS
    replies = replies and _is_without_state(row, x, y)
    gives_up = _gives_up(row, x, y)
    if gives_up and not (replies and not _at_next(row, x)):
        x.waiting.clear()
        answer_kind(row, "keepalive_timeout", y)
        return "keepalive_timeout"
    if replies:
        was_keepalive = y.waiting[-1].kind == "keepalive_probe"
        _settle(row, y)
        return "keepalive_reset" if was_keepalive else "reset"
    answer_kind(row, "reset", y)
    return "reset"


def _is_without_state(row: Row, x: Side, y: Side) -> bool:
    """Whether X made the RST from Y's probe alone: it has forgotten the connection."""
    if row.wire.has(ACK):
        return (row.wire.seq, row.wire.ack) != (x.next_seq, y.next_seq)
    return row.wire.seq == y.waiting[-1].wire.ack


def _at_next(row: Row, x: Side) -> bool:
    return row.wire.has(ACK) and row.wire.seq == x.next_seq


def _gives_up(row: Row, x: Side, y: Side) -> bool:
    if not x.probes or heard_since(row, x):
        return False
    elapsed = row.time_ns - x.probes[-1].time_ns
    spacing = max(x.spacing_ns or 0, 0)
    if x.waiting and y.last is not None and 2 * elapsed <= 3 * spacing + 2 * SECOND:
        return True
    kept = _at_next(row, x) and row.wire.window == x.window
    alone = x.last is not None and x.last.frame == x.probes[-1].frame
    in_time = spacing > 0 and 10 * abs(elapsed - spacing) <= spacing
    return kept and alone and in_time and heard_nothing(row, x, y)


def _settle(row: Row, prober: Side, with_rtt: bool = True) -> None:
    """The last of the waiting probes is answered; the earlier ones never will be."""
    probe = prober.waiting[-1]
    row.answers = probe.frame
    if with_rtt and len(prober.waiting) == 1:  # Karn: with several it is ambiguous
        row.rtt_ns = row.time_ns - probe.time_ns
    prober.waiting.clear()
    prober.answer = row.wire
