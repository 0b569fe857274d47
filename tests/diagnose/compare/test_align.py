"""Which connection of A is which of B, and what is better left alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analyzer import compare
from analyzer.comparison import Comparison
from analyzer.diagnose.compare.candidates import Ends, overlapping
from tests.helpers.segment import Endpoint
from tests.helpers.timeline import IPV4, timeline
from tests.helpers.vantages import Way, renumbered, two_views, write_capture

from .stories import OPENING, PROBED, RAN, compared, only

NAT = {IPV4["c"]: ("203.0.113.9", 61000)}


def of_stories(folder: Path, *stories: tuple[str, dict[str, Any], Way]) -> Comparison:
    """Several connections at once, each with settings of `timeline` and a way of its own."""
    at_a, at_b = [], []
    for story, settings, way in stories:
        segments = timeline(story, **settings).segments
        a, b = two_views(segments, way)
        at_a += a
        at_b += b
    written = []
    for name, records in (("a", at_a), ("b", at_b)):
        records.sort(key=lambda each: each.time_ns)
        written.append(write_capture(folder / f"{name}.pcapng", renumbered(records), RAN))  # type: ignore[arg-type]
    return compare(*written, packets=True)


def test_the_same_addresses_and_numbers(tmp_path: Path) -> None:
    assert only(compared(tmp_path, PROBED)).aligned_by == "addresses"


def test_translated_addresses(tmp_path: Path) -> None:
    found = only(compared(tmp_path, PROBED, Way(translated=NAT)))
    assert (found.aligned_by, found.client_both, found.server_both) == ("sequence_numbers", 10, 4)


def test_both_ends_translated(tmp_path: Path) -> None:
    translated = NAT | {IPV4["s"]: ("198.51.100.7", 8443)}
    assert only(compared(tmp_path, PROBED, Way(translated=translated))).aligned_by == "sequence_numbers"


def test_translated_and_seen_from_mid_connection(tmp_path: Path) -> None:
    """No SYN in either: that both sides stand at the same place is proof enough."""
    opening = (1, 2, 3, 4, 5, 6)
    found = only(compared(tmp_path, PROBED, Way(translated=NAT), not_at_a=opening, not_at_b=opening))
    assert (found.aligned_by, found.client_both) == ("sequence_numbers", 6)


def test_one_capture_begins_later_than_the_other(tmp_path: Path) -> None:
    found = only(compared(tmp_path, PROBED, Way(translated=NAT), not_at_b=(1, 2, 3, 4, 5, 6)))
    assert (found.aligned_by, found.client_both) == ("sequence_numbers", 6)


def test_the_next_use_of_the_same_ports_is_another_connection(tmp_path: Path) -> None:
    """A has the first use only, B the second: nothing in common, though the addresses are the same."""
    first, _ = two_views(timeline(OPENING).segments, Way())
    later = timeline(OPENING, initial={"c": 77, "s": 99_000_000}).segments
    _, second = two_views([replace(each, ip_id=5_000 + each.frame) for each in later], Way())
    found = compare(write_capture(tmp_path / "a.pcapng", first), write_capture(tmp_path / "b.pcapng", second))
    assert len(found.connections) == 0
    assert list(found.alone.why) == ["other_numbers", "other_numbers"]


def test_each_use_of_reused_ports_finds_its_own(tmp_path: Path) -> None:
    later = {"initial": {"c": 5_000_000, "s": 900_000_000}}
    first = OPENING + "\n 200 c>s RA 101:201"
    lines = [line.split() for line in OPENING.splitlines() if line.strip()]
    second = "\n".join(f"{float(time) + 300} {' '.join(rest)}" for time, *rest in lines)
    found = of_stories(tmp_path, (first, {}, Way()), (second, later, Way()))
    assert list(zip(found.connections.a_flow, found.connections.b_flow, strict=True)) == [(0, 0), (1, 1)]


@pytest.mark.parametrize("stamped", [True, False])
def test_numbers_moved_by_a_firewall(tmp_path: Path, stamped: bool) -> None:
    """Randomized sequence numbers: with timestamps that is provable, without it stays alone."""
    story = PROBED
    if stamped:
        lines = [line for line in PROBED.splitlines() if line.strip()]
        story = "\n".join(f"{line} ts={1000 + place}/{500 + place}" for place, line in enumerate(lines))
    moved = {IPV4["c"]: 123_456_789, IPV4["s"]: 987_654_321}
    at_a, at_b = two_views(timeline(story).segments, Way(moved=moved), not_at_b=(11, 12, 13, 14))
    at_b = [replace(each, ip_id=9_000 + place) for place, each in enumerate(at_b)]  # type: ignore[type-var]
    found = compare(
        write_capture(tmp_path / "a.pcapng", at_a, RAN), write_capture(tmp_path / "b.pcapng", at_b, RAN)
    )
    if stamped:
        row = only(found)
        assert (row.aligned_by, row.outcome) == ("progress", "probes_lost")
    else:
        assert list(found.alone.why) == ["other_numbers", "other_numbers"]


def test_two_that_fit_equally_well_are_left_alone(tmp_path: Path) -> None:
    """B is inside a NAT and sees each segment before and after it, under addresses A does not know."""
    at_a, before = two_views(timeline(OPENING).segments, Way(translated={IPV4["c"]: ("10.9.9.9", 50000)}))
    _, after = two_views(timeline(OPENING).segments, Way(translated=NAT))
    both = renumbered(sorted([*before, *after], key=lambda each: each.time_ns))  # type: ignore[arg-type]
    found = compare(write_capture(tmp_path / "a.pcapng", at_a), write_capture(tmp_path / "b.pcapng", both))
    assert len(found.connections) == 0
    ambiguous = found.alone[found.alone.why == "ambiguous"]
    assert sorted(zip(ambiguous.capture, map(tuple, ambiguous.rivals), strict=True)) == [
        ("A", (0, 1)),
        ("B", (0,)),
        ("B", (0,)),
    ]


def test_of_two_that_fit_the_one_with_the_same_addresses_counts(tmp_path: Path) -> None:
    at_a, same = two_views(timeline(OPENING).segments, Way())
    _, after = two_views(timeline(OPENING).segments, Way(translated=NAT))
    both = renumbered(sorted([*same, *after], key=lambda each: each.time_ns))  # type: ignore[arg-type]
    found = compare(write_capture(tmp_path / "a.pcapng", at_a), write_capture(tmp_path / "b.pcapng", both))
    assert only(found).aligned_by == "addresses"
    assert list(found.alone.capture) == ["B"]


def test_idle_connections_that_only_look_alike(tmp_path: Path) -> None:
    """Other connections, other numbers: nothing is aligned by chance."""
    at_a, _ = two_views(timeline(PROBED, initial={"c": 10, "s": 20}).segments, Way())
    other = {"c": ("10.0.0.8", 40001), "s": ("10.0.0.9", 443)}
    at_b = timeline(PROBED, initial={"c": 3_000_000_000, "s": 70_000}, endpoints=other).records
    found = compare(write_capture(tmp_path / "a.pcapng", at_a), write_capture(tmp_path / "b.pcapng", at_b))
    assert len(found.connections) == 0
    assert list(found.alone.why) == ["absent", "absent"]


def test_many_connections_behind_one_address(tmp_path: Path) -> None:
    stories = []
    for number in range(40):
        client: Endpoint = (f"10.0.1.{number}", 40000)
        settings = {
            "endpoints": {"c": client},
            "initial": {"c": 1_000_000_007 * number % (1 << 32), "s": 777_777_777 * number % (1 << 32)},
        }
        way = Way(translated={client: ("203.0.113.9", 50000 + 7 * number % 40)}, client=client)
        stories.append((OPENING, settings, way))
    found = of_stories(tmp_path, *stories)
    assert len(found.connections) == 40
    assert len(found.alone) == 0
    for row in found.connections.itertuples():
        assert row.b_client_port == 50000 + 7 * int(str(row.client).rsplit(".", 1)[1]) % 40


def test_overlaps_are_those_of_comparing_all_with_all() -> None:
    """Also around the end of the sequence space."""
    random = np.random.default_rng(7)

    def ends(count: int) -> Ends:
        first = random.integers(0, 1 << 16, count) * 61_007 % (1 << 32)
        first[: count // 4] = (1 << 32) - random.integers(1, 300, count // 4)
        reach = random.integers(0, 200_000, count)
        return Ends(first, reach, np.ones(count, bool), np.zeros(count, bool))

    a, b = ends(60), ends(50)
    rows = np.arange(60), np.arange(50)
    found = {tuple(pair) for pair in overlapping(a, rows[0], b, rows[1]).tolist()}
    for one in range(60):
        for other in range(50):
            ahead = (b.first[other] - a.first[one]) % (1 << 32)
            behind = (a.first[one] - b.first[other]) % (1 << 32)
            if ahead <= a.reach[one] + 1 or behind <= b.reach[other] + 1:
                assert (one, other) in found
    assert len(found) < 60 * 50 / 2
