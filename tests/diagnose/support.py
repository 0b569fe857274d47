"""Timelines through the whole pipeline, as a capture file, and what diagnosis says of them."""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from analyzer import found, kinds
from analyzer.facts import CaptureResult, Finding
from analyzer.pipeline import Diagnosis, analyze
from analyzer.records import EVENT, as_records
from analyzer.rules import Options, Rules
from tests.helpers import wire
from tests.helpers.segment import Endpoint, Record
from tests.helpers.timeline import START_NS, timeline

OPENING = """
    0.000   c>s  S   0          = syn
    0.010   s>c  SA  0:1        = syn_ack
    0.011   c>s  A   1:1        = handshake_ack
    0.020   c>s  PA  1+100:1    = data
    0.030   s>c  PA  1+200:101  = data
    0.040   c>s  A   101:201    = ack
"""
"""Frames 1 to 6 of most stories."""

SECOND = 1_000_000_000
ALL_FINDINGS = (1 << len(found.WORDS)) - 1


@dataclass
class Case:
    """One capture, analyzed. Of stories with several connections, `flow` is the first."""

    result: CaptureResult
    summaries: Any
    reasons: list[str]
    findings: list[Finding] = field(default_factory=list)

    @property
    def flow(self) -> Any:
        return self.result.flows[0]

    @property
    def summary(self) -> Any:
        return self.summaries[0]

    @property
    def reason(self) -> str:
        return self.reasons[0]

    @property
    def found(self) -> list[str]:
        """Names of what was found about single connections, in the order of the contract."""
        return [found.WORDS[each.name] for each in self.findings]

    @property
    def wide(self) -> list[Finding]:
        """What was found about paths, hosts and the capture."""
        return list(self.result.findings.wide)

    @property
    def verdict(self) -> str:
        return self.verdicts[0]

    @property
    def verdicts(self) -> list[str]:
        return [kinds.VERDICT_WORDS[verdict] for verdict in self.result.flows.verdict]

    @property
    def states(self) -> tuple[str, str]:
        """Of client and server."""
        client, server = self.summary.state
        return kinds.STATE_WORDS[client], kinds.STATE_WORDS[server]

    def seconds(self, name: str, who: int | None = None) -> float | None:
        """A time of the summary in seconds, None if it was not observed; who: kinds.CLIENT or SERVER."""
        value = self.summary[name] if who is None else self.summary[name][who]
        return None if value == kinds.MISSING else float(value) / SECOND

    @property
    def last_sign_of_life_s(self) -> float | None:
        """Since the story's begin."""
        value = self.summary.last_sign_of_life_ns
        return None if value == kinds.MISSING else (int(value) - START_NS) / SECOND

    @property
    def packets(self) -> Any:
        assert self.result.packets is not None
        return as_records(np.concatenate([np.zeros(0, EVENT), *self.result.packets.batches()]))


def diagnose(records: Iterable[Record], *, end: float | None = None, rules: Rules | None = None) -> Case:
    """Write a capture and analyze it. end: second of a last frame that has nothing to do with TCP."""
    listed = list(records)
    content = wire.pcap_bytes(listed)
    if end is not None:
        seconds, rest = divmod(START_NS + round(end * SECOND), SECOND)
        content += struct.pack("<IIII14x", seconds, rest, 14, 14)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "capture.pcap"
        path.write_bytes(content)
        outcome = analyze([str(path)], Options(packets=True, rules=rules or Rules()))
    (result,) = outcome.captures
    chosen = np.arange(len(result.flows))
    diagnosis = Diagnosis(rules or Rules())
    return Case(
        result,
        diagnosis.summarize(result, chosen),
        diagnosis.reasons(result, chosen),
        diagnosis.findings(result, chosen, ALL_FINDINGS),
    )


def tell(
    text: str,
    *,
    end: float | None = None,
    endpoints: Mapping[str, Endpoint] | None = None,
    initial: Mapping[str, int] | None = None,
    rules: Rules | None = None,
) -> Case:
    """Analyze a timeline."""
    story = timeline(text, endpoints=endpoints, initial=initial)
    return diagnose(story.records, end=end, rules=rules)
