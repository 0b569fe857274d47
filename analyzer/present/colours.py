"""The colours of plots and reports: one for each verdict, on light and on dark ground.

The hues of the frequent verdicts are those of Okabe and Ito ("Color Universal Design", 2008):
vermilion for dead, bluish green for alive, blue for closed. All thirteen were then moved, within
their hue, as far apart as they go for normal sight and for protanopes and deuteranopes (a test
measures it), each with a contrast of at least 3 to the ground (WCAG 2.2, 1.4.11). Thirteen colours
are many: whatever bears one is named beside it, too, by its label, its shape or its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from analyzer import kinds

PROBE, REPLY, OPENING, CLOSING = "probe", "reply", "opening", "closing"
RESET, WINDOW, LOST, DATA, PLAIN = "reset", "window", "lost", "data", "plain"

MARKS = {
    kinds.KEEPALIVE_PROBE: PROBE,
    kinds.ZERO_WINDOW_PROBE: WINDOW,
    kinds.KEEPALIVE_REPLY: REPLY,
    kinds.ZERO_WINDOW_REPLY: WINDOW,
    kinds.KEEPALIVE_RESET: RESET,
    kinds.KEEPALIVE_TIMEOUT: RESET,
    kinds.SYN: OPENING,
    kinds.SYN_RETRANSMISSION: LOST,
    kinds.SYN_ACK: OPENING,
    kinds.HANDSHAKE_ACK: OPENING,
    kinds.RESET: RESET,
    kinds.FIN: CLOSING,
    kinds.DATA: DATA,
    kinds.RETRANSMISSION: LOST,
    kinds.OUT_OF_ORDER: LOST,
    kinds.ZERO_WINDOW: WINDOW,
    kinds.ICMP: RESET,
    kinds.BROKEN: LOST,
}
"""Which colour the mark of a kind of segment has; PLAIN where none is named."""


@dataclass(frozen=True)
class Colours:
    """The colours for one ground, as #rrggbb.

    ground: behind the drawing. ink: text. faint: secondary text and axes. grid: lines behind the
    data. verdicts, severities, lanes, marks, states: by their words (`kinds`, PHASE_WORDS,
    MARKS).
    """

    ground: str
    ink: str
    faint: str
    grid: str
    verdicts: Mapping[str, str]
    severities: Mapping[str, str]
    lanes: Mapping[str, str]
    marks: Mapping[str, str]
    states: Mapping[str, str]

    def mark(self, kind: int) -> str:
        """The colour of a kind of segment."""
        return self.marks[MARKS.get(kind, PLAIN)]


def _colours(ground: str, ink: str, faint: str, grid: str, idle: str, verdicts: Mapping[str, str]) -> Colours:
    """The colours that follow from those of the verdicts."""
    return Colours(
        ground,
        ink,
        faint,
        grid,
        verdicts,
        {"problem": verdicts["peer_dead"], "warning": verdicts["probing"], "note": verdicts["closed"]},
        {
            "active": verdicts["alive"],
            "idle": idle,
            "probing": verdicts["probing"],
            "dead": verdicts["peer_dead"],
            "closed": verdicts["closed"],
        },
        {
            PROBE: verdicts["probing"],
            REPLY: verdicts["alive"],
            OPENING: verdicts["refused"],
            CLOSING: verdicts["closed"],
            RESET: verdicts["peer_rebooted"],
            WINDOW: verdicts["half_closed"],
            LOST: verdicts["stalled"],
            DATA: ink,
            PLAIN: verdicts["unknown"],
        },
        {
            "CLOSED": verdicts["no_answer"],
            "LISTEN": verdicts["middlebox_reset"],
            "SYN-SENT": verdicts["open"],
            "SYN-RECEIVED": verdicts["reset"],
            "ESTABLISHED": verdicts["alive"],
            "FIN-WAIT-1": verdicts["half_closed"],
            "FIN-WAIT-2": verdicts["refused"],
            "CLOSE-WAIT": verdicts["peer_dead"],
            "CLOSING": verdicts["peer_rebooted"],
            "LAST-ACK": verdicts["probing"],
            "TIME-WAIT": verdicts["closed"],
            "UNKNOWN": verdicts["unknown"],
        },
    )


LIGHT = _colours(
    ground="#ffffff",
    ink="#1c1f24",
    faint="#5d636e",
    grid="#e4e6ea",
    idle="#b6bcc6",
    verdicts={
        "refused": "#440254",
        "no_answer": "#443a02",
        "closed": "#0d5fd9",
        "middlebox_reset": "#48141f",
        "peer_rebooted": "#cd0d96",
        "peer_dead": "#bf5209",
        "half_closed": "#a379df",
        "reset": "#79038e",
        "probing": "#b18c05",
        "stalled": "#874501",
        "alive": "#0f8857",
        "open": "#006e8c",
        "unknown": "#555555",
    },
)

DARK = _colours(
    ground="#16181d",
    ink="#e6e8ec",
    faint="#9ba1ad",
    grid="#2b2f37",
    idle="#555b66",
    verdicts={
        "refused": "#853be6",
        "no_answer": "#6b6b1a",
        "closed": "#4591cd",
        "middlebox_reset": "#d93456",
        "peer_rebooted": "#f42eaa",
        "peer_dead": "#fd6e13",
        "half_closed": "#cfa8fe",
        "reset": "#e560ff",
        "probing": "#f8cb45",
        "stalled": "#bc9378",
        "alive": "#36d3af",
        "open": "#b2eef8",
        "unknown": "#737881",
    },
)

THEMES = {"light": LIGHT, "dark": DARK}
