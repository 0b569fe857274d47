"""When a prober's RST is giving up although the capture has answers (design 4.2), and when it is not."""

from __future__ import annotations

import pytest

from .support import OPENING, tell


def probed(times: tuple[float, ...], echoes: tuple[int, ...], clock: int = 1000) -> str:
    """Probes of the client and what they echo, each answered after 20 ms by a server whose clock ticks."""
    lines = []
    for at, echo in zip(times, echoes, strict=True):
        lines.append(f"{at} c>s A 0:1 ts={int(at * 1000)}/{echo} = keepalive_probe")
        lines.append(f"{at + 0.02} s>c A 1:1 ts={int(at * clock)}/1")
    return OPENING + "\n".join(lines) + "\n"


class TestTimestamps:
    """The prober echoes the TSval of the last answer that reached it (RFC 7323 4.3)."""

    def test_one_that_stays_the_same_shows_that_no_answer_arrived(self) -> None:
        tell(probed((60, 70, 80), (7, 7, 7)) + "90 c>s RA 1:1 ts=90000/7 = keepalive_timeout")

    def test_application_that_aborts_an_interval_after_an_answered_probe(self) -> None:
        tell(probed((60, 120, 180), (7, 60000, 120000)) + "240 c>s RA 1:1 ts=240000/180000 = reset")

    def test_nor_did_it_give_up_where_only_the_last_answer_was_lost(self) -> None:
        """What lies between the probes is the keepalive time then, and the interval is not known."""
        tell(probed((60, 120, 180), (7, 60000, 120000)) + "240 c>s RA 1:1 ts=240000/120000 = reset")

    def test_answers_that_arrived_before_do_not_matter(self) -> None:
        before = (60, 120, 180, 195, 210), (7, 60000, 120000, 120000, 120000)
        tell(probed(*before) + "225 c>s RA 1:1 ts=225000/120000 = keepalive_timeout")

    def test_rst_without_timestamps_leaves_the_echo_of_the_probes(self) -> None:
        tell(probed((60, 70, 80), (7, 7, 7)) + "90 c>s RA 1:1 = keepalive_timeout")
        tell(probed((60, 120, 180), (7, 60000, 120000)) + "240 c>s RA 1:1 = reset")

    def test_clock_that_stands_still_proves_nothing(self) -> None:
        tell(probed((60, 120), (0, 0), clock=0) + "180 c>s RA 1:1 ts=180000/0 = reset")

    def test_wrapped_clock(self) -> None:
        story = """
            60     c>s  A   0:1  ts=1/4294967000        = keepalive_probe
            60.02  s>c  A   1:1  ts=4294967290/1
            70     c>s  A   0:1  ts=2/4294967000        = keepalive_probe
            70.02  s>c  A   1:1  ts=9994/1
            80     c>s  RA  1:1  ts=3/4294967000        = keepalive_timeout
        """
        tell(OPENING + story)

    def test_segment_that_arrived_behind_an_unanswered_probe(self) -> None:
        """The capture missed the answer; the echo of the RST shows it."""
        waiting = "60 c>s A 0:1 ts=60000/7 = keepalive_probe\n75 c>s A 0:1 ts=75000/7 = keepalive_probe\n"
        tell(OPENING + waiting + "90 c>s RA 1:1 ts=90000/75020 = reset")
        tell(OPENING + waiting + "90 c>s RA 1:1 ts=90000/7 = keepalive_timeout")


class TestOneDirection:
    """Where the peer was never captured, its silence proves nothing, unless the prober's echo says so."""

    @pytest.mark.parametrize(
        ("echoes", "label"), [((7, 7, 7), "keepalive_timeout"), ((7, 7, 8), "reset"), ((6, 7, 7), "reset")]
    )
    @pytest.mark.parametrize("opening", ["0 c>s PA 0+1:0 ts=0/7\n", ""], ids=["", "begins while idle"])
    def test_with_timestamps(self, opening: str, echoes: tuple[int, int, int], label: str) -> None:
        lines = [f"{at} c>s A 0:0 ts={at}/{echo}" for at, echo in zip((60, 75), echoes, strict=False)]
        tell(opening + "\n".join(lines) + f"\n90 c>s RA 1:0 ts=90/{echoes[-1]} = {label}")

    def test_without(self) -> None:
        told = tell("0 c>s PA 0+1:0\n60 c>s A 0:0\n75 c>s A 0:0\n90 c>s RA 1:0 = reset")
        assert told.verdicts == ["reset"]

    def test_another_distance_than_the_interval(self) -> None:
        probes = "0 c>s PA 0+1:0 ts=0/7\n60 c>s A 0:0 ts=60/7\n75 c>s A 0:0 ts=75/7\n"
        tell(probes + "76 c>s RA 1:0 ts=76/7 = reset")


class TestWithoutTimestamps:
    """Only a spacing clearly shorter than the keepalive time shows that answers did not arrive."""

    @staticmethod
    def story(*times: float) -> str:
        lines = [f"{at} c>s A 0:1 = keepalive_probe\n{at + 0.02} s>c A 1:1" for at in times]
        return OPENING + "\n".join(lines) + "\n"

    def test_interval(self) -> None:
        tell(self.story(60, 75, 90) + "105 c>s RA 1:1 = keepalive_timeout")

    @pytest.mark.parametrize("spacing", [60, 54])
    def test_keepalive_time(self, spacing: int) -> None:
        """Within what a timer may be late, an application's abort looks the same."""
        abort = f"{60 + 3 * spacing} c>s RA 1:1 = reset"
        tell(self.story(60, 60 + spacing, 60 + 2 * spacing) + abort)

    def test_begins_while_idle(self) -> None:
        """Nobody knows whether that was the interval or the keepalive time."""
        answered = "0 c>s A 0:1\n0.1 s>c A 1:1\n60 c>s A 0:1\n60.1 s>c A 1:1\n"
        tell(answered + "120 c>s RA 1:1 = reset")

    def test_keepalive_time_is_the_shortest_silence_before_a_run(self) -> None:
        """A longer one may have hidden probes that the capture lost."""
        data = "600 s>c PA 1+9:1\n600.1 c>s A 1:10\n"
        probes = "660 c>s A 0:10\n660.1 s>c A 10:1\n720 c>s A 0:10\n720.1 s>c A 10:1\n"
        tell(self.story(180) + data + probes + "780 c>s RA 1:10 = reset")
