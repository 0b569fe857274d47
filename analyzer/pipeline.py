"""The one place that knows the order of the stages: sources, decode, track, diagnose."""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analyzer import kernel_cache, kinds
from analyzer.decode import Decoder
from analyzer.diagnose import (
    WANTS,
    Context,
    ProbingFinder,
    Span,
    busiest_hosts,
    decide,
    find,
    in_force,
    judge,
    reason,
    state_changes,
    summarize,
    tell,
)
from analyzer.diagnose.plan import Bounds, Replay, Timers, bounds_of, recommend, settings_for
from analyzer.errors import Damage, KeepaliveError, UsageError
from analyzer.facts import CaptureFacts, CaptureResult, Finding, Findings, Rows
from analyzer.reading import ReadAhead, earliest
from analyzer.rules import Options, Rules
from analyzer.sources import CHUNK_FRAMES, READERS, Held, Source, discover, held, open_capture
from analyzer.track import Snapshot, Tracker, prepare_tracking

Progress = Callable[[str, int, "int | None", int], None]
"""Called now and then with path, bytes read, bytes in all (None: not known) and frames so far."""

SMALLEST_FRAME = 16 + 40  # bytes: a pcap record header, and IPv4 and TCP headers without options


SYN = bytes.fromhex(
    "45000028 00000000 40060000 0a000001 0a00000200010002 00000000 00000000 50020000 00000000"
)
SMALLEST_CAPTURES = {
    "one.pcap": struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 101)
    + struct.pack("<IIII40s", 0, 0, 40, 40, SYN),
    "one.pcapng": struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
    + struct.pack("<IIHHII", 1, 20, 101, 0, 262144, 20)
    + struct.pack("<IIIIIII40sI", 6, 72, 0, 0, 0, 40, 40, SYN, 72),
}
"""A connection of one segment in each format: enough to make numba compile what they need."""


__all__ = [
    "READERS",
    "Bounds",
    "Diagnosis",
    "Outcome",
    "Progress",
    "Replay",
    "Span",
    "Timers",
    "analyze",
    "bounds_of",
    "busiest_hosts",
    "compiles_always",
    "compiles_first",
    "held",
    "recommend",
    "settings_for",
    "warm_up",
]
"""What commands and `analysis` use; of diagnosis what needs no rules."""


@dataclass
class Outcome:
    """What came of an analysis.

    notes: what is worth saying, but no failure (files of a folder that are no captures).
    failures: sources that could not be read at all, and why.
    sources, options: what was read, and how; a live capture has no sources.
    """

    captures: list[CaptureResult] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    failures: list[tuple[str, KeepaliveError]] = field(default_factory=list)
    sources: tuple[str | Held, ...] = ()
    options: Options = field(default_factory=Options)

    def keep_packets(self) -> None:
        """Read the sources once more, keeping every segment, unless they are kept already."""
        if all(result.packets is not None for result in self.captures):
            return
        if not self.sources:
            raise UsageError("a live capture keeps no packets, only events")
        if any(isinstance(each, Held) and not each.again for each in self.sources):
            raise UsageError("packets that were gone through once: analyze(…, packets=True) keeps segments")
        if "-" in self.sources:
            raise UsageError("standard input cannot be read again: analyze(…, packets=True) keeps segments")
        self.captures = analyze(self.sources, replace(self.options, packets=True)).captures


def analyze(
    arguments: Sequence[str | Held], options: Options | None = None, progress: Progress | None = None
) -> Outcome:
    """Analyze files, folders, globs, "-" (standard input) and what a program holds.

    A source that cannot be read is a failure of its own and does not stop the others; raises
    UsageError where the arguments make no sense.
    """
    options = options or Options()
    check_profiles(options)
    found = discover(arguments, options.join, options.reader)
    outcome = Outcome([], list(found.notes), list(found.failures), tuple(arguments), options)
    flows = 0
    for capture in found.captures:
        try:
            source = open_capture(capture, options.reader)
        except KeepaliveError as error:
            outcome.failures.append((capture.path, error))
            continue
        with source:
            once = capture.held is not None and not capture.held.again
            kept = replace(options, packets=True) if once else options
            result = analyze_source(source, kept, len(outcome.captures), flows, progress)
        flows += len(result.flows)
        outcome.captures.append(result)
    return outcome


def check_profiles(options: Options) -> None:
    """Say what is wrong with the user's profiles before the long part; raises UsageError."""
    if options.profiles:
        from analyzer.diagnose.profiles import load

        load(options.profiles)


@dataclass(frozen=True)
class Seen:
    """What was read of a capture so far, as CaptureResult has it. end_ns: when it is to be judged."""

    facts: CaptureFacts
    frames: int
    segments: int
    skipped: dict[str, int]
    start_ns: int
    end_ns: int


class Diagnosis:
    """What the tables ask of diagnosis, for the flows that are shown."""

    def __init__(self, rules: Rules, profiles: tuple[str, ...] = ()) -> None:
        """profiles: paths of users' files of stacks and middleboxes, beside our own."""
        self._rules = rules
        self._profiles = profiles
        self._context: Context | None = None

    def summarize(self, result: CaptureResult, rows: NDArray[np.int64]) -> Rows:
        """SUMMARY rows of the flows with these row numbers."""
        return summarize(result, rows, self._rules)

    def reasons(self, result: CaptureResult, rows: NDArray[np.int64]) -> list[str]:
        """A sentence for each that justifies its verdict."""
        return [reason(case) for case in self._of(result).cases(rows)]

    def stacks(self, result: CaptureResult, rows: NDArray[np.int64]) -> list[str]:
        """For each the TCP stacks that its probers may be, "" where nothing tells."""
        probed = rows[result.flows["probing"][rows] > 0]
        if not len(probed):
            return [""] * len(rows)
        from analyzer.diagnose.recognition import stacks_of

        told = {case.row: stacks_of(case) for case in self._of(result).cases(probed)}
        return [told.get(row, "") for row in rows.tolist()]

    def findings(self, result: CaptureResult, rows: NDArray[np.int64], names: int) -> list[Finding]:
        """The findings about one of these flows alone, in their order. names: bits of the wanted ones."""
        return tell(self._of(result), rows, names)

    def defaults(self) -> list[tuple[str, float | None, float | None]]:
        """Keepalive time and interval of each known system and program, in seconds, None: has none."""
        from analyzer.diagnose.profiles import load

        stacks = load(self._profiles).stacks
        return list(
            dict.fromkeys((each.family or each.name, each.time_s, each.interval_s) for each in stacks)
        )

    def _of(self, result: CaptureResult) -> Context:
        """The context of a capture; of the latest one the cases are kept."""
        if self._context is None or self._context.result is not result:
            self.forget()
            self._context = Context(result, self._rules, WANTS, self._profiles)
        return self._context

    def forget(self) -> None:
        """Let the latest capture go: nothing more is asked of it."""
        if self._context is not None:
            self._context.forget()
            self._context = None

    def state_changes(self, result: CaptureResult, rows: NDArray[np.int64]) -> Rows:
        """CHANGE rows of the flows with these row numbers, by time."""
        return state_changes(result, rows, self._rules.time_wait_ns)

    def states_in_force(self, changes: Rows, at_ns: int) -> Rows:
        """Those of CHANGE rows that hold at a moment, CLOSED left out."""
        return in_force(changes, at_ns)


def compiles_first() -> bool:
    """Whether the next analysis has to compile its kernels, which takes a while."""
    return not kernel_cache.is_filled()


def compiles_always() -> str:
    """Why every analysis has to: where compiled kernels cannot be kept; "" where they can."""
    return kernel_cache.NOT_KEPT


def warm_up() -> None:
    """Compile every kernel that reads and judges, and keep it: afterwards no analysis has to."""
    prepare_tracking()
    with tempfile.TemporaryDirectory(prefix="keepalive-") as folder:
        for name, content in SMALLEST_CAPTURES.items():
            path = Path(folder) / name
            path.write_bytes(content)
            for result in analyze([str(path)]).captures:
                judge(result.flows, result.probings, result.end_ns, Rules())  # as live captures do
    kernel_cache.forget_unused()


def analyze_source(
    source: Source, options: Options, capture: int, first_flow: int, progress: Progress | None = None
) -> CaptureResult:
    """Read one capture to its end and judge its flows.

    capture, first_flow: number of this capture, and of its first flow, in the analysis.
    """
    decoder = Decoder(CHUNK_FRAMES)
    most = source.size // SMALLEST_FRAME + 1 if source.size and not source.compressed else None
    tracker = Tracker(options.rules, all_packets=options.packets, most_flows=most)
    frames, start_ns, end_ns = 0, kinds.MISSING, kinds.MISSING
    for batch in ReadAhead(source, decoder):
        tracker.track(batch.segments)
        frames = batch.frames
        start_ns = earliest(start_ns, batch.start_ns)
        end_ns = max(end_ns, batch.end_ns)
        if progress is not None:
            progress(source.facts.path, batch.consumed, source.size, frames)
    if tracker.untracked:
        source.facts.damages.append(
            Damage(-1, f"no memory left for {tracker.untracked} segments of further connections")
        )
    seen = Seen(source.facts, frames, tracker.segments, decoder.skipped(), start_ns, end_ns)
    result = concluded(tracker, seen, options, capture, first_flow)
    result.findings = find(result, options.rules, options.profiles)
    return result


def concluded(
    tracked: Tracker | Snapshot, seen: Seen, options: Options, capture: int = 0, first_flow: int = 0
) -> CaptureResult:
    """Judge tracked flows as of `seen.end_ns`; findings are still to be found."""
    tracked.finish()
    verdicts = decide(tracked.flows, tracked.probings, seen.end_ns, options.rules)
    labelled = tracked.events(only_events=False)
    return CaptureResult(
        facts=seen.facts,
        capture=capture,
        first_flow=first_flow,
        flows=tracked.flows,
        probings=tracked.probings,
        talks=tracked.talks,
        find_probing=ProbingFinder(labelled, len(tracked.flows)),
        events=tracked.events(only_events=True),
        labelled=labelled,
        packets=labelled if options.packets else None,
        frames=seen.frames,
        tcp_segments=seen.segments,
        skipped=seen.skipped,
        start_ns=seen.start_ns,
        end_ns=seen.end_ns,
        verdicts=verdicts.tolist(),
        findings=Findings.none(len(tracked.flows)),
        numbers=tracked.numbers if isinstance(tracked, Snapshot) else None,
        going_on=isinstance(tracked, Snapshot),
        shortened=tracked.shortened if isinstance(tracked, Snapshot) else None,
    )
