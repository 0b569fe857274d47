"""Plotly's small subset of HTML as SVG."""

from __future__ import annotations

from xml.etree import ElementTree

from analyzer.present.plots.canvas import plain
from analyzer.present.plots.picture.text import Run, Spot, font, lines_of, text, width_of

INK = "#111111"


def test_lines_and_looks() -> None:
    html = "<b>bold</b> plain<br><span style='font-size:9px;color:#abcdef'>small</span>"
    assert lines_of(html, 12, INK) == [
        [Run("bold", 12, INK, True), Run(" plain", 12, INK)],
        [Run("small", 9, "#abcdef")],
    ]


def test_escaped_text_comes_out_as_it_was() -> None:
    name = "<b>&amp;</b> $x$ 'quoted' \"twice\""
    drawn = text(plain(name), Spot(1, 2), 12, INK)
    assert "".join(ElementTree.fromstring(drawn).itertext()) == name


def test_unknown_tags_draw_nothing() -> None:
    drawn = text("<script>x</script><a href='javascript:y'>z</a>", Spot(1, 2), 12, INK)
    assert {each.tag for each in ElementTree.fromstring(drawn).iter()} == {"text", "tspan"}


def test_where_it_stands() -> None:
    drawn = ElementTree.fromstring(text("a<br>b", Spot(100, 50, "right", "bottom", -90), 10, INK))
    assert drawn.get("text-anchor") == "end"
    assert drawn.get("transform") == "rotate(-90 100.0 50.0)"
    first, second = (float(each.get("y")) for each in drawn)
    assert second - first == 13 and second < 50


def test_widths_grow_with_the_text_and_its_size() -> None:
    assert width_of("iiii", 12) < width_of("mmmm", 12) < width_of("mmmm", 14)
    assert width_of("a<br>bbbb", 12) == width_of("<b>bbbb</b>", 12)


def test_the_font_is_one_attribute() -> None:
    ElementTree.fromstring(f"<svg {font()}/>")
