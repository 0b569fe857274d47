"""How long answers to probes took, over time."""

from __future__ import annotations

import numpy as np

from analyzer import kinds
from analyzer.kinds import MISSING, VERDICT_WORDS
from analyzer.present.colours import Colours
from analyzer.present.plots.canvas import Drawing, Scale, nothing
from analyzer.present.plots.cloud import Cloud, Look, Words, cloud
from analyzer.present.urgency import VERDICT_ORDER
from analyzer.tables import Tables
from analyzer.tables.values import Block

TITLE = "Round trips of probes"
ANSWERS = (kinds.KEEPALIVE_REPLY, kinds.ZERO_WINDOW_REPLY, kinds.KEEPALIVE_RESET)


def rtt(tables: Tables, said: str, colours: Colours) -> Drawing:
    """Each answer to a probe: when, and how long after it; coloured by the connection's verdict."""
    points = answers(tables)
    if not len(points):
        return nothing(TITLE, "no probe was answered in these captures", colours)
    words = Words(TITLE, said, "answer minus probe", "answer")
    results = tables.selection.results
    span_ns = max(result.end_ns - result.start_ns for result in results if result.start_ns != MISSING)

    words_of = ((code, VERDICT_WORDS[code]) for code in VERDICT_ORDER)
    looks = {code: Look(word, colours.verdicts[word]) for code, word in words_of}
    return cloud(points, words, Scale.of(span_ns / 1e9), colours, looks)


def answers(tables: Tables) -> Cloud:
    """Those whose round trip is known, grouped by the connection's verdict.

    Where the clock went back between probe and answer, nothing is known.
    """
    verdicts = np.array(tables.column("verdict"), np.int64)
    flows = np.array(tables.column("flow"), np.int64)
    order = np.argsort(flows)
    starts = {result.capture: result.start_ns for result in tables.selection.results}
    parts = [_answers(block, starts) for block in tables.blocks("events")]
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    if not columns or not len(columns[0]):
        return Cloud(*(np.zeros(0) for _ in range(5)))  # type: ignore[arg-type]
    time_ns, seconds, flow, frame = columns
    return Cloud(time_ns, seconds, verdicts[order[np.searchsorted(flows[order], flow)]], flow, frame)


def _answers(block: Block, starts: dict[int, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    known = (block["rtt_s"] >= 0) & np.isin(block["kind"], ANSWERS) & (block["flow"] != MISSING)
    zero = np.array([starts[capture] for capture in block["capture"][known].tolist()], np.int64)
    return block["time"][known] - zero, block["rtt_s"][known], block["flow"][known], block["frame"][known]
