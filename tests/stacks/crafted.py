"""A timeline → a pcapng file that scapy crafts and that says so → what the whole pipeline makes of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import Ether
from scapy.packet import Packet, Raw
from scapy.utils import PcapNgWriter

import analyzer as ka
from tests.helpers.segment import Record, Segment
from tests.helpers.timeline import Scenario, timeline

MARK = "Crafted, no recording"
"""Every frame of every file here has a comment that begins so."""

END = "    {at}  x>y  S  0\n"
"""A last frame of somebody else: how long the capture went on in silence."""
BYSTANDERS = {"x": ("10.0.9.1", 50000), "y": ("10.0.9.2", 25), "d": ("10.0.0.1", 40001)}
"""x, y: somebody else; d: the client's next connection."""


@dataclass(frozen=True)
class Timers:
    """Keepalive time, interval and count of one side; None where the capture does not tell."""

    time_s: float | None
    interval_s: float | None
    count: int | None


@dataclass(frozen=True)
class Run:
    """A row of the probe_runs table, without its frames."""

    prober: str
    probes: int
    answered: int
    idle_s: float
    outcome: str


@dataclass(frozen=True)
class Row:
    """A row of the packets table, as far as a timeline tells."""

    frame: int
    kind: str
    answers: int | None


class Told:
    """A crafted capture, analyzed; `flow` is its first connection."""

    def __init__(self, scenario: Scenario, analysis: ka.Analysis) -> None:
        self._scenario = scenario
        self._analysis = analysis
        self.flow = analysis.flow(0)

    @property
    def verdict(self) -> str:
        return self.flow.verdict

    def problems(self) -> list[str]:
        """A line for each frame whose label is not the timeline's."""
        rows = self._analysis.packets().itertuples()
        return self._scenario.problems(
            Row(row.frame, row.kind, None if pd.isna(row.answers) else row.answers) for row in rows
        )

    def timers(self, side: str = "client") -> Timers:
        """As measured, to the millisecond."""
        row = self.flow.row
        time_s, interval_s = (row[f"{side}_keepalive_{name}_s"] for name in ("time", "interval"))
        return Timers(rounded(time_s), rounded(interval_s), row[f"{side}_keepalive_count"])

    def runs(self) -> list[Run]:
        return [
            Run(row.prober, row.probes, row.answered, round(row.idle_s, 3), row.outcome)
            for row in self.flow.probe_runs.itertuples()
        ]


def rounded(value: Any) -> float | None:
    return None if value is None else round(value, 3)


def tell(path: Path, about: str, text: str, *, end: float | None = None) -> Told:
    """Craft a timeline into the file and analyze it.

    about: what the comments say after `MARK`. end: second at which the capture ends, if later than
    the timeline.
    """
    if end is not None:
        text = f"{text}\n{END.format(at=end)}"
    scenario = timeline(text, endpoints=BYSTANDERS)
    write(path, scenario.records, f"{MARK}: {about}")
    return Told(scenario, ka.analyze(path, packets=True))


def write(path: Path, records: Iterable[Record], comment: str) -> None:
    with PcapNgWriter(str(path)) as file:
        for record in records:
            assert isinstance(record, Segment)
            frame = packet(record)
            frame.time = Decimal(record.time_ns) / 1_000_000_000
            frame.comment = comment.encode()
            file.write(frame)


def packet(segment: Segment) -> Packet:
    """The frame, with scapy's lengths and checksums; payload is zeros, as most garbage octets are."""
    header = TCP(
        sport=segment.sport,
        dport=segment.dport,
        seq=segment.seq,
        ack=segment.ack,
        flags=segment.flags,
        window=segment.window,
        options=options(segment),
    )
    network = IP(src=segment.src, dst=segment.dst, id=segment.ip_id, ttl=segment.ttl)
    ends = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
    return ends / network / header / Raw(bytes(segment.length))


def options(segment: Segment) -> list[tuple[str, Any]]:
    """TCP options as scapy names them."""
    given: list[tuple[str, Any]] = []
    if segment.mss is not None:
        given.append(("MSS", segment.mss))
    if segment.sack_permitted:
        given.append(("SAckOK", b""))
    if segment.tsval is not None:
        given.append(("Timestamp", (segment.tsval, segment.tsecr)))
    if segment.window_scale is not None:
        given.append(("WScale", segment.window_scale))
    if segment.sack_blocks:
        given.append(("SAck", tuple(edge for block in segment.sack_blocks for edge in block)))
    return given
