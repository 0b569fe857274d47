"""The list of interfaces, for people."""

from __future__ import annotations

from dataclasses import dataclass

from analyzer.present.interfaces import interface_lines
from analyzer.present.paper import Paper


@dataclass(frozen=True)
class Interface:
    name: str
    description: str = ""
    addresses: tuple[str, ...] = ()
    link_type: str = ""
    up: bool | None = None
    allowed: bool = True
    why_not: str = ""


def test_each_has_a_line_and_each_reason_is_said_once() -> None:
    shown = [
        Interface("eth0", "Uplink", ("192.0.2.2", "2001:db8::2"), "Ethernet", up=True),
        Interface("any", link_type="Linux cooked v2"),
        Interface("wlan0", up=False, allowed=False, why_not="no permission"),
        Interface("n\x1b[31m", allowed=False, why_not="no permission"),
    ]
    assert [Paper().plain(line) for line in interface_lines(shown)] == [
        "· eth0       up    Ethernet, Uplink, 192.0.2.2, 2001:db8::2",
        "· any              Linux cooked v2",
        "✖ wlan0      down",
        "✖ n\\x1b[31m",
        "wlan0, n\\x1b[31m: no permission",
    ]


def test_no_interface_is_no_line() -> None:
    assert list(interface_lines([])) == []
