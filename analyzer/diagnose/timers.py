"""The timers of a prober, measured from its probe runs (RFC 9293 3.8.4; TCP_KEEPIDLE, KEEPINTVL, KEEPCNT).

The keepalive time runs from the last segment that the prober received (RFC 9293 3.8.4; Linux
tcp_keepalive_timer: lrcvtime, rcv_tstamp), so its own late acknowledgment of that does not count. The
answer to a probe is followed by the next one after the keepalive time, an unanswered probe after the
interval; a prober that backs off has none. "Not observed" is MISSING (count: -1), never a guess.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from itertools import pairwise, takewhile
from typing import Any

from analyzer import kinds
from analyzer.diagnose.plain import Story
from analyzer.lateness import LATE, LATE_NS


@dataclass
class Timers:
    """Measured pauses of one prober, in nanoseconds, before any rounding."""

    times_ns: list[int] = field(default_factory=list)
    intervals_ns: list[int] = field(default_factory=list)
    count: int = -1
    backs_off: bool = False

    @property
    def time_ns(self) -> int:
        """Median keepalive time."""
        return middle(self.times_ns)

    @property
    def interval_ns(self) -> int:
        """Median interval between unanswered probes, MISSING if they back off."""
        return kinds.MISSING if self.backs_off else middle(self.intervals_ns)


def median(values: list[int]) -> int:
    """The median in whole nanoseconds, MISSING of nothing."""
    if not values:
        return kinds.MISSING
    low, high = two_in_the_middle(values)
    return low + (high - low) // 2


def middle(pauses_ns: list[int]) -> int:
    """The median of one timer's pauses. Where the two in the middle are not those of one timer, it is
    the shorter: a host that slept, or what was not captured, makes pauses longer, nothing shorter."""
    if not pauses_ns:
        return kinds.MISSING
    low, high = two_in_the_middle(pauses_ns)
    return median(pauses_ns) if high <= low * LATE + LATE_NS else low


def two_in_the_middle(values: list[int]) -> tuple[int, int]:
    """The same value twice where their number is odd."""
    ordered = sorted(values)
    return ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2]


def measure(story: Story, side: int) -> Timers:
    """The timers of one side of a flow."""
    timers = Timers()
    mine = [run for run in story.runs if run.prober == side]
    if story.probing is None or not mine:
        return timers
    events, unheard = story.probed, int(story.probing.side[side].unheard)
    probes = [each for each in events if each.kind == kinds.KEEPALIVE_PROBE and each.sender == side]
    frames = [int(each.frame) for each in probes]  # ascending, as events are
    answered = {event.answers: event.time_ns for event in events if event.answers}
    heard, unheard_of = echoed(story, side, probes)
    after_answer: list[tuple[int, int]] = []
    given_up: list[tuple[list[Any], int]] = []
    for run in mine:
        inside = probes[bisect_left(frames, run.first_frame) : bisect_right(frames, run.last_frame)]
        if run.outcome == kinds.RUN_GAVE_UP and inside[-1].frame in answered:
            for frame in never_answered(inside, pause_before_giving_up(events, side, inside[-1]), unheard):
                answered.pop(frame, None)
        if run.idle_ns != kinds.MISSING:
            timers.times_ns.append(run.idle_ns)
        unanswered: list[int] = []
        for probe, following in pairwise(inside):
            pause = int(following.time_ns - probe.time_ns)
            if probe.frame in answered:
                after_answer.append((max(int(following.time_ns - answered[probe.frame]), 0), pause))
            elif probe.frame in heard:
                timers.times_ns.append(pause)
            elif probe.frame in unheard_of:
                unanswered.append(pause)
        timers.intervals_ns += unanswered
        timers.backs_off |= back_off(unanswered)
        if run.outcome == kinds.RUN_GAVE_UP:
            given_up.append((inside, pause_before_giving_up(events, side, inside[-1])))
    sort_pauses(timers, after_answer)
    for inside, pause in given_up:
        if is_about(pause, timers.interval_ns):
            timers.count = trailing_unanswered(inside, heard.union(answered))
            timers.intervals_ns.append(pause)
    return timers


def echoed(story: Story, side: int, probes: list[Any]) -> tuple[set[int], set[int]]:
    """Frames of probes of which is known that an answer came; and that none came, unless captured.

    Where the peer's direction was not captured, TSecr tells it: a prober echoes the TSval of what it
    heard in its next probe (RFC 7323 4.3). It is kept as far back as it stands still.
    """
    frames = [probe.frame for probe in probes]
    if story.flow.side[1 - side].marks & kinds.SIDE_SENT:
        return set(), set(frames)
    unheard = int(story.probing.side[side].unheard) if story.probing else 0
    still = len(frames) - unheard
    return (set(frames[still - 1 : still]) if 0 < still < len(frames) else set()), set(frames[still:])


def back_off(pauses_ns: list[int]) -> bool:
    """Whether the pauses of a run grow like those of retransmissions, to over twice the shortest."""
    grow = all(later * LATE + LATE_NS >= earlier for earlier, later in pairwise(pauses_ns))
    return len(pauses_ns) > 1 and grow and max(pauses_ns) > 2 * min(pauses_ns)


def is_about(pause_ns: int, interval_ns: int) -> bool:
    """Whether a RST came an interval behind the last probe, so that a timer sent it, no application."""
    if interval_ns == kinds.MISSING:
        return False
    return pause_ns <= LATE * interval_ns + LATE_NS and interval_ns <= LATE * pause_ns + LATE_NS


def sort_pauses(timers: Timers, after_answer: list[tuple[int, int]]) -> None:
    """Pauses behind an answer are the keepalive time, as far as the silences before runs allow.

    after_answer: how long since the answer, and since the probe. Linux sets its timer to the interval
    after every probe, if that is longer than the keepalive time; and where at least two pauses agree on
    that, a shorter one shows that the answer, though captured, never reached the prober.
    """
    longest = LATE * timers.time_ns + LATE_NS if timers.times_ns else float("inf")
    shortest = (min(timers.times_ns, default=0) - LATE_NS) / LATE
    if len(timers.times_ns) + sum(shortest <= since_answer for since_answer, _ in after_answer) < 2:
        shortest = 0
    for since_answer, since_probe in after_answer:
        if shortest <= since_answer <= longest:
            timers.times_ns.append(since_answer)
        else:
            timers.intervals_ns.append(since_probe)


def pause_before_giving_up(events: list[Any], side: int, last: Any) -> int:
    """From a prober's last probe to its RST; MISSING where it went on probing behind that."""
    return min(
        (
            int(each.time_ns - last.time_ns)
            for each in events
            if each.kind == kinds.KEEPALIVE_TIMEOUT and each.sender == side and each.frame > last.frame
        ),
        default=kinds.MISSING,
    )


def never_answered(probes: list[Any], interval_ns: int, unheard: int) -> set[int]:
    """Frames of the probes of a run that was given up though the capture has answers: these never arrived.

    unheard: how many by the timestamps that the prober echoed; 0: it used none, and the interval tells.
    """
    count = unheard
    if not count:
        pauses = [later.time_ns - earlier.time_ns for earlier, later in pairwise(probes)]
        longest = LATE * interval_ns + LATE_NS
        count = 1 + len(list(takewhile(lambda pause: pause <= longest, reversed(pauses))))
    return {each.frame for each in probes[-count:]}


def trailing_unanswered(probes: list[Any], answered: set[int]) -> int:
    """Probes after the last answered one."""
    return len(list(takewhile(lambda probe: probe.frame not in answered, reversed(probes))))
