"""From what people say to filters: names, addresses, ports and times, on the command line as in Python."""

from __future__ import annotations

import ipaddress
import operator
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, TypedDict

from analyzer import found
from analyzer.errors import UsageError
from analyzer.kinds import VERDICT_WORDS
from analyzer.tables.addresses import Network
from analyzer.tables.moments import Moment, moment_of
from analyzer.tables.select import Filters

Address = str | ipaddress.IPv4Address | ipaddress.IPv6Address | ipaddress.IPv4Network | ipaddress.IPv6Network
When = float | str | datetime

ONE = (str, ipaddress.IPv4Network, ipaddress.IPv6Network)
"""Types of one value, though it can be iterated over."""

TIMES = ("since", "until")
"""Filters that are a limit, not alternatives."""

NOBODY = -1
"""The number of no connection."""


class Wanted(TypedDict, total=False):
    """Which connections are asked for. Several values of one filter are alternatives; all filters must agree.

    A filter without any value, such as an empty list, chooses no connection.

    host: an address or a network ("10.0.0.0/8"), at either end, as port. since, until: connections
    with a segment between them, and of those the events and packets between them: seconds since the
    capture's start, "2026-11-20T12:03:11Z" or a datetime.
    """

    flow: int | Iterable[int]
    verdict: str | Iterable[str]
    finding: str | Iterable[str]
    host: Address | Iterable[Address]
    port: int | str | Iterable[int | str]
    since: When | None
    until: When | None


def filters_of(wanted: Wanted, called: Callable[[str], str] = "--{}".format, local: bool = False) -> Filters:
    """The filters that were asked for.

    called: how messages name a filter. local: times without a zone are local ones, not UTC.
    Raises UsageError where a value makes no sense.
    """
    for name in wanted:
        if name not in Wanted.__annotations__:
            raise UsageError(f"no filter {name!r}; there are: {', '.join(Wanted.__annotations__)}")
    given = {name: many(value) for name, value in wanted.items() if name not in TIMES}
    flows = tuple(_number(each, called("flow")) for each in given.get("flow", ()))
    return Filters(
        flows=flows if all(given.values()) else (NOBODY,),
        verdicts=_codes(given.get("verdict", ()), VERDICT_WORDS, called("verdict"), "verdict"),
        findings=_codes(given.get("finding", ()), found.WORDS, called("finding"), "finding"),
        hosts=tuple(network(each, called("host")) for each in given.get("host", ())),
        ports=tuple(port_number(each, called("port")) for each in given.get("port", ())),
        since=moment(wanted.get("since"), called("since"), local),
        until=moment(wanted.get("until"), called("until"), local),
    )


def many(values: Any) -> list[Any]:
    """One value, or several."""
    return list(values) if isinstance(values, Iterable) and not isinstance(values, ONE) else [values]


def known(name: str, names: Sequence[str], option: str, noun: str) -> str:
    """The name, which must be one of `names`."""
    if name not in names:
        raise UsageError(f"{option}: no {noun} {name!r}; there are: {', '.join(names)}")
    return name


def network(text: Address, option: str) -> Network:
    """An address or a network."""
    try:
        return Network(str(text))
    except ValueError:
        raise UsageError(
            f"{option} {str(text)!r}: an IP address or a network is wanted, such as 10.0.0.7 or 10.0.0.0/8"
        ) from None


def port_number(value: int | str, option: str) -> int:
    """A port."""
    text = str(value)
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise UsageError(f"{option} {text!r}: a port number from 0 to 65535 is wanted")
    return int(text)


def moment(when: When | None, option: str, local: bool = False) -> Moment | None:
    """Seconds since the capture's start, or a time (UTC unless it says or `local`)."""
    if when is None:
        return None
    try:
        return moment_of(when, local)
    except (ValueError, TypeError) as error:
        raise UsageError(f"{option} {str(when)!r}: {error}") from None


def _codes(names: Iterable[str], words: Sequence[str], option: str, noun: str) -> tuple[int, ...]:
    return tuple(words.index(known(name, words, option, noun)) for name in names)


def _number(value: Any, option: str) -> int:
    try:
        return operator.index(value)
    except TypeError:
        raise UsageError(
            f"{option} {value!r}: the number of a connection is wanted, as in the flows table"
        ) from None
