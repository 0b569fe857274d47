"""SYNs that were sent again, and clients that run short of ports."""

from __future__ import annotations

import pytest

from analyzer import found
from analyzer.rules import Rules
from analyzer.wording import moment
from tests.diagnose.support import OPENING, SECOND, Case, diagnose, tell
from tests.helpers.segment import Record
from tests.helpers.timeline import START_NS, timeline


def at(second: float) -> int:
    return START_NS + round(second * SECOND)


REST = "s>c SA 0:1\n7.1 c>s A 1:1"


def test_a_syn_that_had_to_be_sent_three_times() -> None:
    case = tell("0 c>s S 0\n1 c>s S 0\n3 c>s S 0\n7 " + REST)
    assert case.found == ["syn_retries"]
    [finding] = case.findings
    assert finding.summary == (
        "the client's SYN (frame 1) was sent again 2 times (frames 2, 3), 1.000 s and 3.000 s later; the "
        "SYN-ACK came 7.000 s after the first, in frame 4: SYNs were lost, or dropped by a host that was "
        "not ready"
    )
    assert (finding.frames, finding.confidence) == ((1, 2, 3, 4), found.CERTAIN)
    assert (finding.start_ns, finding.end_ns) == (at(0), at(7))
    assert "on 10.0.0.2" in finding.advice and "`ss -ltn 'sport = :443'`" in finding.advice


def test_a_syn_ack_that_was_lost_on_its_way() -> None:
    [finding] = tell("0 c>s S 0\n0.1 s>c SA 0:1\n1 c>s S 0\n1.1 s>c SA 0:1\n1.2 c>s A 1:1").findings
    assert finding.summary == (
        "the client's SYN (frame 1) was sent again 1 time (frame 3), 1.000 s later; the SYN-ACK came "
        "1.100 s after the first, in frame 4: SYNs were lost, or dropped by a host that was not ready; "
        "the server's SYN-ACK (frame 2) was sent again 1 time (frame 4), 1.000 s later; its ACK came in "
        "frame 5: SYN-ACKs or ACKs were lost"
    )


def test_a_syn_ack_of_which_the_ack_was_lost() -> None:
    [finding] = tell("0 c>s S 0\n0.1 s>c SA 0:1\n1.1 s>c SA 0:1\n3.1 s>c SA 0:1\n3.2 c>s A 1:1").findings
    assert finding.summary == (
        "the server's SYN-ACK (frame 2) was sent again 2 times (frames 3, 4), 1.000 s and 3.000 s later; "
        "its ACK came in frame 5: SYN-ACKs or ACKs were lost"
    )


def test_a_server_that_waits_for_data() -> None:
    [finding] = tell("0 c>s S 0\n0.1 s>c SA 0:1\n0.2 c>s A 1:1\n1.1 s>c SA 0:1\n1.2 c>s A 1:1").findings
    assert (
        "its ACK had come in frame 3: that was lost further on, or the server waits for data"
        in finding.summary
    )


def test_a_handshake_that_nobody_completes() -> None:
    case = tell("0 c>s S 0\n0.1 s>c SA 0:1\n1.1 s>c SA 0:1")
    assert (case.verdict, case.found) == ("unknown", ["syn_retries"])
    assert "; no ACK completed the handshake" in case.findings[0].summary


CHALLENGE = (
    "600 c>s S 900000\n600.1 s>c A 201:101\n600.1 c>s R 101 win=0\n600.11 c>s S 900000\n"
    "600.2 s>c SA 900000:900001\n600.3 c>s A 900001:900001"
)


@pytest.mark.parametrize(
    ("story", "names"),
    [
        ("0 c>s S 0\n0.05 c>s S 0\n0.1 s>c SA 0:1\n0.15 s>c SA 0:1\n0.2 c>s A 1:1", []),  # copies
        ("0 c>s S 0\n0.05 c>s S 0\n0.6 s>c SA 0:1\n0.7 c>s A 1:1", []),  # far away
        ("0 c>s S 0\n1 c>s S 0\n3 c>s S 0", ["no_answer"]),
        ("0 c>s S 0\n0.1 s>c RA 0:1\n1 c>s S 0\n1.1 s>c RA 0:1", ["refused"] * 2),
        ("0 c>s S 0\n0 s>c S 0\n0.6 c>s SA 0:1\n0.6 s>c SA 0:1\n0.7 c>s A 1:1\n0.7 s>c A 1:1", []),  # at once
        (OPENING + CHALLENGE, ["peer_rebooted"]),  # the SYN came again after the RST, not for a loss
    ],
)
def test_what_is_no_retry(story: str, names: list[str]) -> None:
    case = tell(story)
    assert case.found == names
    assert not (case.result.findings.marks >> found.SYN_RETRIES & 1).any()


CLIENT, SERVER = "client", "server"


def short_lives(ports: list[int], first_closer: str = CLIENT, pause: float = 1.0) -> list[Record]:
    """Connections one after the other, each from the next of these ports, closed 0.4 s after it began."""
    records: list[Record] = []
    ends = "0.3 c>s FA 1:1\n0.35 s>c FA 1:2\n0.4 c>s A 2:2"
    if first_closer == SERVER:
        ends = "0.3 s>c FA 1:1\n0.35 c>s FA 1:2\n0.4 s>c A 2:2"
    for place, port in enumerate(ports):
        story = timeline(
            f"0 c>s S 0 frame={len(records) + 1}\n0.1 s>c SA 0:1\n0.2 c>s A 1:1\n{ends}",
            endpoints={"c": ("10.0.0.1", port)},
            initial={"c": 1000 * place, "s": 5000 * place},
            start_ns=at(place * pause),
        )
        records += story.records
    return records


def pileup(ports: list[int], **others: object) -> Case:
    rules = Rules(time_waits=20)
    return diagnose(short_lives(ports, **others), rules=rules)  # type: ignore[arg-type]


def test_ports_that_are_used_again_too_soon() -> None:
    case = pileup([40000, 40001] * 6)
    [finding] = case.wide.values()
    assert found.WORDS[finding.name] == "time_wait_pileup"
    assert finding.summary == (
        f"2 connections of 10.0.0.1 to 10.0.0.2:443 in TIME-WAIT at once at {moment(at(1.4))} and 10 SYNs "
        "(frames 13, 19, 25, 31 … 67) from a port that still was, the soonest 1.600 s after it was "
        "closed: the client opens and closes them so fast that it runs short of ports"
    )
    assert (finding.scope, finding.flows.tolist()) == (found.OF_HOST, list(range(12)))
    assert finding.frames == (13, 19, 25, 31, 67)
    assert (
        "ip_local_port_range" in finding.advice and "time-wait | wc -l` on 10.0.0.1 counts" in finding.advice
    )
    assert all(mark == 1 << found.TIME_WAIT_PILEUP for mark in case.result.findings.marks.tolist())


def test_where_the_server_closes_first_it_holds_them() -> None:
    [finding] = pileup([40000, 40001] * 6, first_closer=SERVER).wide.values()
    assert "the server, which closes first, still knows the last connection" in finding.summary
    assert "wc -l` on 10.0.0.2 counts" in finding.advice


def test_many_at_once() -> None:
    case = pileup([*range(40000, 40025)])
    [finding] = case.wide.values()
    assert finding.summary == (
        f"25 connections of 10.0.0.1 to 10.0.0.2:443 in TIME-WAIT at once at {moment(at(24.4))}: the client "
        "opens and closes them so fast that it runs short of ports"
    )
    assert finding.flows.tolist() == list(range(25))
    assert (finding.start_ns, finding.end_ns) == (at(0.4), at(84.4))


def test_they_leave_time_wait_after_a_minute() -> None:
    assert not pileup([*range(40000, 40025)], pause=4.0).wide
    assert not pileup([40000, 40001] * 6, pause=30.5).wide


def test_nine_ports_by_chance_are_no_pileup() -> None:
    assert not pileup([40000, 40001] * 5 + [40000]).wide
    assert not pileup([*range(40000, 40019)]).wide


def test_each_service_by_itself() -> None:
    records = short_lives([*range(40000, 40012)])
    other = short_lives([*range(41000, 41012)])
    moved = [
        record.__class__(**{**record.__dict__, "frame": record.frame + len(records)})
        for record in (elsewhere(each) for each in other)
    ]
    assert not diagnose([*records, *moved], rules=Rules(time_waits=20)).wide


def elsewhere(record: Record) -> Record:
    """The same with another server."""
    fields = {name: "10.0.0.3" for name in ("src", "dst") if getattr(record, name) == "10.0.0.2"}
    return record.__class__(**{**record.__dict__, **fields})
