"""Drawings as Plotly's figures. The only module that loads Plotly."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from plotly.graph_objects import Figure
from plotly.io import renderers
from plotly.io.base_renderers import MimetypeRenderer

from analyzer.errors import UsageError
from analyzer.present.plots.canvas import Drawing
from analyzer.present.plots.picture.page import svg
from analyzer.present.plots.picture.text import font

WIDTH = 900  # pixels of a picture; in a notebook figures take the room there is
FORMATS = (".svg", ".png", ".html")
PLOTLYS = "application/vnd.plotly.v1+json"  # JupyterLab and VS Code draw it
PICTURE = "keepalive_picture"  # name of a renderer of our own


class Plot(Figure):  # type: ignore[misc]  # Plotly's classes are not typed
    """A figure of Plotly's: it shows itself in a notebook, and can be changed as any other.

    Where Plotly cannot draw (a notebook turned into a page or a PDF, or looked at in a forge), it is
    an SVG picture. `save` needs no browser. `write_image` of Plotly's, for other formats and for
    figures with traces of your own, needs kaleido and an installed Chrome or Chromium.
    """

    def _ipython_display_(self) -> None:
        """As Plotly does it, and where it would show its JSON alone, a picture beside it."""
        renderer = renderers.default
        if not renderers.render_on_display or set(self._repr_mimebundle_()) != {PLOTLYS}:
            super()._ipython_display_()
            return
        picture = renderers[PICTURE]
        picture.plot = self
        try:
            self.show(renderer=f"{renderer}+{PICTURE}")
        finally:
            picture.plot = None

    def save(self, path: str | os.PathLike[str], width: int = WIDTH, scale: float = 2) -> None:
        """Write it to a file: .svg, .png, or .html, a page to look at with any browser.

        width: of the picture, in pixels; scale: of .png, so many pixels for each of them. The page
        holds all of Plotly, 5 MB.
        """
        path = Path(path)
        suffix = path.suffix.lower()
        if suffix not in FORMATS:
            raise UsageError(f"save: {path.name} does not end in {', '.join(FORMATS[:-1])} or {FORMATS[-1]}")
        if suffix == ".html":
            self.write_html(path)
        elif suffix == ".svg":
            path.write_text(self.svg(width), encoding="utf-8")
        else:
            path.write_bytes(rastered(self.svg(width), scale))

    def svg(self, width: int = WIDTH) -> str:
        """The figure as an SVG document."""
        return svg(self.to_plotly_json(), width)


class Picture(MimetypeRenderer):  # type: ignore[misc]
    """Renders the plot that shows itself for whoever does not know Plotly's JSON."""

    plot: Plot | None = None

    def to_mimebundle(self, fig_dict: dict[str, Any]) -> dict[str, str]:
        """The picture; nothing where there are traces of somebody's own, which only Plotly can draw."""
        with suppress(UsageError):
            return {"image/svg+xml": self.plot.svg()} if self.plot else {}
        return {}


renderers[PICTURE] = Picture()


def figure(drawing: Drawing) -> Plot:
    """The figure of a drawing."""
    return Plot({"data": drawing["data"], "layout": drawing["layout"] | {"template": {}}})


def rastered(picture: str, scale: float) -> bytes:
    """An SVG picture as PNG."""
    from resvg_py import svg_to_bytes

    if not has_fonts():
        raise UsageError(
            "save: none of the usual fonts is installed, and a PNG would lack its text: "
            "install one (Debian: apt install fonts-dejavu-core), or save as .svg"
        )
    drawn: Any = svg_to_bytes(svg_string=picture, zoom=scale)
    return bytes(drawn)


def has_fonts() -> bool:
    """Whether text can be drawn here: a letter leaves another picture than nothing does."""
    from resvg_py import svg_to_bytes

    frame = "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'>{}</svg>"
    letter = frame.format(f"<text y='9' font-size='9' {font()}>M</text>")
    return bool(svg_to_bytes(svg_string=letter) != svg_to_bytes(svg_string=frame.format("")))
