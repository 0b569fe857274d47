"""Data that is held up: by a reader that does not read, or by a path that does not deliver; and what
looks like keep-alive then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analyzer import found, kinds
from analyzer.diagnose.case import Case
from analyzer.diagnose.context import Context, Flows
from analyzer.diagnose.findings import advice
from analyzer.diagnose.findings.columns import heard_until, pending_octets
from analyzer.diagnose.findings.finding import Check, Mask, Picked
from analyzer.diagnose.proof import Proof
from analyzer.facts import Finding, Rows
from analyzer.records import taken
from analyzer.wording import counted, lasting, listed, moment, number

WINDOW_TURNS = kinds.EVENT_CLOSES | kinds.EVENT_REOPENS
WINDOWS = tuple(
    kind for kind in range(kinds.OLD_ACK + 1) if kind not in (*kinds.RESETS, kinds.SYN_RETRANSMISSION)
)
"""Kinds whose window counts."""
MOST_COUNTED = 255  # SIDE.retransmissions holds no more
MISTAKABLE = {  # in the order in which they are told
    kinds.ZERO_WINDOW_PROBE: ("window probe", "window probes", "the peer's window was closed"),
    kinds.RETRANSMISSION: (
        "byte of data sent again",
        "bytes of data sent again",
        "data bears PSH, or was not acknowledged yet",
    ),
    kinds.OLD_ACK: ("old ACK", "old ACKs", "data or a FIN was under way"),
}


@dataclass(frozen=True)
class Stall:
    """A closed window of one side. closes, reopens (or None), probes: EVENT tuples.

    until_ns: when it opened, or its owner was last heard.
    """

    closes: Any
    reopens: Any | None
    probes: list[Any]
    until_ns: int

    @property
    def lasted_ns(self) -> int:
        return int(self.until_ns - self.closes.time_ns)

    @property
    def frames(self) -> list[int]:
        """Of the evidence."""
        events = [self.closes, *self.probes, *([self.reopens] if self.reopens else [])]
        return [int(each.frame) for each in events]


def may_stall(flows: Flows) -> Mask:
    """A window closed, and its owner was heard from for long enough after the flow began."""
    long = heard_until(flows) - flows.flow("start")[:, None] >= flows.context.rules.window_stall_ns
    closed = (flows.flow("event_marks") & kinds.EVENT_CLOSES) != 0
    return np.asarray(closed & long.any(axis=1))


def closed_windows(rows: Rows, picked: Picked, until_ns: NDArray[np.int64]) -> tuple[NDArray[np.int64], ...]:
    """Where windows close, and for how long (ns) their owners were heard meanwhile.

    rows: EVENT rows of the kinds WINDOWS, ordered by flow, then frame. until_ns: when the sides
    were last heard, by place in picked. Windows that close once a side has said FIN do not count:
    there is nothing left to read; nor does that of a bare SYN, which nobody could fill.
    """
    flow, kind, sender = np.array(rows.flow), np.array(rows.kind), np.array(rows.sender)
    place = np.arange(len(rows))
    first_fin = np.full(len(picked), len(rows))
    fins = np.flatnonzero((rows.control & kinds.FLAG_FIN) != 0)
    np.minimum.at(first_fin, np.searchsorted(picked, flow[fins]), fins)
    begins, lasting_ns = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for side in (0, 1):
        turns = place[((rows.marks & WINDOW_TURNS) != 0) & (sender == side)]
        if not len(turns):
            continue
        closes = (rows.marks[turns] & kinds.EVENT_CLOSES) != 0
        reopened = np.append(closes[:-1] & ~closes[1:] & (flow[turns[1:]] == flow[turns[:-1]]), False)
        following = np.append(turns[1:], 0)
        of_flow = np.searchsorted(picked, flow[turns])
        end_ns = np.where(reopened, rows.time_ns[following], until_ns[of_flow, side])
        counts = closes & (turns < first_fin[of_flow]) & (kind[turns] != kinds.SYN)
        begins.append(turns[counts])
        lasting_ns.append((end_ns - rows.time_ns[turns])[counts])
    return np.concatenate(begins), np.concatenate(lasting_ns)


def have_stall(context: Context, picked: Picked, rows: Rows) -> Mask:
    """A window stayed closed for long enough."""
    begins, lasted_ns = closed_windows(rows, picked, heard_until(Flows.of(context, picked)))
    stalled = rows.flow[begins[lasted_ns >= context.rules.window_stall_ns]]
    return np.isin(picked, stalled)


def tell_stall(case: Case) -> Finding | None:
    """The longest time that a window was closed, and who did not read."""
    picked = np.array([case.row])
    own = np.flatnonzero(np.isin(case.rows.kind, WINDOWS))  # the case may hold more, for other checks
    rows, heard_ns = taken(case.rows, own), heard_until(Flows.of(case.context, picked))
    begins, lasted_ns = closed_windows(rows, picked, heard_ns)
    long = lasted_ns >= case.context.rules.window_stall_ns
    if not long.any():
        return None
    stalls = [
        stall_of(case, int(begin), int(lasted))
        for begin, lasted in zip(own[begins[long]], lasted_ns[long], strict=True)
    ]
    longest = max(stalls, key=lambda stall: stall.lasted_ns)
    times = f"{number(len(stalls))} times; the longest: " if len(stalls) > 1 else ""
    frames = [frame for stall in stalls for frame in stall.frames]
    start_ns = min(stall.closes.time_ns for stall in stalls)
    proof = Proof(frames, start_ns, max(stall.until_ns for stall in stalls))
    summary = f"{times}{told_stall(case, longest)}"
    return case.finding(
        found.ZERO_WINDOW_STALL, summary, advice.does_not_read(case, longest.closes.sender), proof
    )


def stall_of(case: Case, begin: int, lasted_ns: int) -> Stall:
    """A window that closed at a row of the case's."""
    closes = case.events[begin]
    turns = (
        each
        for each in case.events[begin + 1 :]
        if each.sender == closes.sender and each.marks & WINDOW_TURNS
    )
    reopens = next(turns, None)
    until_ns = int(closes.time_ns) + lasted_ns
    probes = [
        each
        for each in case.of(kinds.ZERO_WINDOW_PROBE)
        if each.sender != closes.sender
        and closes.frame < each.frame
        and (not reopens or each.frame < reopens.frame)
    ]
    return Stall(closes, reopens, probes, until_ns)


def told_stall(case: Case, stall: Stall) -> str:
    """Since when, until when, who waited, and that nobody is dead."""
    owner = stall.closes.sender
    who, peer = case.name(owner), case.name(1 - owner)
    begun = f"the {who} closed its window at {moment(stall.closes.time_ns)} (frame {stall.closes.frame})"
    if stall.reopens:
        end = f"and opened it {lasting(stall.lasted_ns)} later (frame {stall.reopens.frame})"
    else:
        end = f"and had not opened it when it was last heard, {lasting(stall.lasted_ns)} later"
    frames = [probe.frame for probe in stall.probes]
    waited = f"; the {peer} sent {counted(len(frames), 'window probe')} ({listed(frames)})" if frames else ""
    return (
        f"{begun} {end}{waited}: the application at {case.endpoint(owner)} did not read, but its kernel was "
        "there; a closed window is no dead peer"
    )


def lacks_acknowledgment(flows: Flows) -> Mask:
    """Which sides sent their last data again and again, and in vain: shape (n, 2)."""
    rules = flows.context.rules
    times = flows.side("retransmissions")
    since_ns = flows.side("pending_since")
    long = (times > 0) & (since_ns != 0) & (flows.side("last_time") - since_ns >= rules.stalled_ns)
    heard = flows.side_marked(kinds.SIDE_SENT)[:, ::-1]
    lacking: Mask = (pending_octets(flows) > 0) & heard & (long | (times >= rules.stalled_retransmissions))
    return lacking


def is_unacknowledged(flows: Flows) -> Mask:
    """Either side's."""
    return np.asarray(lacks_acknowledgment(flows).any(axis=1))


def tell_unacknowledged(case: Case) -> Finding:
    """How much, since when, how often it was sent, and why keep-alive is no help."""
    flows = Flows.of(case.context, np.array([case.row]))
    sender = int(np.flatnonzero(lacks_acknowledgment(flows)[0])[0])
    side, octets = case.flow.side[sender], int(pending_octets(flows)[0, sender])
    who, last_ns = case.name(sender), int(side.last_time)
    sent = [case.talk_of(sender).request_frame] if began_with_request(case, sender) else []
    sent += [case.flow.last_frame] if case.flow.last_sender == sender else []
    where = f" ({listed(sent)})" if sent else ""
    times = counted(int(side.retransmissions), "time") + (
        " or more" if side.retransmissions == MOST_COUNTED else ""
    )
    resets = [
        each.frame for each in case.of(*kinds.RESETS) if each.sender != sender and each.time_ns >= last_ns
    ]
    but = f" but the RST of the {case.name(1 - sender)} ({listed(resets)})" if resets else ""
    summary = (
        f"{counted(octets, 'byte')} of the {who} not acknowledged since {moment(side.pending_since)}, "
        f"sent again {times} over {lasting(last_ns - side.pending_since)}{where} without an answer{but}: "
        "keep-alive cannot help, for it does not run while data is outstanding; that needs TCP_USER_TIMEOUT"
    )
    frames = [*sent, *resets] or [case.flow.last_frame]  # the last one acknowledges nothing, either
    proof = Proof(frames, int(side.pending_since), last_ns, unseen=True)
    return case.finding(found.DATA_UNACKNOWLEDGED, summary, advice.unacknowledged(case, sender), proof)


def began_with_request(case: Case, sender: int) -> bool:
    """Whether the oldest octet that was not acknowledged is the first of a message that has a row."""
    return bool(case.talk and case.talk_of(sender).request_time == case.flow.side[sender].pending_since)


def has_mistakable(flows: Flows) -> Mask:
    """Tracking marked a segment of the shape."""
    return np.asarray((flows.flow("event_marks") & kinds.EVENT_PROBE_SHAPE) != 0)


def tell_mistaken(case: Case) -> Finding:
    """Which segments Wireshark takes for keep-alives, and what they are."""
    mistaken = [each for each in case.of(*MISTAKABLE) if each.marks & kinds.EVENT_PROBE_SHAPE]
    at_once = (
        kinds.NO_KIND,
        kinds.TENTATIVE,
    )  # Wireshark, too, knows these for what they are when it sees them
    probes = [each for each in case.of(kinds.KEEPALIVE_PROBE) if each.otherwise in at_once]
    told = "; ".join(
        told_mistaken(kind, mistaken) for kind in MISTAKABLE if any(each.kind == kind for each in mistaken)
    )
    alike = len(mistaken) + len(probes)
    share = f"{number(len(mistaken))} of {counted(alike, 'segment')}" if probes else counted(alike, "segment")
    are = "is none" if len(mistaken) == 1 else "are none"
    summary = (
        f"{share} of the shape that Wireshark flags as keep-alive (at most one byte, at the next sequence "
        f"number - 1) {are}: {told}"
    )
    return case.finding(found.MISTAKEN_KEEPALIVES, summary, advice.mistaken(), Proof.of(mistaken))


def told_mistaken(kind: int, mistaken: list[Any]) -> str:
    """How many of a kind, and how they are told from keep-alives."""
    noun, several, why = MISTAKABLE[kind]
    frames = [each.frame for each in mistaken if each.kind == kind]
    return f"{number(len(frames))} {noun if len(frames) == 1 else several} ({listed(frames)}; {why})"


CHECKS = (
    Check(found.ZERO_WINDOW_STALL, may_stall, tell_stall, wants=WINDOWS, holds=have_stall),
    Check(found.DATA_UNACKNOWLEDGED, is_unacknowledged, tell_unacknowledged, exact=True, among=Flows.mutual),
    Check(
        found.MISTAKEN_KEEPALIVES,
        has_mistakable,
        tell_mistaken,
        wants=(kinds.RETRANSMISSION, kinds.OLD_ACK),
        exact=True,
    ),
)
