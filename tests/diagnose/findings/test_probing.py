"""Misses that are none, answers that never arrived, connections that were idle before the capture."""

from __future__ import annotations

import numpy as np
import pytest

from analyzer import found
from analyzer.diagnose import WANTS, Context
from analyzer.diagnose.findings.probing import tell_replies_lost
from analyzer.rules import Rules
from analyzer.wording import moment
from tests.diagnose.support import OPENING, SECOND, Case, tell
from tests.helpers.timeline import START_NS


def one(case: Case, name: int) -> list[str]:
    return [finding.summary for finding in case.findings if finding.name == name]


ANSWERED = OPENING + "60 c>s A 100:201\n60.1 s>c A 201:101\n"


def test_probes_too_soon_to_be_answered() -> None:
    story = "60.3 c>s A 100:201\n60.4 c>s A 100:201\n61 c>s A 100:201\n61.1 s>c A 201:101"
    case = tell(ANSWERED + story)
    assert case.found == ["rate_limited"]
    [finding] = case.findings
    assert finding.frames == (9, 10)
    assert finding.summary.startswith(
        "2 probes of the client (frames 9, 10) unanswered, but under 500 ms after an answered one"
    )
    assert "TCP_KEEPINTVL" in finding.advice and "tcp_invalid_ratelimit" in finding.advice


@pytest.mark.parametrize("at", [60.5, 75])
def test_later_ones_are_lost(at: float) -> None:
    assert tell(ANSWERED + f"{at} c>s A 100:201\n90 c>s A 100:201\n90.1 s>c A 201:101").found == ["outage"]


LOST = """
    0.000 c>s S  0              ts=1000/0
    0.010 s>c SA 0:1            ts=9000/1000
    0.011 c>s A  1:1            ts=1011/9000
    0.020 c>s PA 1+100:1        ts=1020/9000
    0.030 s>c PA 1+200:101      ts=9020/1020
    0.040 c>s A  101:201        ts=1040/9020
    60    c>s A  100:201        ts=61000/9020
    60.01 s>c A  201:101        ts=69000/1040
    120   c>s A  100:201        ts=121000/69000
    120.01 s>c A 201:101        ts=129000/1040
    130   c>s A  100:201        ts=131000/69000
    130.01 s>c A 201:101        ts=139000/1040
    140   c>s A  100:201        ts=141000/69000
    140.01 s>c A 201:101        ts=149000/1040
    150   c>s RA 101:201        ts=151000/69000
"""


def test_answers_that_never_reached_the_prober() -> None:
    case = tell(LOST)
    assert (case.verdict, case.found) == ("peer_dead", ["peer_dead", "replies_lost"])
    dead, lost = case.findings
    assert lost.frames == (10, 12, 14, 15)
    assert lost.summary.startswith(
        "the server answered 3 probes of the client (frames 10, 12, 14), but the answers never arrived: "
        "probes went on each 10.0 s, with the same timestamp echo, until the client gave up in frame 15"
    )
    assert lost.confidence == found.CERTAIN
    assert "from 10.0.0.2 to 10.0.0.1" in lost.advice
    assert dead.advice == lost.advice  # the peer is well: no crash to look for


def test_answers_that_are_not_in_the_capture_are_no_lost_replies() -> None:
    lines = LOST.strip().splitlines()
    case = tell("\n".join(line for line in lines if line.split()[0] not in ("120.01", "130.01", "140.01")))
    assert case.found == ["peer_dead"]


IDLE = """
    0     c>s A 100:201 ts=500000/7000
    0.01  s>c A 201:101 ts=8000/{echo}
    60    c>s A 100:201 ts=560000/8000
    60.01 s>c A 201:101 ts=68000/{echo}
"""


def test_idle_since_before_the_capture() -> None:
    [finding] = tell(IDLE.format(echo=410000)).findings
    assert (finding.name, finding.frames) == (found.IDLE_BEFORE_CAPTURE, (1,))
    assert finding.start_ns == START_NS - 90 * SECOND
    assert f"idle for about 90.0 s before, since {moment(finding.start_ns)}" in finding.summary
    assert "90,000 ticks older" in finding.summary and "a clock of 1,000 ticks a second" in finding.summary


@pytest.mark.parametrize(
    "story",
    [
        IDLE.format(echo=500000),  # some stacks echo the probe's own
        IDLE.replace("ts=8000/{echo}", "").replace("ts=68000/{echo}", ""),
        "\n".join(line.split(" ts=")[0] for line in IDLE.splitlines()),
    ],
)
def test_without_an_old_echo_nobody_knows_for_how_long(story: str) -> None:
    [finding] = tell(story).findings
    assert finding.name == found.IDLE_BEFORE_CAPTURE
    assert finding.summary.endswith("idle before; timestamps do not tell for how long")


@pytest.mark.parametrize(
    "story",
    [
        ANSWERED,  # its begin is there
        "0 c>s PA 1+9:1\n0.1 s>c A 1:10\n60 c>s A 9:1\n60.1 s>c A 1:10",  # data comes first
    ],
)
def test_what_was_not_idle_before(story: str) -> None:
    assert one(tell(story), found.IDLE_BEFORE_CAPTURE) == []


@pytest.mark.parametrize("timed", [True, False])
def test_which_have_lost_replies_is_what_is_told_of_each(timed: bool) -> None:
    random = np.random.default_rng(7)
    seen = set()
    for _ in range(100):
        case = tell(probing_story(random, timed))
        if case.verdict != "peer_dead":  # the client's RST was no giving up
            continue
        [of_flow] = Context(case.result, Rules(), WANTS).cases(np.array([0]))
        told = tell_replies_lost(of_flow) is not None
        assert bool(case.result.findings.marks[0] >> found.REPLIES_LOST & 1) == told
        seen.add(told)
    assert seen == {True, False}


def probing_story(random: np.random.Generator, timed: bool) -> str:
    """A client that probes each 20 s, then each 5, and gives up; some answers, of these some lost."""
    heard, lines, at = 9020, LOST.strip().splitlines()[:6], 0.04
    slow, quick = random.integers(1, 4), random.integers(1, 5)
    for pause in [*random.choice([20, 20.2], slow), *random.choice([5, 5.1, 6], quick)]:
        at += pause
        ticks = round(at * 1000)
        lines.append(f"{at:.3f} c>s A 100:201 ts={1000 + ticks}/{heard}")
        if random.random() < 0.6:
            lines.append(f"{at + 0.01:.3f} s>c A 201:101 ts={9000 + ticks}/1040")
            heard = 9000 + ticks if random.random() < 0.5 else heard
    lines.append(f"{at + 5:.3f} c>s RA 101:201 ts={6000 + ticks}/{heard}")
    return "\n".join(line if timed else line.partition(" ts=")[0] for line in lines)
