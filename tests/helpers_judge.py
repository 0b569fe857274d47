"""A stand-in for diagnosis, for the tests of what comes after it."""

from __future__ import annotations

from typing import Any

import numpy as np

from analyzer import kinds
from analyzer.facts import CaptureResult
from analyzer.kinds import MISSING
from analyzer.records import SUMMARY, rows

S = 1_000_000_000


class Judge:
    """Stands in for diagnosis: severities, probe counts and a sentence, all from the records."""

    SEVERITY = {
        kinds.PEER_DEAD: kinds.PROBLEM,
        kinds.PEER_REBOOTED: kinds.PROBLEM,
        kinds.NO_ANSWER: kinds.PROBLEM,
        kinds.REFUSED: kinds.WARNING,
        kinds.PROBING: kinds.WARNING,
    }
    REASONS = {
        kinds.PEER_DEAD: "3 probes (frames 142, 145, 146) unanswered; client gave up with RST in frame 147; "
        "last sign of life 12:03:12.394",
        kinds.PEER_REBOOTED: "the server answered the probe in frame 143 with a RST (frame 144): "
        "it does not know the connection; last sign of life 12:03:15.234",
        kinds.NO_ANSWER: "3 SYNs without any answer (frames 126, 127, 128)",
        kinds.REFUSED: "the server refused the SYN of frame 129 with a RST (frame 130)",
        kinds.PROBING: "the last window probe (frame 139) is unanswered",
        kinds.CLOSED: "both sides sent a FIN",
        kinds.ALIVE: "the last probe (frame 262) was answered",
    }

    def summarize(self, result: CaptureResult, which: Any) -> Any:
        out = rows(len(which), SUMMARY)
        for row, flow in zip(out, np.asarray(which).tolist(), strict=True):
            record = result.flows[flow]
            runs = result.runs[result.runs["flow"] == flow]
            row.flow, row.severity = flow, self.SEVERITY.get(record.verdict, kinds.NOTE)
            row.keepalive_time_ns[:], row.keepalive_interval_ns[:], row.keepalive_count[:] = (
                MISSING,
                MISSING,
                -1,
            )
            row.probes, row.replies = runs["probes"].sum(), runs["answered"].sum()
            row.resets = (runs["outcome"] == kinds.RUN_RESET).sum()
            row.unanswered = row.probes - row.replies - row.resets
            row.rtt_min_ns = row.rtt_median_ns = row.rtt_max_ns = MISSING
            row.last_sign_of_life_ns = record.start
            row.state[:] = 4
            if len(runs):
                prober = int(runs["prober"][0]) ^ int(record.client)
                row.prober = 1 + prober
                row.keepalive_time_ns[prober] = 60 * S if record.verdict != kinds.ALIVE else 45 * S
                if row.replies:
                    row.rtt_min_ns = row.rtt_median_ns = row.rtt_max_ns = 400_000
                if record.verdict == kinds.PEER_DEAD:
                    row.keepalive_interval_ns[prober], row.keepalive_count[prober] = 10 * S, 3
                    row.state[prober] = 0
        return out

    def reasons(self, result: CaptureResult, which: Any) -> list[str]:
        return [self.REASONS[result.flows["verdict"][flow]] for flow in np.asarray(which).tolist()]
