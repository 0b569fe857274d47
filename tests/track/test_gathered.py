"""What is gathered for diagnosis: marked rows, messages, silences, probers, rows beside TCP."""

from __future__ import annotations

from typing import Any

import pytest

from analyzer import kinds
from analyzer.records import SEGMENT, rows
from analyzer.rules import Rules
from analyzer.track import Tracker
from tests.helpers.columns import segment_rows

from .support import OPENING, table, tell


def marked(story: str, bit: int) -> list[int]:
    """The frames whose rows bear a mark, of a tracker that keeps only what it needs."""
    told = tell(OPENING + story)
    tracker = Tracker(Rules(), most_flows=10)
    tracker.track(segment_rows(told.scenario.records))
    tracker.finish()
    kept = table(tracker)
    assert bool(tracker.flows[0].event_marks & bit) == bool((kept.marks & bit).any())
    return [int(row.frame) for row in kept if row.marks & bit]


def talk(story: str) -> Any:
    """The TALK row of the only flow; the client is side 0."""
    (row,) = tell(OPENING + story).tracker.talks
    return row


class TestLikeKeepAlives:
    def test_lost_octet_late_acknowledgment_and_window_probe(self) -> None:
        story = """
            1    c>s  PA  1+1:1            = data
            1.3  c>s  PA  1+1:1            = retransmission
            1.4  c>s  A   1:1              = old_ack
            2    s>c  A   1:2  win=0       = zero_window
            7    c>s  A   1:1              = zero_window_probe
            7.1  s>c  A   1:2  win=0       = zero_window_reply 8
            8    s>c  A   1:2  win=900     = window_update
            60   c>s  A   1:1              = keepalive_probe
        """
        assert marked(story, kinds.EVENT_PROBE_SHAPE) == [5, 6, 8]

    def test_copies_do_not_count(self) -> None:
        story = "1 c>s PA 1+1:1\n1.3 c>s PA 1+1:1 = retransmission\n1.301 copy 5 = duplicate"
        assert marked(story, kinds.EVENT_PROBE_SHAPE) == [5]

    def test_longer_retransmissions_and_a_fin_do_not_look_so(self) -> None:
        story = (
            "1 c>s PA 1+2:1\n1.3 c>s PA 1+2:1 = retransmission\n1.4 c>s PA 1+1:1\n2 c>s FA 3:1\n3 c>s FA 3:1"
        )
        assert marked(story, kinds.EVENT_PROBE_SHAPE) == []


class TestWindows:
    STORY = """
        1    s>c  A   1:1   win=0     = zero_window
        1.1  s>c  A   1:1   win=0
        3    s>c  PA  1+5:1 win=0
        4    s>c  R   6     win=500
        5    s>c  A   6:1   win=500
        6    s>c  PA  6+5:1 win=0     = data
    """

    def test_rows_tell_when_it_closes_and_reopens(self) -> None:
        assert marked(self.STORY, kinds.EVENT_CLOSES) == [4, 9]
        assert marked(self.STORY, kinds.EVENT_REOPENS) == [8]


class TestMessages:
    def test_requests_that_nobody_replies_to(self) -> None:
        row = talk("""
            0.1   c>s  PA  1+9:1
            0.2   s>c  PA  1+9:10
            5     c>s  PA  10+9:10
            6.5   s>c  PA  10+9:19
            20    c>s  PA  19+9:19
            20.1  s>c  A   19:28
            30    c>s  PA  28+9:19
            30.3  c>s  PA  28+9:19         = retransmission
            40    c>s  PA  37+9:19
        """)
        client = row.side[0]
        assert (client.longest_reply_s, client.unreplied) == (pytest.approx(1.5), 3)
        assert (client.request_frame, client.message_frame) == (8, 12)

    def test_a_connection_s_first_words_are_a_message_if_they_come_late(self) -> None:
        row = talk("9 c>s PA 1+8:1\n9.1 s>c A 1:9\n11 c>s PA 9+8:1")
        assert (row.side[0].unreplied, row.side[0].request_frame, row.side[0].beats) == (2, 4, 2)
        assert row.survived_s == pytest.approx(8.989)

    def test_a_short_connection_has_no_row(self) -> None:
        story = "0.1 c>s PA 1+9:1\n0.3 s>c PA 1+900:10\n0.5 c>s PA 10+9:901\n0.9 s>c PA 901+900:19"
        assert len(tell(OPENING + story).tracker.talks) == 0

    def test_silence_that_was_survived_and_one_that_was_not(self) -> None:
        row = talk("""
            1     c>s  PA  1+9:1
            1.1   s>c  A   1:10
            31    c>s  PA  10+9:1
            31.1  s>c  A   1:19
            60    c>s  PA  19+9:1
            60.1  s>c  A   1:28
            180   c>s  PA  28+9:1
            180.5 c>s  PA  28+9:1         = retransmission
            181   s>c  R   1
        """)
        assert (row.survived_s, row.survived_frame) == (pytest.approx(29.9), 6)
        assert (row.tried_s, row.tried_frame) == (pytest.approx(119.9), 10)


def beats(*lengths: int, period: float = 2.0) -> str:
    """A small request of the client first, then messages of these lengths, each replied to at once."""
    lines, place = ["0.1 c>s PA 1+9:1", "0.2 s>c PA 1+1:10"], 10
    for count, length in enumerate(lengths, start=1):
        lines.append(f"{0.2 + count * period:.3f} c>s PA {place}+{length}:{count + 1}")
        place += length
        lines.append(f"{0.22 + count * period:.3f} s>c PA {count + 1}+1:{place}")
    return "\n".join(lines)


class TestHeartbeats:
    def test_the_fourth_and_those_that_follow_have_rows(self) -> None:
        assert marked(beats(8, 8, 8, 8, 8), kinds.EVENT_BEAT) == [12, 14]

    def test_state_of_the_latest_ones(self) -> None:
        client = talk(beats(8, 8, 8, 8)).side[0]
        assert (client.beats, client.first_beat_frame, client.message_frame) == (4, 6, 12)
        assert (client.gap_min_ms, client.gap_max_ms) == (2000, 2000)

    def test_replies_are_no_heartbeats(self) -> None:
        assert talk(beats(8, 8, 8, 8)).side[1].beats == 0

    def test_a_large_message_ends_them(self) -> None:
        assert marked(beats(8, 8, 8, 129, 8, 8, 8), kinds.EVENT_BEAT) == []
        assert marked(beats(8, 8, 8, 128, 8, 8, 8), kinds.EVENT_BEAT) == [12, 14, 16, 18]

    def test_a_message_that_grows_ends_them(self) -> None:
        grown = beats(8, 8, 8, 8) + "\n8.23 c>s PA 42+200:6\n10.3 c>s PA 242+8:6"
        assert talk(grown).side[0].beats == 1

    @pytest.mark.parametrize(("pause", "frames"), [(2.39, [8, 9]), (2.4, [8])])
    def test_pauses_differ_by_less_than_a_fifth(self, pause: float, frames: list[int]) -> None:
        """Payload at once after the handshake is no message: a connection's first request is no beat."""
        times = (0.1, 2.1, 4.1, 6.1, 8.1, 8.1 + pause)
        story = "\n".join(f"{at:.3f} c>s PA {1 + 8 * n}+8:1" for n, at in enumerate(times))
        assert marked(story, kinds.EVENT_BEAT) == frames


class TestProber:
    STORY = """
        0     c>s  A  99:1   ts=50000/7
        0.1   s>c  A  1:100  ts=900/20000  = keepalive_reply 1
        60    c>s  A  99:1   ts=110000/7   = keepalive_probe
        60.1  s>c  A  1:100  ts=60900/20000
    """

    def prober(self, story: str) -> Any:
        told = tell(story)
        return told.tracker.probings[told.flow.probing - 1].prober[0]

    def test_idle_before_the_capture_shows_in_the_echo(self) -> None:
        told = tell(self.STORY)
        prober = told.tracker.probings[0].prober[0]
        assert prober.echo_time == told.scenario.records[0].time_ns
        assert (prober.echo_tsval - prober.echo_tsecr) / prober.clock_hz == pytest.approx(30)

    def test_form(self) -> None:
        expected = kinds.FORM_EMPTY | kinds.FORM_TIMED | kinds.FORM_FRAGMENTS
        assert self.prober(self.STORY).form == expected
        octet = OPENING + "1 c>s PA 1+9:1\n1.1 s>c A 1:10\n60 c>s A 9+1:1 ttl=255 = keepalive_probe"
        prober = self.prober(octet)
        assert prober.form == kinds.FORM_OCTET | kinds.FORM_UNTIMED | kinds.FORM_FRAGMENTS
        assert (prober.ttl, prober.echo_time) == (255, kinds.MISSING)

    def test_what_never_proved_to_be_a_probe_shows_no_form(self) -> None:
        told = tell("0 c>s A 99:1\n1 s>c PA 1+5:99\n2 c>s A 99:6")
        assert all(row.prober[0].form == 0 for row in told.tracker.probings)


def beside(status: int, **fields: int) -> Any:
    """The row of a frame that is no TCP segment."""
    segments = rows(1, SEGMENT)
    segments.frame, segments.status = 1, status
    for name, value in fields.items():
        segments[name] = value
    tracker = Tracker(Rules(), most_flows=10)
    tracker.track(segments)
    assert len(tracker.events(only_events=True)) == (status == kinds.ICMP_ERROR)
    (row,) = table(tracker)
    return row


class TestBesideTcp:
    @pytest.mark.parametrize(
        ("status", "kind"),
        [(kinds.ARP_REQUEST, kinds.ARP_ASK), (kinds.ARP_REPLY, kinds.ARP_TELL)],
    )
    def test_arp_is_kept_with_both_addresses(self, status: int, kind: int) -> None:
        mapped = 0xFFFF_0000_0000
        row = beside(status, source_low=mapped | 0xC0A80001, destination_low=mapped | 0xFFFFFFFE)
        assert (row.kind, row.seq, row.ack, row.flow) == (kind, 0xC0A80001, 0xFFFFFFFE, kinds.NO_FLOW)
        assert (row.rtt_ns, row.answers, row.marks) == (0, mapped | 0xC0A80001, 0)

    def test_icmp_error_tells_type_and_code(self) -> None:
        row = beside(kinds.ICMP_ERROR, icmp_type=3, icmp_code=13, ttl=61, control=kinds.FLAG_ACK, seq=7)
        assert (row.kind, row.ttl, row.control, row.seq) == (kinds.ICMP, 3, 13, 7)
