"""What diagnosis adds to a flow: timers, counts, round trips, the last sign of life."""

from __future__ import annotations

import pytest

from analyzer import kinds
from analyzer.kinds import CLIENT, SERVER

from .support import OPENING, Case, tell


def timers(case: Case, who: int = CLIENT) -> tuple[float | None, float | None, int | None]:
    """Keepalive time, interval and count; None for what was not observed."""
    count = int(case.summary.keepalive_count[who])
    return (
        case.seconds("keepalive_time_ns", who),
        case.seconds("keepalive_interval_ns", who),
        None if count == -1 else count,
    )


def answered(*times: float) -> str:
    """Probes of the client, each answered after 20 ms."""
    return "\n".join(f"{at} c>s A 100:201\n{at + 0.02} s>c A 201:101" for at in times) + "\n"


class TestTimers:
    def test_of_a_prober_that_gave_up(self) -> None:
        case = tell(
            OPENING + "60.03 c>s A 100:201\n75.03 c>s A 100:201\n90.03 c>s A 100:201\n105.03 c>s RA 101:201"
        )
        assert timers(case) == (60, 15, 3)
        assert timers(case, SERVER) == (None, None, None)

    def test_spacing_of_answered_probes_is_the_keepalive_time(self) -> None:
        assert timers(tell(OPENING + answered(60.03, 120.05, 180.07))) == (60, None, None)

    def test_spacing_behind_an_unanswered_probe_is_the_interval(self) -> None:
        story = answered(60.03) + "120.05 c>s A 100:201\n135.05 c>s A 100:201\n150.05 c>s A 100:201\n"
        assert timers(tell(OPENING + story + "150.08 s>c A 201:101")) == (60, 15, None)

    def test_time_is_the_median_of_all_runs(self) -> None:
        story = answered(10.03) + "12 s>c PA 201+9:101\n12.1 c>s A 101:210\n"
        story += "22.1 c>s A 100:210\n22.3 s>c A 210:101\n32.4 c>s A 100:210\n32.5 s>c A 210:101"
        assert timers(tell(OPENING + story)) == (10.1, None, None)

    def test_of_two_pauses_that_are_not_one_timer_s_it_is_the_shorter(self) -> None:
        """The prober's host slept for three days."""
        story = "60.03 c>s A 100:201\n259260.1 c>s A 100:201\n259335.2 c>s A 100:201\n"
        assert timers(tell(OPENING + story)) == (60, 75.1, None)

    def test_of_both_sides(self) -> None:
        story = "\n".join(
            f"{60.02 * n + 0.01:.2f} c>s A 100:201\n{60.02 * n + 0.03:.2f} s>c A 201:101\n"
            f"{50.01 * n + 0.03:.2f} s>c A 200:101\n{50.01 * n + 0.04:.2f} c>s A 101:201"
            for n in range(1, 4)
        )
        case = tell(OPENING + story)
        assert timers(case, CLIENT) == (60, None, None)
        assert timers(case, SERVER) == (50, None, None)
        assert kinds.PROBER_WORDS[case.summary.prober] == "both"

    def test_mid_connection_the_first_pause_is_not_known(self) -> None:
        story = "\n".join(f"{45.02 * n} c>s A 100:201\n{45.02 * n + 0.02} s>c A 201:101" for n in range(3))
        assert timers(tell(story)) == (45, None, None)
        assert timers(tell("0 c>s A 100:201\n0.1 s>c A 201:101")) == (None, None, None)

    def test_rst_tells_them_only_an_interval_behind_the_last_probe(self) -> None:
        """Before that it is an application that was tired of waiting: the kernel would have probed on."""
        probes = OPENING + "60.03 c>s A 100:201\n75.03 c>s A 100:201\n90.03 c>s A 100:201\n"
        assert timers(tell(probes + "106.5 c>s RA 101:201")) == (60, 15, 3)
        assert timers(tell(probes + "95 c>s RA 101:201")) == (60, 15, None)
        assert timers(tell(probes + "109 c>s RA 101:201")) == (60, 15, None)

    def test_one_probe_shows_no_interval_that_the_rst_could_fit(self) -> None:
        probe = "60.03 c>s A 100:201\n61.03 c>s RA 101:201"
        assert timers(tell(OPENING + probe)) == (60, None, None)

    def test_interval_of_an_earlier_outage_is_one(self) -> None:
        story = "60.03 c>s A 100:201\n61.04 c>s A 100:201\n61.06 s>c A 201:101\n"
        story += "121.06 c>s A 100:201\n122.07 c>s RA 101:201"
        assert timers(tell(OPENING + story)) == (60, 1.01, 1)

    def test_count_starts_anew_with_every_answer(self) -> None:
        story = "60.03 c>s A 100:201\n75.03 c>s A 100:201\n75.05 s>c A 201:101\n"
        story += "135.05 c>s A 100:201\n150.05 c>s A 100:201\n165.05 c>s RA 101:201"
        assert timers(tell(OPENING + story)) == (60, 15, 2)

    def test_of_one_direction_the_count_is_of_those_not_heard(self) -> None:
        """The echo of the third probe says that the second was answered, and the others say no more."""
        story = "0 c>s PA 0+101:201\n"
        for at, echo in ((60, 1), (120, 2), (180, 3), (195, 3), (210, 3)):
            story += f"{at} c>s A 100:201 ts={at}/{echo}\n"
        assert timers(tell(story + "225 c>s RA 101:201 ts=225/3")) == (60, 15, 3)

    def test_of_a_prober_that_backs_off_there_is_no_interval(self) -> None:
        """Neither does its RST show a count: no timer of one setting sent it."""
        story = OPENING + "60.03 c>s A 100:201\n60.43 c>s A 100:201\n61.23 c>s A 100:201\n"
        assert timers(tell(story + "62.83 c>s A 100:201")) == (60, None, None)
        assert timers(tell(story + "62.83 c>s A 100:201\n63.43 c>s RA 101:201")) == (60, None, None)

    def test_a_pause_that_became_shorter_is_no_backing_off(self) -> None:
        """The capture lost the answer to the first probe."""
        story = "60.03 c>s A 100:201\n120.05 c>s A 100:201\n135.05 c>s A 100:201\n150.05 c>s A 100:201\n"
        assert timers(tell(OPENING + story)) == (60, 15, None)

    def test_of_an_interval_longer_than_the_keepalive_time(self) -> None:
        """Linux sets its timer to the interval after every probe: TCP_KEEPIDLE 30, TCP_KEEPINTVL 75."""
        case = tell(OPENING + answered(30.03, 105.03, 180.03, 255.03))
        assert timers(case) == (30, 75, None)

    def test_counts_from_what_the_prober_received(self) -> None:
        """Linux measures from the last segment received; its delayed ACK of that one does not count."""
        story = "10 s>c PA 201+9:101\n10.2 c>s A 101:210\n70.02 c>s A 100:210\n70.03 s>c A 210:101"
        assert timers(tell(OPENING + story)) == (60.02, None, None)

    def test_counts_from_when_the_answer_was_received(self) -> None:
        """Over a path of 0.5 s the pause between answered probes is longer than the setting by so much."""
        probes = "".join(
            f"{60.5 * n + 0.03} c>s A 100:201\n{60.5 * n + 0.53} s>c A 201:101\n" for n in (1, 2, 3)
        )
        assert timers(tell("0 c>s PA 0+101:201\n0.53 s>c A 201:101\n" + probes)) == (60, None, None)

    def test_of_both_sides_that_gave_up(self) -> None:
        """The path is cut: neither side hears of what the other does meanwhile."""
        story = """
            60.03   c>s  A   100:201
            70.03   c>s  A   100:201
            75.04   s>c  A   200:101
            80.03   c>s  RA  101:201
            95.04   s>c  A   200:101
            115.04  s>c  RA  201:101
        """
        case = tell(OPENING + story)
        assert timers(case, CLIENT) == (60, 10, 2)
        assert timers(case, SERVER) == (75, 20, 2)

    def test_short_pauses_behind_answers_that_never_arrived_are_the_interval(self) -> None:
        """The way back is cut, and the capture ends before the prober gives up."""
        case = tell(OPENING + answered(60.03, 120.06, 135.06, 150.06))
        assert timers(case) == (pytest.approx(60.005), 15, None)

    def test_one_long_silence_does_not_overrule_the_pauses_behind_answers(self) -> None:
        """The capture missed the first probe (nest-both-sides.pcap, flow 8, frame 713)."""
        case = tell(OPENING + answered(240.03, 360.05, 480.07))
        assert timers(case) == (pytest.approx(120), None, None)

    def test_where_the_answers_never_arrived(self) -> None:
        """Only the way back is cut: what the prober waits between probes is the interval."""
        case = tell(OPENING + answered(10.03, 11.03, 12.03) + "13.03 c>s RA 101:201")
        assert case.verdict == "peer_dead"
        assert timers(case) == (10, 1, 3)

    @pytest.mark.parametrize("timestamps", [True, False])
    def test_answers_that_arrived_before_are_not_counted(self, timestamps: bool) -> None:
        story = ""
        for at, echo in ((60.03, 1), (120.06, 60), (180.08, 120), (195.08, 120), (210.08, 120)):
            ts = f" ts={int(at)}/{echo}", f" ts={int(at)}/0"
            story += (
                f"{at} c>s A 100:201{ts[0] * timestamps}\n{at + 0.02} s>c A 201:101{ts[1] * timestamps}\n"
            )
        case = tell(OPENING + story + "225.08 c>s RA 101:201" + " ts=225/120" * timestamps)
        assert case.verdict == "peer_dead"
        assert timers(case) == (60, 15, 3)


class TestCounts:
    def test_of_answered_unanswered_and_reset_probes(self) -> None:
        story = answered(60, 120) + "180 c>s A 100:201\n195 c>s A 100:201\n195.1 s>c R 201 win=0"
        entry = tell(OPENING + story).summary
        assert (entry.probes, entry.replies, entry.unanswered, entry.resets) == (4, 2, 1, 1)

    def test_of_no_probes(self) -> None:
        entry = tell(OPENING).summary
        assert (entry.probes, entry.replies, entry.unanswered, entry.resets, entry.prober) == (0, 0, 0, 0, 0)

    def test_data_that_answers_is_a_reply(self) -> None:
        entry = tell(OPENING + "60 c>s A 100:201\n60.1 s>c PA 201+9:101").summary
        assert (entry.probes, entry.replies, entry.unanswered) == (1, 1, 0)

    @pytest.mark.parametrize(
        ("way", "word"), [("c>s A 100:201", "client"), ("s>c A 200:101", "server"), ("c>s PA 101+9:201", "")]
    )
    def test_prober(self, way: str, word: str) -> None:
        assert kinds.PROBER_WORDS[tell(OPENING + f"60 {way}").summary.prober] == word

    def test_of_a_client_that_did_not_speak_first(self) -> None:
        """Sides are numbered by who was seen first; people are told of client and server."""
        case = tell("0 s>c PA 0+9:0\n0.1 c>s A 0:9\n60.1 s>c A 8:0\n60.2 c>s A 0:9\n120.2 s>c A 8:0")
        assert case.flow.client == 1
        assert kinds.PROBER_WORDS[case.summary.prober] == "server"
        assert timers(case, SERVER)[0] == pytest.approx(60)
        assert timers(case, CLIENT) == (None, None, None)


class TestRoundTrips:
    def test_least_middle_most(self) -> None:
        story = "\n".join(
            f"{60 * n} c>s A 100:201\n{60 * n + rtt} s>c A 201:101"
            for n, rtt in ((1, 0.3), (2, 0.1), (3, 0.2))
        )
        case = tell(OPENING + story)
        assert [case.seconds(f"rtt_{name}_ns") for name in ("min", "median", "max")] == [0.1, 0.2, 0.3]

    def test_ambiguous_ones_are_left_out(self) -> None:
        """Karn's rule: which of two probes an answer is for, nobody knows."""
        case = tell(OPENING + "60 c>s A 100:201\n75 c>s A 100:201\n75.1 s>c A 201:101")
        assert case.seconds("rtt_median_ns") is None


class TestLastSignOfLife:
    @pytest.mark.parametrize(
        ("story", "at"),
        [
            ("60 c>s A 100:201\n75 c>s A 100:201\n90 c>s RA 101:201", 0.03),
            ("60 c>s A 100:201\n60.1 s>c A 201:101\n120 c>s A 100:201", 60.1),
            ("1 c>s PA 101+9:201\n2 c>s PA 101+9:201\n4 c>s PA 101+9:201\n8 c>s PA 101+9:201", 0.03),
            ("60 c>s A 100:201\n60.02 s>c A 201:101\n60.025 copy 8\n120 c>s A 100:201", 60.02),
        ],
        ids=["dead", "probing", "stalled", "copies"],
    )
    def test_is_when_the_peer_in_question_was_last_heard(self, story: str, at: float) -> None:
        assert tell(OPENING + story).last_sign_of_life_s == pytest.approx(at)

    @pytest.mark.parametrize("ttl", [64, 60], ids=["rebooted", "middlebox"])
    def test_rst_of_who_knows_no_connection_is_none(self, ttl: int) -> None:
        case = tell(OPENING + answered(60) + f"120 c>s A 100:201\n120.1 s>c R 201 win=0 ttl={ttl}")
        assert case.last_sign_of_life_s == pytest.approx(60.02)

    def test_is_missing_of_a_peer_that_was_never_seen(self) -> None:
        case = tell("0 c>s A 100:201 ts=0/7\n15 c>s A 100:201 ts=15/7\n30 c>s RA 101:201 ts=30/7")
        assert case.last_sign_of_life_s is None

    def test_of_the_living_is_their_latest_segment(self) -> None:
        assert tell(OPENING + answered(60), end=70).last_sign_of_life_s == pytest.approx(60.02)
