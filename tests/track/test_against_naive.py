"""Tracking and verdicts against the independent naive reference, on random conversations."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, given, settings

from analyzer import kinds
from analyzer.diagnose import decide
from analyzer.facts import Rows
from analyzer.rules import Rules
from analyzer.track import Tracker
from tests.helpers import naive
from tests.helpers.columns import segment_rows
from tests.helpers.naive_state import Flow
from tests.helpers.segment import ACK, RST, SYN, Record
from tests.helpers.strategies import conversations

Row = tuple[object, ...]

# By default always the same examples, so that a change is what breaks a run. For new ones:
# KEEPALIVE_EXAMPLES=20000 python -m pytest tests/track/test_against_naive.py
EXAMPLES = int(os.environ.get("KEEPALIVE_EXAMPLES", "400"))
DERANDOMIZE = "KEEPALIVE_EXAMPLES" not in os.environ
SETTINGS = settings(
    max_examples=EXAMPLES,
    derandomize=DERANDOMIZE,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def tracked(conversation: list[Record], cuts: tuple[int, ...] = ()) -> tuple[Tracker, list[Row]]:
    """Our rows, comparable with the reference's; cuts: where the input is cut into batches."""
    rows = segment_rows(conversation)
    tracker = Tracker(Rules(), all_packets=True, most_flows=1000)
    edges = [0, *sorted(cut for cut in cuts if cut < len(rows)), len(rows)]
    for begin, end in zip(edges[:-1], edges[1:], strict=True):
        tracker.track(rows[begin:end].copy())
    tracker.finish()
    found = []
    for batch in tracker.events(only_events=False).batches():
        found += [comparable(event, tracker.flows) for event in batch]
    return tracker, found


def comparable(event: Rows, flows: Rows) -> Row:
    """frame, kind, flow, sender, answers, gap and round trip of an event."""
    flow = None if event.flow == kinds.NO_FLOW else int(event.flow)
    if event.sender == kinds.NO_SENDER:
        return int(event.frame), kinds.KIND_WORDS[event.kind], flow, None, None, None, None
    sender = int(flows[event.flow].port[event.sender])  # roles are judged once, at the end
    gap = None if event.gap_ns == kinds.MISSING else int(event.gap_ns)
    rtt = None if not event.answers or event.rtt_ns == kinds.MISSING else int(event.rtt_ns)
    kind = kinds.KIND_WORDS[event.kind]
    return int(event.frame), kind, flow, sender, int(event.answers) or None, gap, rtt


def expected(labels: naive.Labels) -> list[Row]:
    """The reference's rows, in the same shape."""
    rows: list[Row] = []
    for row in labels.rows:
        icmp = row.kind == "icmp_error"
        gap = None if icmp else row.gap_ns
        sender = None if icmp else row.wire.sport
        rows.append((row.frame, row.kind, row.flow, sender, row.answers, gap, row.rtt_ns))
    return rows


def without_gaps(conversation: list[Record], rows: list[Row]) -> list[Row]:
    """The rows, without gaps where "the last activity" is a matter of taste.

    That is where times run backwards, and where so many tentative segments were forgotten that
    nobody knows what they were.
    """
    times = [record.time_ns for record in conversation]
    return rows if times == sorted(times) and len(rows) < 64 else [(*row[:5], *row[6:]) for row in rows]


@settings(
    max_examples=EXAMPLES, derandomize=DERANDOMIZE, deadline=None, suppress_health_check=list(HealthCheck)
)
@given(conversations(icmp=True))
def test_labels_equal_the_reference(conversation: list[Record]) -> None:
    labels = naive.label(conversation)
    _, found = tracked(conversation)
    assert without_gaps(conversation, found) == without_gaps(conversation, expected(labels))


@settings(
    max_examples=EXAMPLES, derandomize=DERANDOMIZE, deadline=None, suppress_health_check=list(HealthCheck)
)
@given(conversations())
def test_verdicts_are_fair_readings(conversation: list[Record]) -> None:
    labels = naive.label(conversation)
    tracker, _ = tracked(conversation)
    end_ns = conversation[-1].time_ns if conversation else 0
    decide(tracker.flows, tracker.probings, end_ns, Rules())
    if any(flow.challenged for flow in labels.flows):
        return  # which of several uses of a 4-tuple was meant has its own tests
    for flow, reference in zip(tracker.flows, labels.flows, strict=True):
        if not opens_again(reference):
            assert kinds.VERDICT_WORDS[flow.verdict] in reference.verdicts


def opens_again(flow: Flow) -> bool:
    """Whether a SYN stands in the middle of its connection, or behind its answer: which of the silences is
    then the keepalive time, and what was in flight, is anybody's guess; labels are compared there too."""
    went_on = set()
    for row in flow.rows:
        if row.segment is None or row.segment.has(RST):
            continue
        opening = row.segment.has(SYN)
        if opening and (row.sender in went_on or (went_on and not row.segment.has(ACK))):
            return True
        if not opening or row.segment.has(ACK):
            went_on.add(row.sender if not opening else f"answer of the {row.sender}")
    return False
