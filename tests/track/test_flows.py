"""Which flow a segment belongs to, and who is its client (design 3 and 4.4)."""

from __future__ import annotations

import pytest

from analyzer import kinds

from .support import OPENING, Told, tell

CLOSING = """
    1.000  c>s  FA  1:1
    1.010  s>c  FA  1:2
    1.020  c>s  A   2:2
"""


def flows_of(told: Told) -> list[int | None]:
    return [row.flow for row in told.rows]


def client_of(text: str, **endpoints: tuple[str, int]) -> tuple[str, int]:
    """Which endpoint of a timeline's only flow is the client."""
    told = tell(text, endpoints=endpoints or None)
    known = {("c", 40000), ("s", 443), *((name, port) for name, (_, port) in endpoints.items())}
    port = told.flow.port[told.flow.client]
    return next(end for end in known if end[1] == port)


class TestClient:
    def test_sends_the_syn_from_whatever_port(self) -> None:
        assert client_of("0 a>b S 0", a=("10.0.0.1", 80), b=("10.0.0.2", 50000)) == ("a", 80)

    def test_receives_a_syn_ack_seen_alone(self) -> None:
        assert client_of("0 a>b SA 0:1", a=("10.0.0.1", 50000), b=("10.0.0.2", 80)) == ("b", 80)

    @pytest.mark.parametrize("way", ["a>b", "b>a"])
    def test_else_has_the_higher_port(self, way: str) -> None:
        assert client_of(f"0 {way} PA 0+5:0", a=("10.0.0.1", 8080), b=("10.0.0.2", 8081)) == ("b", 8081)

    def test_sends_first_where_the_ports_are_equal(self) -> None:
        told = tell("0 a>b PA 0+5:0", endpoints={"a": ("10.0.0.9", 179), "b": ("10.0.0.2", 179)})
        assert told.flow.client == 0

    def test_is_who_sends_the_syn_that_follows_other_segments(self) -> None:
        """An acknowledgment overtook the SYN in the capture."""
        told = tell("0 s>c A 1:1\n0.001 c>s S 0")
        assert told.flow.port[told.flow.client] == 40000

    def test_stays_who_began_when_both_did(self) -> None:
        told = tell("0 s>c S 0\n0.001 c>s S 0\n0.002 s>c SA 0:1\n0.003 c>s SA 0:1")
        assert told.flow.port[told.flow.client] == 443


class TestNewUse:
    """A SYN on a known 4-tuple."""

    def test_with_another_number_is_another_flow(self) -> None:
        assert flows_of(tell(OPENING + "9 c>s S 5000 = syn\n9.01 s>c SA 7000:5001 = syn_ack")) == [
            *(0, 0, 0),
            *(1, 1),
        ]

    def test_with_the_same_number_is_a_retransmission(self) -> None:
        told = tell("0 c>s S 0 = syn\n1 c>s S 0 = syn_retransmission\n3 c>s S 0 = syn_retransmission")
        assert flows_of(told) == [0, 0, 0]

    def test_after_a_close_is_another_flow_whatever_its_number(self) -> None:
        assert flows_of(tell(OPENING + CLOSING + "9 c>s S 0 = syn"))[-1] == 1

    def test_after_one_fin_with_the_same_number_is_not(self) -> None:
        assert flows_of(tell(OPENING + "1 c>s FA 1:1\n9 c>s S 0 = syn_retransmission"))[-1] == 0

    def test_after_a_reset_is_another_flow_whatever_its_number(self) -> None:
        assert flows_of(tell("0 c>s S 0\n0.1 s>c RA 0:1\n0.6 c>s S 0\n0.7 s>c RA 0:1")) == [0, 0, 1, 1]

    def test_may_come_from_the_other_side(self) -> None:
        told = tell(OPENING + CLOSING + "9 s>c S 9000 = syn\n9.1 c>s SA 8000:9001 = syn_ack")
        assert flows_of(told)[-2:] == [1, 1]
        assert told.tracker.flows.client.tolist() == [0, 0]
        assert told.tracker.flows.port[:, 0].tolist() == [40000, 443]

    def test_with_ack_is_never_one(self) -> None:
        assert flows_of(tell(OPENING + CLOSING + "9 s>c SA 5000:9000"))[-1] == 0

    def test_copied_frame_is_not(self) -> None:
        told = tell("0 c>s S 0\n0.1 s>c RA 0:1\n0.101 copy 2 = duplicate\n0.002 copy 1 = duplicate")
        assert flows_of(told) == [0, 0, 0, 0]

    def test_chains_name_their_predecessors(self) -> None:
        story = "\n".join(f"{n} c>s S {n * 1000}\n{n}.1 s>c RA 0:{n * 1000 + 1}" for n in range(20))
        told = tell(story)
        assert flows_of(told) == [n // 2 for n in range(40)]
        assert told.tracker.flows.previous.tolist() == list(range(20))
        assert told.verdicts == ["refused"] * 20

    def test_late_segments_of_the_old_one_count_for_the_new(self) -> None:
        """Nothing tells them apart: as in Wireshark, the latest use of the 4-tuple gets them."""
        told = tell(OPENING + CLOSING + "9 c>s S 5000\n9.001 s>c A 2:2")
        assert flows_of(told)[-1] == 1


CHALLENGE = (
    OPENING
    + """
    0.020   c>s  PA  1+100:1
    0.030   s>c  PA  1+200:101
    0.040   c>s  A   101:201
    100     c>s  S   900000          = syn
    100.01  s>c  A   201:101         = ack
    100.02  c>s  R   101      win=0  = reset
    """
)
"""The client rebooted and begins anew; the server still knows the old connection (RFC 9293 3.10.7.4)."""


class TestChallenge:
    def test_old_connection_died_with_its_peer(self) -> None:
        told = tell(CHALLENGE)
        assert told.verdicts[0] == "peer_rebooted"
        assert told.tracker.flows.decided_frame[0] == 9
        old = told.tracker.flows[0]
        assert old.decided_by == old.client

    def test_new_connection_is_not_reset_by_it(self) -> None:
        told = tell(
            CHALLENGE
            + """
            101     c>s  S   900000           = syn_retransmission
            101.01  s>c  SA  700000:900001    = syn_ack
            101.02  c>s  A   900001:700001    = handshake_ack
            102     c>s  PA  900001+10:700001 = data
            102.01  s>c  A   700001:900011    = ack
            """
        )
        assert told.verdicts == ["peer_rebooted", "alive"]
        assert flows_of(told)[6:] == [1] * 8
        new = told.tracker.flows[1]
        assert new.handshake_rtt_ns == kinds.MISSING  # the SYN was sent twice
        assert new.side[new.client].bytes == 10

    def test_without_the_reset_nothing_is_known(self) -> None:
        told = tell(CHALLENGE.rsplit("100.02", 1)[0])
        assert told.verdicts[0] != "peer_rebooted"

    def test_reset_of_another_number_is_the_new_connection_s(self) -> None:
        told = tell(CHALLENGE.rsplit("100.02", 1)[0] + "100.02 c>s R 900001 win=0 = reset")
        assert told.verdicts[0] != "peer_rebooted"
        assert told.verdicts[1] == "reset"

    def test_acknowledgment_of_another_number_is_no_challenge(self) -> None:
        told = tell(CHALLENGE.rsplit("100.01", 1)[0] + "100.01 s>c A 201:77\n100.02 c>s R 77 win=0")
        assert told.verdicts[0] != "peer_rebooted"

    def test_server_may_be_the_one_that_rebooted(self) -> None:
        told = tell(
            OPENING
            + """
            1     c>s  PA  1+10:1
            50    s>c  S   600000        = syn
            50.1  c>s  A   11:1          = ack
            50.2  s>c  R   1      win=0  = reset
            """
        )
        assert told.verdicts[0] == "peer_rebooted"
        assert told.tracker.flows[0].decided_by == 1


class TestIcmp:
    def test_error_belongs_to_the_flow_it_quotes_in_either_direction(self) -> None:
        told = tell(OPENING + "1 icmp c>s 1 = icmp_error\n2 icmp s>c 1 from=192.0.2.1 = icmp_error")
        assert flows_of(told) == [0, 0, 0, 0, 0]
        assert told.flow.marks & kinds.FLOW_ICMP
        assert told.flow.frames == 3

    def test_error_belongs_to_the_latest_use(self) -> None:
        assert flows_of(tell(OPENING + CLOSING + "9 c>s S 5000\n9.5 icmp c>s 5000"))[-1] == 1

    def test_error_changes_nothing_else(self) -> None:
        plain = tell(OPENING + "60 c>s A 0:1 = keepalive_probe\n60.1 s>c A 1:1 = keepalive_reply 4")
        quoted = tell(
            OPENING
            + """
            60    c>s  A  0:1   = keepalive_probe
            60.05 icmp c>s 0    = icmp_error
            60.1  s>c  A  1:1   = keepalive_reply 4
            """
        )
        assert [quoted.row(6).gap_s, quoted.row(6).rtt_s] == [plain.row(5).gap_s, plain.row(5).rtt_s]
        assert quoted.verdicts == plain.verdicts == ["alive"]

    def test_error_says_who_reported_it(self) -> None:
        told = tell(OPENING + "1 icmp c>s 1 from=192.0.2.99")
        event = list(told.tracker.events(only_events=True).batches())[-1][-1]
        assert (int(event.rtt_ns), int(event.answers)) == (0, 0xFFFF_C000_0263)

    def test_over_ipv6(self) -> None:
        ends = {"c": ("2001:db8::1", 40000), "s": ("2001:db8::2", 443)}
        told = tell(OPENING + "1 icmp c>s 1 from=2001:db8::ff = icmp_error", endpoints=ends)
        assert flows_of(told) == [0, 0, 0, 0]
