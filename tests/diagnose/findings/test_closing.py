"""What one side ended and the other did not: leaks, FIN-WAIT-2 that ended, half-open connections."""

from __future__ import annotations

import pytest

from analyzer import found
from analyzer.wording import moment
from tests.diagnose.support import OPENING, SECOND, tell
from tests.helpers.timeline import START_NS

CLOSED_BY_SERVER = OPENING + "1 s>c FA 201:101\n1.1 c>s A 101:202\n"


def at(second: float) -> int:
    return START_NS + round(second * SECOND)


def test_a_side_that_never_closes_leaks() -> None:
    case = tell(CLOSED_BY_SERVER, end=21.1)
    assert (case.verdict, case.found) == ("half_closed", ["close_wait_leak"])
    [finding] = case.findings
    assert finding.summary == (
        f"the client acknowledged the FIN of the server (frame 7) at {moment(at(1.1))} and neither sent "
        "data nor closed for 20.0 s, until the capture ended: its application leaves the socket in "
        "CLOSE-WAIT"
    )
    assert (finding.frames, finding.confidence) == ((7,), found.LIKELY)
    assert (finding.start_ns, finding.end_ns) == (at(1.1), at(21.1))
    assert "`ss -tanp state close-wait dst 10.0.0.2:443` on 10.0.0.1" in finding.advice
    assert "Keep-alive does not help" in finding.advice


def test_so_it_does_on_either_side() -> None:
    [finding] = tell(OPENING + "1 c>s FA 101:201\n1.1 s>c A 201:102", end=21).findings
    assert finding.summary.startswith("the server acknowledged the FIN of the client (frame 7)")
    assert "dst 10.0.0.1:40000` on 10.0.0.2" in finding.advice


@pytest.mark.parametrize(
    ("story", "end"),
    [
        (CLOSED_BY_SERVER, 11.0),  # too short
        (CLOSED_BY_SERVER + "12 c>s FA 101:202\n12.1 s>c A 202:102", 40),  # closed late, but closed
        (CLOSED_BY_SERVER + "5 c>s R 101\n", 40),  # reset soon
        (OPENING + "1 s>c FA 201:101", 40),  # nobody acknowledged the FIN: is the client there?
        (CLOSED_BY_SERVER + "35 c>s PA 101+9:202\n35.1 s>c A 202:110", 40),  # data went on
        (CLOSED_BY_SERVER + "2 c>s PA 101+9:202\n", 40),  # data that does not get through: the FIN must wait
        (CLOSED_BY_SERVER + "2 s>c A 202:101 win=0\n", 40),  # nor can it be sent
        (CLOSED_BY_SERVER + "9 c>s S 900000\n9.1 s>c SA 900000:900001\n9.2 c>s A 900001:900001", 12),
    ],
)
def test_what_is_no_leak(story: str, end: float) -> None:
    assert "close_wait_leak" not in tell(story, end=end).found


def test_data_after_the_fin_is_told() -> None:
    case = tell(CLOSED_BY_SERVER + "5 c>s PA 101+9:202\n5.1 s>c A 202:110", end=25)
    [finding] = case.findings
    assert (
        f"sent its last data at {moment(at(5))} and neither sent data nor closed for 20.0 s"
        in finding.summary
    )


def test_a_leak_ends_with_the_next_connection_on_its_ports() -> None:
    again = "21.1 c>s S 900000\n21.2 s>c SA 900000:900001\n21.3 c>s A 900001:900001"
    case = tell(CLOSED_BY_SERVER + again, end=99)
    [finding] = case.findings
    assert "closed for 20.0 s, until the next connection on the same ports" in finding.summary
    assert finding.end_ns == at(21.1)


PROBED = (
    CLOSED_BY_SERVER
    + "31 c>s A 100:202\n31.1 s>c A 202:101\n61 c>s A 100:202\n61.1 s>c A 202:101\n91 c>s A 100:202\n"
)


def test_the_closer_forgets() -> None:
    case = tell(PROBED + "91.1 s>c R 202 win=0")
    assert (case.verdict, case.found) == ("half_closed", ["close_wait_leak", "fin_wait_2"])
    leak, forgotten = case.findings
    assert (
        "for 1 min 30 s" not in leak.summary
        and "for 90.0 s, until the RST of the server (frame 14)" in leak.summary
    )
    assert (leak.frames, leak.confidence) == ((7, 9, 11, 13, 14), found.CERTAIN)
    assert forgotten.summary == (
        f"the client acknowledged the FIN of the server (frame 7) at {moment(at(1.1))}; its probe in "
        "frame 13, 89.9 s later, was answered with RST in frame 14: the server's kernel no longer waited "
        "in FIN-WAIT-2, and had forgotten the connection"
    )
    assert (forgotten.frames, forgotten.confidence) == ((7, 13, 14), found.CERTAIN)
    assert (forgotten.start_ns, forgotten.end_ns) == (at(1.1), at(91.1))
    assert "sysctl -w net.ipv4.tcp_fin_timeout=120" in forgotten.advice


def test_a_late_fin_finds_nobody() -> None:
    case = tell(CLOSED_BY_SERVER + "70 c>s FA 101:202\n70.1 s>c R 202 win=0")
    assert (case.verdict, case.found) == ("closed", ["fin_wait_2"])
    assert "its FIN in frame 9, 68.9 s later, was answered with RST in frame 10" in case.findings[0].summary


@pytest.mark.parametrize(
    "story",
    [
        "1.2 c>s FA 101:202\n1.3 s>c R 202 win=0",  # at once: the connection ended as it should
        "1.2 c>s FA 101:202\n70 c>s FA 101:202\n70.1 s>c R 202 win=0",  # TIME-WAIT is over
        "70 c>s FA 101:202\n75 s>c R 202 win=0",  # too late for an answer
        "70 c>s FA 101:202\n70.1 s>c RA 202:101",  # an abort
        "70 c>s FA 101:202\n70.1 c>s R 102",  # the other side's own
        "70 c>s PA 101+9:202\n70.1 s>c R 202 win=0",  # a closed socket resets data at once
    ],
)
def test_what_is_not_forgotten(story: str) -> None:
    assert "fin_wait_2" not in tell(CLOSED_BY_SERVER + story, end=80).found


def test_data_for_a_connection_that_the_other_side_does_not_know() -> None:
    case = tell(OPENING + "200 c>s PA 101+9:201\n200.1 s>c R 201 win=0")
    assert (case.verdict, case.found) == ("reset", ["half_open"])
    [finding] = case.findings
    assert finding.summary == (
        f"data of the client, sent at {moment(at(200))}, was answered with a bare RST in frame 8, though "
        f"the server had sent no FIN and was last heard at {moment(at(0.03))}: the server does not know "
        "the connection that the client takes to be open"
    )
    assert (finding.frames, finding.confidence) == ((8,), found.LIKELY)
    assert (finding.start_ns, finding.end_ns) == (at(0.03), at(200.1))
    assert "on 10.0.0.2 without a word" in finding.advice and "SO_KEEPALIVE" in finding.advice


def test_an_abort_may_look_the_same() -> None:
    [finding] = tell(OPENING + "0.5 c>s PA 101+9:201\n0.6 s>c R 201 win=0").findings
    assert (found.WORDS[finding.name], finding.confidence) == ("half_open", found.POSSIBLE)


def test_a_capture_that_begins_with_it() -> None:
    [finding] = tell("0 c>s PA 101+9:201\n0.1 s>c R 201 win=0").findings
    assert (found.WORDS[finding.name], finding.confidence) == ("half_open", found.POSSIBLE)
    assert "last heard" not in finding.summary


@pytest.mark.parametrize(
    "story",
    [
        "600 c>s A 100:201\n600.1 s>c R 201 win=0",  # a probe: peer_rebooted
        "600 c>s PA 101+9:201\n600.1 s>c RA 201:110",  # an abort
        "600 c>s PA 101+9:201\n600.1 s>c R 250 win=0",  # not for this acknowledgment
        "600 c>s PA 101+9:201\n604 s>c R 201 win=0",  # too late for an answer
        "600 c>s PA 101+9:201\n600.1 s>c A 201:110\n601 s>c R 201 win=0",  # acknowledged before
        "600 s>c FA 201:101\n600.1 c>s PA 101+9:202\n600.2 s>c R 202 win=0",  # it had closed
        "600 c>s PA 101+9:201\n600.1 s>c R 201 win=0 ttl=60",  # somebody else: middlebox_reset
    ],
)
def test_what_is_not_half_open(story: str) -> None:
    assert "half_open" not in tell(OPENING + story).found


def test_refused_is_not_half_open() -> None:
    assert tell("0 c>s S 0+9\n0.1 s>c RA 0:10").found == ["refused"]
