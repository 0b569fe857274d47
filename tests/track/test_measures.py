"""What tracking measures for diagnosis: bytes, handshakes, pauses, hops."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer import kinds
from analyzer.rules import Rules

from .support import OPENING, tell

few = settings(max_examples=150, deadline=None)
Piece = tuple[int, int]
"""Where a segment's payload begins in the stream, and its length."""


def counted(pieces: Iterable[Piece], start: int = 0) -> int:
    """What tracking counts as the client's bytes, after a handshake."""
    sent = "\n".join(f"{1 + n / 100} c>s PA {1 + at}+{size}:1" for n, (at, size) in enumerate(pieces))
    return int(tell(OPENING + sent, initial={"c": start}).client.bytes)


def distinct(pieces: Iterable[Piece]) -> int:
    """How many different bytes of the stream they carry."""
    return len({place for at, size in pieces for place in range(at, at + size)})


class TestBytes:
    """Payload, each byte once (design 7)."""

    @few
    @given(
        st.lists(st.tuples(st.integers(0, 30), st.integers(1, 40)), max_size=12), st.integers(0, 2**32 - 1)
    )
    def test_repeated_and_repacketized(self, steps: list[Piece], start: int) -> None:
        """Every segment begins on or before the first new byte, as without loss."""
        pieces, end = [], 0
        for back, size in steps:
            pieces.append((max(0, end - back), size))
            end = max(end, max(0, end - back) + size)
        assert counted(pieces, start) == distinct(pieces)

    @few
    @given(st.integers(1, 20), st.integers(1, 20), st.integers(1, 20), st.booleans())
    def test_one_gap_that_fills_later(self, before: int, gap: int, behind: int, twice: bool) -> None:
        pieces = [(0, before), (before + gap, behind), (before, gap)]
        assert counted(pieces + pieces[1:] * twice) == before + gap + behind

    @pytest.mark.xfail(strict=True, reason="of several gaps only the latest is remembered")
    @few
    @given(st.permutations(range(7)))
    def test_any_order(self, order: list[int]) -> None:
        pieces = [(10 * place, 10) for place in order]
        assert counted(pieces) == distinct(pieces)

    def test_bytes_that_the_capture_lost_are_not_counted(self) -> None:
        told = tell(OPENING + "1 c>s PA 1+10:1\n1.1 c>s PA 31+10:1\n1.2 s>c A 1:41\n2 s>c A 1:61")
        assert told.client.bytes == 20

    def test_probes_carry_none(self) -> None:
        told = tell(
            OPENING
            + """
            1     c>s  PA  1+10:1
            1.1   s>c  A   1:11
            60    c>s  A   10+1:1                = keepalive_probe
            60.1  s>c  A   1:11  sack=10-11      = keepalive_reply 6
            """
        )
        assert (told.client.bytes, told.server.bytes) == (10, 0)

    def test_tentative_probes_carry_none_once_they_are_proven(self) -> None:
        proven = tell("0 c>s A 99+1:1\n1 c>s A 99+1:1\n1.1 s>c A 1:100 sack=99-100 = keepalive_reply 2")
        assert proven.client.bytes == 0
        assert tell("0 c>s A 99+1:1\n0.1 s>c A 1:100 = ack").client.bytes == 1

    def test_window_probe_s_byte_counts_once_it_was_taken(self) -> None:
        story = """
            1     c>s  PA  1+10:1
            2     s>c  A   1:11   win=0
            7     c>s  A   11+1:1           = zero_window_probe
            7.1   s>c  A   1:11   win=0     = zero_window_reply 6
        """
        assert tell(OPENING + story).client.bytes == 10
        more = "8 s>c A 1:11 win=900\n8.1 c>s PA 11+20:1 = data"
        assert tell(OPENING + story + more).client.bytes == 30

    def test_syn_and_fin_are_no_bytes(self) -> None:
        told = tell(OPENING + "1 c>s FA 1+10:1\n2 s>c FA 1:12\n2.1 c>s FA 1+10:1 = fin")
        assert (told.client.bytes, told.server.bytes) == (10, 0)

    def test_payload_of_the_syn_counts(self) -> None:
        assert tell("0 c>s S 0+20\n0.1 s>c SA 0:21\n0.2 c>s PA 21+5:1").client.bytes == 25

    def test_more_than_a_sequence_space(self) -> None:
        """Counts are not sequence numbers: five times a gigabyte is five gigabytes."""
        step = 2**30
        story = "\n".join(
            f"{1 + n} c>s PA {1 + n * step}+{step}:1 sum=1\n{1.5 + n} s>c A 1:{1 + (n + 1) * step}"
            for n in range(5)
        )
        told = tell(OPENING + story)
        assert told.client.bytes == 5 * step


class TestHandshake:
    def test_round_trip_is_from_the_syn_to_the_acknowledgment_that_completes_it(self) -> None:
        assert tell(OPENING).flow.handshake_rtt_ns == 11_000_000

    def test_also_with_data_on_it(self) -> None:
        told = tell("0 c>s S 0\n0.05 s>c SA 0:1\n0.09 c>s PA 1+9:1 = handshake_ack\n0.1 c>s A 10:1")
        assert told.flow.handshake_rtt_ns == 90_000_000

    @pytest.mark.parametrize(
        "story",
        [
            "0 c>s S 0\n1 c>s S 0\n1.01 s>c SA 0:1\n1.02 c>s A 1:1",
            "0 c>s S 0\n0.01 s>c SA 0:1\n1 s>c SA 0:1\n1.01 c>s A 1:1",
            "0 s>c SA 0:1\n0.01 c>s A 1:1",
            "0 c>s S 0\n0.1 s>c SA 0:1",
            "0 c>s PA 0+5:0",
        ],
        ids=["syn retried", "syn-ack retried", "syn not captured", "never completed", "mid-connection"],
    )
    def test_is_missing_where_it_would_be_a_guess(self, story: str) -> None:
        assert tell(story).flow.handshake_rtt_ns == kinds.MISSING

    def test_a_copy_of_the_syn_is_no_retry(self) -> None:
        told = tell("0 c>s S 0\n0.001 copy 1 = duplicate\n0.01 s>c SA 0:1\n0.02 c>s A 1:1")
        assert told.flow.handshake_rtt_ns == 20_000_000
        assert told.client.syn_count == 1

    def test_options_of_each_side_are_kept(self) -> None:
        told = tell(OPENING)
        assert (told.client.mss, told.client.window_scale) == (1460, 7)
        assert (told.server.mss, told.server.window_scale) == (1400, 9)
        wanted = kinds.OPTION_MSS | kinds.OPTION_WINDOW_SCALE | kinds.OPTION_SACK_PERMITTED
        assert told.client.options == told.server.options == wanted


class TestPauses:
    def test_longest_pause_that_a_side_survived(self) -> None:
        told = tell(
            OPENING + "5 c>s A 1:1\n70 c>s PA 1+9:1\n70.02 s>c A 1:10\n110 s>c PA 1+9:10\n111 c>s A 10:10\n"
            "500 icmp c>s 1"
        )
        assert told.client.longest_pause_s == pytest.approx(40)
        assert told.server.longest_pause_s == pytest.approx(69.99)

    def test_who_speaks_to_nobody_survived_no_pause(self) -> None:
        told = tell(OPENING + "3600 c>s PA 1+50:1\n3600.2 c>s PA 1+50:1\n9000 c>s PA 1+50:1")
        assert told.client.longest_pause_s == pytest.approx(0.01)  # of the handshake
        assert told.server.longest_pause_s == 0

    def test_copies_end_no_pause(self) -> None:
        rules = Rules(dedup_window_ns=60_000_000_000)
        told = tell(
            OPENING + "1 c>s PA 1+9:1\n50 copy 4 = duplicate\n51 s>c A 1:10\n52 c>s A 10:1", rules=rules
        )
        assert told.client.longest_pause_s == pytest.approx(50)

    def test_a_rst_survives_nothing(self) -> None:
        assert tell(OPENING + "900 s>c R 1 win=0").server.longest_pause_s == 0

    def test_payload_and_unacknowledged_since(self) -> None:
        told = tell(
            OPENING + "1 c>s PA 1+9:1\n2 s>c A 1:10\n3 c>s PA 10+9:1\n4 c>s PA 19+9:1\n5 c>s PA 19+9:1"
        )
        start = told.scenario.records[0].time_ns
        assert told.client.last_payload_time - start == 4_000_000_000
        assert told.client.pending_since - start == 3_000_000_000
        assert told.client.retransmissions == 1

    def test_when_the_fin_was_acknowledged(self) -> None:
        told = tell(OPENING + "1 c>s FA 1:1\n1.5 s>c A 1:2\n9 s>c A 1:2")
        assert told.client.fin_acked_time - told.scenario.records[0].time_ns == 1_500_000_000


class TestNetwork:
    @pytest.mark.parametrize(
        ("ttl", "hops"),
        [(64, 0), (63, 1), (33, 31), (32, 0), (1, 31), (128, 0), (65, 63), (255, 0), (129, 126), (0, 32)],
    )
    def test_hop_distance_is_to_the_next_usual_initial_ttl(self, ttl: int, hops: int) -> None:
        assert tell(f"0 c>s S 0 ttl={ttl}").client.hops == hops + 1

    def test_four_distances_of_a_side_are_kept(self) -> None:
        story = "\n".join(f"{n} c>s A 0:0 ttl={ttl}" for n, ttl in enumerate((64, 60, 64, 128, 50, 40, 30)))
        packed = int(tell(story).client.hops)
        assert [packed >> shift & 0xFF for shift in (24, 16, 8, 0)] == [1, 5, 15, 25]
