"""Keep-alive timers as something to paste."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.diagnose.plan.replay import Timers
from analyzer.rules import SECOND_NS

SYSTEMS = ("Linux", "Windows 10/11", "macOS/iOS", "FreeBSD")
"""Whose settings are shown, by their names in stacks.toml."""


def settings_for(timers: Timers, profiles: Sequence[str] = ()) -> dict[str, str]:
    """For one connection, then by system for all of them. profiles: users' files."""
    from analyzer.diagnose.profiles import load  # reads TOML: not worth the time where nobody asks

    seconds = timers.time_ns // SECOND_NS, timers.interval_ns // SECOND_NS, timers.probes
    time_s, interval_s, count = seconds
    settings = {
        "one connection": f"setsockopt SO_KEEPALIVE 1, TCP_KEEPIDLE {time_s}, "
        f"TCP_KEEPINTVL {interval_s}, TCP_KEEPCNT {count}"
    }
    rows = {stack.name: stack.setting_for(*seconds) for stack in load(profiles).stacks}
    return settings | {name: rows[name] for name in SYSTEMS if rows.get(name)}
