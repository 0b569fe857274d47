"""Which products forget a connection after so long, and which known defaults a hang equals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from analyzer.diagnose.profiles import Hang, Middlebox, Profiles, Stack
from analyzer.lateness import EARLY_NS, wheel_ns
from analyzer.rules import SECOND_NS

EXPIRY = 0.01
"""An idle connection may outlive its timeout by this share, for tables are swept now and then: IPVS with
900 s forgets after 901 to 903 s (https://github.com/moby/moby/issues/37822). Rounded up."""

SHORTER = (60, 10, 6)
"""Keepalive time, interval (s) and count that settings are filled with: a dead peer is found in 2 min. Our
choice: below every idle timeout of middleboxes.toml but those of 60 s."""

NARROW = 2
"""A bracket whose ends differ by more than this factor tells nothing. Our choice: neighbouring defaults
differ by up to twice."""


@dataclass(frozen=True)
class Known:
    """A known default that equals a hang. total_s: what its settings come to; how: in words.

    setting: what to paste to shorten it, or empty.
    """

    name: str
    total_s: float
    how: str
    setting: str


def known_middleboxes(
    survived_ns: int, died_ns: int, rows: Iterable[Middlebox], at_expiry: str | None = None
) -> list[Middlebox]:
    """Products whose default timeout lies in a bracket, where the bracket holds only one such value.

    survived_ns: the longest idle time that a connection of the path survived. died_ns: the shortest
    after which one was gone. at_expiry: what was seen then (middleboxes.toml); those known to do so
    come first, the others stay, for the next device on the path or the peer may have added to it.
    """
    if died_ns > NARROW * survived_ns:
        return []
    inside = [
        row
        for row in rows
        if row.timeout_s is not None
        and survived_ns < row.timeout_s * SECOND_NS * (1 + EXPIRY)
        and row.timeout_s * SECOND_NS <= died_ns + EARLY_NS
    ]
    if len({row.timeout_s for row in inside}) != 1:
        return []
    return sorted(inside, key=lambda row: at_expiry is not None and at_expiry not in row.at_expiry)


def known_hangs(hang_ns: int, waiting: str, profiles: Profiles) -> list[Known]:
    """Known defaults that a hang equals, the best first; empty where it equals none.

    hang_ns: from the last sign of life to the end. waiting: for the answer to "probes", for the
    acknowledgment of "data", or of a "syn".
    """
    if waiting == "probes":
        spans = [(stack, *given_up_after(stack)) for stack in profiles.stacks]
        found = [
            (hang_ns - shortest, 0, Known(stack.name, shortest / SECOND_NS, how, stack.setting_for(*SHORTER)))
            for stack, shortest, longest, how in spans
            if shortest and shortest - EARLY_NS <= hang_ns <= longest
        ]
    else:
        found = [
            (max(0, hang_ns - longest), longest - shortest, Known(row.name, row.shortest_s, how, row.setting))
            for row in profiles.hangs
            if row.waiting == waiting
            for shortest, longest, how in [span_of(row)]
            if shortest - EARLY_NS <= hang_ns <= longest + wheel_ns(longest)
        ]
    return [known for *_, known in sorted(found, key=lambda each: each[:2])]


def span_of(row: Hang) -> tuple[int, int, str]:
    """How long it takes at least and at most (ns), in words."""
    how = said(row.shortest_s)
    if row.longest_s > row.shortest_s:
        how += f" to {said(row.longest_s)}"
    return round(row.shortest_s * SECOND_NS), round(row.longest_s * SECOND_NS), how


def given_up_after(stack: Stack) -> tuple[int, int, str]:
    """From the last sign of life until a stack gives up by its defaults: least and most (ns), in words.

    Zeros where its row does not tell.
    """
    time_s, interval_s, count = stack.time_s, stack.interval_s, stack.count
    if interval_s is None and stack.time_per_interval and time_s is not None:
        interval_s = time_s / stack.time_per_interval
    if time_s is None:
        return 0, 0, ""
    time_ns = round(time_s * SECOND_NS)
    if stack.abort_after_s is not None:
        shortest = time_ns + round(stack.abort_after_s * SECOND_NS)
        how = f"{said(time_s)} + {said(stack.abort_after_s)}"
        return shortest, shortest + stack.lateness_ns(time_ns) + stack.lateness_ns(SECOND_NS * 60), how
    if interval_s is None or count is None:
        return 0, 0, ""
    interval_ns = round(interval_s * SECOND_NS)
    shortest = time_ns + count * interval_ns
    late = stack.lateness_ns(time_ns) + count * stack.lateness_ns(interval_ns)
    return shortest, shortest + late, f"{said(time_s)} + {count} x {said(interval_s)}"


def said(seconds: float) -> str:
    """ "7200 s"."""
    return f"{seconds:g} s"
