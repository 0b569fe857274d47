"""Heartbeats: when, how steady, of which side, answered or not, and what they are not."""

from __future__ import annotations

import pytest

from analyzer import found
from analyzer.facts import Finding
from analyzer.wording import moment
from tests.diagnose.support import OPENING, SECOND, Case, tell
from tests.helpers.timeline import START_NS


def beats(*times: float, length: int = 12, side: str = "c", reply: bool = True, place: int = 101) -> str:
    """Messages of a side with their acknowledgments, or replies of 20 octets; opening done."""
    lines, peer, ack = [], "s" if side == "c" else "c", 201 if side == "c" else 101
    place = place if side == "c" else 201
    for at in times:
        lines.append(f"{at:.3f} {side}>{peer} PA {place}+{length}:{ack}")
        place += length
        if reply:
            lines.append(f"{at + 0.01:.3f} {peer}>{side} PA {ack}+20:{place}")
            ack += 20
            lines.append(f"{at + 0.02:.3f} {side}>{peer} A {place}:{ack}")
        else:
            lines.append(f"{at + 0.01:.3f} {peer}>{side} A {ack}:{place}")
    return "\n".join(lines)


def only(case: Case) -> Finding:
    [finding] = [each for each in case.findings if each.name == found.HEARTBEAT]
    return finding


def test_four_small_messages_at_a_steady_pace() -> None:
    finding = only(tell(OPENING + beats(40, 80, 120, 161)))
    assert finding.frames == (7, 16)
    assert (finding.severity, finding.confidence) == (found.SEVERITY[found.HEARTBEAT], found.LIKELY)
    assert finding.summary == (
        "4 messages of the client of 12 bytes (frames 7, 16), one every 41.0 s (jitter 2.4 %) until "
        f"{moment(START_NS + 161 * SECOND)}, and nothing else from it meanwhile, each replied to by the "
        "server within 10.0 ms: an application heartbeat, no TCP keep-alive; no keep-alive probe was seen"
    )
    assert "SO_KEEPALIVE" in finding.advice
    assert finding.end_ns == START_NS + 161 * SECOND


@pytest.mark.parametrize(
    "story",
    [
        pytest.param(beats(30, 60, 90), id="three"),
        pytest.param(beats(30, 60, 90, 127), id="one late by a fifth"),
        pytest.param(beats(30, 60, 90, 120, length=129), id="too long"),
        pytest.param(beats(10, 10.4, 10.8, 11.2), id="too quick"),
        pytest.param(
            beats(30, 60, 90) + "\n100 c>s PA 137+900:261\n100.1 s>c A 261:1037\n" + beats(120, place=1037),
            id="something else between",
        ),
        pytest.param(
            "\n".join(f"{at} c>s A 100:201\n{at}.1 s>c A 201:101" for at in (60, 120, 180, 240, 300)),
            id="keep-alives",
        ),
    ],
)
def test_what_is_no_heartbeat(story: str) -> None:
    assert "heartbeat" not in tell(OPENING + story).found


def test_ten_are_certain() -> None:
    finding = only(tell(OPENING + beats(*range(30, 330, 30))))
    assert finding.confidence == found.CERTAIN
    assert finding.frames == (7, 16, 19, 22, 34)
    assert "jitter 0.0 %" in finding.summary


def test_the_server_s() -> None:
    summary = only(tell(OPENING + beats(30, 60, 90, 120, side="s", reply=False))).summary
    assert summary.startswith("4 messages of the server of 12 bytes")
    assert "none replied to by the client" in summary


def test_replies_that_stop() -> None:
    story = beats(30, 60, 90) + "\n120 c>s PA 137+12:261\n120.1 s>c A 261:149"
    more = "\n150 c>s PA 149+12:261\n150.1 s>c A 261:161"
    assert "each replied to by the server within 10.0 ms" in only(tell(OPENING + story)).summary
    assert "the last 2 without a reply of the server" in only(tell(OPENING + story + more)).summary


def test_late_replies_are_not_counted_as_each() -> None:
    story = "\n".join(
        f"{at} c>s PA {place}+12:201\n{at}.1 s>c A 201:{place + 12}"
        for at, place in ((30, 101), (60, 113), (90, 125), (120, 137))
    )
    late = "\n121 s>c PA 201+20:149\n121.1 c>s A 149:221"
    assert "not each replied to by the server" in only(tell(OPENING + story + late)).summary


def test_beside_keep_alive() -> None:
    probed = beats(30, 60, 90, 120) + "\n135 c>s A 148:281\n135.1 s>c A 281:149"
    summary = only(tell(OPENING + probed)).summary
    assert summary.endswith("keep-alive is on, too (1 probe of the client)")


def test_both_sides() -> None:
    lines = []
    for beat in range(5):
        lines.append(f"{30 + 30 * beat} c>s PA {101 + 8 * beat}+8:{201 + 8 * beat}")
        lines.append(f"{30.1 + 30 * beat} s>c A {201 + 8 * beat}:{109 + 8 * beat}")
        lines.append(f"{45 + 30 * beat} s>c PA {201 + 8 * beat}+8:{109 + 8 * beat}")
        lines.append(f"{45.1 + 30 * beat} c>s A {109 + 8 * beat}:{209 + 8 * beat}")
    summary = only(tell(OPENING + "\n".join(lines))).summary
    assert "5 messages of the client" in summary
    assert "5 messages of the server" in summary
    assert "application heartbeats, no TCP keep-alive" in summary


def test_one_that_ended_is_told_by_its_later_messages() -> None:
    """The first three have no rows then: their frames are not known, their number is."""
    later = "\n200 c>s PA 161+900:301\n200.1 s>c A 301:1061"
    finding = only(tell(OPENING + beats(30, 60, 90, 120, 150) + later))
    assert finding.frames == (16, 19)
    assert finding.summary.startswith(
        "5 messages of the client of 12 bytes (frames 16, 19), one every 30.0 s"
    )
    assert finding.start_ns == START_NS + 30 * SECOND


def test_a_known_protocol_by_port_period_and_length() -> None:
    endpoints = {"s": ("10.0.0.2", 5672)}
    summary = only(tell(OPENING + beats(30, 60, 90, 120, length=8), endpoints=endpoints)).summary
    assert "perhaps AMQP 0-9-1 (RabbitMQ)" in summary
    assert "AMQP" not in only(tell(OPENING + beats(30, 60, 90, 120, length=8))).summary
