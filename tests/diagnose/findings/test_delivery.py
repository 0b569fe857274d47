"""Closed windows, data that never arrives, and segments that only look like keep-alives."""

from __future__ import annotations

import pytest

from analyzer import found
from analyzer.wording import moment
from tests.diagnose.support import OPENING, SECOND, diagnose, tell
from tests.helpers.timeline import START_NS, timeline

CLOSED = """
    1.000  c>s  PA  101+900:201
    1.010  s>c  A   201:1001   win=0
    1.210  c>s  A   1000:201                = zero_window_probe
    1.220  s>c  A   201:1001   win=0        = zero_window_reply 9
    1.620  c>s  A   1000:201                = zero_window_probe
    1.630  s>c  A   201:1001   win=0        = zero_window_reply 11
    2.420  c>s  A   1000:201                = zero_window_probe
    2.430  s>c  A   201:1001   win=0        = zero_window_reply 13
"""
"""Frames 7 to 14: the server does not read."""


class TestWindow:
    def test_closed_and_opened_again(self) -> None:
        case = tell(OPENING + CLOSED + "4.01 s>c A 201:1001")
        assert case.found == ["zero_window_stall", "mistaken_keepalives"]
        finding = case.findings[0]
        assert (finding.frames, finding.confidence) == ((8, 9, 11, 13, 15), found.CERTAIN)
        assert finding.summary == (
            f"the server closed its window at {moment(START_NS + SECOND + 10_000_000)} (frame 8) and opened "
            "it 3.000 s later (frame 15); the client sent 3 window probes (frames 9, 11, 13): the "
            "application at 10.0.0.2:443 did not read, but its kernel was there; a closed window is no dead "
            "peer"
        )
        assert "ss -tinp 'sport = :443 and dport = :40000'" in finding.advice
        assert (finding.start_ns, finding.end_ns) == (
            START_NS + SECOND + 10_000_000,
            START_NS + 4 * SECOND + 10_000_000,
        )

    def test_never_opened_counts_until_its_owner_was_last_heard(self) -> None:
        case = tell(OPENING + CLOSED + "4 c>s A 1000:201\n7 c>s A 1000:201", end=30)
        assert case.found == ["peer_dead", "zero_window_stall", "mistaken_keepalives"]
        assert (
            "and had not opened it when it was last heard, 1.420 s later; the client sent 5 window probes"
            in (case.findings[1].summary)
        )

    def test_several_are_told_by_the_longest(self) -> None:
        again = "4.01 s>c A 201:1001\n5 s>c A 201:1001 win=0\n6.5 s>c A 201:1001"
        finding = tell(OPENING + CLOSED + again).findings[0]
        assert finding.summary.startswith("2 times; the longest: the server closed its window at ")
        assert (finding.frames, finding.end_ns) == ((8, 9, 11, 13, 17), START_NS + 6_500_000_000)

    @pytest.mark.parametrize(
        "story",
        [
            pytest.param("1 s>c A 201:101 win=0\n1.9 s>c A 201:101", id="shorter than a second"),
            pytest.param("1 s>c A 201:101 win=0\n9 c>s A 101:201", id="its owner was not heard again"),
            pytest.param(
                "1 c>s FA 101:201\n1.1 s>c A 201:102 win=0\n5 s>c A 201:102 win=0", id="all was said"
            ),
            pytest.param("1 s>c A 201:101 win=0\n5 s>c R 201 win=0", id="heard only by a RST"),
            pytest.param("2 c>s A 101:201 win=9\n3 s>c A 201:101 win=9", id="never closed"),
        ],
    )
    def test_what_is_no_stall(self, story: str) -> None:
        assert "zero_window_stall" not in tell(OPENING + story).found

    def test_flows_are_not_mixed(self) -> None:
        """One closes its window, and another one's opens."""
        other = {"x": ("10.0.0.3", 50000), "s": ("10.0.0.2", 443)}
        story = OPENING + "1 s>c A 201:101 win=0\n1 x>s A 5:5\n1.1 s>x A 5:5 win=9\n9 s>x A 5:5 win=99"
        assert diagnose(timeline(story, endpoints=other).records).found == []


class TestData:
    LOST = """
        1.000  c>s  PA  101+90:201
        1.200  c>s  PA  101+90:201   = retransmission
        1.600  c>s  PA  101+90:201   = retransmission
        2.400  c>s  PA  101+90:201   = retransmission
    """

    AT_ONCE = "".join(f"{at} c>s PA 101+90:201\n" for at in (0.1, 0.3, 0.7, 1.5))
    """Follows what was said before: no message begins with it."""

    def test_sent_again_and_again(self) -> None:
        case = tell(OPENING + self.LOST)
        assert (case.verdict, case.found) == ("stalled", ["data_unacknowledged"])
        [finding] = case.findings
        assert (finding.frames, finding.confidence) == ((7, 10), found.CERTAIN)
        assert finding.summary == (
            f"90 bytes of the client not acknowledged since {moment(START_NS + SECOND)}, sent again 3 times "
            "over 1.400 s (frames 7, 10) without an answer: keep-alive cannot help, for it does not run "
            "while data is outstanding; that needs TCP_USER_TIMEOUT"
        )
        assert "setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &(unsigned){30000}, sizeof(unsigned))" in (
            finding.advice
        )
        assert "sysctl net.ipv4.tcp_retries2" in finding.advice

    def test_a_reset_is_named_as_the_only_answer(self) -> None:
        case = tell(OPENING + self.AT_ONCE + "1.6 s>c R 201")
        assert case.found == ["half_open", "data_unacknowledged"]
        finding = case.findings[1]
        assert finding.frames == (11,)
        assert "over 1.400 s without an answer but the RST of the server (frame 11): keep-alive" in (
            finding.summary
        )

    def test_its_last_frame_stands_for_a_connection_that_goes_on_without_acknowledging(self) -> None:
        [finding] = tell(OPENING + self.AT_ONCE + "1.6 s>c P 201+10").findings
        assert (finding.name, finding.frames) == (found.DATA_UNACKNOWLEDGED, (11,))

    def test_once_after_five_seconds(self) -> None:
        assert tell(OPENING + "1 c>s PA 101+90:201\n6 c>s PA 101+90:201").found == ["data_unacknowledged"]
        assert tell(OPENING + "1 c>s PA 101+90:201\n5.9 c>s PA 101+90:201").found == []

    def test_only_what_is_left_counts(self) -> None:
        story = (
            "1 c>s PA 101+90:201\n1.1 s>c A 201:161\n1.3 c>s PA 161+30:201\n1.7 c>s PA 161+30:201"
            "\n2.5 c>s PA 161+30:201\n"
        )
        assert tell(OPENING + story).findings[0].summary.startswith("30 bytes of the client")
        assert tell(OPENING + story + "3 s>c A 201:191").found == []

    @pytest.mark.parametrize(
        "story",
        [
            pytest.param("\n".join(f"{at} c>s FA 101:201" for at in (1, 2, 4, 8)), id="a FIN is no data"),
            pytest.param("1 c>s PA 101+90:201\n30 s>c PA 201+9:101", id="never sent again"),
        ],
    )
    def test_what_was_not_sent_in_vain(self, story: str) -> None:
        assert "data_unacknowledged" not in tell(OPENING + story).found

    def test_one_direction_proves_nothing(self) -> None:
        assert "data_unacknowledged" not in tell(self.LOST).found


class TestMistaken:
    def test_each_kind_with_its_reason_beside_real_ones(self) -> None:
        case = tell(
            OPENING
            + CLOSED
            + """
            4.010  s>c  A   201:1001
            5.000  c>s  PA  1001+1:201
            5.210  c>s  PA  1001+1:201            = retransmission
            5.220  s>c  A   201:1002
            60.00  c>s  A   1001:201              = keepalive_probe
            60.01  s>c  A   201:1002              = keepalive_reply 19
            61.00  c>s  FA  1002:201
            61.01  c>s  A   1002:201              = old_ack
            61.02  s>c  FA  201:1003
            """
        )
        assert case.found == ["zero_window_stall", "mistaken_keepalives"]
        finding = case.findings[1]
        assert finding.summary == (
            "5 of 6 segments of the shape that Wireshark flags as keep-alive (at most one byte, at the next "
            "sequence number - 1) are none: 3 window probes (frames 9, 11, 13; the peer's window was "
            "closed); "
            "1 byte of data sent again (frame 17; data bears PSH, or was not acknowledged yet); "
            "1 old ACK (frame 22; data or a FIN was under way)"
        )
        assert (finding.frames, finding.confidence) == ((9, 11, 13, 17, 22), found.CERTAIN)
        assert "tcp.analysis.keep_alive" in finding.advice

    def test_copies_do_not_count(self) -> None:
        story = "1 c>s PA 101+1:201\n1.2 c>s PA 101+1:201\n1.201 copy 8\n1.3 s>c A 201:102"
        finding = tell(OPENING + story).findings[0]
        assert finding.summary.startswith("1 segment of the shape")
        assert finding.frames == (8,)

    def test_keep_alives_are_none(self) -> None:
        assert tell(OPENING + "60 c>s A 100:201\n60.1 s>c A 201:101\n120 c>s A 100+1:201").found == []

    def test_a_window_probe_with_an_octet_at_the_next_number_has_another_shape(self) -> None:
        story = "1 s>c A 201:101 win=0\n1.5 c>s A 101+1:201 = zero_window_probe\n1.51 s>c A 201:101 win=0"
        assert tell(OPENING + story).found == []
