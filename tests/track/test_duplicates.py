"""Copies of a frame (design 4): what is one, and that it changes nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from analyzer.rules import Rules
from tests.helpers.segment import Record, Segment
from tests.helpers.strategies import conversations

from .support import OPENING, bits, labelled, tell, track

TALK = OPENING + "1 c>s PA 1+100:1 = data\n"  # frame 4


@pytest.mark.parametrize(
    ("at", "kind"),
    [
        ("1.000", "duplicate"),
        ("1.010", "duplicate"),
        ("1.010000001", "retransmission"),
        ("0.990", "duplicate"),
        ("0.989999999", "retransmission"),
    ],
)
def test_window_is_ten_milliseconds_either_way(at: str, kind: str) -> None:
    tell(TALK + f"{at} copy 4 = {kind}")


def test_window_is_a_setting() -> None:
    rules = Rules(dedup_window_ns=250_000_000)
    tell(TALK + "1.25 copy 4 = duplicate\n1.251 copy 4 = retransmission", rules=rules)
    tell(
        TALK + "1 copy 4 ttl=63 = duplicate\n1.000000001 copy 4 = retransmission",
        rules=Rules(dedup_window_ns=0),
    )


@pytest.mark.parametrize("change", ["ttl=63", "mss=1000", "sum=1"])
def test_ttl_options_and_checksum_may_differ(change: str) -> None:
    tell(TALK + f"1.001 copy 4 {change} = duplicate")


@pytest.mark.parametrize("change", ["id=999", "win=999"])
def test_another_ip_id_or_window_is_another_segment(change: str) -> None:
    tell(TALK + f"1.001 copy 4 {change} = retransmission")


@pytest.mark.parametrize("flags", ["A", "PUA", "PEA"])
def test_other_flags_are_another_segment(flags: str) -> None:
    tell(TALK + f"1.001 c>s {flags} 1+100:1 id=3 = retransmission")


class TestWithoutIpId:
    """None, as in IPv6, or 0, as some kernels send it: then the checksums must be equal."""

    def test_same_checksum(self) -> None:
        tell("0 c>s PA 0+9:0 id=0 sum=7\n0.001 c>s PA 0+9:0 id=0 sum=7 = duplicate")

    def test_other_checksum(self) -> None:
        tell("0 c>s PA 0+9:0 id=0 sum=7\n0.001 c>s PA 0+9:0 id=0 sum=8 = retransmission")

    def test_ipv6(self) -> None:
        ends = {"c": ("fe80::1", 40000), "s": ("fe80::2", 443)}
        tell("0 c>s PA 0+9:0 sum=7\n0.001 c>s PA 0+9:0 sum=7 = duplicate", endpoints=ends)
        tell("0 c>s PA 0+9:0 sum=7\n0.001 c>s PA 0+9:0 sum=8 = retransmission", endpoints=ends)


def burst(count: int) -> str:
    """Data segments within two milliseconds."""
    return "\n".join(f"1.00{n:04} c>s A {101 + 10 * n}+10:1" for n in range(1, count + 1))


def test_last_eight_segments_of_the_sender_are_compared() -> None:
    tell(TALK + burst(7) + "\n1.005 copy 4 = duplicate")
    tell(TALK + burst(8) + "\n1.005 copy 4 = retransmission")


def test_segments_of_the_peer_and_of_other_flows_do_not_push_one_out() -> None:
    peer = "\n".join(f"1.00{n:04} s>c A {1 + 10 * n}+10:101" for n in range(20))
    others = "\n".join(f"1.001 d>s A {10 * n}+10:1" for n in range(20))
    tell(TALK + peer + "\n" + others + "\n1.005 copy 4 = duplicate", endpoints={"d": ("10.0.0.3", 40000)})


def test_copies_push_nothing_out() -> None:
    tell(TALK + "1.001 copy 4 = duplicate\n" * 20 + "1.005 copy 4 = duplicate")


@pytest.mark.parametrize(
    ("story", "frame"),
    [
        ("0 c>s S 0 = syn", 1),
        ("0 c>s S 0\n0.1 s>c SA 0:1 = syn_ack", 2),
        (OPENING + "0.5 c>s R 1 win=0 = reset", 4),
        (OPENING + "1 c>s FA 1:1 = fin", 4),
        (OPENING + "60 c>s A 0:1 = keepalive_probe", 4),
        (OPENING + "60 c>s A 0:1\n60.1 s>c A 1:1 = keepalive_reply 4", 5),
        (OPENING + "60 c>s A 0:1\n60.1 s>c R 1 win=0 = keepalive_reset 4", 5),
        (OPENING + "60 c>s A 0:1\n61 c>s RA 1:1 = keepalive_timeout", 5),
        (OPENING + "1 s>c A 1:1 win=0 = zero_window", 4),
        (OPENING + "1 s>c A 1:1 win=0\n2 c>s A 1+1:1 = zero_window_probe", 5),
        ("0 c>s A 99:1\n0.1 s>c A 1:100", 2),
    ],
)
def test_copy_of_whatever_kind_changes_nothing(story: str, frame: int) -> None:
    """Not the flow, not the other frames' labels; only the number of frames, and of duplicates."""
    plain = tell(story)
    at = max(record.time_ns for record in plain.scenario.records) - plain.scenario.records[0].time_ns
    copied = tell(story + f"\n{at / 1e9 + 0.002} copy {frame} ttl=63 = duplicate")
    last = copied.rows[-1]
    assert [row for row in copied.rows if row is not last] == plain.rows
    assert copied.tracker.flows.duplicate_count.tolist() == [1]
    assert copied.tracker.flows.frames.tolist() == [len(copied.rows)]
    assert bits(copied.tracker.probings) == bits(plain.tracker.probings)
    for one, other in zip(copied.tracker.flows, plain.tracker.flows, strict=True):
        for name in ("side", "marks", "verdict", "client", "last_sender", "first_closer"):
            assert one[name].tobytes() == other[name].tobytes()


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(conversations(), st.integers(0, 10_000_000), st.integers(0, 6))
def test_mirrored_capture_says_the_same_as_a_plain_one(
    conversation: list[Record], apart: int, behind: int
) -> None:
    """Every frame twice, as a port mirror has it or `dumpcap -i X -i Y`, which does not sort by time.

    apart: nanoseconds from a frame to its copy. behind: frames of the plain capture between the two.
    """
    plain = track(conversation)
    assume(not plain.flows.previous.any())  # a late copy would fall to the next use of its 4-tuple
    assume(not plain.flows.duplicate_count.any())  # the copy of a copy may come too late
    mirrored: list[Record] = []
    originals: dict[int, int] = {}

    def add(record: Record, later: int) -> None:
        assert isinstance(record, Segment)
        mirrored.append(replace(record, frame=len(mirrored) + 1, time_ns=record.time_ns + later))

    for record in conversation:
        add(record, 0)
        originals[len(mirrored)] = record.frame
        if record.frame > behind:
            add(conversation[record.frame - 1 - behind], apart)
    found = labelled(track(mirrored))
    kept = [row for row in found if row.frame in originals]
    assert {row.kind for row in found if row.frame not in originals} <= {"duplicate"}
    for row, other in zip(labelled(plain), kept, strict=True):
        assert (row.kind, row.flow, row.gap_s, row.rtt_s) == (
            other.kind,
            other.flow,
            other.gap_s,
            other.rtt_s,
        )
        assert row.answers == originals.get(other.answers or 0)
