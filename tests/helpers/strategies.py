"""Hypothesis strategies: captures of plausible random conversations.

    @given(conversations())
    def test_…(records: list[Record]) -> None: …

One to three connections take turns. They open with a handshake or in
mid-connection, and do what `conversation` knows. Then the capture gets its own
faults: one direction missing, frames lost, neighbours swapped, times shaken.
Everything is drawn step by step, so a failing example shrinks to a few frames.
"""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from .conversation import Conversation
from .hosts import MILLISECOND, Clock, Host, Step
from .segment import Endpoint, Record, Segment

START_NS = 1_700_000_000_000_000_000

WEIGHTS = {
    "syn": 2,
    "syn_again": 5,
    "open_both": 1,
    "challenge": 1,
    "fin": 2,
    "close": 2,
    "reset": 3,
    "data": 4,
    "exchange": 3,
    "beat": 2,
    "again": 3,
    "retry": 1,
    "late": 2,
    "skip": 1,
    "ack": 4,
    "old": 2,
    "resize": 4,
    "probe": 5,
    "reply": 4,
    "probed": 6,
    "crossing": 2,
    "give_up": 3,
    "rebooted": 2,
    "closed_window": 3,
    "copy": 5,
    "icmp": 1,
}
ACTIONS = tuple(action for action, weight in WEIGHTS.items() for _ in range(weight))
OPENINGS = 3 * (
    *("syn",) * 5,
    *("probed", "probe", "give_up", "exchange", "ack", "open_both", "crossing"),
) + ("storm",)

WAITS_NS = tuple(
    milliseconds * MILLISECOND
    for milliseconds in (0, 1, 5, 50, 300, 700, 999, 1000, 1001, 2000, 3000, 10_000, 45_000, 75_000)
)
INITIAL = (0, 1, 1000, 2**31 - 5, 2**31, 2**32 - 150, 2**32 - 30, 2**32 - 2, 2**32 - 1)
JITTERS_NS = (0, 0, 0, 0, 1, -1, -2 * MILLISECOND, 2 * MILLISECOND, -9 * MILLISECOND)


def steps(actions: tuple[str, ...] = ACTIONS) -> st.SearchStrategy[Step]:
    return st.builds(
        Step,
        st.sampled_from(actions),
        st.integers(0, 2),
        st.booleans(),
        st.sampled_from(WAITS_NS),
        st.integers(0, 7),
    )


def sequence_numbers() -> st.SearchStrategy[int]:
    """Initial sequence numbers, often just before they wrap."""
    return st.sampled_from(INITIAL) | st.integers(0, 2**32 - 1)


@st.composite
def hosts(draw: st.DrawFn, endpoint: Endpoint) -> Host:
    ip_id = None if ":" in endpoint[0] else draw(st.sampled_from((1, 1, 1, 0, 65534)))
    return Host(endpoint, draw(sequence_numbers()), ttl=draw(st.sampled_from((60, 64, 128))), ip_id=ip_id)


@st.composite
def conversations(draw: st.DrawFn, max_steps: int = 30, icmp: bool = False) -> list[Record]:
    """The records of one capture, frames numbered from 1. Without `icmp` all are segments."""
    clock = Clock(START_NS)
    network = draw(st.sampled_from(("10.0.0.", "10.0.0.", "10.0.0.", "2001:db8::")))
    talks = []
    for number in range(draw(st.sampled_from((1, 1, 2, 3)))):
        client = draw(hosts((f"{network}1", 40000 + number)))
        server = draw(hosts((f"{network}2", 443)))
        if draw(st.booleans()):
            client.echo = server.echo = 0
        talks.append(Conversation(client, server, clock))
    for number, talk in enumerate(talks):
        talk.do(replace(draw(steps(OPENINGS)), flow=number))
    for step in draw(st.lists(steps(), max_size=max_steps)):
        if icmp or step.action != "icmp":
            talks[step.flow % len(talks)].do(step)
    return draw(captured(clock.records))


@st.composite
def captured(draw: st.DrawFn, records: list[Record]) -> list[Record]:
    """What a capture makes of the traffic: frames lost, swapped, times a little wrong."""
    kept = list(records)
    fault = draw(st.sampled_from(("", "", "", "one direction", "lost", "swapped", "shaken", "begins late")))
    count = max(len(kept), 1)
    if fault == "one direction":
        seen = draw(st.booleans())
        kept = [record for record in kept if not isinstance(record, Segment) or (record.dport == 443) == seen]
    elif fault == "lost":
        gone = draw(st.sets(st.integers(0, count - 1), max_size=4))
        kept = [record for at, record in enumerate(kept) if at not in gone]
    elif fault == "begins late":
        kept = kept[draw(st.integers(0, min(count - 1, 12))) :]
    elif fault == "swapped":
        for at in draw(st.sets(st.integers(1, max(count - 1, 1)), max_size=4)):
            if at < len(kept):
                kept[at - 1], kept[at] = kept[at], kept[at - 1]
    elif fault == "shaken":
        shakes = draw(st.lists(st.sampled_from(JITTERS_NS), min_size=len(kept), max_size=len(kept)))
        kept = [
            replace(record, time_ns=record.time_ns + shake)
            for record, shake in zip(kept, shakes, strict=True)
        ]
    return [replace(record, frame=frame) for frame, record in enumerate(kept, start=1)]
