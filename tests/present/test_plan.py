"""The page of `keepalive plan` where room is short; the rest is in tests/commands/test_plan.py."""

from __future__ import annotations

import pytest

from analyzer.present import Paper
from analyzer.present.plan import bounds_in_words, listing

TABLE = [
    ("FLOW", "CLIENT → SERVER", "FOUND AFTER", "PLANNED", "LAST HEARD"),
    ("0", "[2001:db8:1:2:3:4:5:6]:40000 → 10.0.0.2:443", "80.0 s", "50.0 s", "60.050"),
]


def drawn(width: int, count: int = 1) -> list[str]:
    return [Paper(width, unicode=False).plain(line) for line in listing("Dead", TABLE, count, width)]


@pytest.mark.parametrize(
    ("width", "last"),
    [(90, "60.050"), (89, "60.050"), (80, "50.0 s"), (70, "80.0 s")],
)
def test_last_columns_go_where_room_is_short(width: int, last: str) -> None:
    lines = drawn(width)
    assert lines[-1].endswith(last) and "40000 > 10.0.0.2:443" in lines[-1]
    assert max(map(len, lines)) <= width


def test_ends_of_their_own_line() -> None:
    lines = drawn(60)
    assert lines[-2:] == [
        "     0  [2001:db8:1:2:3:4:5:6]:40000 > 10.0.0.2:443",
        "             80.0 s   50.0 s      60.050",
    ]


def test_more_than_is_listed() -> None:
    assert drawn(100, count=5)[-1] == "  ... and 4 more: --limit 0 shows all"
    assert drawn(100, count=0) == []


def test_bounds() -> None:
    from analyzer.diagnose.plan.recommend import GIVEN, SURVIVED, Bounds

    second = 1_000_000_000
    assert bounds_in_words(Bounds(20 * second, None, "", 0)) == "find a dead peer within 20.0 s"
    words = bounds_in_words(Bounds(20 * second, 30 * second, SURVIVED, second))
    assert words == (
        "find a dead peer within 20.0 s, repeat a lost probe before 30.0 s of silence, which connections "
        "survived here and bear the outage of 1.000 s that was lived through"
    )
    assert "the device's timeout of 30.0 s" in bounds_in_words(Bounds(20 * second, 30 * second, GIVEN, 0))
