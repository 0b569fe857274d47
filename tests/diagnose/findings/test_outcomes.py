"""Findings that go with a verdict, and outages survived: when, with which frames, and what to do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from analyzer import found
from analyzer.wording import moment
from tests.diagnose.support import OPENING, SECOND, diagnose, tell
from tests.helpers.segment import Record
from tests.helpers.strategies import conversations
from tests.helpers.timeline import START_NS

GIVEN_UP = OPENING + "60 c>s A 100:201\n75 c>s A 100:201\n90 c>s A 100:201\n105 c>s RA 101:201"
OF_VERDICT: dict[str, tuple[str, float | None, str, tuple[int, ...], str]] = {
    "refused": ("0 c>s S 0\n1 c>s S 0\n1.1 s>c RA 0:1", None, "refused", (1, 2, 3), "ss -ltn 'sport = :443'"),
    "no answer": (
        "0 c>s S 0\n1 c>s S 0\n3 c>s S 0",
        9,
        "no_answer",
        (1, 2, 3),
        "tcpdump -ni any 'host 10.0.0.1 and tcp port 40000'",
    ),
    "given up": (GIVEN_UP, None, "peer_dead", (7, 8, 9, 10), "broken path at 10.0.0.2"),
    "given up after an answer": (
        OPENING
        + "60 c>s A 100:201\n60.1 s>c A 201:101\n120 c>s A 100:201\n135 c>s A 100:201\n150 c>s RA 101:201",
        None,
        "peer_dead",
        (9, 10, 11),
        "broken path at 10.0.0.2",
    ),
    "silence of the server's peer": (
        OPENING + "60 s>c A 200:101\n75 s>c A 200:101",
        200,
        "peer_dead",
        (7, 8),
        "broken path at 10.0.0.1",
    ),
    "rebooted": (
        OPENING + "60 c>s A 100:201\n60.1 s>c A 201:101\n120 c>s A 100:201\n120.1 s>c R 201",
        None,
        "peer_rebooted",
        (9, 10),
        "what restarted 10.0.0.2",
    ),
    "middlebox": (
        OPENING + "9 s>c R 201 win=0 ttl=60",
        None,
        "middlebox_reset",
        (7,),
        "between 10.0.0.1:40000 and 10.0.0.2:443",
    ),
}


@pytest.mark.parametrize("name", OF_VERDICT)
def test_a_verdict_has_its_finding(name: str) -> None:
    text, end, word, frames, advice = OF_VERDICT[name]
    case = tell(text, end=end)
    assert case.found == [word] == [case.verdict]
    [finding] = case.findings
    assert finding.summary == case.reason
    assert finding.frames == frames
    assert advice in finding.advice
    assert (finding.scope, finding.flows.tolist(), finding.capture) == (found.OF_FLOW, [0], 0)
    assert START_NS <= finding.start_ns <= finding.end_ns
    assert finding.confidence == (found.LIKELY if word == "middlebox_reset" else found.CERTAIN)


@pytest.mark.parametrize("end", [None, 200])
def test_other_verdicts_have_none(end: float | None) -> None:
    assert tell(OPENING + "9 c>s FA 101:201\n9.1 s>c FA 201:102\n9.2 c>s A 102:202", end=end).found == []
    assert tell(OPENING, end=end).found == []


def test_from_the_last_sign_of_life_until_the_prober_gave_up() -> None:
    [finding] = tell(GIVEN_UP).findings
    assert (finding.start_ns, finding.end_ns) == (
        START_NS + 30_000_000,
        START_NS + 105 * SECOND,
    )


PROBED = OPENING + "60 c>s A 100:201\n60.1 s>c A 201:101\n"


def test_an_outage_that_the_connection_survived() -> None:
    case = tell(PROBED + "120 c>s A 100:201\n135 c>s A 100:201\n150 c>s A 100:201\n150.1 s>c A 201:101")
    assert (case.verdict, case.found) == ("alive", ["outage"])
    [finding] = case.findings
    assert finding.frames == (9, 10, 12)
    assert (finding.severity, finding.confidence) == (found.SEVERITY[found.OUTAGE], found.CERTAIN)
    assert (finding.start_ns, finding.end_ns) == (
        START_NS + 120 * SECOND,
        START_NS + 150 * SECOND + 100_000_000,
    )
    assert finding.summary == (
        "2 probes of the client (frames 9, 10) unanswered "
        f"from {moment(START_NS + 120 * SECOND)} to {moment(START_NS + 135 * SECOND)}, but the server was "
        f"heard again at {moment(finding.end_ns)} (frame 12): out of reach for 15.0 s to 90.0 s"
    )
    assert "above 90.0 s (TCP_KEEPINTVL x TCP_KEEPCNT)" in finding.advice


def test_one_lost_probe_is_no_certain_outage() -> None:
    case = tell(PROBED + "120 c>s A 100:201\n135 c>s A 100:201\n135.1 s>c A 201:101")
    [finding] = case.findings
    assert (case.found, finding.frames, finding.confidence) == (["outage"], (9, 11), found.LIKELY)
    assert "1 probe of the client (frame 9) unanswered at " in finding.summary
    assert finding.summary.endswith("out of reach for at most 75.0 s")


def test_several_outages_are_told_by_the_longest() -> None:
    lost = "120 c>s A 100:201\n135 c>s A 100:201\n135.1 s>c A 201:101\n"
    longer = "195 c>s A 100:201\n210 c>s A 100:201\n225 c>s A 100:201\n225.1 s>c A 201:101"
    [finding] = tell(PROBED + lost + longer).findings
    assert finding.summary.startswith(
        "2 times; the longest: 2 probes of the client (frames 12, 13) unanswered"
    )
    assert (finding.frames, finding.confidence) == ((9, 12, 13, 15), found.CERTAIN)
    assert (finding.start_ns, finding.end_ns) == (
        START_NS + 120 * SECOND,
        START_NS + 225 * SECOND + 100_000_000,
    )


def test_the_peers_own_probe_ends_an_outage() -> None:
    case = tell(PROBED + "120 c>s A 100:201\n130 s>c A 200:101\n130.1 c>s A 101:201", end=131)
    assert "but the server was heard again" in case.findings[0].summary
    assert case.findings[0].frames == (9, 10)


def test_data_that_answers_ends_an_outage() -> None:
    lost = "120 c>s A 100:201\n135 c>s A 100:201\n150 c>s A 100:201\n"
    case = tell(PROBED + lost + "151 s>c PA 201+9:101\n151.1 c>s A 101:210")
    assert (case.found, case.findings[0].frames) == (["outage"], (9, 10, 12))


@pytest.mark.parametrize(
    ("story", "names"),
    [
        ("120 c>s A 100:201\n120.1 s>c A 201:101", []),  # nothing lost
        ("120 c>s A 100:201\n135 c>s A 100:201", []),  # still waiting
        ("120 c>s A 100:201\n135 c>s A 100:201\n135.1 s>c R 201", ["peer_rebooted"]),
        ("120 c>s A 100:201\n135 c>s A 100:201\n150 c>s RA 101:201", ["peer_dead"]),
        # answers to probes less than 500 ms after an answered one are held back
        ("60.4 c>s A 100:201\n120 c>s A 100:201\n120.1 s>c A 201:101", ["rate_limited"]),
        ("60.6 c>s A 100:201\n120 c>s A 100:201\n120.1 s>c A 201:101", ["outage"]),
    ],
)
def test_what_is_no_outage(story: str, names: list[str]) -> None:
    assert tell(PROBED + story, end=160).found == names


def test_rate_limited_by_ones_own_answers_only() -> None:
    """Of each side and connection by itself: another prober's answered probe explains nothing."""
    story = PROBED + "60.2 s>c A 200:101\n120 s>c A 200:101\n120.1 c>s A 101:201"
    case = tell(story)
    assert case.found == ["outage"]
    assert "1 probe of the server (frame 9)" in case.findings[0].summary


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(conversations(icmp=True))
def test_what_is_marked_is_told_and_names_frames_of_the_capture(conversation: list[Record]) -> None:
    case = diagnose(conversation)
    pairs = [(int(flow), finding.name) for finding in case.findings + case.wide for flow in finding.flows]
    marked = [
        (flow, name)
        for flow, marks in enumerate(case.result.findings.marks.tolist())
        for name in range(len(found.WORDS))
        if marks >> name & 1
    ]
    assert sorted(pairs) == marked
    own = {
        row: set(case.packets.frame[case.packets.flow == row].tolist()) for row in range(len(case.verdicts))
    }
    for finding in case.findings:
        flow = int(finding.flows[0])
        following = np.flatnonzero(case.result.flows.previous == flow + 1)
        frames = own[flow].union(*(own[row] for row in following.tolist()))
        assert finding.frames and set(finding.frames) <= frames
        assert list(finding.frames) == sorted(finding.frames)
        assert finding.start_ns <= finding.end_ns
        assert finding.advice.endswith(".") and not finding.summary.endswith(".")
