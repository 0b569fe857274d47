"""Other timers for small stories, each computed by hand."""

from __future__ import annotations

import pytest

from analyzer import kinds
from analyzer.diagnose.plan.replay import Timers
from tests.diagnose.support import SECOND

from .support import at, exchange, lasting, opening, ready, timers

CLOSED = "400 c>s FA 102:201\n400.1 s>c FA 201:103\n400.2 c>s A 103:202\n"
ANSWERED = "60.04 c>s A 100:201\n60.05 s>c A 201:101\n"
DEAD = "120.05 c>s A 100:201\n130.05 c>s A 100:201\n140.05 c>s RA 101:201\n"


class TestCost:
    def test_two_segments_for_each_probe_of_an_idle_period(self) -> None:
        """Idle from 0.04 to 100 s and from 100.01 to 400 s: at 60 s probes 1 and 4, at 90 s 1 and 3."""
        replay = ready(opening() + exchange(100, 0) + CLOSED)
        assert replay.segments(timers(60, 10, 6)).tolist() == [2 * (1 + 4)]
        assert replay.segments(timers(90, 10, 6)).tolist() == [2 * (1 + 3)]
        assert replay.segments(timers(300, 10, 6)).tolist() == [0]

    def test_idle_when_the_capture_ends(self) -> None:
        assert ready(opening(), end=181).segments(timers(60, 10, 6)).tolist() == [2 * 3]
        assert ready(opening() + "9 c>s R 101", end=181).segments(timers(2, 1, 2)).tolist() == [2 * 4]

    def test_timer_that_data_reaches_first(self) -> None:
        """The first idle period is 99.96 s long: data and timer at the same moment send no probe."""
        exact = Timers(99_960_000_000, SECOND, 2)
        assert ready(opening() + exchange(100, 0)).segments(exact).tolist() == [0]

    def test_dead_peer(self) -> None:
        """Last activity at 0.04 s, last answer at 60.05 s: with 20 s three answered probes, then two
        unanswered at 80.04 and 85.04, and the RST at 90.04 s."""
        replay = ready(opening() + ANSWERED + DEAD)
        assert replay.segments(timers(20, 5, 2)).tolist() == [2 * 3 + 2 + 1]
        assert replay.segments(timers(20, 30, 3)).tolist() == [
            2 * 3 + 3
        ]  # at 80, 110, 140; the end comes first
        assert replay.seen().tolist() == [5]  # 3 probes, 1 answer, the RST

    def test_both_sides_probe(self) -> None:
        both = ANSWERED + "61 s>c A 200:101\n61.01 c>s A 101:201\n"
        assert ready(opening() + both, end=181).segments(timers(60, 10, 6)).tolist() == [2 * 2 * 3]

    def test_what_never_was_a_connection_costs_nothing(self) -> None:
        refused = "0 c>s S 0\n0.1 s>c RA 0:1\n"
        assert ready(refused, end=999).segments(timers(1, 1, 2)).tolist() == [0]


class TestDetection:
    def test_dead_peer_found_by_a_rst(self) -> None:
        [row] = ready(opening() + ANSWERED + DEAD).planned(timers(30, 5, 3))
        assert at(row.last_heard_ns) == 60.05
        assert at(row.found_ns) == 140.05
        assert at(row.planned_ns) == 60.05 + 30 + 15

    def test_dead_peer_that_nobody_found_yet(self) -> None:
        [row] = ready(opening() + "60 c>s A 100:201\n70 c>s A 100:201\n").planned(timers(30, 5, 3))
        assert (at(row.found_ns), at(row.planned_ns)) == (None, 0.03 + 45)

    def test_rebooted_peer_is_found_by_the_first_probe_after_it_is_back(self) -> None:
        replay = ready(opening() + "100 c>s A 100:201\n100.01 s>c R 201\n")
        for time_s, found_s in ((30, 120.04), (60, 120.04), (99, 198.04), (200, 200.04)):
            [row] = replay.planned(timers(time_s, 5, 3))
            assert at(row.planned_ns) == found_s
            assert at(row.found_ns) == 100.01

    def test_outstanding_data_is_not_for_keepalive_to_find(self) -> None:
        stalled = "".join(f"{when} c>s PA 101+9:201\n" for when in (10, 10.3, 11, 13, 17, 25))
        [row] = ready(opening() + stalled, end=60).planned(timers(5, 1, 2))
        assert (row.last_heard_ns, row.planned_ns) == (kinds.MISSING, kinds.MISSING)

    def test_closed_window_is_not_for_keepalive_to_find(self) -> None:
        closed = "1 s>c A 201:101 win=0\n" + "".join(f"{when} c>s A 100:201\n" for when in (2, 4, 8))
        [row] = ready(opening() + closed, end=60).planned(timers(5, 1, 2))
        assert row.planned_ns == kinds.MISSING


class TestSpared:
    STORY = (
        opening()
        + exchange(100, 0)
        + "400 c>s PA 102+9:201\n400.3 c>s PA 102+9:201\n401 c>s PA 102+9:201\n403 c>s PA 102+9:201\n"
        + opening("d", 410)
    )

    @pytest.mark.parametrize(
        ("time_s", "spared"),
        [
            (60, kinds.SPARED),
            (85, kinds.SPARED),  # 12.7 % late it is 96 s, still below 99.96
            (95, kinds.PERHAPS_SPARED),
            (299, kinds.PERHAPS_SPARED),
            (300, kinds.NOT_SPARED),
        ],
    )
    def test_by_what_the_path_survived(self, time_s: int, spared: int) -> None:
        [row, other] = ready(self.STORY, end=500).planned(timers(time_s, 5, 3))
        assert (row.spared, other.spared) == (spared, 255)
        assert lasting(row.lost_after_ns) == 299.99

    @pytest.mark.parametrize(
        ("timeout_s", "time_s", "spared"),
        [
            (200, 150, kinds.SPARED),
            (200, 190, kinds.PERHAPS_SPARED),
            (200, 200, kinds.NOT_SPARED),
            (299.99, 400, kinds.NOT_SPARED),
            (300, 60, 255),
        ],
    )
    def test_by_a_known_timeout(self, timeout_s: float, time_s: int, spared: int) -> None:
        replay = ready(self.STORY, end=500, timeout_s=timeout_s)
        assert replay.planned(timers(time_s, 5, 3)).spared[0] == spared


class TestOutages:
    STORY = (
        opening()
        + ANSWERED
        + "120 c>s A 100:201\n125 c>s A 100:201\n130 c>s A 100:201\n130.01 s>c A 201:101\n"
    )

    def test_from_the_first_unanswered_probe_to_the_answer(self) -> None:
        replay = ready(self.STORY)
        assert replay.outages.tolist() == [round(10.01 * SECOND)]
        assert replay.planned(timers(60, 5, 2)).given_up.tolist() == [1]
        assert replay.planned(timers(60, 4, 3)).given_up.tolist() == [0]

    def test_round_trip_is_no_outage(self) -> None:
        assert ready(opening() + ANSWERED).outages.tolist() == [0]
        assert ready(opening() + ANSWERED + DEAD).outages.tolist() == [0]


def test_only_the_chosen_flows() -> None:
    replay = ready(opening() + opening("d", 1), end=100)
    assert len(replay.planned(timers(5, 1, 2))) == 2
    replay = type(replay)(replay.result, replay.rules, replay.chosen[1:])
    assert replay.planned(timers(5, 1, 2)).flow.tolist() == [1]
