"""The naive reference against reviewed labels of real captures and against 4.1 and 4.2, row by row."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.helpers import reader
from tests.helpers.naive import label

from .checks import OPENING, check

LABELLED = {"keepalive_probe", "keepalive_reply", "keepalive_reset", "zero_window_probe", "zero_window_reply"}
CAPTURES = os.environ.get("KEEPALIVE_CAPTURES")


def labelled_files() -> list[str]:
    """Names of the files with reviewed labels; none where the captures are not at hand."""
    if not CAPTURES:
        return []
    return sorted(json.loads((Path(CAPTURES) / "labels.json").read_text()))


@pytest.mark.skipif(not CAPTURES, reason="KEEPALIVE_CAPTURES is not set")
@pytest.mark.parametrize("name", labelled_files())
def test_labels_of_a_public_capture_are_met_exactly(name: str) -> None:
    folder = Path(str(CAPTURES))
    expected = json.loads((folder / "labels.json").read_text())[name]
    capture = reader.read(folder / name)
    labels = label(capture.records, end_ns=capture.end_ns)
    found = {str(row.frame): row.kind for row in labels.rows if row.kind in LABELLED}
    assert found == expected


class TestProbeTable:
    def test_row_1_pushed_byte_is_a_retransmission(self) -> None:
        check(
            OPENING
            + """
            1.000   c>s   AP   1+1:1    = data
            1.010   s>c   A    1:2      = ack
            9.000   c>s   AP   1+1:1    = retransmission
            """
        )

    def test_row_2_byte_within_a_second_where_the_peer_never_acknowledged(self) -> None:
        check(
            """
            0.000   c>s   A    1+10:1   = data
            0.999   c>s   A    10+1:1   = retransmission
            2.500   c>s   A    10+1:1   = keepalive_probe
            """
        )
        check("0 c>s A 1+10:1 = data \n 0.5 c>s A 10:1 = keepalive_probe")

    def test_row_3_unacknowledged_byte(self) -> None:
        check(
            OPENING
            + """
            1.000   c>s   A    1+5:1    = data
            9.000   c>s   A    5+1:1    = retransmission
            9.100   c>s   A    5:1      = old_ack
            9.200   s>c   A    1:6      = ack
            19.00   c>s   A    5:1      = keepalive_probe
            """
        )

    def test_row_4_ack_that_overtook_a_fin_is_no_probe(self) -> None:
        check(
            """
            0.000   s>c   A    1+10:1   = data
            0.100   c>s   AF   1:11     = fin
            0.101   s>c   A    11:2     = ack
            0.102   c>s   A    1:11     = old_ack
            5.000   c>s   A    1:11     = keepalive_probe
            """
        )
        check(
            """
            0.000   c>s   AF   1:11     = fin
            9.000   c>s   A    1:11     = old_ack
            """
        )

    def test_row_5_closed_window(self) -> None:
        check(
            OPENING
            + """
            1.000   s>c   A    1:1   win=0    = zero_window
            9.000   c>s   A    0:1            = zero_window_probe
            9.010   s>c   A    1:1   win=0    = zero_window_reply 5
            """
        )

    @pytest.mark.parametrize("length", ["", "+1"])
    def test_row_6_probe(self, length: str) -> None:
        check(OPENING + f"10 c>s A 0{length}:1 = keepalive_probe")

    def test_a_probe_may_come_soon_after_other_traffic(self) -> None:
        check(OPENING + "0.161 c>s A 0:1 = keepalive_probe")

    def test_longer_payload_and_other_flags_are_no_probe(self) -> None:
        check(OPENING + "10 c>s A 0+2:1 = data")
        check(OPENING + "10 c>s AF 0:1 = fin")

    def test_byte_offered_to_a_closed_window_moves_nothing(self) -> None:
        labels = check(
            OPENING
            + """
            1.000   s>c   A    1:1    win=0    = zero_window
            2.000   c>s   A    1+1:1           = zero_window_probe
            2.010   s>c   A    1:1    win=0    = zero_window_reply 5
            4.000   c>s   A    1+1:1           = zero_window_probe
            4.010   s>c   A    1:2    win=0    = zero_window_reply 7
            8.000   c>s   A    1+1:1           = zero_window_probe
            8.010   s>c   A    1:2    win=500  = zero_window_reply 9
            8.020   c>s   A    2+9:1           = data
            8.030   c>s   A    1+2:1           = retransmission
            """
        )
        assert labels.flows[0].client.next_seq == 1_000_011


class TestAnswerTable:
    def test_reset_soon_after_the_probe(self) -> None:
        check(OPENING + "10 c>s A 0:1 = keepalive_probe \n 12.9 s>c R 1 = keepalive_reset 4")
        check(OPENING + "10 c>s A 0:1 = keepalive_probe \n 13.0 s>c R 1 = reset")

    def test_reset_after_a_window_probe_answers_it_too(self) -> None:
        check(
            OPENING
            + """
            1.000   s>c   A    1:1    win=0    = zero_window
            9.000   c>s   A    0:1             = zero_window_probe
            9.010   s>c   R    1               = reset 5
            """
        )

    def test_crossing_probes_wait_for_their_own_answers(self) -> None:
        check(
            OPENING
            + """
            10.00   c>s   A    0:1      = keepalive_probe
            10.01   s>c   A    0:1      = keepalive_probe
            10.02   c>s   A    1:1      = keepalive_reply 5
            10.03   s>c   A    1:1      = keepalive_reply 4
            20.00   c>s   A    0+1:1    = keepalive_probe
            20.01   s>c   A    0+1:1    = keepalive_probe
            20.02   s>c   A    1:1      = keepalive_reply 8
            """
        )

    def test_window_and_sack_do_not_matter(self) -> None:
        check(OPENING + "10 c>s A 0+1:1 = keepalive_probe \n 11 s>c A 1:1 win=7 sack=0-1 = keepalive_reply 4")

    @pytest.mark.parametrize(
        ("answer", "kind"), [("A 1+20:1", "data"), ("AF 1:1", "fin"), ("AP 1+1:1", "data")]
    )
    def test_data_and_fin_answer_under_their_own_name(self, answer: str, kind: str) -> None:
        labels = check(OPENING + f"10 c>s A 0:1 = keepalive_probe \n 10.02 s>c {answer} = {kind} 4")
        assert labels.rows[-1].rtt_ns == 20_000_000

    def test_acknowledging_more_answers_without_rtt(self) -> None:
        labels = check(
            OPENING
            + """
            10.00   c>s   A    0:1       = keepalive_probe
            10.01   c>s   A    1+50:1    = data
            10.02   s>c   A    1:51      = ack 4
            """
        )
        assert labels.rows[-1].rtt_ns is None

    def test_anything_else_leaves_it_waiting(self) -> None:
        check(
            OPENING
            + """
            1.000   s>c   A    1+50:1    = data
            1.001   c>s   A    1:51      = ack
            1.002   c>s   AP   1+20:51   = data
            1.010   s>c   A    51:21     = ack
            10.00   c>s   A    20:51     = keepalive_probe
            10.01   s>c   A    1+50:1    = retransmission
            10.02   s>c   A    51:20     = old_ack
            10.03   s>c   A    51:21     = keepalive_reply 8
            """
        )

    def test_only_the_last_of_several_is_answered_and_rtt_is_missing(self) -> None:
        labels = check(
            OPENING
            + """
            10.00   c>s   A    0:1    = keepalive_probe
            11.00   c>s   A    0:1    = keepalive_probe
            12.00   c>s   A    0:1    = keepalive_probe
            12.02   s>c   A    1:1    = keepalive_reply 6
            13.00   s>c   A    1:1    = dup_ack
            22.00   c>s   A    0:1    = keepalive_probe
            22.03   s>c   A    1:1    = keepalive_reply 9
            """
        )
        assert [row.rtt_ns for row in labels.rows if row.answers] == [None, 30_000_000]
        assert labels.flows[0].unanswered == {4, 5}


class TestGivingUp:
    def test_reset_of_the_prober_while_probes_wait(self) -> None:
        probes = OPENING + "10 c>s A 0:1 = keepalive_probe \n 12 c>s A 0:1 = keepalive_probe\n"
        check(probes + "14 c>s RA 1:1 = keepalive_timeout")
        check(probes + "16 c>s R 1 = keepalive_timeout")
        check(probes + "16.1 c>s R 1 = reset")

    def test_it_gives_up_once(self) -> None:
        check(
            OPENING
            + """
            10.00   c>s   A    0:1    = keepalive_probe
            12.00   c>s   A    0:1    = keepalive_probe
            14.00   c>s   RA   1:1    = keepalive_timeout
            14.10   c>s   RA   1:1    = reset
            """
        )

    @pytest.mark.parametrize(
        ("reset", "kind"),
        [
            ("20.9 c>s RA 1:1 win=9", "keepalive_timeout"),
            ("21.0 c>s RA 1:1 win=9", "keepalive_timeout"),
            ("21.2 c>s RA 1:1 win=9", "reset"),
            ("20.7 c>s RA 1:1 win=9", "reset"),
            ("20.9 c>s RA 1:1 win=8", "reset"),
            ("20.9 c>s RA 0:1 win=9", "reset"),
            ("20.9 c>s R  1:1 win=9", "reset"),
        ],
    )
    def test_replies_that_never_reached_the_prober(self, reset: str, kind: str) -> None:
        answered = OPENING + "".join(
            f"{at} c>s A 0:1 win=9 = keepalive_probe\n {at}.01 s>c A 1:1 = keepalive_reply {frame}\n"
            for at, frame in ((18, 4), (19, 6), (20, 8))
        )
        check(f"{answered} {reset} = {kind}")

    def test_anything_else_of_the_prober_between_shows_that_replies_came(self) -> None:
        check(
            OPENING
            + """
            18.00   c>s   A    0:1    = keepalive_probe
            18.01   s>c   A    1:1    = keepalive_reply 4
            19.00   c>s   A    0:1    = keepalive_probe
            19.01   s>c   AP   1+9:1  = data 6
            19.02   c>s   A    1:10   = ack
            20.00   c>s   RA   1:10   = reset
            """
        )

    def test_where_a_reset_could_be_both_its_shape_decides(self) -> None:
        both = (
            OPENING
            + """
            10.00   c>s   A    0:1    = keepalive_probe
            12.00   c>s   A    0:1    = keepalive_probe
            13.50   s>c   A    0:1    = keepalive_probe
            """
        )
        check(both + "14 c>s RA 1:1 = keepalive_timeout")
        check(both + "14 c>s R 1 = keepalive_reset 6")
