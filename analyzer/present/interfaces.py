"""Interfaces that can be captured on, one line each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from analyzer.present.paper import Line
from analyzer.present.words import printable

WIDEST_NAME = 32


class Shown(Protocol):
    """What is shown of an interface."""

    @property
    def name(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def addresses(self) -> tuple[str, ...]: ...
    @property
    def link_type(self) -> str: ...
    @property
    def up(self) -> bool | None: ...
    @property
    def allowed(self) -> bool: ...
    @property
    def why_not(self) -> str: ...


def interface_lines(interfaces: Sequence[Shown]) -> Iterator[Line]:
    """The list, and below it, once each, what keeps us from capturing on which."""
    width = min(max((len(printable(each.name)) for each in interfaces), default=0), WIDEST_NAME)
    for each in interfaces:
        state = {True: "up", False: "down", None: ""}[each.up]
        about = ", ".join(filter(None, (each.link_type, each.description, *each.addresses)))
        mark = ("· ", "note") if each.allowed else ("✖ ", "problem")
        yield [mark, (f"{printable(each.name):<{width}}  ", "title"), (f"{state:<5} {printable(about)}", "")]
    reasons: dict[str, list[str]] = {}
    for each in interfaces:
        if each.why_not:
            reasons.setdefault(each.why_not, []).append(each.name)
    for why_not, names in reasons.items():
        yield [(printable(", ".join(names)), "title"), (": " + printable(why_not), "")]
