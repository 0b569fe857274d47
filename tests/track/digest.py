"""A digest of what tracking makes of a fixed set of conversations, also for other interpreters.

    python -m tests.track.digest COUNT [--canary]

--canary: first read beyond the end of a table, from a kernel that is given too small a one.
"""

from __future__ import annotations

import argparse
import hashlib
import random

from hypothesis import HealthCheck, Phase, given, seed, settings

from analyzer import records
from analyzer.rules import Rules
from analyzer.track import Tracker
from tests.helpers.columns import segment_rows
from tests.helpers.segment import Record
from tests.helpers.strategies import conversations
from tests.helpers.timeline import timeline

SEED = 1122


def some_conversations(count: int) -> list[list[Record]]:
    """The same ones on every run and in every interpreter."""
    found: list[list[Record]] = []

    @seed(SEED)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(conversations(icmp=True))
    def collect(conversation: list[Record]) -> None:
        found.append(conversation)

    collect()
    return found[:count]


def digest(count: int) -> str:
    """Of flows, probings, talks and labels, the batches cut at random; also where flows leave."""
    from tests.track.leaving import track_crowded, track_leaving
    from tests.track.support import result_bits, track

    state = hashlib.sha256()
    chance = random.Random(SEED)
    for conversation in some_conversations(count):
        cuts = [chance.randrange(1, 60) for _ in range(3)]
        for part in result_bits(track(conversation, cuts=cuts)):
            state.update(part)
        for told in (track_leaving(conversation, cuts, chance), track_crowded(conversation, cuts, 1)):
            for part in result_bits(told.tracker):
                state.update(part)
            state.update(f"{told.tracker.retired} {told.tracker.late} {sorted(told.corrected)}".encode())
    return state.hexdigest()


def canary() -> str:
    """What comes of a write beyond the flow table: the name of the exception, if bounds are checked."""
    tracker = Tracker(Rules(), most_flows=4)
    state = tracker._state
    state.tracker[0].flows_used = 0
    state.talks = records.rows(0, records.TALK)
    story = timeline("0 c>s A 0+5:0\n1 s>c A 0+5:5\n2 c>s A 5+5:5\n3 s>c A 5+5:10")
    try:
        tracker.track(segment_rows(story.records))
    except IndexError as error:
        return type(error).__name__
    return "nothing"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("count", type=int)
    parser.add_argument("--canary", action="store_true")
    arguments = parser.parse_args()
    if arguments.canary:
        print(f"canary:{canary()}")  # noqa: T201
    print(digest(arguments.count))  # noqa: T201


if __name__ == "__main__":
    main()
