"""What was told of the plays, held against their truth: what is missing, and what nobody did."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.helpers.sidecars import WORDS
from tests.soak.mirror import ended_place
from tests.soak.playing import Played, place_of

VERDICT_S = 3.0
"""After the last frame of a play was told, until its verdict must have been: how long one must hold, and a
busy machine. Later ones are not of the play: its hosts are gone, and silence goes on."""

FINDING_S = 25.0
"""The same for findings: what only time brings is searched each 10 s, less often where that is much work."""

WELL = {"alive", "open"}
"""Not told apart in lines: a healthy connection goes back and forth."""

SILENT = {"probing": "peer_dead"}
"""What becomes of a verdict when its prober falls silent, as all do when their play ends."""

ADDRESS = re.compile(r"\d+(?:\.\d+){3}|[0-9a-f]{4}(?::+[0-9a-f]{1,4}){2,7}")

Line = dict[str, Any]
Lines = Sequence[tuple[float, Line]]


@dataclass
class Connection:
    """What was told of one connection until its play had ended. events: their kinds by frame, by side."""

    place: int | None
    ends: tuple[str, int, str, int] | None = None
    verdicts: list[str] = field(default_factory=lambda: ["unknown"])
    findings: set[str] = field(default_factory=set)
    events: dict[str, dict[int, str]] = field(default_factory=lambda: {"client": {}, "server": {}})


@dataclass
class Outcome:
    """What came of holding the lines against the truth; wrong: a sentence each."""

    plays: int = 0
    unknown: list[str] = field(default_factory=list)
    connections: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    findings: Counter[str] = field(default_factory=Counter)
    segments: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


class Told:
    """The lines of a whole run, by connection; and findings that are about more than one."""

    def __init__(self, lines: Lines) -> None:
        self.connections: dict[int, Connection] = {}
        self.wide: list[tuple[set[int | None], str]] = []
        self._ended_s: dict[int, float] = {}  # by place, when the last frame of its play was told
        last_words: set[int] = set()
        for came_s, line in lines:
            place = ended_place(line["source"]) if line["type"] == "event" else None
            if place is not None:
                self._ended_s[place] = came_s
                last_words.add(line["flow"])
            elif line.get("flow") is not None:
                if line["flow"] not in last_words:
                    self._note(came_s, line)
            elif line["type"] == "finding":
                places = {place_of(address) for address in ADDRESS.findall(line["summary"])}
                self.wide.append((set() if line["scope"] == "capture" else places, line["finding"]))

    def _note(self, came_s: float, line: Line) -> None:
        about = self.connections.get(line["flow"])
        if about is None:  # its first line is that of its first segment
            about = self.connections[line["flow"]] = Connection(place_of(line["source"]))
        late_s = came_s - self._ended_s.get(about.place or 0, came_s)
        if line["type"] == "verdict":
            about.ends = (line["client"], line["client_port"], line["server"], line["server_port"])
            if late_s < VERDICT_S:
                about.verdicts.append(line["verdict"])
        elif line["type"] == "event" or line.get("corrects") == "event":
            about.events.get(line["sender"], {})[line["frame"]] = line["kind"]
        elif late_s < FINDING_S:
            (about.findings.add if line["type"] == "finding" else about.findings.discard)(line["finding"])


def compare(lines: Lines, played: Iterable[Played]) -> Outcome:
    """Hold every line of every play against what it must have given."""
    by_place = {each.place: each for each in played}
    told = Told(lines)
    outcome = Outcome()
    for place, each in by_place.items():
        if each.failure:
            outcome.unknown.append(f"{each.name}: {each.failure}")
            continue
        outcome.plays += 1
        of_it = {number: about for number, about in told.connections.items() if about.place == place}
        wide = {name for places, name in told.wide if place in places}
        outcome.wrong += [f"{each.name}: {wrong}" for wrong in _wrong(of_it, wide, told, each, outcome)]
    of_nobody = [number for number, about in told.connections.items() if about.place not in by_place]
    outcome.wrong += [f"connection {number} is nobody's" for number in of_nobody[1:]]  # the first one knocked
    expected = {name for each in by_place.values() for one in each.expected for name in one.findings}
    known = not outcome.unknown
    outcome.wrong += [
        f"{name} invented" for places, name in told.wide if known and not places and name not in expected
    ]
    return outcome


def _wrong(
    connections: dict[int, Connection], wide: set[str], told: Told, played: Played, outcome: Outcome
) -> Iterator[str]:
    if len(connections) != len(played.expected):
        yield f"{len(played.expected)} connections, {len(connections)} told"
        return
    of_capture = {name for places, name in told.wide if not places}
    for expected, number in zip(played.expected, _paired(connections, played), strict=True):
        about = connections[number]
        what = f"connection {number} of {expected.client[0]}:{expected.client[1]}"
        outcome.connections += 1
        outcome.verdicts[expected.verdict] += 1
        outcome.findings.update(expected.findings)
        if not _is_right(about.verdicts, expected.verdict):
            yield f"{what}: {expected.verdict}, told {about.verdicts[1:]}"
        missed = set(expected.findings) - about.findings - wide - of_capture
        invented = about.findings - set(expected.findings) - {SILENT.get(expected.verdict)}
        if missed or invented:
            yield f"{what}: findings missed {sorted(missed)}, invented {sorted(invented)}"
        for end, side in expected.sides.items():
            said = tuple(WORDS[kind] for _, kind in sorted(about.events[end].items()) if kind in WORDS)
            outcome.segments.update(said)
            if said != side.said:
                yield f"{what}: its {end} said {side.said}, told {said}"
    names = {name for each in played.expected for name in each.findings}
    if wide - names:
        yield f"findings of hosts or paths invented: {sorted(wide - names)}"


def _is_right(verdicts: list[str], expected: str) -> bool:
    """Whether the verdict that was told last is the one that was to be expected."""
    last = verdicts[-1]
    if last == expected or {last, expected} <= WELL:
        return True
    return verdicts[-2:] == [expected, SILENT.get(expected)]


def _paired(connections: dict[int, Connection], played: Played) -> list[int]:
    """The number of each expected connection: by its ends, and in order where they were used again."""
    left = sorted(connections)
    paired = []
    for expected in played.expected:
        ends = (*expected.client, *expected.server)
        number = next((each for each in left if connections[each].ends in (None, ends)), left[0])
        left.remove(number)
        paired.append(number)
    return paired
