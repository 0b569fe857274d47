"""The sentence behind a verdict names the right frames, the right side, and the last sign of life."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings

from analyzer import kinds
from tests.helpers.segment import Record
from tests.helpers.strategies import conversations

from .support import OPENING, diagnose, tell

# START_NS is 22:13:20 UTC; frame 5, the server's only payload, comes 30 ms later.
DAY = "2023-11-14"
LIFE = f"last sign of life at {DAY}T22:13:20.030000000Z"

REASONS: dict[str, tuple[str, float | None, str]] = {
    "refused": (
        "0 c>s S 0\n1 c>s S 0\n1.1 s>c RA 0:1",
        None,
        "SYN (frames 1, 2) answered with RST in frame 3: nothing listens there, or a firewall says so",
    ),
    "no answer": ("0 c>s S 0\n1 c>s S 0\n3 c>s S 0", 9, "3 SYNs (frames 1, 2, 3) without any answer"),
    "no answer to one": ("0 c>s S 0", 9, "1 SYN (frame 1) without any answer"),
    "closed": (
        OPENING + "1 s>c FA 201:101\n1.1 c>s FA 101:202",
        None,
        "both sides said FIN (frames 7, 8), the server first",
    ),
    "middlebox": (
        OPENING + "9 s>c R 201 win=0 ttl=60",
        None,
        "RST in frame 7 bears the server's address, but came from elsewhere: its TTL 60 puts it 4 hops "
        "away, all else from there 0",
    ),
    "rebooted": (
        OPENING + "60 c>s A 100:201\n60.1 s>c A 201:101\n120 c>s A 100:201\n120.1 s>c R 201",
        None,
        "probe in frame 9 answered with RST in frame 10: the server no longer knows the connection",
    ),
    "begun anew": (
        OPENING + "90 c>s S 70000\n90.1 s>c A 201:101\n90.2 c>s R 101",
        None,
        "the client began anew on the same ports and answered the old connection's acknowledgment with RST "
        "in frame 9",
    ),
    "given up": (
        OPENING + "60 c>s A 100:201\n75 c>s A 100:201\n90 c>s A 100:201\n105 c>s RA 101:201",
        None,
        f"3 probes (frames 7, 8, 9) unanswered; client gave up with RST in frame 10; {LIFE}",
    ),
    "given up after an answer": (
        OPENING
        + "60 c>s A 100:201\n60.1 s>c A 201:101\n120 c>s A 100:201\n135 c>s A 100:201\n150 c>s RA 101:201",
        None,
        "2 probes (frames 9, 10) unanswered; client gave up with RST in frame 11; "
        f"last sign of life at {DAY}T22:14:20.100000000Z",
    ),
    "given up, many probes": (
        OPENING + "\n".join(f"{60 + n} c>s A 100:201" for n in range(10)) + "\n70 c>s RA 101:201",
        None,
        f"10 probes (frames 7, 8, 9, 10 … 16) unanswered; client gave up with RST in frame 17; {LIFE}",
    ),
    "window probes given up": (
        OPENING + "1 s>c A 201:101 win=0\n61 c>s A 100:201\n121 c>s A 100:201\n181 c>s RA 101:201",
        None,
        "2 window probes (frames 8, 9) unanswered; client gave up with RST in frame 10; "
        f"last sign of life at {DAY}T22:13:21.000000000Z",
    ),
    "silence": (
        OPENING + "60 s>c A 200:101\n75 s>c A 200:101",
        200,
        "2 probes (frames 7, 8) unanswered, and no further probe until the capture ended; "
        f"last sign of life at {DAY}T22:13:20.040000000Z",
    ),
    "answers never arrived": (
        OPENING
        + "60 c>s A 100:201\n60.1 s>c A 201:101\n70 c>s A 100:201\n70.1 s>c A 201:101\n80 c>s RA 101:201",
        None,
        "answers never arrived; client gave up with RST in frame 11; "
        f"last sign of life at {DAY}T22:14:30.100000000Z",
    ),
    "half closed": (
        OPENING + "1 s>c FA 201:101\n1.1 c>s A 101:202\n2 s>c FA 201:101",
        None,
        "FIN of the server (frames 7, 9), but none of the client",
    ),
    "half closed, then RST": (
        OPENING + "1 s>c FA 201:101\n1.1 c>s A 101:202\n2 c>s RA 101:202",
        None,
        "FIN of the server (frame 7), then RST of the client in frame 9",
    ),
    "reset": (OPENING + "9 c>s RA 101:201", None, "the client reset the connection in frame 7"),
    "probing": (
        OPENING + "60 c>s A 100:201\n60.1 s>c A 201:101\n120 c>s A 100:201",
        None,
        "1 probe (frame 9) unanswered when the capture ended; "
        f"last sign of life at {DAY}T22:14:20.100000000Z",
    ),
    "stalled": (
        OPENING + "1 s>c PA 201+9:101\n1.3 s>c PA 201+9:101\n2 s>c PA 201+9:101\n4 s>c PA 201+9:101",
        None,
        f"data of the server sent again 3 times since {DAY}T22:13:21.000000000Z without an answer; "
        f"last sign of life at {DAY}T22:13:20.040000000Z",
    ),
    "alive": (
        OPENING + "60 c>s A 100:201\n60.1 s>c A 201:101",
        61,
        "last probe (frame 7) answered in frame 8 after 100 ms",
    ),
    "alive without probes": (
        OPENING + "9 c>s PA 101+9:201\n9.1 s>c A 201:110",
        10,
        "both sides were heard 1.000 s before the capture ended",
    ),
    "open": (
        OPENING + "9 c>s PA 101+9:201\n9.1 s>c A 201:110\n9.2 c>s A 110:201",
        100,
        "silent for 90.9 s when the capture ended, unprobed; the longest pause survived was 8.970 s; "
        f"last sign of life at {DAY}T22:13:29.200000000Z",
    ),
    "open, the prober has stopped": (
        OPENING + "60 c>s A 100:201\n60.1 s>c A 201:101",
        300,
        "silent for 240.0 s when the capture ended, without a probe since frame 7; "
        f"the longest pause survived was 60.0 s; last sign of life at {DAY}T22:14:20.100000000Z",
    ),
    "one direction": ("0 s>c PA 0+9:0", 9, "only the server's segments are in the capture"),
    "no handshake": ("0 c>s S 0\n0.1 s>c SA 0:1", None, "the handshake was never completed"),
}


@pytest.mark.parametrize("name", REASONS)
def test_sentence(name: str) -> None:
    text, end, sentence = REASONS[name]
    reason = tell(text, end=end).reason
    assert reason.startswith(sentence)
    rest = reason.removeprefix(sentence)
    assert re.fullmatch(r"(; last sign of life at 2023-11-14T\d\d:\d\d:\d\d\.\d{9}Z)?", rest)


@pytest.mark.xfail(strict=True, reason="a FIN that completes the handshake is labelled handshake_ack")
@pytest.mark.parametrize("rest", ["", "\n0.3 s>c FA 1:2"], ids=["half closed", "closed"])
def test_fin_that_completes_the_handshake_is_named(rest: str) -> None:
    reason = tell("0 c>s S 0\n0.1 s>c SA 0:1\n0.2 c>s FA 1:1" + rest).reason
    assert re.search(r"FIN[a-z ]* \(frames? 3", reason)


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(conversations(icmp=True))
def test_frames_that_are_named_are_of_the_flow(conversation: list[Record]) -> None:
    """One line each, without loose ends; every frame it names is in the capture, and of that 4-tuple."""
    case = diagnose(conversation)
    packets = case.packets
    flows = case.result.flows
    for row, reason in enumerate(case.reasons):
        assert reason
        assert "\n" not in reason
        own = {int(frame) for frame in packets.frame[packets.flow == row]}
        if "began anew" in reason:  # told by a frame of the next use
            following = [other for other in range(len(flows)) if flows[other].previous == row + 1]
            own |= {int(frame) for frame in packets.frame[packets.flow == following[0]]}
        for group in re.findall(r"frames? ([\d, …]+)", reason):
            assert {int(frame) for frame in re.findall(r"\d+", group)} <= own


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(conversations())
def test_deciding_frame_is_a_rst(conversation: list[Record]) -> None:
    case = diagnose(conversation)
    resets = (kinds.RESET, kinds.KEEPALIVE_RESET, kinds.KEEPALIVE_TIMEOUT)
    kind_of = {int(row.frame): int(row.kind) for row in case.packets}
    for flow in case.result.flows:
        if flow.decided_frame:
            assert kind_of[int(flow.decided_frame)] in resets
