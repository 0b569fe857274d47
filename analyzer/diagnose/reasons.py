"""The sentence that justifies a verdict: it names frames and the last sign of life (design 5)."""

from __future__ import annotations

from analyzer import kinds
from analyzer.diagnose.case import Case
from analyzer.diagnose.foreign_reset import header_of
from analyzer.diagnose.summary import last_sign_of_life
from analyzer.wording import counted, duration, lasting, listed, moment


def reason(case: Case) -> str:
    """Why this verdict."""
    flow = case.flow
    sentence = STORIES[flow.verdict](case)
    life = last_sign_of_life(flow)
    if flow.verdict in SAYS_LIFE and life != kinds.MISSING:
        sentence += f"; last sign of life at {moment(life)}"
    return sentence


def waiting(case: Case) -> tuple[str, list[int]]:
    """The unanswered probes that stand at the end of a prober's story: their name and frames."""
    probes = [
        event
        for event in case.of(*kinds.PROBES)
        if event.sender == case.flow.decided_by and not (case.decided and event.frame >= case.decided)
    ]
    frames = {event.frame for event in probes}
    last_answered = max((each.answers for each in case.probed if each.answers in frames), default=0)
    left = [event for event in probes if event.frame > last_answered]
    windows = left and all(event.kind == kinds.ZERO_WINDOW_PROBE for event in left)
    return ("window probe" if windows else "probe"), [event.frame for event in left]


def refused(case: Case) -> str:
    syns = case.frames(kinds.SYN, kinds.SYN_RETRANSMISSION)
    return (
        f"SYN ({listed(syns)}) answered with RST in frame {case.decided}: "
        "nothing listens there, or a firewall says so"
    )


def no_answer(case: Case) -> str:
    syns = case.frames(kinds.SYN, kinds.SYN_RETRANSMISSION)
    return f"{counted(len(syns), 'SYN')} ({listed(syns)}) without any answer"


def closed(case: Case) -> str:
    fins = case.frames(kinds.FIN)
    return f"both sides said FIN ({listed(fins)}), the {case.by} first" if fins else "both sides said FIN"


def middlebox_reset(case: Case) -> str:
    said = f"RST in frame {case.decided} bears the {case.by}'s address, but came from elsewhere"
    resets = [each for each in case.of(kinds.RESET, kinds.KEEPALIVE_RESET) if each.frame == case.decided]
    return said + "".join(f": {header_of(case.flow.side[each.sender], each)}" for each in resets)


def peer_rebooted(case: Case) -> str:
    resets = case.of(kinds.KEEPALIVE_RESET)
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
    noun, frames = waiting(case)
    return (
        f"{counted(len(frames), noun)} ({listed(frames)}) unanswered" if frames else "answers never arrived"
    )


def peer_dead(case: Case) -> str:
    if case.decided:
        return f"{unanswered(case)}; {case.by} gave up with RST in frame {case.decided}"
    until = "since" if case.context.result.going_on else "until the capture ended"
    return f"{unanswered(case)}, and no further probe {until}"


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
    return unanswered(case) + (" so far" if case.context.result.going_on else " when the capture ended")


def stalled(case: Case) -> str:
    side = case.flow.side[case.flow.decided_by]
    times = f"{counted(int(side.retransmissions), 'time')}"
    return f"data of the {case.by} sent again {times} since {moment(side.pending_since)} without an answer"


def alive(case: Case) -> str:
    replies = [event for event in case.probed if event.answers]
    if replies:
        last = replies[-1]
        took = "" if last.rtt_ns == kinds.MISSING else f" after {lasting(last.rtt_ns)}"
        return f"last probe (frame {last.answers}) answered in frame {last.frame}{took}"
    silent = case.context.result.end_ns - min(int(side.last_time) for side in case.flow.side)
    return f"both sides were heard {lasting(silent)} " + (
        "ago" if case.context.result.going_on else "before the capture ended"
    )


def left_open(case: Case) -> str:
    silent = case.context.result.end_ns - min(int(side.last_time) for side in case.flow.side)
    longest = max(float(side.longest_pause_s) for side in case.flow.side)
    probes = case.frames(*kinds.PROBES)
    unprobed = f"without a probe since frame {probes[-1]}" if probes else "unprobed"
    ended = "" if case.context.result.going_on else " when the capture ended"
    return (
        f"silent for {lasting(silent)}{ended}, {unprobed}; the longest pause survived was {duration(longest)}"
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
