"""ICMP errors as the cause of silence: who says what about which segments."""

from __future__ import annotations

import pytest

from analyzer import found
from analyzer.wording import moment
from tests.diagnose.support import OPENING, SECOND, tell
from tests.helpers.timeline import IPV6, START_NS

GIVING_UP = """
    60     c>s   A   100:201
    60.3   icmp  c>s 100  from=10.0.0.9
    75     c>s   A   100:201
    75.3   icmp  c>s 100  from=10.0.0.9
    90     c>s   RA  101:201
    90.3   icmp  c>s 101  from=10.0.0.9
"""


def at(second: float) -> int:
    return START_NS + round(second * SECOND)


def test_a_router_says_why_nothing_answers() -> None:
    case = tell(OPENING + GIVING_UP)
    assert case.found == ["peer_dead", "icmp_unreachable"]
    finding = case.findings[1]
    assert finding.summary == (
        '10.0.0.9 said "host unreachable" (ICMP type 3 code 1) 3 times (frames 8, 10, 12) about the '
        "client's frames 7, 9, 11: the probes did not reach the server, which is why nothing answers"
    )
    assert (finding.frames, finding.confidence) == ((7, 8, 9, 10, 12), found.CERTAIN)
    assert (finding.start_ns, finding.end_ns) == (at(60.3), at(90.3))
    assert finding.advice.startswith("On 10.0.0.9: `ip route get 10.0.0.2`")


@pytest.mark.parametrize(
    ("settings", "words", "advice"),
    [
        ("code=0", "network unreachable", "ip route get"),
        ("code=3", "port unreachable", "iptables -S | grep REJECT"),
        ("code=13", "communication administratively prohibited", "rule that meets port 443"),
        ("type=11 code=0", "time to live exceeded", "traceroute -T -p 443 10.0.0.2"),
    ],
)
def test_each_error_has_its_words_and_its_advice(settings: str, words: str, advice: str) -> None:
    case = tell(f"0 c>s S 0\n0.1 icmp c>s 0 from=10.0.0.9 {settings}\n1 c>s S 0")
    assert case.found == ["no_answer", "icmp_unreachable"]
    finding = case.findings[1]
    assert f'said "{words}" (ICMP type ' in finding.summary
    assert "(frame 2) about the client's frame 1: the SYN did not reach the server" in finding.summary
    assert advice in finding.advice


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("code=0", "no route to destination"),
        ("code=3", "address unreachable"),
        ("type=3 code=0", "hop limit exceeded"),
    ],
)
def test_of_ipv6_too(settings: str, words: str) -> None:
    case = tell(f"0 c>s S 0\n0.1 icmp c>s 0 from=2001:db8::9 {settings}", endpoints=IPV6)
    assert case.found == ["no_answer", "icmp_unreachable"]
    assert f'2001:db8::9 said "{words}" (ICMPv6 type ' in case.findings[1].summary


def test_the_host_itself_may_say_it() -> None:
    summary = tell("0 c>s S 0\n0.1 icmp c>s 0 code=3").findings[1].summary
    assert summary.startswith('10.0.0.2 (the server itself) said "port unreachable"')


def test_errors_that_were_overcome() -> None:
    case = tell(OPENING + "60 c>s A 100:201\n60.3 icmp c>s 100\n75 c>s A 100:201\n75.1 s>c A 201:101", end=80)
    finding = next(each for each in case.findings if each.name == found.ICMP_UNREACHABLE)
    assert finding.summary.endswith(f"though the server was heard again by {moment(at(75.1))}")


def test_data_has_no_frame_to_name() -> None:
    case = tell(
        OPENING + "1 c>s PA 101+9:201\n1.3 icmp c>s 101\n1.4 c>s PA 101+9:201\n3 c>s PA 101+9:201", end=9
    )
    finding = next(each for each in case.findings if each.name == found.ICMP_UNREACHABLE)
    assert "(frame 8) to the client: they did not reach the server" in finding.summary
    assert finding.frames == (8,)


def test_the_most_frequent_error_is_told() -> None:
    story = GIVING_UP + "91 icmp c>s 101 from=10.0.0.8 code=13"
    assert "; 1 other error beside: " in tell(OPENING + story).findings[1].summary


TOO_BIG = "1 c>s A 101+1400:201\n1.1 icmp c>s 101 from=10.0.0.9 code=4\n"


def test_a_path_for_small_packets_only() -> None:
    again = "".join(f"{second} c>s A 101+1400:201\n" for second in (1.5, 3, 7))
    case = tell(OPENING + TOO_BIG + again, end=20)
    finding = next(each for each in case.findings if each.name == found.ICMP_UNREACHABLE)
    assert '"fragmentation needed" (ICMP type 3 code 4)' in finding.summary
    assert "do not fit through the path, though the peer is not out of reach" in finding.summary
    assert "tracepath 10.0.0.2" in finding.advice and "tcp_mtu_probing" in finding.advice


@pytest.mark.parametrize(
    "story",
    [
        TOO_BIG + "1.2 c>s A 101+1200:201\n1.3 s>c A 201:1301\n1.4 c>s A 1301+200:201\n1.5 s>c A 201:1501",
        "1 icmp c>s 101 type=5 code=1",  # a redirect
        "1 icmp c>s 101 type=4 code=0",  # a source quench
    ],
)
def test_errors_that_cut_nothing_off(story: str) -> None:
    assert "icmp_unreachable" not in tell(OPENING + story).found
