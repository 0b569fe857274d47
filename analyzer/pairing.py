"""A part of the pipeline: two captures of the same connections, A and B, brought together.

What tells repeated segments apart (timestamps, IP ID) is in no labelled row, so both files are
read a second time, for the segments of connections that both have. That, and the matching, is
done for some millions of segments at a time, so that memory does not grow with the files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analyzer import compared, kinds
from analyzer.compared import MATCH, Alone, Compared
from analyzer.decode import Decoder
from analyzer.diagnose import compare as diagnose
from analyzer.diagnose.compare import Pair
from analyzer.errors import UnreadableError, UsageError
from analyzer.facts import CaptureResult, Rows
from analyzer.reading import ReadAhead
from analyzer.records import SEGMENT, as_records, rows
from analyzer.sources import CHUNK_FRAMES, discover, open_capture

AT_A_TIME = 2_000_000
"""Segments of a capture that are matched together, some 200 bytes each. Our choice."""

PROOFS = 3
"""So many segments must bear the same timestamp or IP ID at both, of a connection whose numbers are
moved: 48 bits or more. Our choice."""

QUIET = np.isin(np.arange(256), list(kinds.PACKETS_ONLY))


@dataclass(frozen=True)
class View:
    """One of the two captures: what it was read from, and what its analysis with all packets gave."""

    source: str
    result: CaptureResult


def only_one(source: str, captures: Sequence[CaptureResult]) -> CaptureResult:
    """The one capture that a source is; raises UsageError where it is several."""
    if len(captures) > 1:
        raise UsageError(
            f"{source}: {len(captures)} captures, and only one can be compared; --join makes one of them"
        )
    return captures[0]


Choice = Callable[[CaptureResult], NDArray[np.bool_]]
"""Which flows of a capture are wanted, bool by FLOW row."""


def compare(
    views: tuple[View, View], wanted: Choice, everything: bool = False, join: bool = False
) -> Compared:
    """Align A and B and match their segments.

    wanted: a connection counts if either capture's flow is. everything: keep every matched segment,
    not only events and what only one capture has. join: as the captures were read.
    """
    results = views[0].result, views[1].result
    windows = compared.listening(results[0]), compared.listening(results[1])
    pairs, alone = diagnose.align(results[0].flows, results[1].flows)
    masks = wanted(results[0]), wanted(results[1])
    pairs = [pair for pair in pairs if masks[0][pair.flow[0]] or masks[1][pair.flow[1]]]
    whole = Compared(results, alone=[each for each in alone if masks[each.capture][each.flow]])
    kept = [rows(0, MATCH)]
    for part in parts_of(pairs, results):
        a, b = (sights_in(view, part, capture, join) for capture, view in enumerate(views))
        part, a, b = borne_out(part, a, b, whole.alone)
        keys = diagnose.keys_of(a, b)
        sure = diagnose.sure_matches(a, b, keys)
        crossings = diagnose.crossings_of(a, b, sure)
        nearer = diagnose.nearer_ends(crossings, len(part))
        if not whole.connections:
            whole.clock = diagnose.estimate(crossings, nearer)
        found = diagnose.matches(a, b, keys, sure, whole.clock)
        table = diagnose.segment_rows(diagnose.Seen(a, b, found), whole.clock, nearer, windows)
        judged = diagnose.connections_of(part, table, nearer, results, windows)
        table.pair += len(whole.connections)
        whole.connections += judged
        kept.append(diagnose.worth_keeping(table, QUIET, everything))
    whole.matches = as_records(np.concatenate(kept))
    return whole


def parts_of(pairs: Sequence[Pair], results: tuple[CaptureResult, CaptureResult]) -> Iterator[list[Pair]]:
    """Pairs whose segments are matched together, a few millions of segments each."""
    part: list[Pair] = []
    count = 0
    for pair in pairs:
        more = max(int(result.flows.frames[flow]) for result, flow in zip(results, pair.flow, strict=True))
        if part and count + more > AT_A_TIME:
            yield part
            part, count = [], 0
        part.append(pair)
        count += more
    if part:
        yield part


def sights_in(view: View, part: Sequence[Pair], capture: int, join: bool) -> Rows:
    """SIGHT rows of some pairs in one capture, by pair, sender and time."""
    places = diagnose.Places(part, capture, len(view.result.flows))
    assert view.result.packets is not None
    events = diagnose.rows_of(view.result.packets, places)
    segments = segments_in(view.source, np.ascontiguousarray(events.frame), join)
    if len(segments) < len(events):
        raise UnreadableError(f"{view.source}: changed while it was read")
    return diagnose.in_order(diagnose.sights_of(events, segments, places))


def segments_in(source: str, frames: NDArray[np.int64], join: bool) -> Rows:
    """SEGMENT rows of these frames, which are in order; fewer where the source has changed."""
    found = [rows(0, SEGMENT)]
    if len(frames):
        with open_capture(discover([source], join=join).captures[0]) as opened:
            for batch in ReadAhead(opened, Decoder(CHUNK_FRAMES)):
                place = np.searchsorted(frames, batch.segments.frame)
                wanted = frames[np.minimum(place, len(frames) - 1)] == batch.segments.frame
                found.append(as_records(np.asarray(batch.segments)[wanted]))
    return as_records(np.concatenate(found))


def borne_out(part: list[Pair], a: Rows, b: Rows, alone: list[Alone]) -> tuple[list[Pair], Rows, Rows]:
    """Without the pairs that only their progress speaks for, unless timestamps or IP IDs do, too."""
    doubtful = [number for number, pair in enumerate(part) if pair.by == compared.BY_PROGRESS]
    if not doubtful:
        return part, a, b
    keys = diagnose.keys_of(a, b)
    sure = diagnose.sure_matches(a, b, keys)[:, 0]
    proofs = np.bincount(a.pair[sure[keys.proof_a[sure]]], minlength=len(part))
    proven = set(np.flatnonzero(proofs >= PROOFS).tolist())
    left = [number for number in range(len(part)) if number in proven or number not in doubtful]
    for number in sorted(set(range(len(part))) - set(left)):
        alone += [Alone(each, part[number].flow[each], compared.OTHER_NUMBERS) for each in (0, 1)]
    numbers = np.full(len(part), -1, np.int64)
    numbers[left] = np.arange(len(left))
    remaining = []
    for seen in (a, b):
        rest = as_records(np.asarray(seen)[numbers[seen.pair] >= 0])
        rest.pair = numbers[rest.pair]
        remaining.append(rest)
    return [part[number] for number in left], remaining[0], remaining[1]
