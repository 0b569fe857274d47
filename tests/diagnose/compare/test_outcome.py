"""What a comparison comes to: which segments left one vantage point and never reached the other."""

from __future__ import annotations

from pathlib import Path

import pytest

from analyzer import compare
from tests.helpers.timeline import IPV4, timeline
from tests.helpers.vantages import Way, two_views, write_capture

from .stories import OPENING, PROBED, compared, only


def test_probes_that_left_a_and_never_reached_b(tmp_path: Path) -> None:
    found = only(compared(tmp_path, PROBED, not_at_b=(11, 12, 13, 14)))
    assert (found.outcome, found.confidence, found.severity) == ("probes_lost", "certain", "problem")
    assert found.summary == (
        "probes 3 to 5 and the RST of the client (A's frames 11, 12, 13, 14) left A and never reached B: "
        "lost between the two; the first after 60.0 s in which nothing passed, 60.0 s had been survived "
        "(so no idle timeout explains it)"
    )
    assert (found.client_both, found.client_a_only, found.server_both) == (6, 4, 4)
    assert (found.a_frames, found.b_frames) == ([11, 12, 13, 14], [])
    assert found.nearer == "client"


def test_silence_longer_than_any_survived(tmp_path: Path) -> None:
    story = """
        300.126 c>s A 100:201
        300.146 s>c A 201:101
        650.346 c>s A 100:201
        660     c>s A 100:201
    """
    found = only(compared(tmp_path, OPENING + story, not_at_b=(9, 10), ran=(-1, 800)))
    assert "the first after 350.2 s in which nothing passed, 300.0 s had been survived" in found.summary
    assert "idle timeout" not in found.summary
    assert (round(found.first_lost_after_s, 1), round(found.survived_s, 1)) == (350.2, 300.0)


def test_answers_that_left_b_and_never_reached_a(tmp_path: Path) -> None:
    story = PROBED.replace("190.166", "180.186 s>c A 201:101 \n 190.166").replace(
        "200.166", "190.186 s>c A 201:101 \n 200.166"
    )
    found = only(compared(tmp_path, story, not_at_a=(12, 14)))
    assert (found.outcome, found.confidence) == ("answers_lost", "certain")
    assert found.summary.startswith(
        "all probes of the client reached B, but 2 answers of the server (B's frames 12, 14) left B "
        "and never reached A: the way back is broken"
    )
    assert found.b_frames[:2] == [12, 14]


def test_a_reset_that_never_passed_b(tmp_path: Path) -> None:
    story = OPENING + "\n 60.126 c>s A 100:201 \n 60.130 s>c R 201"
    found = only(compared(tmp_path, story, not_at_b=(7, 8)))
    assert (found.outcome, found.confidence) == ("made_between", "certain")
    assert found.summary.startswith(
        "RST in the server's name at A (A's frame 8) never passed B: "
        "something between the two made it; probe 1 of the client (A's frame 7) left A and never reached B"
    )


def test_answers_that_something_between_makes(tmp_path: Path) -> None:
    found = only(compared(tmp_path, PROBED, not_at_b=(7, 8, 9, 10, 11, 12, 13, 14)))
    assert found.outcome == "made_between"
    assert found.summary.startswith(
        "2 keepalive reply in the server's name at A (A's frames 8, 10) never passed B: "
        "something between the two made them"
    )


def test_probes_that_passed_both_and_no_answer_came_by(tmp_path: Path) -> None:
    found = only(compared(tmp_path, PROBED))
    assert (found.outcome, found.severity) == ("unanswered_beyond", "problem")
    assert found.summary == (
        "probes 3 to 5 of the client reached B (B's frames 11, 12, 13), and no answer came by there: "
        "lost beyond B, or the server is silent"
    )


def test_everything_arrived(tmp_path: Path) -> None:
    story = OPENING + "\n 60.126 c>s A 100:201 \n 60.146 s>c A 201:101"
    found = only(compared(tmp_path, story))
    assert (found.outcome, found.severity, found.summary) == (
        "all_arrived",
        "note",
        "all 8 segments passed both",
    )


def test_lost_for_a_while(tmp_path: Path) -> None:
    story = PROBED.replace("210.166  c>s  RA  101:201", "200.186 s>c A 201:101")
    found = only(compared(tmp_path, story, not_at_b=(11, 12)))
    assert found.outcome == "probes_lost"
    assert found.summary.startswith("probes 3 and 4 of the client (A's frames 11, 12) left A")
    assert found.summary.endswith("; then 2 segments came through again")


def test_lost_data_is_no_matter_of_probes(tmp_path: Path) -> None:
    story = OPENING + "\n 1 c>s PA 101+50:201 \n 1.3 c>s PA 101+50:201 \n 1.32 s>c A 201:151"
    found = only(compared(tmp_path, story, not_at_b=(7,)))
    assert (found.outcome, found.severity) == ("segments_lost", "warning")
    assert found.summary == "1 data of the client (A's frame 7) left A and never reached B"


def test_a_capture_that_does_not_say_when_it_ended_proves_little(tmp_path: Path) -> None:
    found = only(compared(tmp_path, PROBED, not_at_b=(11, 12, 13, 14), ran=None))
    assert (found.outcome, found.confidence) == ("probes_lost", "possible")
    assert "B does not say when it was stopped" in found.summary


def test_what_was_sent_after_the_other_capture_is_not_held_against_it(tmp_path: Path) -> None:
    found = only(compared(tmp_path, PROBED, not_at_b=(11, 12, 13, 14), ran=(-1, 150)))
    assert (found.outcome, found.summary) == (
        "all_arrived",
        "all 10 segments passed both; 4 more were sent while only one of the two captured",
    )
    assert found.client_not_covered == 4


def test_a_capture_that_began_later_does_not_lack_what_came_before(tmp_path: Path) -> None:
    found = only(compared(tmp_path, PROBED, not_at_b=(1, 2, 3, 4, 5, 6), ran=(30, 300)))
    assert found.outcome == "unanswered_beyond"
    assert (found.client_not_covered, found.server_not_covered) == (4, 2)


def test_seen_from_the_other_side(tmp_path: Path) -> None:
    """A and B change places: the same loss, told the other way round."""
    at_a, at_b = two_views(timeline(PROBED).segments, Way(), not_at_b=(11, 12, 13, 14))
    found = only(
        compare(
            write_capture(tmp_path / "b.pcapng", at_b, (-1, 300)),
            write_capture(tmp_path / "a.pcapng", at_a, (-1, 300)),
        )
    )
    assert found.nearer == "server"
    assert "(B's frames 11, 12, 13, 14) left B and never reached A" in found.summary


def test_probes_of_both_ends_lost_both_ways(tmp_path: Path) -> None:
    story = (
        OPENING
        + """
        60.126  c>s  A  100:201
        61      s>c  A  200:101
        120.126 c>s  A  100:201
        121     s>c  A  200:101
    """
    )
    found = only(compared(tmp_path, story, not_at_a=(8, 10), not_at_b=(7, 9)))
    assert found.outcome == "probes_lost"
    assert "probes 1 and 2 of the client (A's frames 7, 8) left A and never reached B" in found.summary
    assert "probes 1 and 2 of the server (B's frames 7, 8) left B and never reached A" in found.summary


def test_segments_that_only_the_farther_capture_has_are_no_loss(tmp_path: Path) -> None:
    """A's capture missed the client's data: that casts doubt, and is said."""
    story = OPENING + "\n 1 c>s PA 101+50:201 \n 1.02 s>c A 201:151"
    found = only(compared(tmp_path, story, not_at_a=(7,)))
    assert found.summary.startswith("1 data of the client at B (B's frame 7) not seen at A")
    assert found.confidence == "possible"


@pytest.mark.parametrize("hops", [0, 1])
def test_one_direction_captured_at_both(tmp_path: Path, hops: int) -> None:
    """Only what the client sends: TTLs tell the way; without them, what is missing where does."""
    frames = (2, 5, 8, 10)
    found = only(
        compared(tmp_path, PROBED, Way(hops=hops), not_at_a=frames, not_at_b=(*frames, 11, 12, 13, 14))
    )
    assert found.summary.startswith("probes 3 to 5")
    assert found.nearer == "client"
    assert found.confidence == ("certain" if hops else "likely")


def test_a_reset_without_a_probe_before_it(tmp_path: Path) -> None:
    found = only(compared(tmp_path, OPENING + "\n 30 s>c RA 201:101", not_at_b=(7,)))
    assert found.outcome == "made_between"


def test_ends_are_named_as_each_capture_has_them(tmp_path: Path) -> None:
    way = Way(translated={IPV4["c"]: ("203.0.113.9", 61000)})
    found = only(compared(tmp_path, PROBED, way, not_at_b=(11, 12, 13, 14)))
    assert (found.client, found.b_client, found.b_client_port) == ("10.0.0.1", "203.0.113.9", 61000)
    assert (found.aligned_by, found.outcome) == ("sequence_numbers", "probes_lost")
