"""Tables for people: words and lines, drawn as pure functions of rows.

`console` is the overview, `progress` the bar while people wait. `timeline`, one connection, and
`confusion`, our labels beside Wireshark's, are imported where they are drawn.
"""

from analyzer.present.console import Overview, overview
from analyzer.present.paper import Paper, paper_for, write
from analyzer.present.progress import ProgressBar
from analyzer.present.urgency import VERDICT_ORDER, most_urgent
from analyzer.present.words import Clock, printable

__all__ = [
    "VERDICT_ORDER",
    "Clock",
    "Overview",
    "Paper",
    "ProgressBar",
    "most_urgent",
    "overview",
    "paper_for",
    "printable",
    "write",
]
