"""Long lines in pieces."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from analyzer.present.paper import Line
from analyzer.present.screen.folding import folded
from analyzer.present.words import cells

LINES = st.lists(st.lists(st.tuples(st.text("ab監 ", max_size=30), st.sampled_from(["", "faint"]))))


@given(LINES, st.integers(2, 40))
def test_nothing_is_lost_and_everything_fits(lines: list[Line], width: int) -> None:
    pieces = list(folded(lines, width))
    assert all(sum(cells(text) for text, _ in piece) <= width for piece in pieces)

    def styled(all_lines: list[Line]) -> list[tuple[str, str]]:
        return [(each, style) for line in all_lines for text, style in line for each in text]

    assert styled(pieces) == styled(lines)


def test_a_line_that_fits_is_left_as_it_is() -> None:
    assert list(folded([[("abc", "title")], []], 3)) == [[("abc", "title")], []]
    assert list(folded([[("ab", "title"), ("cd", "")]], 3)) == [[("ab", "title"), ("c", "")], [("d", "")]]
