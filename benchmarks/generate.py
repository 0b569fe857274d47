"""Write a large capture of plausible TCP traffic, and a sidecar that says what is in it.

    python -m benchmarks.generate big.pcap --frames 12.5e6
    python -m benchmarks.generate short.pcap --short-connections 1e6
    python -m benchmarks.generate flood.pcap --flood syn --flood-size 5e6 --flows 1000

The same settings and seed give the same bytes. The sidecar, FILE.json, has the number
of frames of each kind as written, so that any reader of the file can be checked.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import lives
from benchmarks.floods import FLOODS, flooded
from benchmarks.render import FORMATS, MOST_FLOWS, Layout, file_header, frame_bytes
from benchmarks.traffic import KINDS, NOT_EVENTS, Table

SCHEMA = 1
SUMMARY = (__doc__ or "").partition("\n")[0]
RENDER_FRAMES = 32_768  # rendered at once: small enough to stay in the processor's cache
LEAST_SNAP = 96  # the headers of an IPv6 SYN


@dataclass(frozen=True)
class Settings:
    """What to write. With short_connections or a flood, `frames` and the keep-alive share do not apply."""

    frames: int = 2_500_000
    flows: int = 20_000
    keepalive_share: float = 0.05  # of all frames: probes and their answers
    seed: int = 1
    format: str = "pcap-us"
    snap: int = LEAST_SNAP
    short_connections: int = 0
    flood_share: float = 0.9  # of the short connections: a SYN and nothing else
    opened_per_s: float = 20_000.0  # of the short connections: so many begin in a second
    flood: str = ""  # of FLOODS, beside `flows` real connections
    flood_size: int = 5_000_000  # connections of the flood

    @property
    def connections(self) -> int:
        """How many connections there are in all."""
        return self.short_connections or self.flows + (self.flood_size if self.flood else 0)

    def check(self) -> None:
        """Raises ValueError where no such capture can be written."""
        if self.format not in FORMATS:
            raise ValueError(f"format must be one of {', '.join(FORMATS)}")
        if self.snap < LEAST_SNAP:
            raise ValueError(f"the snap length must be at least {LEAST_SNAP}")
        if not 0 <= self.keepalive_share <= 0.95:
            raise ValueError("the keep-alive share must be between 0 and 0.95")
        if not 0 <= self.flood_share <= 1:
            raise ValueError("the flood share must be between 0 and 1")
        if not self.opened_per_s > 0:
            raise ValueError("some connections must begin in a second")
        if self.flood and self.flood not in FLOODS:
            raise ValueError(f"flood must be one of {', '.join(FLOODS)}")
        if not 1 <= self.connections <= MOST_FLOWS or self.frames < 1:
            raise ValueError(f"give at least one frame and 1 to {MOST_FLOWS} flows")


class Truth:
    """Counts of what was written."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.kinds = np.zeros(len(KINDS), np.int64)
        self.seen = np.zeros(settings.connections, np.bool_)
        self.first = self.last = 0

    def add(self, frames: Table) -> None:
        if not self.first:
            self.first = int(frames["time"][0])
        self.last = int(frames["time"][-1])
        self.kinds += np.bincount(frames["kind"], minlength=len(KINDS))
        self.seen[frames["flow"]] = True

    def document(self, file_bytes: int) -> dict[str, Any]:
        kinds = dict(zip(KINDS, self.kinds.tolist(), strict=True))
        return {
            "schema": SCHEMA,
            "settings": asdict(self.settings),
            "bytes": file_bytes,
            "frames": sum(kinds.values()),
            "flows": int(self.seen.sum()),
            "duration_s": (self.last - self.first) / 1e9,
            "probes": kinds["keepalive_probe"],
            "replies": kinds["keepalive_reply"],
            "events": sum(count for word, count in kinds.items() if word not in NOT_EVENTS),
            "kinds": kinds,
        }


def sidecar(path: Path) -> Path:
    """Where the truth about a capture is written."""
    return path.with_name(path.name + ".json")


def batches(settings: Settings) -> Iterator[Table]:
    """Frames in order of time, exactly as many as asked for."""
    rng = np.random.default_rng(settings.seed)
    if settings.short_connections:
        yield from lives.short_connections(
            settings.short_connections, settings.flood_share, settings.opened_per_s, rng
        )
        return
    if settings.flood:
        yield from flooded(settings.flows, settings.flood_size, settings.flood, rng)
        return
    left = settings.frames
    for frames in lives.Lives(settings.flows, settings.keepalive_share, rng).frames(settings.frames):
        yield frames[:left]
        left -= frames.size
        if left <= 0:
            return


def generate(path: Path, settings: Settings) -> dict[str, Any]:
    """Writes the capture and its sidecar; returns what the sidecar says."""
    settings.check()
    layout = Layout(settings.format, settings.snap)
    truth = Truth(settings)
    with path.open("wb", buffering=0) as out:
        out.write(file_header(layout))
        for batch in batches(settings):
            for first in range(0, batch.size, RENDER_FRAMES):
                part = batch[first : first + RENDER_FRAMES]
                truth.add(part)
                out.write(frame_bytes(part, layout))
    document = truth.document(path.stat().st_size)
    sidecar(path).write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return document


def number(text: str) -> int:
    """A whole number, also written as 2.5e6."""
    value = float(text)
    if value != int(value) or value < 0:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number")
    return int(value)


def _parser() -> argparse.ArgumentParser:
    default = Settings()
    parser = argparse.ArgumentParser(prog="python -m benchmarks.generate", description=SUMMARY)
    parser.add_argument("file", type=Path)
    parser.add_argument("--frames", type=number, default=default.frames)
    parser.add_argument("--flows", type=number, default=default.flows)
    parser.add_argument("--keepalive-share", type=float, default=default.keepalive_share)
    parser.add_argument("--seed", type=int, default=default.seed)
    parser.add_argument("--format", choices=FORMATS, default=default.format)
    parser.add_argument("--snap", type=number, default=default.snap)
    parser.add_argument("--short-connections", type=number, default=0, metavar="COUNT")
    parser.add_argument("--flood-share", type=float, default=default.flood_share)
    parser.add_argument("--flood", choices=FLOODS, default="")
    parser.add_argument("--flood-size", type=number, default=default.flood_size, metavar="COUNT")
    parser.add_argument("--opened-per-s", type=float, default=default.opened_per_s, metavar="COUNT")
    return parser


def main(arguments: list[str] | None = None) -> int:
    parser = _parser()
    options = vars(parser.parse_args(arguments))
    path = options.pop("file")
    settings = Settings(**options)
    try:
        settings.check()
    except ValueError as error:
        parser.error(str(error))
    print(json.dumps(generate(path, settings), indent=2))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
