"""The sentence that justifies a verdict: it names frames and the last sign of life (design 5)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analyzer import kinds
from analyzer.diagnose.plain import Story, bounds_of, events_of
from analyzer.diagnose.runs import in_order
from analyzer.diagnose.summary import last_sign_of_life, stories_of
from analyzer.facts import CaptureResult, Rows
from analyzer.records import EVENT

MOST_FRAMES = 5  # frames named one by one; more are counted
EVIDENCE = (
    kinds.KEEPALIVE_PROBE,
    kinds.ZERO_WINDOW_PROBE,
    kinds.KEEPALIVE_REPLY,
    kinds.KEEPALIVE_RESET,
    kinds.KEEPALIVE_TIMEOUT,
    kinds.SYN,
    kinds.SYN_RETRANSMISSION,
    kinds.RESET,
    kinds.FIN,
)
IS_EVIDENCE = np.isin(np.arange(256), EVIDENCE)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def reasons(result: CaptureResult, chosen: NDArray[np.int64]) -> list[str]:
    """One sentence for each of the chosen flows (row numbers)."""
    evidence = evidence_of(result, chosen)
    told = bounds_of(evidence, chosen)
    return [
        reason(Case(story, events_of(evidence[slice(*bounds)]), result.end_ns))
        for story, bounds in zip(stories_of(result, chosen), told, strict=True)
    ]


def evidence_of(result: CaptureResult, chosen: NDArray[np.int64]) -> Rows:
    """The EVENT rows that reasons quote, of the chosen flows, ordered by flow, then frame."""
    wanted = np.zeros(len(result.flows) + 1, bool)
    wanted[chosen] = True
    kept = [np.zeros(0, EVENT)]
    for batch in result.events.batches():
        flow = np.minimum(batch.flow, len(result.flows))  # NO_FLOW: the last, never wanted
        mask = wanted[flow] & IS_EVIDENCE[batch.kind]
        if mask.any():
            kept.append(np.asarray(batch)[mask])
    return in_order(np.concatenate(kept), "frame", "flow")


def reason(case: Case) -> str:
    """Why this verdict."""
    flow = case.flow
    sentence = STORIES[flow.verdict](case)
    life = last_sign_of_life(flow)
    if flow.verdict in SAYS_LIFE and life != kinds.MISSING:
        sentence += f"; last sign of life {clock(life)}"
    return sentence


class Case:
    """One flow with what is quoted of it."""

    def __init__(self, story: Story, evidence: list[Any], end_ns: int) -> None:
        self.flow = story.flow
        self.evidence = evidence
        self.probed = story.probed
        self.end_ns = end_ns
        self.decided = self.flow.decided_frame
        side = self.flow.decided_by
        self.by = self.name(side) if side < 2 else ""

    def name(self, side: int) -> str:
        """ "client" or "server"."""
        return kinds.SENDER_WORDS[kinds.CLIENT if side == self.flow.client else kinds.SERVER]

    def frames(self, *wanted: int) -> list[int]:
        """Frames of the evidence of these kinds."""
        return [event.frame for event in self.evidence if event.kind in wanted]

    def waiting(self) -> tuple[str, list[int]]:
        """The unanswered probes that stand at the end of a prober's story: their name and frames."""
        probes = [
            event
            for event in self.evidence
            if event.kind in (kinds.KEEPALIVE_PROBE, kinds.ZERO_WINDOW_PROBE)
            and event.sender == self.flow.decided_by
            and not (self.decided and event.frame >= self.decided)
        ]
        frames = {event.frame for event in probes}
        last_answered = max((each.answers for each in self.probed if each.answers in frames), default=0)
        left = [event for event in probes if event.frame > last_answered]
        windows = left and all(event.kind == kinds.ZERO_WINDOW_PROBE for event in left)
        return ("window probe" if windows else "probe"), [event.frame for event in left]


def listed(frames: list[int]) -> str:
    """ "frame 3", "frames 3, 5, 9", "frames 3, 5, 9, 12 … 90"."""
    if len(frames) == 1:
        return f"frame {frames[0]}"
    if len(frames) <= MOST_FRAMES:
        return "frames " + ", ".join(map(str, frames))
    return "frames " + ", ".join(map(str, frames[: MOST_FRAMES - 1])) + f" … {frames[-1]}"


def counted(count: int, noun: str) -> str:
    """ "1 probe", "3 probes"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def clock(time_ns: int) -> str:
    """Time of day in UTC, to the millisecond."""
    moment = EPOCH + timedelta(microseconds=int(time_ns) // 1000)
    return moment.strftime("%H:%M:%S.") + f"{moment.microsecond // 1000:03}"


def pause(duration_ns: int) -> str:
    """Seconds with three significant decimals."""
    return f"{duration_ns / 1e9:.3f} s"


def refused(case: Case) -> str:
    syns = case.frames(kinds.SYN, kinds.SYN_RETRANSMISSION)
    return f"SYN ({listed(syns)}) answered with RST in frame {case.decided}: nothing accepts on that port"


def no_answer(case: Case) -> str:
    syns = case.frames(kinds.SYN, kinds.SYN_RETRANSMISSION)
    return f"{counted(len(syns), 'SYN')} ({listed(syns)}) without any answer"


def closed(case: Case) -> str:
    fins = case.frames(kinds.FIN)
    return f"both sides said FIN ({listed(fins)}), the {case.by} first" if fins else "both sides said FIN"


def middlebox_reset(case: Case) -> str:
    return (
        f"RST in frame {case.decided} bears the {case.by}'s address, "
        "but came over another number of hops than everything else from there"
    )


def peer_rebooted(case: Case) -> str:
    resets = [event for event in case.evidence if event.kind == kinds.KEEPALIVE_RESET]
    if resets:
        return (
            f"probe in frame {resets[0].answers} answered with RST in frame {case.decided}: "
            f"the {case.by} no longer knows the connection"
        )
    return (
        f"the {case.by} began anew on the same ports and answered the old connection's "
        f"acknowledgment with RST in frame {case.decided}"
    )


def unanswered(case: Case) -> str:
    noun, frames = case.waiting()
    return (
        f"{counted(len(frames), noun)} ({listed(frames)}) unanswered" if frames else "answers never arrived"
    )


def peer_dead(case: Case) -> str:
    if case.decided:
        return f"{unanswered(case)}; {case.by} gave up with RST in frame {case.decided}"
    return f"{unanswered(case)}, and no further probe until the capture ended"


def half_closed(case: Case) -> str:
    fins = case.frames(kinds.FIN)
    closer = case.name(case.flow.first_closer)
    other = "server" if closer == "client" else "client"
    if case.decided:
        return f"FIN of the {closer} ({listed(fins)}), then RST of the {case.by} in frame {case.decided}"
    return f"FIN of the {closer} ({listed(fins)}), but none of the {other}"


def reset(case: Case) -> str:
    return f"the {case.by} reset the connection in frame {case.decided}"


def probing(case: Case) -> str:
    return f"{unanswered(case)} when the capture ended"


def stalled(case: Case) -> str:
    side = case.flow.side[case.flow.decided_by]
    times = f"{counted(int(side.retransmissions), 'time')}"
    return f"data of the {case.by} sent again {times} since {clock(side.pending_since)} without an answer"


def alive(case: Case) -> str:
    replies = [event for event in case.probed if event.answers]
    if replies:
        last = replies[-1]
        took = "" if last.rtt_ns == kinds.MISSING else f" after {last.rtt_ns / 1e6:.3g} ms"
        return f"last probe (frame {last.answers}) answered in frame {last.frame}{took}"
    silent = case.end_ns - min(int(side.last_time) for side in case.flow.side)
    return f"both sides were heard {pause(silent)} before the capture ended"


def left_open(case: Case) -> str:
    silent = case.end_ns - min(int(side.last_time) for side in case.flow.side)
    longest = max(float(side.longest_pause_s) for side in case.flow.side)
    probes = case.frames(kinds.KEEPALIVE_PROBE, kinds.ZERO_WINDOW_PROBE)
    unprobed = f"without a probe since frame {probes[-1]}" if probes else "unprobed"
    return (
        f"silent for {pause(silent)} when the capture ended, {unprobed}; "
        f"the longest pause survived was {longest:.3f} s"
    )


def unknown(case: Case) -> str:
    seen = [side for side in (0, 1) if case.flow.side[side].marks & kinds.SIDE_SENT]
    if not seen:
        return "known only from the header that an ICMP error or a malformed segment shows"
    if len(seen) == 1:
        return f"only the {case.name(seen[0])}'s segments are in the capture"
    return "the handshake was never completed"


STORIES = (
    refused,
    no_answer,
    closed,
    middlebox_reset,
    peer_rebooted,
    peer_dead,
    half_closed,
    reset,
    probing,
    stalled,
    alive,
    left_open,
    unknown,
)
SAYS_LIFE = (
    kinds.MIDDLEBOX_RESET,
    kinds.PEER_REBOOTED,
    kinds.PEER_DEAD,
    kinds.PROBING,
    kinds.STALLED,
    kinds.OPEN,
)
