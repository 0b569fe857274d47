"""Connections of recorded captures, as a feed gives them to the screen."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import analyzer as ka
from analyzer.present.timeline import Connection
from tests.project.modules import ROOT


@cache
def opened(name: str, number: int = 0) -> Connection:
    """The first connection of a recorded capture, under a number."""
    analysis = ka.analyze(str(ROOT / "captures" / "recorded" / f"{name}.pcapng"))
    connection = analysis.flow(0).connection("events")
    return replace(connection, flow=connection.flow | {"flow": number}, going_on=True)
