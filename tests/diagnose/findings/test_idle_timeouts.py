"""What a path's connections together tell of a device that forgets. Crafted: real timeouts take minutes."""

from __future__ import annotations

import pytest

from analyzer import found
from analyzer.facts import Finding
from tests.diagnose.support import OPENING, SECOND, Case, tell
from tests.helpers.timeline import START_NS

OTHER = {"d": ("10.0.0.1", 40001), "e": ("10.0.0.9", 40002), "t": ("10.0.0.3", 443)}
"""d: another port of the same client; e: another host; t: another server."""

SURVIVED = OPENING + "340.04 c>s PA 101+9:201\n340.05 s>c PA 201+9:110\n340.06 c>s A 110:210\n"
"""Frames 7 to 9: 340 s of silence are survived."""

SILENT = SURVIVED + "700.06 c>s A 109:210\n710 c>s A 109:210\n720 c>s A 109:210\n730 c>s RA 110:210\n"
"""Frames 10 to 13: 360 s are not."""

FORGED = SURVIVED + "700.06 c>s PA 110+9:210\n700.07 s>c R 210 win=0 ttl=250\n"
"""Frames 10 and 11: nor are they of a message."""

ANEW = """
{0} {2}>{3} S 0
{0}.1 {3}>{2} SA 0:1
{0}.2 {2}>{3} A 1:1
{1} {2}>{3} PA 1+9:1
{1}.1 {3}>{2} PA 1+9:10
"""


def path_of(text: str) -> tuple[Case, list[Finding]]:
    case = tell(text, endpoints=OTHER)
    return case, case.wide_list


def words(findings: list[Finding]) -> list[str]:
    return [found.WORDS[each.name] for each in findings]


def test_silent_death_while_another_connection_was_answered() -> None:
    case, findings = path_of(SILENT + ANEW.format(725, 726, "d", "s"))
    assert case.verdicts[0] == "peer_dead"
    timeout = next(each for each in findings if each.name == found.MIDDLEBOX_TIMEOUT)
    assert (timeout.scope, timeout.flows.tolist()) == (found.OF_PATH, [0])
    assert timeout.confidence == found.LIKELY
    assert timeout.frames == (7, 10)
    assert (timeout.start_ns, timeout.end_ns) == (START_NS + 340_060_000_000, START_NS + 730 * SECOND)
    assert timeout.summary.startswith(
        "after 360.0 s of silence (until frame 10) the connection was gone: nothing answered any more, "
        "though a silence of 340.0 s was survived (until frame 7), and 10.0.0.2 was there"
    )
    assert "(frames 14 to 18)" in timeout.summary
    assert "forgets idle connections after 340.0 s to 360.0 s, as AWS " in timeout.summary
    assert timeout.summary.endswith("does after 350 s")
    assert (
        "TCP_KEEPIDLE 60" in timeout.advice
        and "AWS EC2 security group on Nitro v6: `aws ec2" in timeout.advice
    )
    assert "TcpEstablishedTimeout=700`." in timeout.advice
    assert "see middlebox_timeout" in case.findings[0].advice


def test_a_prober_slower_than_the_timeout() -> None:
    _, findings = path_of(SILENT + ANEW.format(725, 726, "d", "s"))
    assert words(findings) == ["middlebox_timeout", "keepalive_too_slow"]
    slow = findings[1]
    assert slow.flows.tolist() == [0]
    assert slow.summary.startswith(
        "the client 10.0.0.1 probes after 360.0 s of silence (frame 10), but 360.0 s of it were not survived"
    )


def test_heard_only_afterwards_it_may_have_been_away() -> None:
    [timeout, _] = path_of(SILENT + ANEW.format(735, 736, "d", "s"))[1]
    assert timeout.confidence == found.POSSIBLE


def test_a_message_answered_from_elsewhere_needs_no_other_connection() -> None:
    case, findings = path_of(FORGED)
    assert case.verdict == "middlebox_reset"
    assert words(findings) == ["middlebox_timeout"]  # nobody probed
    assert findings[0].frames == (7, 10, 11)
    assert "the connection was gone: RST from elsewhere in frame 11" in findings[0].summary
    assert "as AWS Network Load Balancer, AWS NAT gateway, " in findings[0].summary  # those that reset first
    assert findings[0].confidence == found.LIKELY


def test_a_message_that_is_never_acknowledged() -> None:
    sent = "".join(f"{at} c>s PA 110+9:210\n" for at in (700.06, 701, 703, 707, 715))
    case, findings = path_of(SURVIVED + sent + ANEW.format(725, 726, "d", "s"))
    assert (case.verdicts[0], words(findings)) == ("stalled", ["middlebox_timeout"])
    assert "after 360.0 s of silence (until frame 10)" in findings[0].summary


def test_a_reset_as_the_time_is_over() -> None:
    case, findings = path_of(SURVIVED + "700.06 s>c R 210 win=0 ttl=250")
    assert (case.verdict, words(findings)) == ("middlebox_reset", ["middlebox_timeout"])
    assert "after 360.0 s of silence (until frame 10)" in findings[0].summary


def test_bounds_come_from_all_connections_of_the_path() -> None:
    """d survives 340 s, c dies after 360 s, and a third one after 400 s."""
    survivor = ANEW.format(1, 341, "d", "s")
    short = "".join(line + "\n" for line in OPENING.strip().splitlines())
    dead = "400.04 c>s A 100:201\n410 c>s A 100:201\n420 c>s RA 101:201\n"
    later = ANEW.format(415, 416, "f", "s")
    story = short + survivor + dead + later
    ends = OTHER | {"f": ("10.0.0.1", 40003)}
    findings = tell(ordered(story), endpoints=ends).wide_list
    assert "339.8 s to 400.0 s" in findings[0].summary
    assert findings[0].flows.tolist() == [0]


def ordered(story: str) -> str:
    """Lines by time."""
    lines = [line for line in story.splitlines() if line.strip()]
    return "\n".join(sorted(lines, key=lambda line: float(line.split()[0])))


@pytest.mark.parametrize(
    "story",
    [
        SILENT,  # the host may be dead
        SILENT + ANEW.format(740, 741, "e", "s"),  # the host lives, but this path may be broken
        SILENT + ANEW.format(740, 741, "d", "t"),  # another server
        SILENT + "740 d>s S 0\n740.1 s>d RA 0:1",  # a refusal may come from anybody
        # nothing shorter was survived
        OPENING + "60 c>s A 100:201\n70 c>s A 100:201\n80 c>s RA 101:201\n" + ANEW.format(90, 91, "d", "s"),
        # longer silences were: it is no timeout
        SILENT + ordered(ANEW.format(735, 1200, "d", "s")),
        # alive
        SURVIVED + "700.06 c>s A 109:210\n700.07 s>c A 210:110\n" + ANEW.format(735, 736, "d", "s"),
    ],
)
def test_without_proof_there_is_no_timeout(story: str) -> None:
    assert path_of(story)[1] == []


def test_probes_that_were_answered_at_the_same_pace_tell_an_outage_not_a_timeout() -> None:
    probed = "".join(f"{60 * n} c>s A 100:201\n{60 * n}.1 s>c A 201:101\n" for n in range(1, 4))
    dead = "240 c>s A 100:201\n250 c>s A 100:201\n260 c>s RA 101:201\n"
    assert path_of(OPENING + probed + dead + ANEW.format(262, 263, "d", "s"))[1] == []
