"""The one place that knows the order of the stages: sources, decode, track, diagnose."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from analyzer import kinds
from analyzer.decode import Decoder
from analyzer.diagnose import decide, find_runs, probe_events
from analyzer.errors import Damage, KeepaliveError
from analyzer.facts import CaptureResult
from analyzer.rules import Options
from analyzer.sources import Source, discover, open_capture
from analyzer.track import Tracker

Progress = Callable[[str, int, "int | None", int], None]
"""Called now and then with path, bytes read, bytes in all (None: not known) and frames so far."""

SMALLEST_FRAME = 16 + 40  # bytes: a pcap record header, and IPv4 and TCP headers without options


@dataclass
class Outcome:
    """What came of an analysis.

    notes: what is worth saying, but no failure (files of a folder that are no captures).
    failures: sources that could not be read at all, and why.
    """

    captures: list[CaptureResult] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    failures: list[tuple[str, KeepaliveError]] = field(default_factory=list)


def analyze(
    arguments: Sequence[str], options: Options | None = None, progress: Progress | None = None
) -> Outcome:
    """Analyze files, folders, globs and "-" (standard input).

    A source that cannot be read is a failure of its own and does not stop the others; raises
    UsageError where the arguments make no sense.
    """
    options = options or Options()
    found = discover(arguments, join=options.join)
    outcome = Outcome(notes=list(found.notes), failures=list(found.failures))
    flows = 0
    for capture in found.captures:
        try:
            source = open_capture(capture)
        except KeepaliveError as error:
            outcome.failures.append((capture.path, error))
            continue
        with source:
            result = analyze_source(source, options, len(outcome.captures), flows, progress)
        flows += len(result.flows)
        outcome.captures.append(result)
    return outcome


def analyze_source(
    source: Source, options: Options, capture: int, first_flow: int, progress: Progress | None = None
) -> CaptureResult:
    """Read one capture to its end and judge its flows.

    capture, first_flow: number of this capture, and of its first flow, in the analysis.
    """
    decoder = Decoder(FRAMES_A_CHUNK)
    most = source.size // SMALLEST_FRAME + 1 if source.size and not source.compressed else None
    tracker = Tracker(options.rules, all_packets=options.packets, most_flows=most)
    frames, start_ns, end_ns = 0, kinds.MISSING, kinds.MISSING
    for chunk in source.chunks():
        tracker.track(decoder.decode(chunk.buffer, chunk.frames, frames + 1))
        times = chunk.frames.time_ns
        end_ns = max(end_ns, int(times.max()))
        earliest = int(times.min())
        start_ns = earliest if start_ns == kinds.MISSING else min(start_ns, earliest)
        frames += len(chunk.frames)
        if progress is not None:
            progress(source.facts.path, source.consumed, source.size, frames)
    tracker.finish()
    if tracker.untracked:
        source.facts.damages.append(
            Damage(-1, f"no memory left for {tracker.untracked} segments of further connections")
        )
    verdicts = decide(tracker.flows, tracker.probings, end_ns, options.rules)
    probed = probe_events(tracker.events(only_events=False).batches())
    return CaptureResult(
        facts=source.facts,
        capture=capture,
        first_flow=first_flow,
        flows=tracker.flows,
        probings=tracker.probings,
        talks=tracker.talks,
        runs=find_runs(probed),
        probe_events=probed,
        events=tracker.events(only_events=True),
        packets=tracker.events(only_events=False) if options.packets else None,
        frames=frames,
        tcp_segments=tracker.segments,
        skipped=decoder.skipped(),
        start_ns=start_ns,
        end_ns=end_ns,
        verdicts=verdicts.tolist(),
    )
