"""`python -m tests.soak --minutes 10`: watch the lab for so long, and say what was missed or invented."""

from __future__ import annotations

import argparse
import gzip
import json
import pickle
import sys
import time
from datetime import datetime
from pathlib import Path

from analyzer.lab import require_lab
from tests.soak.comparing import FINDING_S, Lines, Outcome, compare
from tests.soak.mirror import Observer
from tests.soak.playing import Playing
from tests.soak.watcher import Watcher

MOST_SAID = 40
DECIDED = ("peer_rebooted", "reset", "refused", "closed")
"""Verdicts that a segment decides: no silence is waited for."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="for how long scenarios are played")
    parser.add_argument("--jobs", type=int, default=6, help="how many of them at a time")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="keep the lines and the truth, to look at")
    parser.add_argument("--record", metavar="DIR", help="have the watcher record frames and tables there")
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help="only these")
    arguments = parser.parse_args()
    require_lab()
    options = ["--record", arguments.record] if arguments.record else []
    with Observer() as observer, Watcher(observer, observer.LINK, options) as watcher:
        began_s = time.monotonic()
        end_s = began_s + arguments.minutes * 60
        played = Playing(observer, end_s, arguments.jobs, arguments.scenarios).run()
        time.sleep(FINDING_S)
        watched_s = time.monotonic() - began_s
        status, said = watcher.end()
        lines = list(watcher.lines)
    if arguments.keep:
        arguments.keep.write_bytes(gzip.compress(pickle.dumps((lines, played))))
    outcome = compare(lines, played)
    report(outcome, watched_s, lines[-1][1])
    report_lateness(lines)
    print(said, end="")
    return 1 if outcome.wrong or status or not outcome.plays else 0


def report(outcome: Outcome, watched_s: float, summary: dict[str, object]) -> None:
    """For people."""
    print(f"{watched_s:.0f} s watched: {json.dumps(summary)}")
    print(f"{outcome.plays} plays compared, {len(outcome.unknown)} of unknown truth")
    print(f"{outcome.connections} connections: {dict(outcome.verdicts)}")
    print(f"findings: {dict(outcome.findings)}")
    print(f"segments told: {dict(outcome.segments)}")
    for each in outcome.unknown[:MOST_SAID]:
        print(f"  not compared: {each}")
    print(f"missed or invented: {len(outcome.wrong)}")
    for each in outcome.wrong[:MOST_SAID]:
        print(f"  {each}")


def report_lateness(lines: Lines) -> None:
    """How long after the last segment of a connection its last words came, where a segment decided them."""
    clock_s = time.time() - time.monotonic()
    late_s = sorted(
        came_s + clock_s - datetime.fromisoformat(line["end"][:26] + "+00:00").timestamp()
        for came_s, line in lines
        if line["type"] == "verdict" and line["verdict"] in DECIDED
    )
    if late_s:
        middle, most = late_s[len(late_s) // 2], late_s[int(len(late_s) * 0.99)]
        print(f"told after {middle:.2f} s (median), {most:.2f} s (99 of 100), {late_s[-1]:.2f} s (latest)")


if __name__ == "__main__":
    sys.exit(main())
