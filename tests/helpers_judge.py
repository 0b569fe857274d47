"""A stand-in for diagnosis, for the tests of what comes after it."""

from __future__ import annotations

from typing import Any

import numpy as np

from analyzer import found, kinds
from analyzer.facts import CaptureResult, Finding
from analyzer.kinds import MISSING
from analyzer.measured import SUMMARY
from analyzer.records import rows
from analyzer.wording import moment

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
        "last sign of life at 2026-11-20T12:03:12.394000000Z",
        kinds.PEER_REBOOTED: "the server answered the probe in frame 143 with a RST (frame 144): "
        "it does not know the connection; last sign of life at 2026-11-20T12:03:15.234000000Z",
        kinds.NO_ANSWER: "3 SYNs without any answer (frames 126, 127, 128)",
        kinds.REFUSED: "the server refused the SYN of frame 129 with a RST (frame 130)",
        kinds.PROBING: "the last window probe (frame 139) is unanswered",
        kinds.CLOSED: "both sides sent a FIN",
        kinds.ALIVE: "the last probe (frame 262) was answered",
    }

    SEEN = {
        found.SLOW_DETECTION: "it took 90.0 s from the last sign of life to the end",
        found.SYN_RETRIES: "the SYN was sent again after 1.000 s",
        found.HEARTBEAT: "the client sent 120 messages of 12 bytes each 30.0 s",
    }

    def summarize(self, result: CaptureResult, which: Any) -> Any:
        out = rows(len(which), SUMMARY)
        for row, flow in zip(out, np.asarray(which).tolist(), strict=True):
            record = result.flows[flow]
            runs = result.find_probing(None)[0][result.find_probing(None)[0]["flow"] == flow]
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

    def stacks(self, result: CaptureResult, which: Any) -> list[str]:
        return ["Linux, lwIP" if result.flows["verdict"][flow] == kinds.PEER_DEAD else "" for flow in which]

    def findings(self, result: CaptureResult, which: Any, names: int) -> list[Finding]:
        wide = sum({1 << each.name for each in result.findings.wide})
        return [
            self._finding(result, flow, name)
            for flow in np.asarray(which).tolist()
            for name in range(len(found.WORDS))
            if int(result.findings.marks[flow]) & names & ~wide & 1 << name
        ]

    def _finding(self, result: CaptureResult, flow: int, name: int) -> Finding:
        """One that goes with the verdict says what the reason says."""
        of_verdict = found.WORDS[name] in kinds.VERDICT_WORDS
        start_ns = int(result.flows["start"][flow])
        return Finding(
            name=name,
            severity=found.SEVERITY[name],
            confidence=found.LIKELY if name == found.SLOW_DETECTION else found.CERTAIN,
            scope=found.OF_FLOW,
            capture=result.capture,
            flows=np.array([flow]),
            start_ns=start_ns,
            end_ns=start_ns + 90 * S,
            frames=(142, 145, 147),
            summary=self.reasons(result, [flow])[0] if of_verdict else self.SEEN[name],
            advice=f"See what happened at {moment(start_ns + 61 * S)}: `journalctl --since '1 hour ago'`. "
            "Then set the timers lower.",
        )

    def reasons(self, result: CaptureResult, which: Any) -> list[str]:
        return [self.REASONS[result.flows["verdict"][flow]] for flow in np.asarray(which).tolist()]
