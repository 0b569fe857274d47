"""Times, frames and addresses as sentences name them; `present/test_words.py` has durations and sizes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.wording import MOMENT, address_text, endpoint, few, lasting, listed, moment, moment_ns


@given(st.integers(-(10**18), 9 * 10**18))
def test_a_moment_is_found_again_in_a_sentence_to_the_nanosecond(time_ns: int) -> None:
    text = moment(time_ns)
    [stamp] = MOMENT.findall(f"silent since {text}: nothing came")
    assert stamp == text
    assert moment_ns(stamp) == time_ns


def test_a_moment_is_written_as_in_the_outputs() -> None:
    assert moment(1_795_176_191_204_000_000) == "2026-11-20T12:03:11.204000000Z"


@pytest.mark.parametrize(
    ("frames", "text"),
    [
        ([], "no frame"),
        ([3], "frame 3"),
        ([3, 5, 9], "frames 3, 5, 9"),
        ([1, 2, 3, 4, 5], "frames 1, 2, 3, 4, 5"),
        ([1, 2, 3, 4, 5, 90], "frames 1, 2, 3, 4 … 90"),
    ],
)
def test_frames(frames: list[int], text: str) -> None:
    assert listed(frames) == text
    assert text.endswith(str(few(frames)[-1]) if frames else "frame")


def test_few_frames_are_the_first_ones_and_the_last() -> None:
    assert few([4, 7]) == (4, 7)
    assert few(list(range(100))) == (0, 1, 2, 3, 99)


def test_a_duration_in_nanoseconds() -> None:
    assert lasting(1_024_000_000) == "1.024 s"


def test_endpoints() -> None:
    assert endpoint(address_text(0, 0xFFFF_0A00_0001), 443) == "10.0.0.1:443"
    assert endpoint(address_text(0x2001_0DB8 << 32, 1), 443) == "[2001:db8::1]:443"
