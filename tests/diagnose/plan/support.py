"""Stories, their lines in any order, ready to be replayed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from analyzer import kinds
from analyzer.diagnose.plan import Replay, Timers
from analyzer.rules import Rules
from tests.diagnose.support import OPENING, SECOND, tell
from tests.helpers import wire
from tests.helpers.segment import Endpoint
from tests.helpers.timeline import START_NS, timeline

ENDS = {"d": ("10.0.0.1", 40001), "e": ("10.0.0.1", 40002), "x": ("10.0.0.9", 1), "y": ("10.0.0.8", 2)}


def ready(
    text: str,
    *,
    end: float | None = None,
    timeout_s: float | None = None,
    endpoints: Mapping[str, Endpoint] | None = None,
) -> Replay:
    lines = sorted(
        (line for line in text.splitlines() if line.strip()), key=lambda line: float(line.split()[0])
    )
    result = tell("\n".join(lines), end=end, endpoints=endpoints or ENDS).result
    chosen = np.arange(len(result.flows))
    timeout_ns = None if timeout_s is None else round(timeout_s * SECOND)
    return Replay(result, Rules(), chosen, timeout_ns)


def written(path: Path, story: str) -> Path:
    """A story as a capture file."""
    path.write_bytes(wire.pcap_bytes(timeline(story, endpoints=ENDS).records))
    return path


def timers(time_s: int, interval_s: int, probes: int) -> Timers:
    return Timers(time_s * SECOND, interval_s * SECOND, probes)


def at(ns: int) -> float | None:
    """Seconds since the story's begin, None where missing."""
    return None if ns == kinds.MISSING else (int(ns) - START_NS) / SECOND


def lasting(ns: int) -> float | None:
    return None if ns == kinds.MISSING else int(ns) / SECOND


def opening(client: str = "c", start: float = 0) -> str:
    """A handshake, and 100 octets each way until 40 ms after the start."""
    lines = []
    for line in OPENING.strip().splitlines():
        when, rest = line.split("=")[0].split(None, 1)
        rest = rest.replace("c>s", f"{client}>s").replace("s>c", f"s>{client}")
        lines.append(f"{float(when) + start:.3f} {rest}\n")
    return "".join(lines)


def exchange(when: float, number: int, client: str = "c") -> str:
    """The client's octet `number` (from 0) after the opening, and the server's acknowledgment."""
    return f"{when} {client}>s PA {101 + number}+1:201\n{when + 0.01:.3f} s>{client} A 201:{102 + number}\n"
