"""The segments of aligned connections as each capture saw them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analyzer import kinds
from analyzer.compared import SIGHT, B
from analyzer.diagnose.compare.align import Pair
from analyzer.facts import Events, Rows
from analyzer.records import EVENT, as_records, rows
from analyzer.sequence import MASK

LEFT_OUT = np.isin(np.arange(256), (kinds.DUPLICATE, kinds.BROKEN))


class Places:
    """Which pair a flow of one capture belongs to. pairs: numbered from `first`."""

    def __init__(self, pairs: Sequence[Pair], capture: int, flows: int, first: int = 0) -> None:
        self.pair = np.full(flows + 1, -1, np.int64)  # the last: rows of no flow
        self.client = np.zeros(flows + 1, np.uint8)
        self.shift = np.zeros((len(pairs), 2), np.int64)
        self.first = first
        for number, pair in enumerate(pairs):
            self.pair[pair.flow[capture]] = number
            self.client[pair.flow[capture]] = pair.client[capture]
            if capture == B:
                self.shift[number] = pair.shift


def rows_of(events: Events, places: Places) -> Rows:
    """EVENT rows of the segments that both ends of these flows sent, in frame order."""
    kept = [np.zeros(0, EVENT)]
    last = len(places.pair) - 1
    for batch in events.batches():
        wanted = (places.pair[np.minimum(batch.flow, last)] >= 0) & (batch.sender < kinds.NO_SENDER)
        wanted &= ~LEFT_OUT[batch.kind]
        if wanted.any():
            kept.append(np.asarray(batch)[wanted])
    return as_records(np.concatenate(kept))


def sights_of(events: Rows, segments: Any, places: Places) -> Rows:
    """SIGHT rows. events: of `rows_of`; segments: SEGMENT rows of the same frames, in the same order."""
    seen = rows(len(events), SIGHT)
    number = places.pair[events.flow]
    seen.pair = number + places.first
    seen.sender = events.sender ^ places.client[events.flow]
    for name in ("time_ns", "frame", "length", "kind"):
        seen[name] = events[name]
    for name in ("tsval", "ip_id", "control", "ttl"):
        seen[name] = segments[name]
    seen.timed = (segments["options"] & kinds.OPTION_TIMESTAMPS) != 0
    sender: Any = seen.sender
    own, peer = places.shift[number, sender], places.shift[number, 1 - sender]
    acknowledges = (segments["control"] & kinds.FLAG_ACK) != 0
    seen.seq = (events.seq.astype(np.int64) - own) & MASK
    seen.ack = np.where(acknowledges, (events.ack.astype(np.int64) - peer) & MASK, 0)
    return seen


def in_order(seen: Rows) -> Rows:
    """SIGHT rows by pair, then sender, then time."""
    order: NDArray[np.int64] = np.lexsort((seen.frame, seen.time_ns, seen.sender, seen.pair))
    return as_records(np.asarray(seen)[order])
