"""The rhythm of a connection's messages, told from its labelled rows."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .naive_state import PROBES, SECOND, Flow, Row
from .segment import RST

PAUSE_NS = SECOND // 2
SMALL = 128
STEADY = 20
HEARTBEATS = 4
MILLISECOND = SECOND // 1000


@dataclass
class Speaker:
    """One side X."""

    unreplied: list[Row] = field(default_factory=list)
    """Its messages since the peer's last new payload."""
    replies_s: list[np.float32] = field(default_factory=list)
    """From the first of such messages to that payload."""
    beats: list[Row] = field(default_factory=list)
    """Its latest messages that are small and come at a steady pace."""
    pauses_ms: list[int] = field(default_factory=list)
    """Before each of them but the first."""


@dataclass
class Talk:
    """What was said in a flow. sides: by word."""

    sides: dict[str | None, Speaker]
    messages: list[Row] = field(default_factory=list)
    heartbeats: dict[int, int] = field(default_factory=dict)
    """Frames of the messages that make four steady ones, and of those that follow them, and for how
    long (ns) their side had said nothing before each."""
    tried: Row | None = None
    """The message that broke a silence longer than any survived; heard or not, shows later."""
    tried_s: np.float32 = field(default_factory=lambda: np.float32(0))
    survived: Row | None = None
    survived_s: np.float32 = field(default_factory=lambda: np.float32(0))


def carries_payload(row: Row) -> bool:
    """New payload, as its sender's kernel would have it: no retransmission, no probe."""
    segment = row.wire
    said = segment.length > 0 and not segment.has(RST) and not row.of_the_old
    return said and not row.tentative and row.kind not in (*PROBES, "retransmission")


def talk_of(flow: Flow) -> Talk:
    """Read a flow's rows in order."""
    talk = Talk({side.word: Speaker() for side in flow.sides})
    spoke: dict[str | None, int] = {}
    seen: dict[str | None, int] = {}
    start = previous = flow.rows[0].time_ns
    for row in flow.rows:
        if row.segment is None or row.kind == "duplicate":
            continue
        if row.new_payload:
            peer = next(word for word in talk.sides if word != row.sender)
            _reply(talk.sides[peer], row)
            if row.time_ns - max(spoke.values(), default=start) >= PAUSE_NS:
                talk.messages.append(row)
                _silence(talk, row, previous, seen)
                _message(talk, talk.sides[row.sender], row, spoke.get(row.sender, 0))
            elif row.wire.length > SMALL:
                _no_beats(talk.sides[row.sender])
            spoke[row.sender] = row.time_ns
        seen[row.sender] = previous = row.time_ns
    return talk


def seconds(nanoseconds: int) -> np.float32:
    return np.float32(nanoseconds * 1e-9)


def _reply(asker: Speaker, row: Row) -> None:
    if asker.unreplied:
        asker.replies_s.append(seconds(row.time_ns - asker.unreplied[0].time_ns))
        asker.unreplied = []


def _silence(talk: Talk, row: Row, previous: int, seen: dict[str | None, int]) -> None:
    silence = seconds(row.time_ns - previous)
    if silence <= talk.survived_s:
        return
    if talk.tried is not None:
        heard = [at for word, at in seen.items() if word != talk.tried.sender]
        if not heard or heard[0] < talk.tried.time_ns:
            return
        talk.survived, talk.survived_s, talk.tried = talk.tried, talk.tried_s, None
    if silence > talk.survived_s:
        talk.tried, talk.tried_s = row, silence


def _message(talk: Talk, speaker: Speaker, row: Row, last_spoke: int) -> None:
    speaker.unreplied.append(row)
    if row.wire.length > SMALL:
        _no_beats(speaker)
        return
    if speaker.beats:
        pause = (row.time_ns - last_spoke) // MILLISECOND
        pauses = [*speaker.pauses_ms, pause]
        if (max(pauses) - min(pauses)) * 100 >= min(pauses) * STEADY and len(pauses) > 1:
            speaker.beats, pauses = speaker.beats[-1:], [pause]
        speaker.pauses_ms = pauses
    speaker.beats.append(row)
    if len(speaker.beats) >= HEARTBEATS:
        talk.heartbeats[row.frame] = row.time_ns - last_spoke


def _no_beats(speaker: Speaker) -> None:
    speaker.beats, speaker.pauses_ms = [], []
