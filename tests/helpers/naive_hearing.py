"""What a prober has heard: how long its peer was silent, and which timestamps it echoes (design 4.2)."""

from __future__ import annotations

from .naive_state import ANSWERS, PROBES, Flow, Row, Side
from .segment import RST, ahead

LATE_NS = 10_000_000


def can_accept(row: Row, x: Side) -> bool:
    """Whether the peer can have accepted a segment of X: no RST, and not behind what it acknowledged."""
    segment = row.wire
    return not segment.has(RST) and not (x.acked is not None and ahead(x.acked, segment.end))


def idle_before(flow: Flow, row: Row, x: Side, y: Side) -> int | None:
    """How long X had not heard Y when it sent a segment that begins a run of probes, if it is one.

    None if X has probed since it heard Y: then it waited for the interval.
    """
    undecided = [*x.tentative, *y.tentative]

    def activity(each: Row) -> bool:
        idle = each.kind in (*PROBES, *ANSWERS, "duplicate", "icmp_error")
        ignored = idle or (each.sender == y.word and each.wire.has(RST))
        return not ignored and each not in undecided

    last_active = next((each for each in reversed(flow.rows) if activity(each)), None)
    own = [*x.tentative, *x.probes]
    last_own_ns = max(own, key=_order).time_ns if own else None
    if last_active is None or (last_own_ns is not None and last_active.time_ns <= last_own_ns):
        return None
    heard = [each for each in flow.rows if each.sender == y.word and each.accepted and each not in undecided]
    heard = [each for each in heard if each.kind not in PROBES]
    if not heard or (last_own_ns is not None and heard[-1].time_ns <= last_own_ns):
        return None
    return max(row.time_ns - heard[-1].time_ns, 0)


def _order(row: Row) -> int:
    return row.frame


def heard_since(row: Row, x: Side) -> bool:
    """Whether the RST of X echoes something later than X's last probe did."""
    echo, before = row.wire.tsecr, max(x.probes, key=_order).wire.tsecr
    return echo is not None and before is not None and echo != before


def heard_nothing(row: Row, x: Side, y: Side) -> bool:
    """Whether it is sure that the answers never reached X.

    By timestamps: the last two probes and the RST echo the same, and that is older than the answer.
    Of a Y that was never captured only they tell. Without: X waits for clearly less than its keepalive time.
    """
    echoes = [probe.wire.tsecr for probe in sorted(x.probes, key=_order)[-2:]]
    if y.last is None:
        return None not in echoes and echoes[0] == echoes[-1] == row.wire.tsecr
    answer = x.answer.tsval if x.answer is not None else None
    if answer is not None and echoes[-1] is not None:
        older = ahead(answer, echoes[-1])
        return older and echoes[0] == echoes[-1]
    if answer is not None and row.wire.tsecr is not None and not ahead(answer, row.wire.tsecr):
        return False
    spacing = x.spacing_ns or 0
    return x.idle_ns is not None and spacing + spacing // 8 + LATE_NS < x.idle_ns
