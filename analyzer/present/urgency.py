"""What to show first, where not all connections can be shown."""

from __future__ import annotations

import numpy as np

from analyzer import found, kinds
from analyzer.kinds import PROBLEM, VERDICT_SEVERITY, WARNING
from analyzer.tables.select import Selection, finding_bits

VERDICT_ORDER = (
    kinds.PEER_DEAD,
    kinds.PEER_REBOOTED,
    kinds.MIDDLEBOX_RESET,
    kinds.STALLED,
    kinds.PROBING,
    kinds.RESET_VERDICT,
    kinds.HALF_CLOSED,
    kinds.NO_ANSWER,
    kinds.REFUSED,
    kinds.UNKNOWN,
    kinds.OPEN,
    kinds.ALIVE,
    kinds.CLOSED,
)
"""The gravest verdict first."""


def most_urgent(selection: Selection) -> Selection:
    """The selection with the gravest verdicts and findings first, without judging every connection for it."""
    verdict = selection.field("verdict")
    rank = np.argsort(np.array(VERDICT_ORDER))
    return selection.ordered(np.lexsort((rank[verdict], -severities(selection))))


def severities(selection: Selection) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The gravest severity of each connection's verdict and findings, as codes of kinds."""
    gravest = np.array(VERDICT_SEVERITY)[selection.field("verdict")]
    for severity in (WARNING, PROBLEM):
        names = finding_bits(name for name, each in enumerate(found.SEVERITY) if each == severity)
        gravest = np.where(selection.marks & names, np.maximum(gravest, severity), gravest)
    return gravest
