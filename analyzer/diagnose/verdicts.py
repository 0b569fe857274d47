"""One verdict a flow (design 5)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analyzer import (
    kernel_cache,  # noqa: F401  (before the kernels: it tells numba where to keep them)
    kinds,
)
from analyzer.diagnose.kernels import judge_verdicts, settle_verdicts
from analyzer.facts import Rows
from analyzer.rules import Rules


def decide(flows: Rows, probings: Rows, end_ns: int, rules: Rules) -> NDArray[np.int64]:
    """Settle the verdict of every FLOW row in place; how many of each, indexed by verdict code.

    end_ns: time of the capture's last frame.
    """
    counts = np.zeros(len(kinds.VERDICT_WORDS), np.int64)
    settle_verdicts(flows, probings, end_ns, rules.stalled_retransmissions, rules.stalled_ns, counts)
    return counts


def judge(flows: Rows, probings: Rows, now_ns: int, rules: Rules) -> NDArray[np.uint8]:
    """The verdict of every FLOW row as it would be if the capture ended now; nothing is settled."""
    verdicts = np.zeros(len(flows), np.uint8)
    judge_verdicts(flows, probings, now_ns, rules.stalled_retransmissions, rules.stalled_ns, verdicts)
    return verdicts
