"""Compact columns, lanes and filters, and data that no tag can begin in."""

from __future__ import annotations

import json

import numpy as np
import pytest

from analyzer.kinds import MISSING
from analyzer.present.lanes import ACTIVE, IDLE, LONE, RST, Lane
from analyzer.present.report.encoding import (
    DIGITS,
    MOST_MARKS,
    PLACES,
    encoded,
    filter_parts,
    in_script,
    lane_text,
    with_words,
)
from analyzer.tables.schema import FLOWS

ZERO = np.zeros(3, np.int64)


@pytest.mark.parametrize("text", ["</script>", "<!-- <script", "a < b", "\u2028 \ud800 \x00", '"\\'])
def test_data_ends_where_the_page_says(text: str) -> None:
    written = in_script({"name": text})
    assert "<" not in written and written.isascii()
    assert json.loads(written) == {"name": text}


def test_each_type_of_column() -> None:
    assert encoded(FLOWS["frames"], np.array([3, MISSING, 5]), ZERO) == [3, None, 5]
    assert encoded(FLOWS["rtt_min_s"], np.array([0.25, np.nan, 0.123456789]), ZERO) == [0.25, None, 0.1234568]
    assert encoded(FLOWS["last_sign_of_life"], np.array([5_000, MISSING, 9_999]), ZERO) == [5, None, 9]
    assert encoded(FLOWS["start"], np.array([5_000, 6_000, 7_000]), ZERO + 4_000) == [1, 2, 3]
    sides = encoded(FLOWS["closed_by"], np.array([0, 255, 1], np.uint8), ZERO)
    assert sides == ["client", None, "server"]
    assert encoded(FLOWS["findings"], [["outage", "heartbeat"], [], []], ZERO) == [
        "outage, heartbeat",
        "",
        "",
    ]


def test_words_that_many_rows_share_are_there_once() -> None:
    assert with_words(["a", "b", "a", "a", "b"]) == {"words": ["a", "b"], "codes": [0, 1, 0, 0, 1]}
    assert with_words(["a", "a"]) == {"words": ["a"]}
    assert with_words(["a", "b"]) == ["a", "b"]
    assert with_words([None, 1.5, 2.5]) == [None, 1.5, 2.5]


def decoded(text: str) -> list[tuple[int, int]]:
    parts = [text[at : at + 3] for at in range(0, len(text), 3)]
    return [(int(part[0]), DIGITS.index(part[1]) * 64 + DIGITS.index(part[2])) for part in parts]


def test_lanes() -> None:
    lane = Lane(((ACTIVE, 1000), (IDLE, 1500)), ((LONE, 2000), (RST, 3000)))
    phases, marks = map(decoded, lane_text(lane, 1000, 3000).split(" "))
    assert phases == [(ACTIVE, 0), (IDLE, (PLACES - 1) // 4)]
    assert marks == [(LONE, (PLACES - 1) // 2), (RST, PLACES - 1)]
    assert lane_text(Lane(((ACTIVE, 5),), ((RST, 5),)), 5, 5) == "000 300"


def test_of_thousands_of_marks_those_that_can_be_seen_are_left() -> None:
    marks = tuple((LONE, at) for at in range(100_000))
    kept = decoded(lane_text(Lane(((ACTIVE, 0),), (*marks, (RST, 100_000))), 0, 100_000).split(" ")[1])
    assert len(kept) <= MOST_MARKS and kept[-1][0] == RST
    assert {place * 16 // PLACES for mark, place in kept if mark == LONE} == set(range(16))


def test_filters_are_what_many_share_and_two_numbers() -> None:
    ends = {"client": "10.0.0.1", "server": "10.0.0.1", "client_port": "80", "server_port": "80"}
    text = "ip.addr == 10.0.0.1 && ip.addr == 10.0.0.1 && tcp.port == 80 && tcp.port == 80"
    shared, frames = filter_parts(f"{text} && frame.number >= 3 && frame.number <= 15", ends)
    assert frames == "3 15"
    assert shared == (
        "ip.addr == {client} && ip.addr == {server} && tcp.port == {client_port} && tcp.port == {server_port}"
        " && frame.number >= {first} && frame.number <= {last}"
    )
    assert filter_parts("tcp.stream == 7", ends) == ("tcp.stream == 7", "")
