"""Tables for people: words and lines, drawn as pure functions of rows.

`console` is the overview, `timeline` one connection, `progress` the bar while people wait.
"""

from analyzer.present.console import VERDICT_ORDER, Overview, overview
from analyzer.present.paper import Paper, paper_for, write
from analyzer.present.progress import ProgressBar
from analyzer.present.timeline import Connection, timeline
from analyzer.present.words import Clock, printable

__all__ = [
    "VERDICT_ORDER",
    "Clock",
    "Connection",
    "Overview",
    "Paper",
    "ProgressBar",
    "overview",
    "paper_for",
    "printable",
    "timeline",
    "write",
]
