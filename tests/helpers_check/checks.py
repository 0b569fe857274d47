"""How the naive reference is checked: a timeline must be labelled as it says, also through a file."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from analyzer.kinds import KIND_WORDS, VERDICT_WORDS
from tests.helpers import reader, wire
from tests.helpers.naive import Labels, label
from tests.helpers.segment import Endpoint, Record
from tests.helpers.timeline import timeline

OPENING = """
    0.000   c>s   S    0      mss=1460 ws=7 sackok   = syn
    0.010   s>c   SA   0:1    mss=1460 ws=7 sackok   = syn_ack
    0.011   c>s   A    1:1                           = handshake_ack
"""


def check(
    text: str,
    *,
    initial: Mapping[str, int] | None = None,
    endpoints: Mapping[str, Endpoint] | None = None,
) -> Labels:
    """Label a timeline and compare; then once more through the bytes of a file."""
    scenario = timeline(text, initial=initial, endpoints=endpoints)
    labels = label(scenario.records)
    assert not scenario.problems(labels.rows)
    assert not scenario.problems(label(through_a_file(scenario.records)).rows)
    assert {row.kind for row in labels.rows} <= set(KIND_WORDS)
    assert {verdict for flow in labels.flows for verdict in flow.verdicts} <= set(VERDICT_WORDS)
    return labels


def through_a_file(records: list[Record]) -> list[Record]:
    """The records as they come out of a pcap that they went into."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "capture.pcap"
        file.write_bytes(wire.pcap_bytes(records))
        return reader.read(file).records


def verdicts(text: str, end: float | None = None) -> frozenset[str]:
    """What the last flow of a timeline may be called, the capture ending at second `end`."""
    records = timeline(text).records
    end_ns = None if end is None else timeline(f"{end} c>s A 0").records[0].time_ns
    return label(records, end_ns=end_ns).flows[-1].verdicts
