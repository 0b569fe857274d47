"""Drawings as Plotly's figures. The only module that loads Plotly."""

from __future__ import annotations

from typing import Any

from plotly.graph_objects import Figure

from analyzer.present.plots.canvas import Drawing


class Plot(Figure):  # type: ignore[misc]  # Plotly's classes are not typed
    """A figure of Plotly's: it shows itself in a notebook, and can be changed and exported as any other."""

    def __init__(self, drawing: Drawing, *rest: Any, **more: Any) -> None:
        super().__init__(drawing, *rest, **more)


def figure(drawing: Drawing) -> Plot:
    """The figure of a drawing."""
    return Plot({"data": drawing["data"], "layout": drawing["layout"] | {"template": {}}})
