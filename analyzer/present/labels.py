"""What a segment is called in a timeline, and in which style."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from analyzer import kinds
from analyzer.tables.labelled import Segment
from analyzer.wording import counted, duration, number, size

STYLES = {
    kinds.KEEPALIVE_PROBE: "probe",
    kinds.ZERO_WINDOW_PROBE: "window",
    kinds.KEEPALIVE_REPLY: "good",
    kinds.ZERO_WINDOW_REPLY: "window",
    kinds.KEEPALIVE_RESET: "reset",
    kinds.KEEPALIVE_TIMEOUT: "reset",
    kinds.SYN: "opening",
    kinds.SYN_RETRANSMISSION: "lost",
    kinds.SYN_ACK: "opening",
    kinds.HANDSHAKE_ACK: "opening",
    kinds.RESET: "reset",
    kinds.FIN: "closing",
    kinds.RETRANSMISSION: "lost",
    kinds.OUT_OF_ORDER: "lost",
    kinds.ZERO_WINDOW: "window",
    kinds.ICMP: "reset",
    kinds.BROKEN: "lost",
    kinds.DUPLICATE: "faint",
    kinds.ACK: "faint",
    kinds.OLD_ACK: "faint",
    kinds.DUP_ACK: "faint",
    kinds.WINDOW_UPDATE: "faint",
}

_PLAIN = {
    kinds.KEEPALIVE_PROBE: "keep-alive probe",
    kinds.ZERO_WINDOW_PROBE: "window probe",
    kinds.KEEPALIVE_TIMEOUT: "RST: gave up",
    kinds.SYN_RETRANSMISSION: "SYN again",
    kinds.RESET: "RST",
    kinds.ZERO_WINDOW: "window closed",
    kinds.DUP_ACK: "duplicate ACK",
    kinds.ACK: "ACK",
    kinds.OLD_ACK: "old ACK",
    kinds.DUPLICATE: "copy of a frame",
    kinds.ICMP: "ICMP error",
    kinds.BROKEN: "malformed segment",
}
_WITH_DATA = {
    kinds.SYN: ("SYN", "SYN with data"),
    kinds.SYN_ACK: ("SYN, ACK", "SYN, ACK with data"),
    kinds.HANDSHAKE_ACK: ("ACK: open", "ACK: open, data"),
    kinds.FIN: ("FIN", "FIN with data"),
    kinds.DATA: ("data", "data"),
    kinds.RETRANSMISSION: ("sent again", "data again"),
    kinds.OUT_OF_ORDER: ("out of order", "data out of order"),
}


def label(segment: Segment, lone: bool, again: bool = False) -> str:
    """A few words: what it is, what it answers and after how long.

    lone: a probe that nothing answered. again: the side had sent a FIN before.
    """
    kind = segment.kind
    if kind in (kinds.KEEPALIVE_REPLY, kinds.ZERO_WINDOW_REPLY, kinds.KEEPALIVE_RESET):
        return _answer(segment)
    if kind in _WITH_DATA:
        bare, loaded = _WITH_DATA[kind]
        text = f"{loaded}, {size(segment.length)}" if segment.length else bare
        text += " again" if again else ""
    elif kind == kinds.WINDOW_UPDATE:
        text = f"window update to {number(segment.window)}"
    else:
        text = _PLAIN.get(kind, kinds.KIND_WORDS[kind])
    if lone:
        return text + ": no answer"
    return text + (f" (answers {segment.answers})" if segment.answers else "")


def _answer(segment: Segment) -> str:
    what = "RST" if segment.kind == kinds.KEEPALIVE_RESET else "reply"
    if not segment.answers:
        return what
    took = f" after {duration(segment.rtt_s)}" if segment.rtt_s >= 0 else ""  # below: the clock went back
    text = f"{what} to {segment.answers}{took}"
    if segment.kind == kinds.KEEPALIVE_RESET:
        text += ": no such connection"
    if segment.kind == kinds.ZERO_WINDOW_REPLY:
        text += ": still closed" if segment.window == 0 else ": open"
    return text


def header(segment: Segment) -> str:
    """The numbers of the TCP header, for those who want them."""
    if segment.sender == kinds.NO_SENDER:
        return f"from {segment.source}"
    text = f"seq {segment.seq} ack {segment.ack} win {segment.window}"
    return text + (f" len {segment.length}" if segment.length else "")


def chatter(segments: Iterable[Segment]) -> str:
    """214 frames of data both ways, 3.2 MB, 2 sent again"""
    counts: Counter[int] = Counter()
    octets, senders, frames = 0, set(), 0
    for segment in segments:
        frames += 1
        counts[segment.kind] += 1
        if segment.kind in (kinds.DATA, kinds.OUT_OF_ORDER) and segment.length:
            octets += segment.length
            senders.add(segment.sender)
    if not senders:
        text = counted(frames, "frame") + " without new data"
    else:
        way = "both ways" if len(senders) > 1 else f"from the {kinds.SENDER_WORDS[senders.pop()]}"
        text = f"{counted(frames, 'frame')} of data {way}, {size(octets)}"
    for kind, word in ((kinds.RETRANSMISSION, "sent again"), (kinds.DUPLICATE, "copies")):
        if counts[kind]:
            text += f", {number(counts[kind])} {word}"
    return text
