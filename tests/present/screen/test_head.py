"""The lines above the table and below it."""

from __future__ import annotations

from analyzer import found, kinds
from analyzer.news import SORTS, Wish
from analyzer.present.paper import Line
from analyzer.present.screen.head import ORDER_WORDS, detail, head, pulse, status_of, tally
from analyzer.present.screen.state import State
from analyzer.present.words import cells
from tests.helpers.boards import START_NS, Row, board_of, totals_of

ALL = [Row(code, code) for code in range(len(kinds.VERDICT_WORDS))]


def text(line: Line) -> str:
    return "".join(span for span, _ in line)


def state_of(wish: Wish | None = None, **totals: object) -> State:
    board = board_of(ALL, totals=totals_of(ALL, **totals))
    return State("eth0", board, wish=wish or Wish())


def test_every_line_fits() -> None:
    wish = Wish("probes", True, "x" * 40, frozenset(range(6)))
    state = state_of(wish, frames=10**9, dropped=12, retired={"closed": 10**6}, untracked=3, late=5)
    state.title = "a rather long title, " * 8
    state.failure = "the interface went down, " * 8
    board = state.board
    assert board is not None
    for width in range(60, 221):
        lines = [*head(state, width), *detail(board, 0, width)]
        assert max(cells(text(line)) for line in lines) <= width


def test_the_head_tells_the_totals() -> None:
    totals = {"frames": 12_345, "dropped": 7, "retired": {"closed": 4, "syn": 1}, "late": 2, "probes": 9}
    lines = [text(line) for line in head(state_of(**totals, unanswered=1), 200)]
    assert lines[0].startswith("eth0  for 0:01:30")
    assert lines[0].endswith("● live")
    assert lines[1].startswith("13 connections: 1 peer_dead, 1 peer_rebooted, ")
    assert lines[2] == (
        "12,345 frames  12 segments/s  7 dropped  5 retired  2 late  9 probes, 1 unanswered  13 in memory"
    )
    assert len(lines) == 3


def test_what_befell_the_interface_stands_below_the_title() -> None:
    state = state_of()
    state.notice = "eth0: the interface went down: nothing can be seen until it is up\x1b[2J"
    lines = [text(line) for line in head(state, 60)]
    assert lines[0].endswith("● live")
    assert lines[1].startswith("▲ eth0: the interface went down") and cells(lines[1]) <= 60
    state.notice = "\x1b[2J"
    assert "\x1b" not in text(list(head(state, 60))[1])
    state.board = None
    assert len(list(head(state, 60))) == 3


def test_every_verdict_is_counted_where_there_is_room() -> None:
    lines = " ".join(text(line) for line in tally(totals_of(ALL), 120))
    assert all(f"1 {word}" in lines for word in kinds.VERDICT_WORDS)
    assert [text(line)[-1] for line in tally(totals_of(ALL), 60)] == [",", "…"]


def test_no_number_is_cut() -> None:
    for width in range(40, 120):
        counts = text(list(head(state_of(frames=123_456, late=98_765), width))[-1])
        assert "…" not in counts
        assert "98,765 late".startswith(counts.split("  ")[-1]) is ("98,765 late" in counts[-11:])


def test_drops_are_a_warning_and_silence_on_them_is_said() -> None:
    told = [span for line in head(state_of(dropped=3), 100) for span in line]
    assert ("3 dropped", "warning") in told
    untold = [span for line in head(state_of(dropped=None), 100) for span in line]
    assert ("drops not told", "faint") in untold


def test_before_the_first_frame() -> None:
    assert [text(line) for line in head(State("eth0"), 40)][1] == "waiting for the first connection"
    board = board_of([], totals=totals_of([], now_ns=kinds.MISSING, start_ns=kinds.MISSING))
    assert "for" not in text(next(iter(head(State("eth0", board), 60))))


def test_what_was_chosen_is_said_unless_it_is_usual() -> None:
    assert len(list(head(state_of(), 200))) == 3
    wish = Wish("life_s", True, "10.1\x1b", frozenset((kinds.PEER_DEAD, kinds.PROBING)))
    assert text(list(head(state_of(wish), 200))[-1]) == (
        r"13 shown  longest silence first  with “10.1\x1b”  only peer_dead, probing"
    )


def test_every_order_has_its_words() -> None:
    assert set(ORDER_WORDS) == set(SORTS)


def test_whether_it_goes_on() -> None:
    assert status_of(State(), 40) == ("● live", "good")
    assert status_of(State(paused=True), 40)[1] == "warning"
    assert status_of(State(failure=""), 40)[0] == "■ the capture has ended"
    assert status_of(State(failure="eth0 is\ndown"), 40) == (r"✖ ended: eth0 is\x0adown", "problem")


def test_the_detail_has_what_a_narrow_table_leaves_out() -> None:
    row = Row(
        12,
        kinds.ALIVE,
        "[2001:db8::1]:50000",
        "[2001:db8::2]:443",
        "nginx[1]",
        "client",
        60,
        10.2,
        1,
        1,
        2,
        9,
    )
    lines = detail(board_of([row]), 0, 200)
    assert text(lines[0]) == "12  [2001:db8::1]:50000 → [2001:db8::2]:443  nginx[1]"
    assert text(lines[1]) == "  client probes after 60.0 s idle, each 10.2 s: 9 probes, 2 unanswered"
    plain = Row(12, kinds.OPEN, findings=(found.KEEPALIVE_OFF,))
    assert text(detail(board_of([plain]), 0, 200)[1]) == "  keepalive_off"
    assert text(detail(board_of([Row(1)]), 0, 200)[1]) == "  no keep-alive probe seen"
    both = Row(1, prober="both", probes=1)
    assert text(detail(board_of([both]), 0, 200)[1]) == "  both probe: 1 probe"


def test_the_pulse_of_an_opened_connection_ticks() -> None:
    board = board_of([Row(1, life_s=10, next_probe_s=5, unanswered=2)])
    assert [words for words, _ in pulse(board, 0, 0)] == [
        "silent for 10 s",
        "next probe in 5 s",
        "2 unanswered",
    ]
    assert [words for words, _ in pulse(board, 0, 7)][:2] == ["silent for 17 s", "next probe 2 s overdue"]
    assert pulse(board_of([Row(1)]), 0, 0) == []


def test_times_before_the_start_are_none() -> None:
    assert "0:00:00" in text(next(iter(head(state_of(now_ns=START_NS - 5), 100))))
