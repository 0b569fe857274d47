"""What to set keep-alive timers to, as something to paste: in the words of the stack that was recognized."""

from __future__ import annotations

from functools import lru_cache

from analyzer.diagnose.case import Case
from analyzer.diagnose.known_timeouts import SHORTER
from analyzer.diagnose.profiles import Middlebox, Stack
from analyzer.diagnose.recognition import candidates, observe
from analyzer.rules import SECOND_NS
from analyzer.wording import lasting

SOCKET = "setsockopt SO_KEEPALIVE 1, TCP_KEEPIDLE {}, TCP_KEEPINTVL {}, TCP_KEEPCNT {}"
"""For one connection: Linux, Windows since 10 1709, the BSDs; macOS calls the first TCP_KEEPALIVE."""

ANYBODYS = "Linux"
"""Whose setting is told where the stack was not recognized. Our choice: most servers."""


def keepalive_setting(case: Case, side: int, timers: tuple[int, int, int] = SHORTER) -> str:
    """How that side is to be told keepalive time, interval (s) and count.

    For the application, and for its whole host, as the first system recognized wants it.
    """
    system = system_of(case, side)
    own = f"`{SOCKET.format(*timers)}`"
    if system is None:
        return own
    return f"{own}, or for {whole(system)} `{system.setting_for(*timers)}`"


@lru_cache(maxsize=16)
def system_of(case: Case, side: int) -> Stack | None:
    """Whose settings that side understands; findings of one path ask for the same connection in turn."""
    stacks = case.context.profiles.stacks
    likely = candidates(observe(case.story, side, case.timers(side)), stacks) if case.probing else []
    likely.sort(key=lambda row: row.application)  # what an application sets, its system may too
    return next((row for row in likely if row.setting), None) or named(stacks, ANYBODYS)


def named(stacks: tuple[Stack, ...], name: str) -> Stack | None:
    """The row of this name."""
    return next((row for row in stacks if row.name == name), None)


def whole(system: Stack) -> str:
    """What a setting of the row is for: all of Linux, or Redis."""
    return system.name if system.application else f"all of {system.name}"


def find_sooner(case: Case, prober: int) -> str:
    """Timers that find a dead peer in two minutes."""
    return f"On {case.address(prober)}: {keepalive_setting(case, prober)}."


def probe_at_all(case: Case) -> str:
    """Keep-alive, on either end."""
    return (
        "Switch keep-alive on at one end, which is enough for both: "
        f"{keepalive_setting(case, case.flow.client)}."
    )


def shorten(case: Case, side: int, setting: str) -> str:
    """A setting that shortens a hang."""
    return f"On {case.address(side)}: `{setting}`." if setting else find_sooner(case, side)


def safe_time_s(survived_ns: int) -> int:
    """A keepalive time that is sure to come in time, in whole seconds."""
    return max(1, int(survived_ns // SECOND_NS))


def keepalive_below(case: Case, side: int, survived_ns: int) -> str:
    """A keepalive time that the path has survived."""
    time_s, interval_s, count = SHORTER
    time_s = min(safe_time_s(survived_ns), time_s)
    setting = keepalive_setting(case, side, (time_s, min(time_s, interval_s), count))
    return f"Probe sooner, at either end; {lasting(survived_ns)} of silence were survived: {setting}."


def wait_longer(case: Case, side: int, survived_ns: int, products: list[Middlebox]) -> str:
    """A longer timeout of the device where it is known, and else sooner probes."""
    wanted_s = round(2 * (products[0].timeout_s or 0)) if products else 0
    settable = next((row for row in products if row.setting), None)
    told = keepalive_below(case, side, survived_ns)
    if settable:
        told += f" Or let the device wait longer; {settable.name}: `{settable.setting_for(wanted_s)}`."
    return told
