"""Which columns fit, and what stands in them."""

from __future__ import annotations

import pytest

from analyzer import found, kinds
from analyzer.news import Wish
from analyzer.present.paper import Line
from analyzer.present.screen.columns import (
    COLUMNS,
    LEAVING,
    cut,
    ending,
    findings_of,
    heading,
    layout,
    row_line,
    ticking,
    wanted,
)
from analyzer.present.words import cells
from tests.helpers.boards import NONE, Row, board_of

DEAD = Row(
    7,
    kinds.PEER_DEAD,
    "192.168.100.100:54321",
    "[2001:db8:85a3::8a2e:370:7334]:443",
    "nginx[812]",
    "client",
    60.0,
    10.2,
    42.4,
    -3.2,
    3,
    1234,
    (found.PEER_DEAD, found.OUTAGE),
)
QUIET = Row(8, kinds.ALIVE, life_s=NONE)
WIDTHS = range(72, 221)


def text(line: Line) -> str:
    return "".join(span for span, _ in line)


def style_of(line: Line, part: str) -> str:
    return next(style for span, style in line if part in span)


def test_heading_and_rows_are_as_wide_as_each_other_and_fit() -> None:
    board = board_of([DEAD, QUIET])
    for width in WIDTHS:
        columns = layout(width, wanted(board))
        lines = [heading(columns, Wish()), row_line(board, 0, columns), row_line(board, 1, columns)]
        assert len({cells(text(line)) for line in lines}) == 1
        assert cells(text(lines[0])) <= width


def test_columns_leave_in_their_order_and_the_rest_stays() -> None:
    sizes = wanted(board_of([DEAD]))
    before = [column.name for column, _ in layout(300, sizes)]
    assert before == [column.name for column in COLUMNS]
    for width in range(299, 71, -1):
        now = [column.name for column, _ in layout(width, sizes)]
        gone = [name for name in LEAVING if name not in now]
        assert gone == list(LEAVING[: len(gone)])
        assert set(now) <= set(before)
        before = now
    assert before == ["verdict", "client", "server", "life", "next", "unanswered"]


def test_a_column_with_nothing_in_it_leaves() -> None:
    names = [column.name for column, _ in layout(300, wanted(board_of([QUIET])))]
    assert "process" not in names
    assert "findings" not in names


def test_at_80_columns_usual_addresses_are_whole() -> None:
    board = board_of([Row(1, client="10.234.34.170:61257", server="192.168.3.225:6379")])
    line = text(row_line(board, 0, layout(79, wanted(board))))
    assert "10.234.34.170:61257 192.168.3.225:6379" in line


def test_what_a_row_says() -> None:
    board = board_of([DEAD])
    line = row_line(board, 0, layout(220, wanted(board)), elapsed_s=2.0)
    words = text(line).split()
    assert (
        words
        == (
            "7 ✖ peer_dead 192.168.100.100:54321 [2001:db8:85a3::8a2e:370:7334]:443 nginx[812] client "
            "60.0 s 10.2 s 44 s -5 s 3 1,234 outage"
        ).split()
    )
    assert style_of(line, "peer_dead") == "problem"
    assert style_of(line, "-5 s") == "warning"


def test_an_alive_connection_with_a_grave_finding_bears_its_sign() -> None:
    board = board_of([Row(1, kinds.ALIVE, findings=(found.APP_HUNG,))])
    line = row_line(board, 0, layout(79, wanted(board)))
    assert line[0] == ("✖", "problem")
    assert style_of(line, "alive") == "note"


def test_a_connection_that_nothing_has_decided_has_no_verdict() -> None:
    board = board_of([QUIET])
    board.verdict[0] = kinds.UNDECIDED
    assert text(row_line(board, 0, layout(79, wanted(board)))).startswith("·                 ")


def test_the_next_probe_is_due_until_a_second_late() -> None:
    for next_s, said, style in ((0.2, "1 s", "probe"), (-0.4, "0 s", "probe"), (-1.0, "-1 s", "warning")):
        board = board_of([Row(1, next_probe_s=next_s)])
        line = row_line(board, 0, layout(79, wanted(board)))
        assert style_of(line, f" {said}") == style


def test_text_of_processes_moves_nothing() -> None:
    board = board_of([Row(1, process="a\x1b[31m\u202e[bold]b", client="\x07\n")])
    line = text(row_line(board, 0, layout(220, wanted(board))))
    assert line.isprintable()
    assert r"a\x1b[31m\u202e[bold]b" in line


def test_wide_letters_count_twice() -> None:
    board = board_of([Row(1, process="監視プロセス監視プロセス監視[1]"), QUIET])
    columns = layout(150, wanted(board))
    assert cells(text(row_line(board, 0, columns))) == cells(text(row_line(board, 1, columns)))


def test_the_order_bears_an_arrow() -> None:
    columns = layout(220, {})
    assert "▼SILENT" not in text(heading(columns, Wish()))
    assert "▲NEXT" in text(heading(columns, Wish("next_probe_s")))
    assert "▼PROBES" in text(heading(columns, Wish("probes")))
    assert "▲PROBES" in text(heading(columns, Wish("probes", descending=True)))
    assert "CLIENT▼" in text(heading(columns, Wish("client", descending=True)))


def test_findings_that_the_verdict_says_are_not_said_again() -> None:
    assert findings_of(board_of([DEAD]), 0) == "outage"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (-0.3, "0 s"),
        (-1, "-1 s"),
        (59.9, "59 s"),
        (599.9, "599 s"),
        (600, "10 min"),
        (3599, "59 min"),
        (3600, "1.0 h"),
        (7199, "1.9 h"),
        (36_000, "10 h"),
        (172_799, "47 h"),
        (172_800, "2.0 d"),
        (10**9, "11574 d"),
        (-4000, "-1.1 h"),
    ],
)
def test_ticking(seconds: float, words: str) -> None:
    assert ticking(seconds) == words


def test_what_is_too_long_is_cut_where_it_tells_least() -> None:
    assert cut("postgres[812]", 8) == "postgre…"
    assert cut("監視監視", 4) == "監…"
    assert ending("10.11.12.13:5000", 10) == "…2.13:5000"
    assert ending("10.0.0.1:5", 12) == "10.0.0.1:5  "
