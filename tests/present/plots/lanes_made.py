"""Lanes made up, many or few."""

from __future__ import annotations

from analyzer import kinds
from analyzer.present.lanes import ACTIVE, ANSWERED, IDLE, LONE, PROBING, REPLY, RST, SYN, Lane
from analyzer.present.plots.rows import Row

S = 1_000_000_000
ZERO = 1_795_176_191 * S
END = 100


def row(flow: int, verdict: int, phases: list[tuple[int, float]], marks: list[tuple[int, float]] = ()) -> Row:
    """A connection from the first phase to second 90 of 100."""
    placed = [tuple((what, ZERO + round(at * S)) for what, at in each) for each in (phases, marks)]
    start = placed[0][0][1] - ZERO
    name = f"10.0.0.1:{flow} → 10.0.0.2:443"
    return Row(flow, name, verdict, start, 90 * S, END * S, Lane(*placed), ZERO)


def dead(flow: int = 0) -> Row:
    marks = [(SYN, 1), (ANSWERED, 40), (REPLY, 40.1), (LONE, 70), (LONE, 75), (LONE, 80), (RST, 90)]
    return row(flow, kinds.PEER_DEAD, [(ACTIVE, 1), (IDLE, 11), (PROBING, 70)], marks)


def busy(flow: int, phases: int = 48, marks: int = 48) -> Row:
    """As full as a lane gets, and more marks than that."""
    spread = [(place % 3, place * 89 / phases) for place in range(phases)]
    return row(flow, kinds.ALIVE, spread, [(place % 4, place * 89 / marks) for place in range(marks)])
