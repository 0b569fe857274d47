"""Which stacks and applications probe as was observed, and whose heartbeat a steady message is.

What was not observed, or what no source tells of a stack, never counts against it; a contradiction
excludes it. The best are those with the most facts that agree; all of several are named.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from analyzer import kinds
from analyzer.diagnose.profiles import Heartbeat, Profiles, Stack, names
from analyzer.lateness import EARLY_NS, LATE, LATE_NS
from analyzer.rules import SECOND_NS

if TYPE_CHECKING:
    from analyzer.diagnose.case import Case

HOP_LIMITS = (32, 64, 128, 255)
"""What packets start with (design 5)."""

BACKS_OFF = 1.5
"""Pauses that grow so much each time double; the rest is their lateness. Our choice."""

SAME_PERIOD = 0.1
"""A heartbeat's period differs from its setting by at most this share. Our choice: messages wait for
timers and for the processor at both ends."""

ANYBODYS_S = 10
"""Multiples of this are what people set, whatever they run. Our choice."""
UNSET_S = 7200
"""The keepalive time unless somebody sets another: at least two hours (RFC 9293 3.8.4, MUST-28)."""

MOST_NAMES = 5
"""More candidates than these are only counted in text. Our choice."""


@dataclass(frozen=True)
class Observed:
    """What a capture shows of one prober; times in ns. MISSING, -1 or None: not observed.

    octets: of its probes. port: the server's. timestamps: whether probes carried those that were negotiated.
    spacing, gives_up: as in stacks.toml.
    """

    time_ns: int = kinds.MISSING
    interval_ns: int = kinds.MISSING
    count: int = -1
    spacing: str | None = None
    octets: int | None = None
    timestamps: bool | None = None
    hop_limit: int | None = None
    port: int | None = None
    gives_up: str | None = None


AGREES, SILENT, CONTRADICTS = 1, 0, -1


def of_form(observed: Observed, stack: Stack) -> dict[str, int]:
    """Of each fact but the timers: AGREES, CONTRADICTS, or SILENT where one of the two does not tell."""
    facts = {
        "count": same(None if observed.count < 0 else observed.count, stack.count),
        "port": AGREES if observed.port in stack.ports else SILENT,  # services run on any
        "spacing": same(observed.spacing, stack.spacing),
        "octets": same(observed.octets, stack.octets),
        "timestamps": same(observed.timestamps, stack.timestamps),
        "hop_limit": same(observed.hop_limit, stack.hop_limit),
        "gives_up": same(observed.gives_up, stack.gives_up),
    }
    if facts["gives_up"] == CONTRADICTS and observed.gives_up == "silent":
        facts["gives_up"] = SILENT  # the prober's host may itself be gone
    return facts


def of_timers(observed: Observed, stack: Stack) -> dict[str, int]:
    """The same of its keepalive time and interval."""
    facts = {
        "time": timer(stack, observed.time_ns, setting_ns(stack.time_s)),
        "interval": timer(stack, observed.interval_ns, *intervals_of(observed, stack)),
    }
    if facts["time"] == CONTRADICTS and (stack.chosen_time or not stack.application):
        facts["time"] = SILENT  # any application may set it on its sockets, and leave the rest
    return facts


def setting_ns(seconds: float | None) -> int | None:
    """Seconds of a row in nanoseconds."""
    return None if seconds is None else round(seconds * SECOND_NS)


def intervals_of(observed: Observed, stack: Stack) -> tuple[int | None, int | None]:
    """The least and the largest setting of its interval, in ns: where users choose the time of which it
    is a part, all that the observed time leaves open; None where nothing tells."""
    if stack.time_per_interval is None:
        only = setting_ns(stack.interval_s)
        return only, only
    if observed.time_ns == kinds.MISSING:
        return None, None
    latest = observed.time_ns / stack.time_per_interval
    earliest = (observed.time_ns - stack.lateness_ns(observed.time_ns)) / stack.time_per_interval
    return round(earliest), round(latest)


def timer(stack: Stack, measured_ns: int, least_ns: int | None, largest_ns: int | None = None) -> int:
    """Whether a pause is that of a timer of the stack that is set to this, or from this to that."""
    if measured_ns == kinds.MISSING or least_ns is None:
        return SILENT
    largest_ns = largest_ns or least_ns
    latest = largest_ns + stack.lateness_ns(largest_ns)
    return AGREES if least_ns - EARLY_NS <= measured_ns <= latest else CONTRADICTS


def same(seen: Any, told: Any) -> int:
    """Whether what was seen is what is told."""
    return SILENT if seen is None or told is None else AGREES if seen == told else CONTRADICTS


def is_period(period_s: float, setting_s: float | None) -> bool:
    """Whether a message is sent at this setting."""
    return setting_s is not None and abs(period_s - setting_s) <= SAME_PERIOD * setting_s


def among(fits_row: bool, row_tells: bool) -> int:
    """Whether what was seen fits a row, as far as it tells."""
    return SILENT if not row_tells else AGREES if fits_row else CONTRADICTS


def is_telling(facts: dict[str, int], stack: Stack) -> bool:
    """Whether what agrees is enough to name it: half the world sends 0 octets with hop limit 64, and
    probes every 60 s come from anybody."""
    agrees = {name for name, fact in facts.items() if fact == AGREES}
    if {"interval", "count"} <= agrees or {"interval", "octets"} <= agrees:
        return True
    rare = stack.time_s is not None and (stack.time_s % ANYBODYS_S != 0 or stack.time_s >= UNSET_S)
    return "time" in agrees and (rare or bool(agrees & {"interval", "count", "port"}))


def candidates(observed: Observed, stacks: Iterable[Stack]) -> list[Stack]:
    """The stacks that fit best; several that fit equally well in their order; empty where none does."""
    best, found = 0, list[Stack]()
    for stack in stacks:
        facts = of_form(observed, stack)
        if CONTRADICTS in facts.values():  # most are out by now
            continue
        facts |= of_timers(observed, stack)
        if CONTRADICTS in facts.values() or not is_telling(facts, stack):
            continue
        agreeing = list(facts.values()).count(AGREES)
        if agreeing > best:
            best, found = agreeing, []
        if agreeing == best:
            found.append(stack)
    return found


def observe(story: Any, side: int, timers: Any) -> Observed:
    """One prober of a flow. story: plain.Story. timers: as measured of that side (timers.Timers)."""
    probes = [each for each in story.probed if each.kind == kinds.KEEPALIVE_PROBE and each.sender == side]
    lengths = {each.length for each in probes}
    spacing = spacing_of(timers.intervals_ns)
    gave_up = any(run.prober == side and run.outcome == kinds.RUN_GAVE_UP for run in story.runs)
    by_silence = story.flow.verdict == kinds.PEER_DEAD and story.flow.decided_by == side
    return Observed(
        time_ns=timers.time_ns,
        interval_ns=kinds.MISSING if spacing == "back-off" else timers.interval_ns,
        count=timers.count,
        spacing=spacing,
        octets=lengths.pop() if len(lengths) == 1 else None,
        timestamps=timed(story, side),
        hop_limit=hop_limit_of(story.flow.side[side], story.flow.address_high[side] == 0),
        port=story.flow.port[1 - story.flow.client],
        gives_up="rst" if gave_up else "silent" if by_silence else None,
    )


def timed(story: Any, side: int) -> bool | None:
    """Whether its probes carried the timestamps that were negotiated; None: none were, or some did."""
    prober = story.probing.prober[side]
    form = prober.form & (kinds.FORM_TIMED | kinds.FORM_UNTIMED)
    if form == kinds.FORM_TIMED:
        return True
    negotiated = all(each.options & kinds.OPTION_TIMESTAMPS for each in story.flow.side)
    return False if form == kinds.FORM_UNTIMED and negotiated else None


def hop_limit_of(side: Any, is_ipv4: bool) -> int | None:
    """What its packets started with; None where they came over different numbers of hops."""
    if not is_ipv4 or side.hops >> 8:
        return None
    return next((limit for limit in HOP_LIMITS if side.ttl <= limit), None)


def spacing_of(intervals_ns: Sequence[int]) -> str | None:
    """Whether pauses between unanswered probes are "constant" or "back-off"; None: neither is clear."""
    for first, second, third in zip(intervals_ns, intervals_ns[1:], intervals_ns[2:], strict=False):
        if second >= BACKS_OFF * first and third >= BACKS_OFF * second:
            return "back-off"
    if len(intervals_ns) < 2:
        return None
    steady = all(max(pair) <= min(pair) * LATE + LATE_NS for pair in pairwise(intervals_ns))
    return "constant" if steady else None


def stack_of(story: Any, side: int, timers: Any, profiles: Profiles) -> str:
    """The best candidates for one prober of a flow, for people: "Linux, lwIP"; empty where none."""
    found = candidates(observe(story, side, timers), profiles.stacks)
    told = names(found).split(", ") if found else []
    more = len(told) - MOST_NAMES
    return ", ".join(told) if more <= 0 else ", ".join(told[:MOST_NAMES]) + f" and {more} more"


def stacks_of(case: Case) -> str:
    """The best candidates for each prober of a flow, for people; of both only where they differ."""
    if case.probing is None:
        return ""
    probers = [side for side in (case.flow.client, 1 - case.flow.client) if case.probing.side[side].probes]
    told = {
        case.name(side): stack_of(case.story, side, case.timers(side), case.context.profiles)
        for side in probers
    }
    if len(set(told.values())) == 1:
        return next(iter(told.values()))
    return "; ".join(f"{name}: {text}" for name, text in told.items() if text)


def heartbeats(period_s: float, length: int, port: int, rows: Iterable[Heartbeat]) -> list[Heartbeat]:
    """Whose heartbeat a message of so many octets (length) at this period may be; port: the service's."""
    best, found = 0, list[Heartbeat]()
    for row in rows:
        facts = (
            among(port in row.ports, bool(row.ports)),
            among(is_period(period_s, row.period_s), row.period_s is not None),
            AGREES if row.length == length else SILENT,  # encryption adds to them
        )
        if CONTRADICTS in facts or AGREES not in facts:
            continue
        if facts.count(AGREES) > best:
            best, found = facts.count(AGREES), []
        if facts.count(AGREES) == best:
            found.append(row)
    return found
