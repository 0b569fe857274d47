"""Each row of the table of verdicts (design 5), and which goes first where two fit."""

from __future__ import annotations

import pytest

from analyzer.kinds import VERDICT_WORDS
from analyzer.rules import Rules

from .support import OPENING, tell

PROBES = """
    60     c>s  A   100:201
    75     c>s  A   100:201
    90     c>s  A   100:201
"""
"""Frames 7 to 9, none answered."""

GIVEN_UP = PROBES + "105 c>s RA 101:201\n"
ANSWERED = "60 c>s A 100:201\n60.02 s>c A 201:101\n"
REBOOTED = "60 c>s A 100:201\n60.02 s>c R 201 win=0\n"
CLOSED = "1 c>s FA 101:201\n1.01 s>c FA 201:102\n1.02 c>s A 102:202\n"
RETRIED = "1 c>s PA 101+9:201\n1.2 c>s PA 101+9:201\n1.6 c>s PA 101+9:201\n2.4 c>s PA 101+9:201\n"

STORIES: dict[str, tuple[str, str, float | None]] = {
    # what happens: verdict, story, second at which the capture ends (None: with its last segment)
    "SYN answered with RST": ("refused", "0 c>s S 0\n0.1 s>c RA 0:1 win=0", None),
    "two SYNs answered with RST": ("refused", "0 c>s S 0\n1 c>s S 0\n1.1 s>c RA 0:1 win=0", None),
    "SYN answered with RST by a router": ("refused", "0 c>s S 0\n0.1 s>c RA 0:1 win=0 ttl=255", None),
    "refused, and a FIN of nobody": ("refused", "0 c>s S 0\n0.1 s>c RA 0:1\n0.2 c>s FA 1:1", None),
    "SYNs only": ("no_answer", "0 c>s S 0\n1 c>s S 0\n3 c>s S 0", None),
    "one SYN": ("no_answer", "0 c>s S 0", 100),
    "SYN with data": ("no_answer", "0 c>s S 0+50\n1 c>s S 0+50", 100),
    "both say FIN": ("closed", OPENING + CLOSED, None),
    "both say FIN, the last acknowledgment lost": ("closed", OPENING + CLOSED.rsplit("1.02", 1)[0], None),
    "RST behind both FINs": ("closed", OPENING + CLOSED + "1.03 s>c R 202 win=0", None),
    "RST of a middlebox behind both FINs": ("closed", OPENING + CLOSED + "1.03 s>c R 202 ttl=30", None),
    "unanswered probes, then both FINs": (
        "closed",
        OPENING + PROBES + "95 c>s FA 101:201\n95.1 s>c FA 201:102",
        None,
    ),
    "RST over another number of hops": ("middlebox_reset", OPENING + "9 s>c R 201 win=0 ttl=60", None),
    "also as the answer to a probe": (
        "middlebox_reset",
        OPENING + "60 c>s A 100:201\n60.1 s>c R 201 win=0 ttl=60",
        None,
    ),
    "also as giving up": ("middlebox_reset", OPENING + PROBES + "105 c>s RA 101:201 ttl=61", None),
    "also behind a FIN": ("middlebox_reset", OPENING + "1 s>c FA 201:101\n2 s>c R 202 ttl=44", None),
    "RST with another initial TTL is the host's": ("reset", OPENING + "9 s>c R 201 win=0 ttl=255", None),
    "RST of the kernel, the socket has a TTL of its own": (
        "reset",
        "0 c>s S 0\n0.01 s>c SA 0:1 ttl=1\n0.02 c>s A 1:1\n9 s>c R 1 win=0 ttl=64",
        None,
    ),
    "RST over more hops than a TTL of its own can hide": (
        "middlebox_reset",
        "0 c>s S 0\n0.01 s>c SA 0:1 ttl=30\n0.02 c>s A 1:1\n9 s>c R 1 win=0 ttl=60",
        None,
    ),
    "RST over a distance seen before": (
        "reset",
        OPENING + "1 s>c A 201:101 ttl=60\n2 s>c A 201:101\n9 s>c R 201 win=0 ttl=60",
        None,
    ),
    "probe answered with RST": ("peer_rebooted", OPENING + REBOOTED, None),
    "probe answered with RST in mid-connection": (
        "peer_rebooted",
        "0 c>s A 100:201\n0.1 s>c A 201:101\n60 c>s A 100:201\n60.1 s>c R 201 win=0",
        None,
    ),
    "probe answered with RST by who had said FIN": (
        "half_closed",
        OPENING + "1 s>c FA 201:101\n1.1 c>s A 101:202\n60 c>s A 100:202\n60.1 s>c R 202 win=0",
        None,
    ),
    "probe answered with RST where the prober had said FIN": (
        "peer_rebooted",
        OPENING + "1 c>s FA 101:201\n1.1 s>c A 201:102\n60 c>s A 101:201\n60.1 s>c R 201 win=0",
        None,
    ),
    "4-tuple begun anew, challenge reset": (
        "peer_rebooted",
        OPENING + "90 c>s S 70000\n90.1 s>c A 201:101\n90.2 c>s R 101 win=0",
        None,
    ),
    "probes given up": ("peer_dead", OPENING + GIVEN_UP, None),
    "probes given up by the server": (
        "peer_dead",
        OPENING + "60 s>c A 200:101\n75 s>c A 200:101\n90 s>c RA 201:101",
        None,
    ),
    "probes given up behind one's own FIN": (
        "peer_dead",
        OPENING
        + "1 c>s FA 101:201\n1.1 s>c A 201:102\n60 c>s A 101:201\n75 c>s A 101:201\n90 c>s RA 102:201",
        None,
    ),
    "window probes given up": (
        "peer_dead",
        OPENING + "1 s>c A 201:101 win=0\n61 c>s A 100:201\n121 c>s A 100:201\n181 c>s RA 101:201",
        None,
    ),
    "given up, the answers in the capture": (
        "peer_dead",
        OPENING + ANSWERED + "75 c>s A 100:201\n75.02 s>c A 201:101\n90 c>s RA 101:201",
        None,
    ),
    "silence behind two probes": ("peer_dead", OPENING + "60 c>s A 100:201\n75 c>s A 100:201", 105.1),
    "FIN of one side": ("half_closed", OPENING + "1 c>s FA 101:201\n1.1 s>c A 201:102", None),
    "FIN of one side, then a RST of the other": (
        "half_closed",
        OPENING + "1 c>s FA 101:201\n1.1 s>c R 201 win=0",
        None,
    ),
    "FIN of one side, then its own RST": ("half_closed", OPENING + "1 c>s FA 101:201\n1.1 c>s R 102", None),
    "FIN of one side, probes unanswered": (
        "half_closed",
        OPENING + "1 c>s FA 101:201\n1.1 s>c A 201:102\n60 c>s A 101:201\n75 c>s A 101:201",
        300,
    ),
    "RST of the client": ("reset", OPENING + "9 c>s RA 101:201", None),
    "RST of the server": ("reset", OPENING + "9 s>c R 201 win=0", None),
    "RST of the client to a SYN-ACK": ("reset", "0 c>s S 0\n0.1 s>c SA 0:1\n0.2 c>s R 1 win=0", None),
    "RST three seconds behind a probe": ("reset", OPENING + "60 c>s A 100:201\n63 s>c R 201 win=0", None),
    "RST of the prober long behind its probe": (
        "reset",
        OPENING + "60 c>s A 100:201\n75 c>s A 100:201\n98.6 c>s RA 101:201",
        None,
    ),
    "one probe unanswered": ("probing", OPENING + "60 c>s A 100:201", 1000),
    "two probes unanswered, the third may come": (
        "probing",
        OPENING + "60 c>s A 100:201\n75 c>s A 100:201",
        105,
    ),
    "answered, then unanswered again": ("probing", OPENING + ANSWERED + "120 c>s A 100:201", None),
    "window probe unanswered": ("probing", OPENING + "1 s>c A 201:101 win=0\n1.2 c>s A 100:201", None),
    "data sent four times": ("stalled", OPENING + RETRIED, None),
    "data sent twice, six seconds apart": ("stalled", OPENING + "1 c>s PA 101+9:201\n7 c>s PA 101+9:201", 8),
    "data sent three times": (
        "open",
        OPENING + "1 c>s PA 101+9:201\n1.2 c>s PA 101+9:201\n1.6 c>s PA 101+9:201",
        None,
    ),
    "data sent four times, then answered": ("alive", OPENING + RETRIED + "2.5 s>c A 201:110", None),
    "last probe answered": ("alive", OPENING + ANSWERED, 61),
    "last probe answered, the next one due": ("alive", OPENING + ANSWERED, 179),
    "last probe answered long ago": ("open", OPENING + ANSWERED, 181),
    "last of several answered long ago": (
        "open",
        OPENING + ANSWERED + "120 c>s A 100:201\n120.02 s>c A 201:101",
        300,
    ),
    "one probe answered, the timers unknown": ("alive", "0 c>s A 100:201\n0.1 s>c A 201:101", 9000),
    "outage: unanswered, then answered": ("alive", OPENING + PROBES + "90.02 s>c A 201:101", None),
    "heard within twice the longest pause": (
        "alive",
        OPENING + "9 c>s PA 101+9:201\n9.1 s>c A 201:110",
        26.9,
    ),
    "silent longer than that": ("open", OPENING + "9 c>s PA 101+9:201\n9.1 s>c A 201:110", 27),
    "a long pause that ended with data that nobody answered": (
        "open",
        OPENING + "3600 c>s PA 101+50:201\n3600.2 c>s PA 101+50:201",
        7000,
    ),
    "handshake, and nothing behind it": ("open", "0 c>s S 0\n0.1 s>c SA 0:1\n0.2 c>s A 1:1", 60),
    "mid-connection, both seen": ("open", "0 c>s PA 0+9:0\n0.1 s>c A 0:9", 60),
    "handshake never completed": ("unknown", "0 c>s S 0\n0.1 s>c SA 0:1\n1.1 s>c SA 0:1", None),
    "one direction": ("unknown", "0 c>s PA 0+9:0\n1 c>s PA 9+9:0", 100),
    "one direction, probing": ("unknown", "0 c>s PA 0+9:0\n60 c>s A 8:0\n75 c>s A 8:0", 300),
    "both SYNs only": ("unknown", "0 c>s S 0\n0.01 s>c S 0", 1),
}


@pytest.mark.parametrize("story", STORIES)
def test_story(story: str) -> None:
    verdict, text, end = STORIES[story]
    assert tell(text, end=end).verdict == verdict


def test_every_verdict_is_told() -> None:
    assert {verdict for verdict, _, _ in STORIES.values()} == set(VERDICT_WORDS)


GOES_ON = "20 s>c PA 201+9:101\n20.02 c>s A 101:210\n"
FORGED = {
    "ignored: outside the window, in the server's name": ("alive", "9 s>c R 9201 win=0\n" + GOES_ON),
    "ignored: in the window, with a challenge ACK": (
        "alive",
        "9 s>c R 203 win=0\n9.01 c>s A 101:201\n" + GOES_ON,
    ),
    "ignored, then one that was not": ("reset", "9 s>c R 9201\n" + GOES_ON + "21 c>s RA 101:210"),
    "its receiver is gone, the other side does not know": (
        "middlebox_reset",
        "9 s>c R 201 ttl=60\n20 s>c PA 201+9:101\n20.02 c>s R 101 win=0\n",
    ),
    "its sender is gone, the receiver has not heard it": (
        "reset",
        "9 s>c RA 201:101\n20 c>s PA 101+9:201\n30 c>s PA 101+9:201",
    ),
    "segments in flight": ("reset", "9 s>c R 201\n9.01 s>c PA 201+9:101\n9.02 c>s A 101:210\n"),
}


@pytest.mark.parametrize("story", FORGED)
def test_rst_behind_which_both_sides_go_on_decides_nothing(story: str) -> None:
    verdict, text = FORGED[story]
    assert tell(OPENING + text).verdict == verdict


FIRST = {
    "a RST, then another": ("reset", "9 s>c R 201 win=0\n9.1 s>c R 201 win=0 ttl=30", 7),
    "a RST of a middlebox, then the host's": ("middlebox_reset", "9 s>c R 201 ttl=30\n9.1 s>c R 201", 7),
    "given up, then the peer's RST": ("peer_dead", GIVEN_UP + "105.1 s>c R 201 win=0", 10),
    "rebooted, then the prober's RST": ("peer_rebooted", REBOOTED + "60.03 c>s R 101 win=0", 8),
}


@pytest.mark.parametrize("story", FIRST)
def test_first_frame_that_decides_wins(story: str) -> None:
    verdict, text, frame = FIRST[story]
    case = tell(OPENING + text)
    assert (case.verdict, case.flow.decided_frame) == (verdict, frame)


def test_thresholds_are_settings() -> None:
    patient = Rules(stalled_retransmissions=4, stalled_ns=60_000_000_000)
    assert tell(OPENING + RETRIED, rules=patient).verdict != "stalled"
    slow = Rules(reset_answer_ns=10_000_000_000)
    assert tell(OPENING + "60 c>s A 100:201\n65 s>c R 201 win=0", rules=slow).verdict == "peer_rebooted"


def test_counts_of_verdicts_add_up() -> None:
    case = tell("0 c>s S 0\n0.1 s>c RA 0:1\n1 c>s S 0\n1.1 s>c RA 0:1\n2 c>s S 0")
    assert case.verdicts == ["refused", "refused", "no_answer"]
    assert case.result.verdicts[:2] == [2, 1]
    assert sum(case.result.verdicts) == 3
