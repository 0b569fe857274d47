"""A RST that bears a host's address and came from elsewhere: what its header gives away (design 5)."""

from __future__ import annotations

from typing import Any

from analyzer.diagnose.recognition import HOP_LIMITS
from analyzer.wording import counted

NETSCALER_IDLE = range(9300, 9304)
"""Windows of a Citrix NetScaler's RST for a connection that was idle for too long: NSDBG_RST_ZSSSR
(https://support.citrix.com/article/CTX200852)."""


def hops_of(ttl: int) -> int:
    """How far away a segment began, if it began with one of the usual TTLs."""
    return next((limit - ttl for limit in HOP_LIMITS if ttl <= limit), 0)


def hops_seen(side: Any) -> list[int]:
    """The distances that everything but a RST came over from a side; at most four are kept."""
    packed = (int(side.hops) >> shift & 0xFF for shift in (0, 8, 16, 24))
    return sorted(each - 1 for each in packed if each)


def is_elsewhere(side: Any, reset: Any) -> bool:
    """Whether the distance is clearly another one; by one hop a route may change."""
    seen = hops_seen(side)
    far = bool(seen) and min(abs(hops_of(int(reset.ttl)) - each) for each in seen) > 1
    return far or reset.window in NETSCALER_IDLE


def header_of(side: Any, reset: Any) -> str:
    """Its TTL beside that of the others, and what its window says."""
    seen = " or ".join(map(str, hops_seen(side)))
    away = counted(hops_of(int(reset.ttl)), "hop")
    text = f"its TTL {reset.ttl} puts it {away} away, all else from there {seen}"
    if reset.window in NETSCALER_IDLE:
        text += (
            f"; its window {reset.window} is what a Citrix NetScaler says of a connection idle for too long"
        )
    return text
