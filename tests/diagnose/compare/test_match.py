"""Which segment in A is which in B."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analyzer import compare
from analyzer.compared import SIGHT
from analyzer.diagnose.compare.match import covered, nearest, numbered
from analyzer.records import rows
from tests.helpers.timeline import timeline
from tests.helpers.vantages import Way, two_views, write_capture

from .stories import OPENING, PROBED, compared, only

IDLE = "\n".join(f"{60 * n} c>s A 100:201 \n {60 * n + 0.02} s>c A 201:101" for n in range(1, 9))
"""Eight probes and answers, all alike: the capture begins in the idle phase."""


def seen(comparison, sender: str = "client") -> list[str]:  # type: ignore[no-untyped-def]
    segments = comparison.segments
    return list(segments[segments.sender == sender].seen)


@pytest.mark.parametrize("identified", [True, False])
def test_repeated_probes_are_told_apart(tmp_path: Path, identified: bool) -> None:
    """By IP ID, or by time: the third and the sixth are lost."""
    story = IDLE if identified else IDLE.replace("201 \n", "201 id=0 \n").replace("101", "101 id=0")
    found = compared(tmp_path, story, Way(ahead_s=0.3), not_at_b=(5, 6, 11, 12), ran=(0, 900))
    assert seen(found) == ["both", "both", "A", "both", "both", "A", "both", "both"]


def test_timestamps_tell_repeated_probes_apart_whatever_the_clocks(tmp_path: Path) -> None:
    lines = IDLE.splitlines()
    story = "\n".join(f"{line} ts={1000 * n}/7 id=0" for n, line in enumerate(lines))
    found = compared(tmp_path, story, Way(ahead_s=1e6), not_at_b=(1, 2, 3, 4), ran=(1e6, 1e6 + 900))
    assert seen(found) == ["A", "A"] + ["both"] * 6


def test_rewritten_ip_ids_do_not_keep_segments_apart(tmp_path: Path) -> None:
    at_a, at_b = two_views(timeline(PROBED).segments, Way())
    rewritten = [replace(each, ip_id=40_000 - 17 * n) for n, each in enumerate(at_b)]  # type: ignore[type-var]
    found = compare(
        write_capture(tmp_path / "a.pcapng", at_a), write_capture(tmp_path / "b.pcapng", rewritten)
    )
    assert (only(found).client_both, only(found).client_a_only) == (10, 0)


def test_segments_that_were_cut_otherwise_are_not_lost(tmp_path: Path) -> None:
    """A sees 3000 octets at once, before its interface cuts them; B sees three segments."""
    whole = OPENING + "\n 1 c>s PA 101+3000:201 \n 1.02 s>c A 201:3101"
    cut = OPENING + (
        "\n 1 c>s A 101+1000:201 \n 1 c>s A 1101+1000:201 \n 1 c>s PA 2101+1000:201 \n 1.02 s>c A 201:3101"
    )
    at_a, _ = two_views(timeline(whole).segments, Way())
    _, at_b = two_views(timeline(cut).segments, Way())
    row = only(
        compare(write_capture(tmp_path / "a.pcapng", at_a), write_capture(tmp_path / "b.pcapng", at_b))
    )
    assert (row.outcome, row.client_a_only, row.client_b_only) == ("all_arrived", 0, 0)


def test_a_lost_copy_of_data_is_lost_though_its_octets_arrived(tmp_path: Path) -> None:
    story = OPENING + "\n 1 c>s PA 101+50:201 \n 1.3 c>s PA 101+50:201 \n 1.32 s>c A 201:151"
    assert seen(compared(tmp_path, story, not_at_b=(7,)))[-2:] == ["A", "both"]


def test_covered_octets() -> None:
    def segments(*spans: tuple[int, int]) -> np.recarray:
        found = rows(len(spans), SIGHT)
        for row, (first, length) in zip(found, spans, strict=True):
            row.seq, row.length = first % (1 << 32), length
        return found

    pieces = segments((100, 50), (150, 50), (300, 10))
    assert covered(segments((100, 100), (120, 30), (190, 20), (300, 10), (99, 2)), pieces).tolist() == [
        True,
        True,
        False,
        True,
        False,
    ]
    around = segments((-10, 10), (0, 10))  # across the end of the sequence space
    assert covered(segments((-10, 20)), around).tolist() == [True]


def test_nearest_pairs_are_mutual_and_near() -> None:
    key_a, time_a = np.array([1, 1, 1, 2]), np.array([0, 100, 5_000_000_000, 0])
    key_b, time_b = np.array([1, 1, 3]), np.array([90, 2_000_000_000, 0])
    assert nearest(key_a, time_a, key_b, time_b).tolist() == [[1, 0]]


def test_numbers_are_equal_where_all_columns_are() -> None:
    found = numbered(np.array([5, 5, 4, 5]), np.array([1, 2, 1, 1])).tolist()
    assert found[0] == found[3]
    assert len(set(found)) == 3
