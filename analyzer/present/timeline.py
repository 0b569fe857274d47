"""One connection's timeline as a ladder: the client's line left, the server's right, time downward."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from analyzer import kinds
from analyzer.present.connection import end, head, paragraph
from analyzer.present.labels import STYLES, chatter, header, label
from analyzer.present.lookalikes import lookalikes
from analyzer.present.paper import Line, Span
from analyzer.present.steps import BURST, EXCHANGE, LONE, PAUSE_S, Step, is_lone, steps
from analyzer.present.words import Clock, cells, wrapped
from analyzer.tables import Tables
from analyzer.tables.about import plain_rows
from analyzer.tables.labelled import Segment, segments
from analyzer.wording import SAY_MINUTES, counted, duration, endpoint

LADDER = 62  # columns that a ladder is wide at most: longer arrows are harder to follow
NOTES = 46  # columns for header numbers beside it, where the paper is that wide
SHORT_GAP, LONG_GAP = len("599.9 s"), len("11 min 40 s")  # columns of the longest words


@dataclass(frozen=True)
class Connection:
    """What a timeline is drawn of. flow, runs, findings: rows of those tables as plain values.

    files: how many were joined into its capture.
    capture_end_ns: the last that is known; going_on: the capture has not ended there.
    eventful: its segments are those that say something; data and plain ACKs were not kept.
    """

    flow: dict[str, Any]
    runs: list[dict[str, Any]]
    findings: list[dict[str, Any]]
    segments: list[Segment]
    path: str
    files: int
    capture_end_ns: int
    going_on: bool = False
    eventful: bool = False

    @classmethod
    def of(cls, tables: Tables, name: str = "packets") -> Connection:
        """The one connection of these tables. name: the table of its segments; "events" has fewer."""
        result = tables.selection.results[int(tables.selection.part[0])]
        return cls(
            plain_rows(tables, "flows")[0],
            plain_rows(tables, "probe_runs"),
            plain_rows(tables, "findings"),
            segments(tables, name),
            result.facts.path,
            len(result.facts.files),
            result.end_ns,
            eventful=name == "events",
        )


def timeline(connection: Connection, clock: Clock, width: int, whole: bool = False) -> Iterator[Line]:
    """The lines of a timeline. whole: nothing is summed up."""
    yield from head(connection.flow, connection.path, connection.files, clock, width)
    yield []
    ladder = Ladder(connection, clock, width)
    yield from ladder.lines(steps(connection.segments, whole))
    yield []
    yield from end(connection.flow, connection.runs, connection.findings, clock, width)
    for sentence in lookalikes(connection.segments):
        yield from paragraph(sentence, width, "")


class Ladder:
    """Draws steps. The columns of a row: frame, time, gap, the ladder, and notes on wide paper."""

    def __init__(self, connection: Connection, clock: Clock, width: int) -> None:
        segments = connection.segments
        self.clock = clock
        self.ends = (
            endpoint(connection.flow["client"], connection.flow["client_port"]),
            endpoint(connection.flow["server"], connection.flow["server_port"]),
        )
        self.capture_end_ns = connection.capture_end_ns
        self.ending = "now" if connection.going_on else "the capture ends"
        self.again = repeated_fins(segments)
        self.over = connection.flow["verdict"] == "closed" or any(
            s.kind in kinds.RESETS for s in segments[-1:]
        )
        self.answered = {segment.answers for segment in segments if segment.answers}
        self.frame_width = max([len("FRAME"), *(len(str(each.frame)) for each in segments[-1:])])
        self.time_width = max(
            [len("TIME"), len(clock.time(self.capture_end_ns))]
            + [len(clock.time(each.time_ns)) for each in segments[-1:]]
        )
        first_ns = min([self.capture_end_ns, *(each.time_ns for each in segments[:1])])
        minutes = (self.capture_end_ns - first_ns) / 1e9 >= SAY_MINUTES
        self.gap_width = LONG_GAP if minutes else SHORT_GAP
        left = self.frame_width + self.time_width + self.gap_width + 6
        self.noted = width - left >= LADDER + NOTES
        self.inner = min(LADDER, width - left) - 2  # between the two lifelines

    def lines(self, story: list[Step]) -> Iterator[Line]:
        """Everything between the head and the verdict."""
        yield from self._top()
        before: int | None = None
        day = ""
        for step in story:
            if self.clock.mode != "relative" and self.clock.date(step.start_ns) != day:
                if day:
                    yield self._row(self._middle(self.clock.date(step.start_ns), "faint"))
                day = self.clock.date(step.start_ns)
            if before is not None and (step.start_ns - before) / 1e9 >= PAUSE_S:
                yield from self._silence((step.start_ns - before) / 1e9)
            yield from self._told(step, before) if step.told else self._summed(step, before)
            before = step.end_ns
        rest_s = 0.0 if self.over or before is None else (self.capture_end_ns - before) / 1e9
        if rest_s >= PAUSE_S:
            yield self._row(self._middle("", "", "┊"))
            yield self._row(
                self._middle(self.ending, "faint", "┊"), None, duration(rest_s), self.capture_end_ns
            )
        else:
            yield self._row(self._middle("", ""))

    def _top(self) -> Iterator[Line]:
        client, server = (f"{who} {end}" for who, end in zip(kinds.SENDER_WORDS, self.ends, strict=True))
        if len(client) + len(server) + 2 > self.inner + 2:
            client, server = kinds.SENDER_WORDS
        room = self.inner + 2 - len(client) - len(server)
        head = f"{'FRAME':>{self.frame_width}}  {'TIME':>{self.time_width}}  {'GAP':>{self.gap_width}}  "
        yield [(head, "faint"), (client + " " * room + server, "title")]

    def _row(
        self, drawing: list[Span], frame: int | None = None, gap: str = "", time_ns: int | None = None
    ) -> Line:
        number = "" if frame is None else str(frame)
        time = "" if time_ns is None else self.clock.time(time_ns)
        return [
            (f"{number:>{self.frame_width}}  {time:>{self.time_width}}  ", ""),
            (f"{gap:>{self.gap_width}}  ", "faint"),
            *drawing,
        ]

    def _told(self, step: Step, before: int | None) -> Iterator[Line]:
        for segment in step.segments:
            gap = "" if before is None else duration((segment.time_ns - before) / 1e9)
            drawing = self._arrow(segment)
            if self.noted:
                drawing.append(("  " + header(segment), "faint"))
            yield self._row(drawing, segment.frame, gap, segment.time_ns)
            before = segment.time_ns

    def _summed(self, step: Step, before: int | None) -> Iterator[Line]:
        gap = "" if before is None else duration((step.start_ns - before) / 1e9)
        for place, text in enumerate(wrapped("... " + summary(step), self.inner - 2)):
            drawing = self._middle(text, "good" if step.kind == EXCHANGE else "")
            if place:
                yield self._row(drawing)
            else:
                yield self._row(drawing, step.segments[0].frame, gap, step.start_ns)

    def _silence(self, pause_s: float, ending: str = "of silence") -> Iterator[Line]:
        """Dotted lifelines: the taller, the longer, by powers of sixty; the tall ones say how long."""
        height = 1 + 2 * min(2, int(math.log(pause_s, 60)))
        words = f"{duration(pause_s)} {ending}"
        for place in range(height):
            text = words if height > 1 and place == height // 2 else ""
            yield self._row(self._middle(text, "faint", "┊"))

    def _middle(self, text: str, style: str, lifeline: str = "│") -> list[Span]:
        room = max(0, self.inner - cells(text))
        padded = " " * (room // 2) + text + " " * (room - room // 2)
        return [(lifeline, "faint"), (padded, style), (lifeline, "faint")]

    def _arrow(self, segment: Segment) -> list[Span]:
        lone = is_lone(segment, self.answered)
        style = "lost" if lone else STYLES.get(segment.kind, "data")
        text = f" {label(segment, lone, segment.frame in self.again)} "
        stroke = "╌" if lone or segment.sender > 1 else "━" if segment.kind in kinds.RESETS else "─"
        room = max(2, self.inner - cells(text) - 1)
        near, far = stroke * (room // 2), stroke * (room - room // 2)
        if segment.sender > 1:
            return [("│", "faint"), (stroke + near + text + far, style), ("│", "faint")]
        if segment.sender == kinds.CLIENT:
            return [("│", "faint"), (near + text + far + ("✕" if lone else "▶"), style), ("│", "faint")]
        return [("│", "faint"), (("✕" if lone else "◀") + near + text + far, style), ("│", "faint")]


def repeated_fins(segments: list[Segment]) -> set[int]:
    """Frames of FINs whose sender had sent one before."""
    fins = [segment for segment in segments if segment.kind == kinds.FIN]
    first = {segment.sender: segment.frame for segment in reversed(fins)}
    return {segment.frame for segment in fins} - set(first.values())


def summary(step: Step) -> str:
    """What a summed-up step held."""
    probes = [each for each in step.segments if each.kind in kinds.PROBES]
    if step.kind == EXCHANGE:
        return f"{counted(len(probes), 'more probe')}, all answered{_round_trips(step)}{_apart(probes)}"
    if step.kind == LONE:
        return f"{counted(len(probes), 'more probe')} without an answer{_apart(probes)}"
    if step.kind == BURST:
        text = chatter(step.segments)
        if step.bursts > 1:
            text += f", in {step.bursts} bursts, pauses up to {duration(step.longest_pause_s)}"
        return text
    return _mixture(step)


def _mixture(step: Step) -> str:
    names = Counter(kinds.KIND_WORDS[each.kind] for each in step.segments)
    some = ", ".join(f"{count:,} {name}" for name, count in names.most_common(4))
    more = ", …" if len(names) > 4 else ""
    frames = f"{step.segments[0].frame} to {step.segments[-1].frame}"
    return f"{counted(len(step.segments), 'frame')} not told ({frames}): {some}{more}"


def _round_trips(step: Step) -> str:
    took = [each.rtt_s for each in step.segments if each.rtt_s == each.rtt_s]
    if not took:
        return ""
    least, most = duration(min(took)), duration(max(took))
    return f" after {least}" if least == most else f" after {least} to {most}"


def _apart(probes: list[Segment]) -> str:
    """How far consecutive probes of one sender are apart, in the middle."""
    spacings = []
    for sender in (kinds.CLIENT, kinds.SERVER):
        times = [each.time_ns for each in probes if each.sender == sender]
        spacings += [(after - before) / 1e9 for before, after in zip(times, times[1:], strict=False)]
    return f", {duration(statistics.median(spacings))} apart" if spacings else ""
