"""How numbers, times and names are said."""

from __future__ import annotations

import pytest

from analyzer.present.words import Clock, cells, printable, wrapped
from analyzer.wording import counted, duration, endpoint, moment, size
from tests.helpers_result import START


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 µs"),
        (0.000_012, "12 µs"),
        (0.000_999_6, "1.0 ms"),
        (0.0041, "4.1 ms"),
        (0.412, "412 ms"),
        (0.999_6, "1.000 s"),
        (1.024, "1.024 s"),
        (75.2, "75.2 s"),
        (350.2, "350.2 s"),
        (600, "10 min"),
        (700, "11 min 40 s"),
        (3599.7, "1 h"),
        (7875, "2 h 11 min"),
        (86400 * 3 + 3600 * 4 + 59, "3 d 4 h"),
        (-0.5, "-500 ms"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (3200, "3.2 kB"),
        (999_960, "1.0 MB"),
        (5e15, "5000.0 TB"),
    ],
)
def test_sizes(octets: int, text: str) -> None:
    assert size(octets) == text


def test_counts() -> None:
    assert [counted(count, "frame") for count in (0, 1, 12345)] == ["0 frames", "1 frame", "12,345 frames"]


def test_endpoints() -> None:
    assert endpoint("2001:db8::1", 443) == "[2001:db8::1]:443"
    assert endpoint("10.0.0.1", 443) == "10.0.0.1:443"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("eth0", "eth0"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\nb\tc\r", "a\\x0ab\\x09c\\x0d"),
        ("\x7f\x9b2J", "\\x7f\\x9b2J"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("\udce9", "\\udce9"),
        ("\U000e0041", "\\U000e0041"),
        ("[bold]café 東京[/bold]", "[bold]café 東京[/bold]"),
    ],
)
def test_only_plain_characters_are_shown(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_cells_and_wrapping() -> None:
    assert (cells("abc"), cells("東京"), cells("e\u0301")) == (3, 4, 1)
    assert wrapped("", 30) == [""]
    assert wrapped("one two-three four five six seven", 20) == ["one two-three four", "five six seven"]


def test_times() -> None:
    later = START + 75_204_499_999
    assert Clock("relative", START).time(later) == "75.204"
    assert Clock("utc").time(later) == "12:04:26.408"
    assert Clock("utc").moment(START) == "2026-11-20 12:03:11.204 UTC"
    assert Clock("utc").date(START) == "2026-11-20"


def test_local_times(monkeypatch: pytest.MonkeyPatch) -> None:
    time = pytest.importorskip("time")
    if not hasattr(time, "tzset"):
        pytest.skip("the time zone cannot be set here")
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    try:
        assert Clock("local").moment(START) == "2026-11-20 17:33:11.204 +0530"
        assert Clock("local", START).told(f"since {moment(START)}") == "since 17:33:11.204"
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("ns", [-(1 << 63) + 1, (1 << 63) - 1, 0, -1])
@pytest.mark.parametrize("mode", ["relative", "utc", "local"])
def test_any_time_can_be_shown(ns: int, mode: str) -> None:
    assert Clock(mode, 0).moment(ns) and Clock(mode, 0).time(ns)


@pytest.mark.parametrize(
    ("mode", "text"),
    [
        ("relative", "silent from time 1.500 to time 86399.000"),
        ("utc", "silent from 12:03:12.704 to 2026-11-21 12:03:10.204"),
    ],
)
def test_times_in_a_sentence_are_said_as_all_times(mode: str, text: str) -> None:
    sentence = f"silent from {moment(START + 1_500_000_000)} to {moment(START + 86_399_000_000_000)}"
    assert Clock(mode, START).told(sentence) == text


def test_code_stays_in_one_line_where_it_fits() -> None:
    text = "Look at it there, with this command: `tcpdump -ni any 'tcp port 40000'`."
    assert wrapped(text, 45) == [
        "Look at it there, with this command:",
        "`tcpdump -ni any 'tcp port 40000'`.",
    ]
    assert all(len(line) <= 25 for line in wrapped(text, 25))
