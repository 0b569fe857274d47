"""Our labels beside Wireshark's: where they agree, where not, and why not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from analyzer.present.connection import paragraph
from analyzer.present.paper import Line
from analyzer.present.words import printable
from analyzer.wording import counted, number

NONE = "no flag"
FLAGS = ("keep_alive", "keep_alive_ack", "zero_window_probe", "zero_window_probe_ack", NONE)
SAME = {
    "keepalive_probe": "keep_alive",
    "keepalive_reply": "keep_alive_ack",
    "zero_window_probe": "zero_window_probe",
    "zero_window_reply": "zero_window_probe_ack",
}
"""Our kinds that Wireshark has a flag for; every other kind agrees with no flag."""

WHY = {
    ("retransmission", "keep_alive"): "a lost byte of data sent again: it carries PSH, follows the segment "
    "before within a second, or was not acknowledged yet. Wireshark looks at sequence number and length only",
    (
        "old_ack",
        "keep_alive",
    ): "an ACK overtaken on the way: the byte before it is not acknowledged yet, or the "
    "connection is being torn down. RFC 9293 3.8.4 has probes repeat acknowledged ground",
    ("zero_window_probe", "keep_alive"): "the peer's window is closed: Linux and BSD probe it with the very "
    "shape of a keep-alive. Wireshark does not look at the window",
    ("duplicate", "keep_alive"): "a copy of a frame that was recorded twice",
    ("duplicate", "keep_alive_ack"): "a copy of an answer that was recorded twice",
    (
        "keepalive_probe",
        NONE,
    ): "the capture begins in mid-connection (or lost frames): Wireshark does not know "
    "the next sequence number yet. The peer's answer of exactly one more proves the probe",
    (
        "keepalive_reply",
        NONE,
    ): "Wireshark did not see the probe as one, or wants the same window and no other "
    "segment between. An answer may open the window, carry a SACK block, or cross a probe of its own",
    ("keepalive_reply", "zero_window_probe_ack"): "the probe is a keep-alive: the window was open",
    ("zero_window_probe", NONE): "Wireshark wants one byte of new data; Linux and BSD probe with less",
    ("zero_window_reply", NONE): "the answer to a window probe that Wireshark did not see as one",
    ("zero_window_reply", "keep_alive_ack"): "the probe was a window probe: the window was closed",
    ("ack", "keep_alive_ack"): "no probe waits for an answer: an earlier segment answered it already",
    ("dup_ack", "keep_alive_ack"): "no probe waits for an answer: an earlier segment answered it already",
    (
        "data",
        "keep_alive",
    ): "new data: its sequence number is the next one once lost frames are accounted for",
}
"""Why we differ, by our kind and Wireshark's flag. Design 4.1 and 4.2 have the rules."""

OTHERWISE = "Wireshark's flag rests on sequence number and length alone; design 4.1 and 4.2 have our rule"
MOST_FRAMES = 12


def confusion(path: str, ours: dict[int, str], theirs: dict[int, str], width: int) -> Iterator[Line]:
    """Lines about one capture. ours: frame to kind, of every TCP segment; theirs: frame to flag."""
    frames: dict[tuple[str, str], list[int]] = defaultdict(list)
    for frame, kind in ours.items():
        frames[kind, theirs.get(frame, NONE)].append(frame)
    for frame in sorted(theirs.keys() - ours.keys()):
        frames["(not decoded)", theirs[frame]].append(frame)
    yield [(printable(path), "title"), (f"  {counted(len(ours), 'TCP segment')}", "faint")]
    kinds = sorted({kind for kind, flag in frames if kind in SAME or flag != NONE}, key=_place)
    if not kinds:
        yield [("  neither finds a probe or an answer to one", "")]
        return
    yield from _table(kinds, frames)
    differing = {pair: found for pair, found in frames.items() if not agrees(*pair)}
    same = sum(len(found) for (kind, _), found in frames.items() if kind in SAME) - sum(
        len(found) for (kind, _), found in differing.items() if kind in SAME
    )
    yield [(f"  {counted(same, 'label')} in common, ", ""), _differ(sum(map(len, differing.values())))]
    for (kind, flag), found in sorted(differing.items(), key=lambda item: -len(item[1])):
        yield []
        yield [(f"  {kind}, Wireshark: {flag}", "warning"), (f"  {counted(len(found), 'frame')}", "faint")]
        yield from paragraph(WHY.get((kind, flag), OTHERWISE), width, "", "    ")
        yield from paragraph(_listed(sorted(found)), width, "faint", "    ")


def agrees(kind: str, flag: str) -> bool:
    """Whether our kind and Wireshark's flag say the same."""
    return SAME.get(kind, NONE) == flag


def _differ(count: int) -> tuple[str, str]:
    return f"{number(count)} different", "warning" if count else "good"


def _place(kind: str) -> tuple[int, str]:
    order = list(SAME)
    return (order.index(kind) if kind in SAME else len(order)), kind


def _table(kinds: list[str], frames: dict[tuple[str, str], list[int]]) -> Iterator[Line]:
    """Rows: our kinds; columns: Wireshark's flags that occur."""
    flags = [flag for flag in FLAGS if any((kind, flag) in frames for kind in kinds)]
    first = max(len(kind) for kind in [*kinds, "ours"])
    yield [(f"  {'ours':<{first}}", "faint"), *((f"  {flag:>{_room(flag)}}", "faint") for flag in flags)]
    for kind in kinds:
        line: Line = [(f"  {kind:<{first}}", "")]
        for flag in flags:
            count = len(frames.get((kind, flag), ()))
            shown = number(count) if count and (kind in SAME or flag != NONE) else "-"
            style = "faint" if shown == "-" else "good" if agrees(kind, flag) else "warning"
            line.append((f"  {shown:>{_room(flag)}}", style))
        yield line


def _room(flag: str) -> int:
    return max(len(flag), 7)


def _listed(frames: list[int]) -> str:
    text = ("frame " if len(frames) == 1 else "frames ") + ", ".join(map(str, frames[:MOST_FRAMES]))
    hidden = len(frames) - MOST_FRAMES
    return text + (f" and {number(hidden)} more, the last {frames[-1]}" if hidden > 0 else "")
