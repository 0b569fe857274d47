"""What is said of single frames, for Wireshark to show beside them: labels, verdicts, findings.

A label is the word that every other output has, so that a display filter finds it:
`frame.comment contains "keepalive_probe"`.
"""

from __future__ import annotations

import heapq
import tempfile
from array import array
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from analyzer import kinds
from analyzer.facts import CaptureResult
from analyzer.present.findings import doubt
from analyzer.present.words import Clock, printable
from analyzer.tables import Tables
from analyzer.tables.files import cell_rows
from analyzer.tables.schema import FINDINGS
from analyzer.wording import duration

MOST = 20  # comments on one frame: our choice, more than anyone reads
BLOCK = 1 << 11  # connections whose reasons are made together, as in `tables.rows`
IN_MEMORY = 1 << 24  # bytes of sentences; more go to a temporary file
REPLIES = (kinds.KEEPALIVE_REPLY, kinds.ZERO_WINDOW_REPLY, kinds.KEEPALIVE_RESET)

Comment = tuple[int, str]


def comments_of(tables: Tables, clock: Clock, every: bool = False) -> Iterator[tuple[int, Sequence[str]]]:
    """Frame number and comments of each frame that something is said of, by rising number.

    tables: of connections of one capture. clock: says the times. every: also label the segments that
    only the packets table has.
    """
    [result] = tables.selection.results
    labels = _labels(tables, "packets" if every else "events", _answered(result))
    notes = _notes(tables, result, clock.starting(result.start_ns))
    try:
        both = heapq.merge(labels, notes.in_order(), key=itemgetter(0))
        for frame, group in groupby(both, key=itemgetter(0)):
            yield frame, [text for _, text in group][:MOST]
    finally:
        notes.close()


def _labels(tables: Tables, name: str, answered: NDArray[np.int64]) -> Iterator[Comment]:
    """The label of each row of the events or packets table. answered: frames of probes."""
    for block in tables.blocks(name):
        lone = ~np.isin(block["frame"], answered)
        columns = [block[each].tolist() for each in ("frame", "kind", "answers", "rtt_s", "gap_s")]
        for frame, kind, answers, rtt_s, gap_s, source, alone in zip(
            *columns, block["source"], lone.tolist(), strict=True
        ):
            if kind in kinds.PROBES:
                yield frame, probe_label(kind, gap_s, alone)
            else:
                yield frame, label(kind, answers, rtt_s, source)


def probe_label(kind: int, gap_s: float, alone: bool) -> str:
    """keepalive_probe after 45.0 s, no answer"""
    idle = f" after {duration(gap_s)}" if gap_s == gap_s else ""
    return kinds.KIND_WORDS[kind] + idle + (", no answer" if alone else "")


def label(kind: int, answers: int, rtt_s: float, source: str) -> str:
    """keepalive_reply to 41, 0.3 ms; data, answers 41; icmp_error from 192.0.2.1"""
    text = kinds.KIND_WORDS[kind]
    if kind == kinds.ICMP:
        return f"{text} from {source}"
    if answers == kinds.MISSING:
        return text
    text += f" to {answers}" if kind in REPLIES else f", answers {answers}"
    return text + (f", {duration(rtt_s)}" if rtt_s == rtt_s else "")


def _answered(result: CaptureResult) -> NDArray[np.int64]:
    """Frames of the probes that something answers, be it data that is no event."""
    parts = [np.zeros(0, np.int64)]
    for rows in result.labelled.batches():
        parts.append(rows["answers"][(rows["sender"] != kinds.NO_SENDER) & (rows["answers"] > 0)])
    return np.unique(np.concatenate(parts))


def _notes(tables: Tables, result: CaptureResult, clock: Clock) -> Notes:
    """Verdicts, on the frames that decided them or else the last, and findings, on their evidence."""
    notes = Notes()
    flows = result.flows
    deciding = np.where(flows["decided_frame"] > 0, flows["decided_frame"], flows["last_frame"])
    chosen = np.flatnonzero(tables.selection.chosen(0))
    for start in range(0, len(chosen), BLOCK):
        rows = chosen[start : start + BLOCK]
        for row, reason in zip(rows.tolist(), tables.diagnosis.reasons(result, rows), strict=True):
            verdict = kinds.VERDICT_WORDS[flows["verdict"][row]]
            said = f"connection {result.first_flow + row}: {verdict}: {clock.told(reason)}"
            notes.add(int(deciding[row]), said)
    for block in tables.blocks("findings"):
        for finding in cell_rows(FINDINGS, block):
            flow = finding["flow"]
            own = flow is not None and finding["finding"] == kinds.VERDICT_WORDS[flows["verdict"][flow]]
            for frame in finding["frames"]:
                if not (own and frame == deciding[flow]):  # its verdict has said the same there
                    said = clock.told(finding["summary"])
                    notes.add(frame, f"finding {finding['finding']}{doubt(finding)}: {said}")
            if finding["advice"] and finding["frames"]:
                notes.add(finding["frames"][-1], f"advice: {clock.told(finding['advice'])}")
    return notes


class Notes:
    """Sentences about frames, brought into their order; in memory stands little more than where they are."""

    def __init__(self, in_memory: int = IN_MEMORY) -> None:
        self._file = tempfile.SpooledTemporaryFile(in_memory)
        self._frames, self._ends = array("q"), array("q", [0])

    def add(self, frame: int, text: str) -> None:
        """Keep a sentence."""
        content = printable(text).encode()
        self._file.write(content)
        self._frames.append(frame)
        self._ends.append(self._ends[-1] + len(content))

    def in_order(self) -> Iterator[Comment]:
        """All of them by frame; of one frame as they were added."""
        for place in np.argsort(np.array(self._frames, np.int64), kind="stable").tolist():
            self._file.seek(self._ends[place])
            yield self._frames[place], self._file.read(self._ends[place + 1] - self._ends[place]).decode()

    def close(self) -> None:
        """Give back what is open."""
        self._file.close()
