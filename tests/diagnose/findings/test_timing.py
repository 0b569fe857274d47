"""Slow detection, hangs that equal defaults, long idle without probes. Crafted: too long to record."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from analyzer import found
from analyzer.wording import moment
from tests.diagnose.support import OPENING, SECOND, Case, tell
from tests.helpers.timeline import START_NS


def named(case: Case, *names: str) -> list[str]:
    return [word for word in case.found if word in names]


def probes(times: Iterable[float], last: float) -> str:
    lines = [f"{at} c>s A 100:201" for at in times]
    return OPENING + "\n".join([*lines, f"{last} c>s RA 101:201"])


LINUX = probes([7200.04 + 75 * n for n in range(9)], 7200.04 + 9 * 75)
TIMING = ("slow_detection", "hang_explained", "keepalive_off")


def test_two_hours_and_eleven_minutes_are_linux_defaults() -> None:
    case = tell(LINUX)
    assert case.found == ["peer_dead", "slow_detection", "hang_explained"]
    _, slow, hang = case.findings
    life = moment(START_NS + 30_000_000)
    assert slow.summary.startswith(
        f"2 h 11 min from the last sign of life of the server at {life} until the "
    )
    assert "a keepalive time of 60 s, then 6 probes 10 s apart, it would have been at most about 120.0 s" in (
        slow.summary
    )
    assert "7200 s + 9 x 75 s = 7875 s, the default of Linux" in hang.summary
    assert "net.ipv4.tcp_keepalive_time=60" in hang.advice
    assert "10.0.0.1" in slow.advice and "TCP_KEEPIDLE 60" in slow.advice
    assert (slow.start_ns, slow.end_ns) == (hang.start_ns, hang.end_ns)
    assert slow.end_ns == START_NS + 7_875_040_000_000
    assert hang.frames[-1] == 16


@pytest.mark.parametrize(
    ("times", "last"),
    [
        ([60, 70, 80, 90, 100, 110], 120),  # under two minutes
        ([600, 700], 800),  # slow, but nobody's default
        ([7200.04 + 84.375 * n for n in range(8)], 7875.04),  # the sum of defaults, but others made it
    ],
)
def test_other_hangs_are_not_explained(times: list[float], last: float) -> None:
    case = tell(probes(times, last))
    assert named(case, *TIMING) == (["slow_detection"] if last > 121 else [])


def test_dead_for_exactly_two_minutes_is_not_slow() -> None:
    assert named(tell(probes([60.03, 90.03], 120.03)), *TIMING) == []
    assert named(tell(probes([60.03, 90.04], 120.04)), *TIMING) == ["slow_detection"]


def test_a_late_reset_after_the_verdict_does_not_make_it_slow() -> None:
    story = probes([60, 70], 80) + "\n900 c>s R 101"
    assert named(tell(story), *TIMING) == []


def test_a_reboot_found_late() -> None:
    case = tell(OPENING + "3600.03 c>s A 100:201\n3600.1 s>c R 201 win=0")
    assert case.found == ["peer_rebooted", "slow_detection"]
    assert "RST in frame 8 showed that it no longer knows the connection" in case.findings[1].summary
    assert "a keepalive time of 60 s, it would have been at most about 60.0 s" in case.findings[1].summary


def test_silence_is_measured_to_the_last_probe() -> None:
    case = tell(OPENING + "7200 c>s A 100:201\n7275 c>s A 100:201\n7350 c>s A 100:201", end=9000)
    assert case.found == ["peer_dead", "slow_detection"]  # how long it waited, nobody knows
    assert "until the last probe of the client, which never said that it gave up" in case.findings[1].summary
    assert case.findings[1].end_ns == START_NS + 7350 * SECOND


SYNS = "\n".join(f"{at} c>s S 0" for at in (0, 1, 3, 7, 15, 31, 63))


def test_a_connect_that_hangs_for_127_s() -> None:
    case = tell(SYNS, end=200)
    assert case.found == ["hang_explained", "no_answer"]
    assert "127.0 s for the answer to 7 SYNs" in case.findings[0].summary
    assert "that is 127 s, the default of Linux, tcp_syn_retries = 6" in case.findings[0].summary
    assert "tcp_syn_retries=3" in case.findings[0].advice
    assert case.findings[0].confidence == found.POSSIBLE  # its end is reckoned, not seen


@pytest.mark.parametrize("story", [SYNS, SYNS.rsplit("\n", 1)[0], SYNS + "\n127 c>s S 0"])
def test_a_connect_that_may_go_on_is_no_hang_yet(story: str) -> None:
    assert named(tell(story, end=120 if story == SYNS else 400), *TIMING) == []


def test_fifteen_minutes_are_tcp_retries2() -> None:
    """Sent again after 0.2 s, each time twice as late, at most 120 s: 15 times in 804.6 s."""
    at, wait, lines = 1.0, 0.2, [OPENING, "1 c>s PA 101+10:201"]
    for _ in range(15):
        at += wait
        wait = min(2 * wait, 120)
        lines.append(f"{at:.3f} c>s PA 101+10:201")
    case = tell("\n".join(lines), end=1200)
    assert case.verdict == "stalled"
    [hang] = [finding for finding in case.findings if finding.name == found.HANG_EXPLAINED]
    assert "sent again 15 times" in hang.summary
    assert "924.6 s to 1044.6 s, the default of Linux, tcp_retries2 = 15" in hang.summary
    assert "TCP_USER_TIMEOUT" in hang.advice
    assert named(tell("\n".join(lines), end=850), "hang_explained") == []


IDLE = OPENING + "{} c>s PA 101+9:201\n{} s>c PA 201+9:110\n{} c>s A 110:210"


@pytest.mark.parametrize(("pause", "names"), [(299.9, []), (300.1, ["keepalive_off"])])
def test_idle_for_more_than_five_minutes(pause: float, names: list[str]) -> None:
    at = 0.04 + pause
    assert named(tell(IDLE.format(at, at + 0.1, at + 0.2)), *TIMING) == names


def test_the_frame_that_ended_the_idle_is_named() -> None:
    [finding] = tell(IDLE.format(400.04, 400.1, 400.2)).findings
    assert finding.summary.startswith("idle for 400.0 s (until frame 7) without a keep-alive probe")
    assert finding.frames == (7,)
    assert "SO_KEEPALIVE 1, TCP_KEEPIDLE 60" in finding.advice


def test_idle_at_the_end_of_the_capture() -> None:
    [finding] = tell(OPENING, end=1000.04).findings
    assert "idle for 16 min 40 s (after frame 6, until the capture ended)" in finding.summary
    assert finding.end_ns - finding.start_ns == 1000 * SECOND


def test_idle_until_it_was_closed() -> None:
    case = tell(OPENING + "500.04 c>s FA 101:201\n500.1 s>c FA 201:102\n500.2 c>s A 102:202", end=900)
    [finding] = case.findings
    assert (case.found, finding.frames) == (["keepalive_off"], (7,))
    assert finding.summary.startswith("idle for 500.0 s (until frame 7)")


@pytest.mark.parametrize(
    "story",
    [
        OPENING + "100 c>s A 100:201\n100.1 s>c A 201:101",  # probed once, then the capture goes on
        OPENING + "1 c>s FA 101:201\n1.1 s>c FA 201:102\n1.2 c>s A 102:202",
        "0 c>s S 0",
    ],
)
def test_what_is_not_idle_unprobed(story: str) -> None:
    assert "keepalive_off" not in tell(story, end=900).found
