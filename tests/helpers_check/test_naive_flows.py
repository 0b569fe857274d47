"""The naive reference on flows, the kinds that are neither probe nor answer, and verdicts."""

from __future__ import annotations

import pytest

from tests.helpers.naive import label
from tests.helpers.timeline import timeline

from .checks import OPENING, check, verdicts


class TestFlows:
    def test_a_new_syn_on_a_known_tuple(self) -> None:
        labels = check(
            OPENING
            + """
            1.000   c>s   S    0        = syn_retransmission
            2.000   c>s   S    777      = syn
            2.010   s>c   SA   888:778  = syn_ack
            """
        )
        assert [row.flow for row in labels.rows] == [0, 0, 0, 0, 1, 1]

    @pytest.mark.parametrize("end", ["1 c>s R 1", "1 c>s AF 1:1 \n 1.1 s>c AF 1:2"])
    def test_the_same_syn_after_the_end(self, end: str) -> None:
        labels = check(OPENING + f"{end} \n 5 c>s S 0 = syn")
        assert len(labels.flows) == 2

    def test_syn_ack_never_begins_anew_but_restarts_its_side(self) -> None:
        labels = check(OPENING + "1 s>c A 1+9:1 = data \n 2 s>c SA 500:1 = syn_ack")
        assert len(labels.flows) == 1
        assert labels.flows[0].server.next_seq == 2_000_501

    def test_a_syn_clears_the_fin_of_its_sender(self) -> None:
        labels = check(
            OPENING
            + """
            1.000   s>c   AF   1:1      = fin
            2.000   s>c   SA   0:1      = syn_ack
            3.000   c>s   AF   1:2      = fin
            4.000   c>s   S    0        = syn_retransmission
            """
        )
        assert len(labels.flows) == 1

    def test_a_syn_forgets_what_was_acknowledged(self) -> None:
        probe = "5.5 s>c A 0+1:1"
        check(OPENING + f"{probe} = keepalive_probe")
        check(OPENING + f"5.0 s>c SA 0:1 = syn_ack \n {probe} = retransmission")

    def test_a_syn_that_comes_after_its_answer(self) -> None:
        labels = check("0 s>c SA 0:1 = syn_ack \n 0.001 c>s S 0 = syn \n 0.002 c>s A 1:1 = handshake_ack")
        assert len(labels.flows) == 1

    def test_who_is_the_client(self) -> None:
        def client(text: str) -> str:
            return (
                label(timeline(text, endpoints={"x": ("10.9.9.9", 443)}).records).flows[0].client.endpoint[0]
            )

        assert client("0 s>c S 0") == "10.0.0.2"
        assert client("0 s>c SA 0:1") == "10.0.0.1"
        assert client("0 s>c A 0:1") == "10.0.0.1"
        assert client("0 x>s A 0:1") == "10.9.9.9"
        assert client("0 s>x A 0:1") == "10.0.0.2"

    def test_simultaneous_open_is_one_flow(self) -> None:
        labels = check(
            """
            0.000   c>s   S    0        = syn
            0.001   s>c   S    0        = syn
            0.010   s>c   SA   0:1      = syn_ack
            0.011   c>s   SA   0:1      = syn_ack
            1.000   c>s   A    1+9:1    = data
            """
        )
        assert len(labels.flows) == 1

    def test_simultaneous_close(self) -> None:
        text = (
            OPENING
            + """
            1.000   c>s   AF   1:1      = fin
            1.001   s>c   AF   1:1      = fin
            1.010   c>s   A    1:2      = old_ack
            1.011   c>s   A    2:2      = dup_ack
            1.012   s>c   A    2:2      = ack
            """
        )
        check(text)
        assert verdicts(text) == {"closed"}

    def test_data_on_a_syn(self) -> None:
        check(
            """
            0.000   c>s   S    0+20     = syn
            0.010   s>c   SA   0:21     = syn_ack
            0.011   c>s   A    21:1     = handshake_ack
            9.000   c>s   A    20:1     = keepalive_probe
            """
        )
        check(
            """
            0.000   c>s   S    0+20     = syn
            0.010   s>c   SA   0:1      = syn_ack
            0.011   c>s   A    1+20:1   = handshake_ack
            9.000   c>s   A    20:1     = old_ack
            """
        )

    @pytest.mark.parametrize("next_at", [0, 1, 2, 2**31, 2**32 - 1])
    def test_sequence_numbers_wrap(self, next_at: int) -> None:
        initial = {"c": (next_at - 10) % 2**32, "s": (next_at - 20) % 2**32}
        check(
            """
            0.000   c>s   S    0        = syn
            0.010   s>c   SA   0:1      = syn_ack
            0.011   c>s   A    1:1      = handshake_ack
            1.000   c>s   A    1+9:1    = data
            1.010   s>c   A    1+19:10  = data
            1.011   c>s   A    10:20    = ack
            9.000   c>s   A    9:20     = keepalive_probe
            9.010   s>c   A    20:10    = keepalive_reply 7
            9.020   s>c   A    19:10    = keepalive_probe
            9.030   c>s   A    10:20    = keepalive_reply 9
            20.00   c>s   A    10+5:20  = data
            """,
            initial=initial,
        )

    def test_icmp_errors_belong_to_the_flow_they_quote(self) -> None:
        labels = check(
            OPENING + "1 icmp c>s 1 from=10.0.0.254 = icmp_error \n 2 icmp s>c 1 = icmp_error",
        )
        assert [row.flow for row in labels.rows] == [0] * 5
        assert label(timeline("1 icmp c>s 1").records).rows[0].flow is None


class TestOtherKinds:
    def test_payload(self) -> None:
        check(
            OPENING
            + """
            1.000   c>s   A    1+10:1    = data
            1.001   c>s   A    21+10:1   = data
            1.002   c>s   A    1+10:1    = retransmission
            1.003   c>s   A    5+10:1    = out_of_order
            1.004   c>s   A    5+10:1    = retransmission
            1.005   c>s   A    11+10:1   = out_of_order
            1.006   c>s   A    11+10:1   = retransmission
            1.007   c>s   A    25+10:1   = data
            1.008   s>c   A    1:45      = ack
            1.009   c>s   A    35+10:1   = out_of_order
            """
        )

    def test_empty(self) -> None:
        check(
            OPENING
            + """
            1.000   s>c   A    1+10:1          = data
            1.001   s>c   A    11+10:1         = data
            1.002   c>s   A    1:21            = ack
            1.003   c>s   A    1:21            = dup_ack
            1.004   c>s   A    1:21    win=9   = window_update
            1.005   c>s   A    1:11    win=8   = old_ack
            1.006   c>s   A    1:21    win=0   = zero_window
            1.007   c>s   A    1:21    win=0   = dup_ack
            1.008   c>s   A    1:21    win=7   = window_update
            """
        )

    def test_gap_of_a_probe_leaves_probes_and_answers_out(self) -> None:
        labels = check(
            OPENING
            + """
            10.011  c>s   A    0:1      = keepalive_probe
            10.021  s>c   A    1:1      = keepalive_reply 4
            12.011  s>c   A    0:1      = keepalive_probe
            12.021  c>s   A    1:1      = keepalive_reply 6
            15.011  c>s   A    0:1      = keepalive_probe
            """
        )
        assert [row.gap_ns for row in labels.rows[3:]] == [10**10, 10**7, 12 * 10**9, 10**7, 5 * 10**9]


class TestVerdicts:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("0 c>s S 0 \n 0.1 s>c RA 0:1", "refused"),
            ("0 c>s S 0 \n 1 c>s S 0", "no_answer"),
            (OPENING + "1 c>s AF 1:1 \n 2 s>c AF 1:2 \n 3 c>s R 2", "closed"),
            (OPENING + "1 s>c R 1 ttl=61", "middlebox_reset"),
            (OPENING + "1 s>c R 1 ttl=255", "reset"),
            (OPENING + "9 c>s A 0:1 \n 9.1 s>c R 1", "peer_rebooted"),
            (OPENING + "9 c>s A 0:1 \n 11 c>s A 0:1 \n 13 c>s RA 1:1", "peer_dead"),
            (OPENING + "1 c>s AF 1:1 \n 2 s>c R 1", "half_closed"),
            (OPENING + "1 c>s AF 1:1 \n 2 s>c A 1:2", "half_closed"),
            (OPENING + "1 s>c AF 1:1 \n 1.1 c>s A 1:2 \n 9 c>s A 0:2 \n 9.1 s>c R 2", "half_closed"),
            (OPENING + "9 c>s A 0:1 \n 11 c>s A 0:1", "probing"),
            (OPENING + "9 c>s A 0:1 \n 9.1 s>c A 1:1", "alive"),
            ("0 c>s A 1+9:1", "unknown"),
            ("0 c>s S 0 \n 0.01 s>c SA 0:1", "unknown"),
        ],
    )
    def test_verdict(self, text: str, expected: str) -> None:
        assert verdicts(text) == {expected}

    def test_silence_after_two_probes(self) -> None:
        text = OPENING + "9 c>s A 0:1 \n 11 c>s A 0:1"
        assert verdicts(text, end=15) == {"probing"}
        assert verdicts(text, end=15.1) == {"peer_dead"}

    def test_data_without_an_answer(self) -> None:
        data = "".join(f"{at} c>s A 1+9:1 \n" for at in (1, 1.2, 1.6))
        assert "stalled" not in verdicts(OPENING + data)
        assert verdicts(OPENING + data + "2.4 c>s A 1+9:1") == {"stalled"}
        assert verdicts(OPENING + "1 c>s A 1+9:1 \n 6 c>s A 1+9:1") == {"stalled"}

    def test_silence_without_probes(self) -> None:
        talk = OPENING + "5 c>s A 1+9:1 \n 5.1 s>c A 1:10"
        assert verdicts(talk, end=8) == {"alive"}
        assert verdicts(talk, end=80) == {"open"}

    def test_old_peer_whose_challenge_was_reset(self) -> None:
        text = (
            OPENING
            + """
            50.0    c>s   S    5000         = syn
            50.1    s>c   A    1:1          = ack
            50.2    c>s   R    1            = reset
            51.0    c>s   S    5000         = syn_retransmission
            """
        )
        labels = check(text)
        assert [flow.verdict for flow in labels.flows] == ["peer_rebooted", "unknown"]
