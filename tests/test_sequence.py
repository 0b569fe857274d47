"""Serial-number arithmetic, at the wrap, compiled and interpreted (RFC 1982)."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.sequence import advance, distance, distances, highest, precedes

TOP = 2**32
numbers = st.integers(0, TOP - 1)
near = st.integers(-(2**31) + 1, 2**31 - 1)


@settings(deadline=None)  # the first call compiles
@given(numbers, near)
def test_distance_is_what_was_advanced(start: int, count: int) -> None:
    assert advance(start, count) == (start + count) % TOP
    assert distance(advance(start, count), start) == count


@settings(deadline=None)  # the first call compiles
@given(numbers, near)
def test_later_ones_come_after(start: int, count: int) -> None:
    other = advance(start, count)
    assert precedes(start, other) == (count > 0)
    assert precedes(other, start) == (count < 0)
    assert highest(start, other) == (other if count > 0 else start)


@pytest.mark.parametrize(
    ("before", "after"), [(TOP - 1, 0), (TOP - 1, 1), (0, 1), (2**31 - 1, 2**31), (TOP - 100, 2**31 - 101)]
)
def test_the_wrap_changes_nothing(before: int, after: int) -> None:
    assert precedes(before, after) and not precedes(after, before)
    assert highest(before, after) == highest(after, before) == after


def test_distances_are_those_of_each_pair() -> None:
    later, earlier = (
        np.array([[0, 5], [TOP - 1, 2**31]], np.uint32),
        np.array([[TOP - 1, 9], [0, 0]], np.uint32),
    )
    each = [
        [distance(int(a), int(b)) for a, b in zip(*pair, strict=True)]
        for pair in zip(later, earlier, strict=True)
    ]
    assert distances(later, earlier).tolist() == each


def test_interpreted_gives_the_same() -> None:
    code = (
        "from analyzer.sequence import *; n = 2**32\n"
        "print([(advance(a, b), distance(a, b), precedes(a, b), highest(a, b))"
        " for a in (0, 1, n - 1, n // 2) for b in (0, 1, n - 1, n // 2)])"
    )
    told = [
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={"NUMBA_DISABLE_JIT": off},
        ).stdout
        for off in ("0", "1")
    ]
    assert told[0] == told[1] != ""
