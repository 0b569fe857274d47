"""Stories from two vantage points through the whole comparison."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from analyzer import compare
from analyzer.comparison import Comparison
from tests.helpers.timeline import timeline
from tests.helpers.vantages import Way, two_views, write_capture

OPENING = """
    0.000   c>s  S   0
    0.020   s>c  SA  0:1
    0.021   c>s  A   1:1
    0.100   c>s  PA  1+100:1
    0.125   s>c  PA  1+200:101
    0.126   c>s  A   101:201
"""
"""Frames 1 to 6 of most stories: A waits 20 to 25 ms for the server."""

PROBED = (
    OPENING
    + """
    60.126   c>s  A   100:201
    60.146   s>c  A   201:101
    120.146  c>s  A   100:201
    120.166  s>c  A   201:101
    180.166  c>s  A   100:201
    190.166  c>s  A   100:201
    200.166  c>s  A   100:201
    210.166  c>s  RA  101:201
"""
)
"""Frames 7 to 14: two probes answered, three not, and giving up."""

RAN = (-1.0, 300.0)
"""Both captures run from before the first segment until after the last."""


def compared(
    folder: Path,
    story: str,
    way: Way | None = None,
    not_at_a: Collection[int] = (),
    not_at_b: Collection[int] = (),
    **settings: Any,
) -> Comparison:
    """Compare the two views of a story. settings: of `timeline`; `ran`: when B says that it ran."""
    way = way or Way()
    ran = settings.pop("ran", (RAN[0] + way.ahead_s, RAN[1] + way.ahead_s + way.drift * RAN[1]))
    at_a, at_b = two_views(timeline(story, **settings).segments, way, not_at_a, not_at_b)
    a = write_capture(folder / "a.pcapng", at_a, RAN)
    return compare(a, write_capture(folder / "b.pcapng", at_b, ran), packets=True)


def only(comparison: Comparison) -> Any:
    """The row of the one connection."""
    assert len(comparison.connections) == 1, comparison.alone
    return comparison.connections.iloc[0]
