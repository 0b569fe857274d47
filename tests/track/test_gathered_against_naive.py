"""What is gathered for diagnosis, against the naive reference, on random conversations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given

from analyzer import kinds
from analyzer.facts import Rows
from tests.helpers import naive
from tests.helpers.naive_state import PROBES, Flow, Row
from tests.helpers.naive_talk import Speaker, Talk, talk_of
from tests.helpers.segment import Record, Segment
from tests.helpers.strategies import conversations

from .support import table, track
from .test_against_naive import SETTINGS

MARKS = {
    kinds.EVENT_PROBE_SHAPE: "probe_shape",
    kinds.EVENT_CLOSES: "closes",
    kinds.EVENT_REOPENS: "reopens",
    kinds.EVENT_BEAT: "beat",
    kinds.EVENT_FIRST_COPY: "first_copy",
}
EVENTS_ONLY = frozenset(kinds.KIND_WORDS[kind] for kind in kinds.PACKETS_ONLY)


def words(marks: int) -> set[str]:
    return {word for bit, word in MARKS.items() if marks & bit}


def marked(labels: naive.Labels) -> dict[int, set[str]]:
    """The marks of each frame."""
    found = {row.frame: set(row.marks) for row in labels.rows}
    for flow in labels.flows:
        for frame in talk_of(flow).heartbeats:
            found[frame].add("beat")
        copies = [row.frame for row in flow.rows if row.kind == "duplicate"]
        if copies:
            found[copies[0]].add("first_copy")
    return found


@SETTINGS
@given(conversations(icmp=True))
def test_marks_and_kept_rows(conversation: list[Record]) -> None:
    """A row is kept if its kind is an event, if it answers a probe, or if it is marked."""
    labels = naive.label(conversation)
    expected = marked(labels)
    every = table(track(conversation))
    assert {int(row.frame): words(row.marks) for row in every} == expected
    kept = [
        row.frame
        for row in labels.rows
        if row.kind not in EVENTS_ONLY or row.answers is not None or row.tentative or expected[row.frame]
    ]
    tracker = track(conversation, all_packets=False)
    assert table(tracker).frame.tolist() == kept
    for flow, reference in zip(tracker.flows, labels.flows, strict=True):
        assert words(flow.event_marks) == set().union(*(expected[row.frame] for row in reference.rows))


@SETTINGS
@given(conversations())
def test_heartbeats_tell_the_pause_before_them(conversation: list[Record]) -> None:
    pauses = {
        frame: pause_ns
        for flow in naive.label(conversation).flows
        for frame, pause_ns in talk_of(flow).heartbeats.items()
    }
    beats = {int(row.frame): row for row in table(track(conversation)) if row.marks & kinds.EVENT_BEAT}
    assert beats.keys() == pauses.keys()
    for frame, row in beats.items():
        assert row.answers or row.rtt_ns == pauses[frame]


@SETTINGS
@given(conversations(icmp=True))
def test_control_bits_and_ttl_of_rows(conversation: list[Record]) -> None:
    for row, record in zip(table(track(conversation)), conversation, strict=True):
        if isinstance(record, Segment):
            assert (row.ttl, row.control) == (record.ttl, record.flags)
        else:
            assert (row.ttl, row.control) == (3, record.code)


@SETTINGS
@given(conversations(icmp=True))
def test_the_side_that_an_icmp_error_quotes(conversation: list[Record]) -> None:
    tracker = track(conversation)
    for row, record in zip(table(tracker), conversation, strict=True):
        if not isinstance(record, Segment) and row.flow != kinds.NO_FLOW:
            assert tracker.flows[row.flow].port[row.otherwise] == record.sport


def side_word(flow: Rows, reference: Flow, index: int) -> str:
    """The reference's word for a side of a FLOW row."""
    client = int(flow.port[index]) == reference.client.endpoint[1]
    return "client" if client else "server"


def same_speaker(side: Any, speaker: Speaker) -> None:
    assert side.unreplied == len(speaker.unreplied)
    if speaker.unreplied:
        first = speaker.unreplied[0]
        assert (side.request_time, side.request_frame) == (first.time_ns, first.frame)
    assert side.longest_reply_s == max([np.float32(0), *speaker.replies_s])
    assert side.beats == len(speaker.beats)
    assert side.gap_min_ms == min(speaker.pauses_ms, default=0)
    assert side.gap_max_ms == max(speaker.pauses_ms, default=0)
    if speaker.beats:
        first, last = speaker.beats[0], speaker.beats[-1]
        assert (side.first_beat_frame, side.message_frame) == (first.frame, last.frame)


def same_silences(row: Any, talk: Talk) -> None:
    survived = talk.survived.frame if talk.survived else 0
    assert (row.survived_s, row.survived_frame) == (talk.survived_s, survived)
    if talk.tried is None:
        assert row.tried_time == kinds.MISSING
    else:
        assert (row.tried_time, row.tried_frame) == (talk.tried.time_ns, talk.tried.frame)
        assert row.tried_s == talk.tried_s


@SETTINGS
@given(conversations())
def test_messages(conversation: list[Record]) -> None:
    times = [record.time_ns for record in conversation]
    if times != sorted(times):
        return  # what a pause is where time runs backwards is nobody's business
    labels = naive.label(conversation)
    tracker = track(conversation)
    for flow, reference in zip(tracker.flows, labels.flows, strict=True):
        talk = talk_of(reference)
        assert (flow.talk != 0) == bool(talk.messages)
        if talk.messages:
            row = tracker.talks[flow.talk - 1]
            same_silences(row, talk)
            for index in (0, 1):
                same_speaker(row.side[index], talk.sides[side_word(flow, reference, index)])


def forms(rows: list[Row]) -> int:
    """kinds.FORM_* of keep-alive probes; the helpers' segments bear no DF."""
    form = 0
    for row in rows:
        form |= kinds.FORM_OCTET if row.wire.length else kinds.FORM_EMPTY
        form |= kinds.FORM_UNTIMED if row.wire.tsval is None else kinds.FORM_TIMED
        form |= kinds.FORM_FRAGMENTS
    return form


def first_echo(rows: list[Row], word: str) -> tuple[int, int, int] | None:
    """Of a side's first probe that was answered, both with timestamps: time, TSval and the answer's TSecr."""
    probes = {row.frame: row for row in rows if row.kind in PROBES and row.sender == word}
    for row in rows:
        probe = probes.get(row.answers or 0)
        if probe is not None and probe.wire.tsval is not None and row.wire.tsecr is not None:
            return probe.time_ns, probe.wire.tsval, row.wire.tsecr
    return None


@SETTINGS
@given(conversations())
def test_probers(conversation: list[Record]) -> None:
    if len(conversation) >= 64:
        return  # so many tentative segments are not all remembered
    labels = naive.label(conversation)
    tracker = track(conversation)
    for flow, reference in zip(tracker.flows, labels.flows, strict=True):
        rows = [row for row in reference.rows if row.segment is not None]
        if flow.probing == 0:
            assert not [row for row in rows if row.kind in PROBES]
            continue
        for index in (0, 1):
            word = side_word(flow, reference, index)
            prober = tracker.probings[flow.probing - 1].prober[index]
            mine = [row for row in rows if row.sender == word and row.kind == "keepalive_probe"]
            assert prober.form == forms(mine)
            echo = first_echo(rows, word)
            if echo is None:
                assert prober.echo_time == kinds.MISSING
            else:
                assert (prober.echo_time, prober.echo_tsval, prober.echo_tsecr) == echo
            if prober.clock_hz:  # the helpers' clocks tick in milliseconds, and times are shaken by 9
                assert prober.clock_hz == pytest.approx(1000, rel=0.25)
