"""The naive reference where a capture begins in mid-connection, and where it holds frames twice."""

from __future__ import annotations

import pytest

from tests.helpers.timeline import IPV6

from .checks import OPENING, check


class TestMidConnection:
    def test_peer_was_seen_acknowledging_exactly_the_next(self) -> None:
        check("0 s>c A 1+10:1 = data \n 9 c>s A 0:11 = keepalive_probe")
        check("0 s>c A 1+10:1 = data \n 9 c>s A 1:11 = ack")

    def test_bare_ack_proves_every_repeat(self) -> None:
        labels = check(
            """
            0.000   c>s   A    0:1    = keepalive_probe
            5.000   c>s   A    0:1    = keepalive_probe
            5.030   s>c   A    1:1    = keepalive_reply 2
            9.000   c>s   A    0:1    = keepalive_probe
            """
        )
        assert [row.gap_ns for row in labels.rows] == [None, 5_000_000_000, 30_000_000, 4_000_000_000]

    def test_nothing_proves_it(self) -> None:
        check("0 c>s A 0:1 = ack")
        check("0 c>s A 0:1 = ack \n 1 c>s A 0:1 = dup_ack", initial={"c": 5})
        check("0 c>s A 0:1 = ack \n 1 s>c A 1:2 = ack")
        check("0 c>s A 0:1 = ack \n 1 s>c A 1+7:1 = data")

    def test_something_else_between_ends_it(self) -> None:
        check("0 c>s A 0:1 = ack \n 1 c>s A 0:2 = ack \n 2 s>c A 2:1 = ack")

    def test_a_byte_is_a_probe_only_with_its_d_sack(self) -> None:
        check("0 c>s A 0+1:1 = keepalive_probe \n 1 s>c A 1:1 sack=0-1 = keepalive_reply 1")
        check("0 c>s A 0+1:1 = data \n 1 s>c A 1:1 = ack")
        check("0 c>s A 0+1:1 = data \n 1 s>c A 1:1 sack=5-6 = ack")
        check("0 c>s A 0+1:1 = data \n 1 s>c A 1:1 = ack \n 2 s>c A 1:1 sack=0-1 = dup_ack")
        check("0 c>s AP 0+1:1 = data \n 1 s>c A 1:1 sack=0-1 = ack")

    def test_the_probers_own_reset_proves_it(self) -> None:
        check(
            """
            0.000   c>s   A    0:1   ts=1/7   = keepalive_probe
            5.000   c>s   A    0:1   ts=2/7   = keepalive_probe
            10.00   c>s   RA   1:1   ts=3/7   = keepalive_timeout
            """
        )
        check("0 c>s A 0:1 = ack \n 5 c>s A 0:1 = dup_ack \n 10 c>s RA 2:1 = reset")

    def test_closed_window(self) -> None:
        check("0 c>s A 0:1 = zero_window_probe \n 1 s>c A 1:1 win=0 = zero_window_reply 1")
        check(
            """
            0.000   s>c   A    1:1    win=0    = zero_window
            0.200   c>s   A    1+1:1           = zero_window_probe
            0.210   s>c   A    1:1    win=0    = zero_window_reply 2
            """
        )

    def test_the_last_64_are_kept(self) -> None:
        repeats = "".join(f"{at} c>s A 0:1\n" for at in range(70))
        labels = check(repeats + "70 s>c A 1:1 = keepalive_reply 70")
        kinds = [row.kind for row in labels.rows]
        assert kinds == ["ack"] + ["dup_ack"] * 5 + ["keepalive_probe"] * 64 + ["keepalive_reply"]

    def test_answer_that_opens_its_own_side_is_not_tentative(self) -> None:
        check(
            """
            0.000   c>s   A    0:1      = keepalive_probe
            0.010   s>c   A    1:1      = keepalive_reply 1
            9.000   c>s   A    1:2      = ack
            """
        )


class TestDuplicates:
    @pytest.mark.parametrize(
        ("line", "kind"),
        [
            ("10.010 copy 4 ttl=63", "duplicate"),
            ("9.990  copy 4", "duplicate"),
            ("9.9899 copy 4", "keepalive_probe"),
            ("10.0101 copy 4", "keepalive_probe"),
            ("10.001 copy 4 win=9", "keepalive_probe"),
            ("10.001 copy 4 id=99", "keepalive_probe"),
        ],
    )
    def test_copies(self, line: str, kind: str) -> None:
        check(OPENING + f"10 c>s A 0:1 \n {line} = {kind}")

    def test_without_ip_id_the_checksum_tells(self) -> None:
        for id_is in ("id=0", ""):
            ends = None if id_is else IPV6
            text = OPENING + f"10 c>s A 0:1 ts=1/2 {id_is} \n"
            check(text + "10.001 copy 4 = duplicate", endpoints=ends)
            check(text + "10.001 copy 4 sum=1 = keepalive_probe", endpoints=ends)

    def test_only_the_last_8_are_compared(self) -> None:
        def burst(count: int) -> str:
            return OPENING + "".join(f"1.00{at} c>s A {1 + 9 * at}+9:1 \n" for at in range(count))

        check(burst(8) + "1.009 copy 4 = duplicate")
        check(burst(9) + "1.009 copy 4 = retransmission")

    def test_it_changes_no_state(self) -> None:
        check(
            OPENING
            + """
            10.000  c>s   A    0:1    = keepalive_probe
            10.001  copy 4            = duplicate
            10.011  copy 4            = keepalive_probe
            10.020  s>c   A    1:1    = keepalive_reply 6
            10.021  copy 7            = duplicate
            """
        )

    def test_a_copied_syn_begins_nothing(self) -> None:
        labels = check(
            """
            0.000   c>s   S    0        = syn
            0.001   s>c   RA   0:1      = reset
            0.002   copy 1              = duplicate
            1.000   c>s   S    0        = syn
            """
        )
        assert [row.flow for row in labels.rows] == [0, 0, 0, 1]
