"""Figures that show themselves, and are saved without a browser."""

from __future__ import annotations

import copy
import struct
from pathlib import Path

import pytest
from IPython import display
from plotly.graph_objects import Figure, Scatter3d
from plotly.io import renderers

from analyzer.errors import UsageError
from analyzer.present.colours import LIGHT
from analyzer.present.plots import figure as module
from analyzer.present.plots.figure import Plot, figure, has_fonts
from analyzer.present.plots.verdicts import verdicts

PLOT = figure(verdicts({"peer_dead": 3, "alive": 4}, "office.pcapng", LIGHT))


def test_it_is_a_figure_of_plotlys_and_shows_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(PLOT, Figure)
    monkeypatch.setattr(renderers, "default", "plotly_mimetype")  # as in a notebook
    assert "application/vnd.plotly.v1+json" in PLOT._repr_mimebundle_()
    assert isinstance(copy.deepcopy(PLOT), Plot)


def test_where_plotly_cannot_draw_it_is_a_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[dict[str, object]] = []
    monkeypatch.setattr(display, "display", lambda bundle, raw: shown.append(bundle))
    monkeypatch.setattr(renderers, "default", "plotly_mimetype")
    PLOT._ipython_display_()
    assert set(shown[0]) == {"application/vnd.plotly.v1+json", "image/svg+xml"}
    assert shown[0]["image/svg+xml"] == PLOT.svg()
    # What only Plotly can draw is left to it; a renderer that was chosen is obeyed.
    copy.deepcopy(PLOT).add_trace(Scatter3d(x=[1], y=[1], z=[1]))._ipython_display_()
    assert set(shown[1]) == {"application/vnd.plotly.v1+json"}
    monkeypatch.setattr(renderers, "default", "notebook_connected")
    PLOT._ipython_display_()
    assert set(shown[2]) == {"text/html"}
    assert renderers[module.PICTURE].plot is None  # it is not kept


def test_svg(tmp_path: Path) -> None:
    PLOT.save(tmp_path / "x.SVG")
    text = (tmp_path / "x.SVG").read_text(encoding="utf-8")
    assert text.startswith("<svg ") and "peer_dead" in text and "3 (43 %)" in text


@pytest.mark.skipif(not has_fonts(), reason="no font is installed")
def test_png(tmp_path: Path) -> None:
    PLOT.save(tmp_path / "x.png", width=500, scale=3)
    octets = (tmp_path / "x.png").read_bytes()
    assert octets[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", octets[16:24]) == (1500, PLOT.layout.height * 3)


def test_html(tmp_path: Path) -> None:
    PLOT.save(tmp_path / "x.html")
    assert "Plotly.newPlot" in (tmp_path / "x.html").read_text(encoding="utf-8")


def test_other_formats_are_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"x\.gif does not end in \.svg, \.png or \.html"):
        PLOT.save(tmp_path / "x.gif")


def test_without_fonts_a_png_would_lack_its_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "has_fonts", lambda: False)
    with pytest.raises(UsageError, match="fonts-dejavu-core"):
        PLOT.save(tmp_path / "x.png")
    assert not (tmp_path / "x.png").exists()


def test_what_others_added_is_refused_rather_than_left_out(tmp_path: Path) -> None:
    changed = copy.deepcopy(PLOT).add_trace(Scatter3d(x=[1], y=[1], z=[1]))
    with pytest.raises(UsageError, match="cannot draw scatter3d; write_image"):
        changed.save(tmp_path / "x.svg")
    scaled = copy.deepcopy(PLOT).update_xaxes(type="log")
    with pytest.raises(UsageError, match="xaxis has no linear range"):
        scaled.save(tmp_path / "x.svg")
