"""Every change of a TCP state, in order of time: how the connections of each host went."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from analyzer import kinds
from analyzer.diagnose.states import (
    CLOSED,
    NEVER,
    NOT_YET,
    Moments,
    Seen,
    moments_of,
    nothing_seen,
    states_at,
)
from analyzer.facts import CaptureResult, Rows
from analyzer.records import as_records, rows

CHANGE = np.dtype(
    [
        ("time_ns", "<i8"),
        ("until_ns", "<i8"),  # of this side's next change, MISSING: none until the capture's end
        ("flow", "<u4"),
        ("side", "u1"),
        ("state", "u1"),  # kinds.STATE_WORDS
        ("before", "u1"),  # the state that it left, 255: this is the side's first
    ],
    align=True,
)
"""One change of the TCP state of one side of a flow."""

BLOCK = 1 << 15  # flows at a time, each with some twenty moments of two sides: our choice

SYNS = (kinds.SYN, kinds.SYN_RETRANSMISSION, kinds.SYN_ACK)


def state_changes(result: CaptureResult, chosen: NDArray[np.int64], time_wait_ns: int) -> Rows:
    """CHANGE rows of the chosen flows (row numbers), by time, then flow and side."""
    seen = seen_in_events(result)
    parts = [rows(0, CHANGE)]
    for start in range(0, len(chosen), BLOCK):
        block = chosen[start : start + BLOCK]
        moments = moments_of(result, block, seen.of(block), time_wait_ns)
        parts.append(changes_of(moments, block, result.end_ns))
    table = np.concatenate(parts)
    return as_records(table[np.argsort(table["time_ns"], kind="stable")])


def changes_of(moments: Moments, block: NDArray[np.int64], end_ns: int) -> Rows:
    """CHANGE rows of the flows whose moments these are, by flow, side and time."""
    times = moments.times()
    times[times > end_ns] = NEVER
    times[:, 1:][times[:, 1:] == times[:, :-1]] = NEVER
    times.sort(axis=1)
    times = times[:, (times != NEVER).any(axis=0)]
    states = np.full((len(block), 2, times.shape[1]), NOT_YET, np.uint8)
    for column, at_ns in enumerate(times.T):
        states[:, :, column] = states_at(moments, at_ns[:, None])
    before = np.full_like(states, NOT_YET)
    before[:, :, 1:] = states[:, :, :-1]
    changed = (states != before) & (times != NEVER)[:, None, :]
    flow, side, place = np.nonzero(changed)
    table = np.zeros(len(flow), CHANGE)
    table["flow"] = block[flow]
    table["side"] = side
    table["time_ns"] = times[flow, place]
    table["state"] = states[changed]
    table["before"] = before[changed]
    same = (flow[1:] == flow[:-1]) & (side[1:] == side[:-1])
    table["until_ns"] = kinds.MISSING
    table["until_ns"][:-1][same] = table["time_ns"][1:][same]
    return as_records(table)


def in_force(changes: Rows, at_ns: int) -> Rows:
    """Of CHANGE rows those whose state held at a moment; connections that were closed are left out."""
    lasts = (changes.until_ns == kinds.MISSING) | (changes.until_ns > at_ns)
    return as_records(np.asarray(changes)[(changes.time_ns <= at_ns) & lasts & (changes.state != CLOSED)])


def seen_in_events(result: CaptureResult) -> Seen:
    """What the events of all flows show, in one pass."""
    flows = result.flows
    seen = nothing_seen(len(flows))
    dead = flows["verdict"] == kinds.PEER_DEAD
    frames, times = [], []
    for batch in result.events.batches():
        kind, time_ns, sender = batch["kind"], batch["time_ns"], batch["sender"]
        flow = batch["flow"].astype(np.int64)
        side = flow * 2 + sender
        syn = np.isin(kind, SYNS)
        keep_first(seen.syn, side[syn], time_ns[syn])
        seen.last_syn.reshape(-1)[side[syn]] = time_ns[syn]
        for table, code in ((seen.syn_ack, kinds.SYN_ACK), (seen.fin, kinds.FIN)):
            keep_first(table, side[kind == code], time_ns[kind == code])
        shaken, reset = kind == kinds.HANDSHAKE_ACK, np.flatnonzero(np.isin(kind, kinds.RESETS))
        reset = reset[batch["frame"][reset] >= flows["decided_frame"][flow[reset]]]  # earlier: ignored
        keep_first(seen.handshake, flow[shaken], time_ns[shaken])
        keep_first(seen.reset, flow[reset], time_ns[reset])
        frames.append(batch["frame"][reset])
        times.append(time_ns[reset])
        probe = np.flatnonzero(np.isin(kind, kinds.PROBES))
        probe = probe[dead[flow[probe]]]
        probe = probe[is_unanswered(flows[flow[probe]], sender[probe], time_ns[probe])]
        keep_first(seen.unanswered, flow[probe], time_ns[probe])
    if frames:
        note_deciding(seen.reset, flows, np.concatenate(frames), np.concatenate(times))
    note_replaced(seen, result)
    return seen


def keep_first(table: NDArray[np.int64], place: NDArray[np.int64], times: NDArray[np.int64]) -> None:
    """Write each place's first time, unless it has one. times: in frame order, as batches are."""
    flat = table.reshape(-1)
    fresh = flat[place] == kinds.MISSING
    flat[place[fresh][::-1]] = times[fresh][::-1]  # of several for one place, the last written stays


def is_unanswered(flows: NDArray[Any], sender: Any, time_ns: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which probes in flows of dead peers came after the peer's last sign of life."""
    heard = flows["side"]["last_time"][np.arange(len(flows)), 1 - sender.astype(np.int64)]
    after: NDArray[np.bool_] = (sender == flows["decided_by"]) & (time_ns > heard)
    return after


def note_deciding(
    reset: NDArray[np.int64], flows: Any, frames: NDArray[np.int64], times: NDArray[np.int64]
) -> None:
    """The RST that ended a flow may stand in the next flow of its 4-tuple (design 5, `peer_rebooted`)."""
    later = np.flatnonzero((flows["decided_frame"] > 0) & (reset == kinds.MISSING))
    place = np.searchsorted(frames, flows["decided_frame"][later])
    found = place < len(frames)
    found[found] &= frames[place[found]] == flows["decided_frame"][later][found]
    reset[later[found]] = times[place[found]]


def note_replaced(seen: Seen, result: CaptureResult) -> None:
    """The SYN-ACK of the next flow of each 4-tuple; its first side sent the SYN."""
    old = np.flatnonzero(result.successors)
    seen.replaced[old] = seen.syn_ack[result.successors[old].astype(np.int64) - 1, 1]
