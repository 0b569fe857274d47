"""How steadily applications send their heartbeats: a heartbeat is a level line."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from analyzer import found, kinds
from analyzer.kinds import CLIENT, MISSING, SENDER_WORDS, SERVER
from analyzer.present.colours import Colours
from analyzer.present.plots.canvas import Drawing, Scale, nothing
from analyzer.present.plots.cloud import Cloud, Look, Words, cloud
from analyzer.tables import Tables
from analyzer.wording import counted

TITLE = "Heartbeats of applications"
SPOKEN = (kinds.DATA, kinds.OUT_OF_ORDER)
SHORTEST_S = 0.02  # messages closer than this are parts of one; our choice


def heartbeats(tables: Tables, said: str, colours: Colours) -> Drawing:
    """Of connections with a heartbeat the pauses between the messages of each side.

    tables: of these connections, with packets.
    """
    if not len(tables.selection):
        return nothing(TITLE, f"no connection with the finding “{found.WORDS[found.HEARTBEAT]}”", colours)
    points = pauses(tables)
    if not len(points):
        return nothing(TITLE, "the messages between were not kept: nothing to draw", colours)
    said = f"{said}: {counted(len(tables.selection), 'connection')} with a heartbeat"
    words = Words(TITLE, said, "since its last message", "message")
    results = tables.selection.results
    span_ns = max(result.end_ns - result.start_ns for result in results if result.start_ns != MISSING)

    looks = {
        SERVER: Look(f"sent by the {SENDER_WORDS[SERVER]}", colours.faint, open=True),
        CLIENT: Look(f"sent by the {SENDER_WORDS[CLIENT]}", colours.ink),
    }
    return cloud(points, words, Scale.of(span_ns / 1e9), colours, looks)


def pauses(tables: Tables) -> Cloud:
    """Each message but the first of its sender: how long after the one before."""
    starts = {result.capture: result.start_ns for result in tables.selection.results}
    before: dict[tuple[int, int], int] = {}
    rows: dict[str, list[float]] = defaultdict(list)
    names = ("capture", "flow", "sender", "time", "frame")
    for block in tables.blocks("packets"):
        spoken = np.isin(block["kind"], SPOKEN) & (block["length"] > 0) & (block["flow"] != MISSING)
        columns = (block[name][spoken].tolist() for name in names)
        for capture, flow, sender, time_ns, frame in zip(*columns, strict=True):
            pause_s = (time_ns - before.get((flow, sender), time_ns)) / 1e9
            before[flow, sender] = time_ns
            if pause_s >= SHORTEST_S:
                values = (time_ns - starts[capture], pause_s, sender, flow, frame)
                for name, value in zip(("time_ns", "seconds", "group", "flow", "frame"), values, strict=True):
                    rows[name].append(value)
    whole = {name: np.array(rows[name], np.int64) for name in ("time_ns", "group", "flow", "frame")}
    return Cloud(seconds=np.array(rows["seconds"], np.float64), **whole)
