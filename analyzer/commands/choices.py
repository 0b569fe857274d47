"""What options of `keepalive analyze` may say, and what they then mean."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Sequence

from analyzer import found
from analyzer.compared import OUTCOME_WORDS
from analyzer.errors import UsageError
from analyzer.kinds import VERDICT_WORDS
from analyzer.tables import TABLES, Filters, Moment, Network, moment_of

UNITS_NS = {"ns": 1, "us": 1_000, "µs": 1_000, "ms": 1_000_000, "s": 1_000_000_000, "": 1_000_000_000}


def filters(arguments: argparse.Namespace) -> Filters:
    """The connections that the options choose."""
    return Filters(
        flows=tuple(arguments.flow),
        verdicts=_codes(arguments.verdict, VERDICT_WORDS, "--verdict", "verdict"),
        findings=_codes(arguments.finding, found.WORDS, "--finding", "finding"),
        hosts=hosts(arguments.host),
        ports=ports(arguments.port),
        since=moment(arguments.since, "--since", arguments.local),
        until=moment(arguments.until, "--until", arguments.local),
    )


def check_flows(numbers: Sequence[int], count: int) -> None:
    """Whether there are connections of these numbers among `count`."""
    for number in numbers:
        if not 0 <= number < count:
            there = f"there are 0 to {count - 1}" if count else "there is no TCP connection"
            raise UsageError(f"--flow: no connection {number}; {there}")


def ends(arguments: argparse.Namespace) -> Filters:
    """The connections that `--host` and `--port` choose."""
    return Filters(hosts=hosts(arguments.host), ports=ports(arguments.port))


def hosts(texts: Sequence[str]) -> tuple[Network, ...]:
    """Addresses and networks."""
    return tuple(_host(text) for text in _split(texts))


def ports(texts: Sequence[str]) -> tuple[int, ...]:
    """Port numbers."""
    return tuple(_port(text) for text in _split(texts))


def fail_on(texts: Sequence[str], option: str = "--fail-on") -> tuple[list[int], list[int]]:
    """Codes of verdicts and of findings; some names are both."""
    every = list(dict.fromkeys((*VERDICT_WORDS, *found.WORDS)))
    names = [_known(name, every, option, "verdict or finding") for name in _split(texts)]
    return (
        [VERDICT_WORDS.index(name) for name in names if name in VERDICT_WORDS],
        [found.WORDS.index(name) for name in names if name in found.WORDS],
    )


def outcomes(texts: Sequence[str], option: str) -> list[str]:
    """Names of what a comparison may come to."""
    return [_known(name, OUTCOME_WORDS, option, "outcome") for name in _split(texts)]


def sort_column(text: str) -> tuple[str, bool]:
    """A column of the flows table, and whether descending."""
    name = text.removeprefix("-")
    return _known(name, TABLES["flows"].names, "--sort", "column"), text.startswith("-")


def window_ns(text: str) -> int:
    """A duration with its unit: 10ms, 0.5s."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(ns|us|µs|ms|s|)", text.strip())
    if not match:
        raise UsageError(f"--dedup-window {text!r}: a number and a unit are wanted, such as 10ms or 0.5s")
    return round(float(match[1]) * UNITS_NS[match[2]])


def seconds(text: str, option: str) -> float:
    """A number of seconds above 0."""
    try:
        value = float(text.strip().removesuffix("s"))
    except ValueError:
        value = 0.0
    if not 0 < value < 1e9:
        raise UsageError(f"{option} {text!r}: a number of seconds above 0 is wanted")
    return value


def whole(text: str, option: str) -> int:
    """A whole number above 0, as keep-alive timers are set."""
    if not re.fullmatch(r"[1-9]\d{0,8}s?", text):
        raise UsageError(f"{option} {text!r}: a whole number above 0 is wanted")
    return int(text.removesuffix("s"))


def moment(text: str | None, option: str, local: bool = False) -> Moment | None:
    """Seconds since the capture's start, or a time (UTC unless it says or `local`)."""
    if text is None:
        return None
    try:
        return moment_of(text, local)
    except ValueError as error:
        raise UsageError(f"{option} {text!r}: {error}") from None


def _split(texts: Iterable[str]) -> list[str]:
    return [part.strip() for text in texts for part in text.split(",") if part.strip()]


def _codes(texts: Sequence[str], words: Sequence[str], option: str, noun: str) -> tuple[int, ...]:
    return tuple(words.index(_known(name, words, option, noun)) for name in _split(texts))


def _known(name: str, names: Sequence[str], option: str, noun: str) -> str:
    if name not in names:
        raise UsageError(f"{option}: no {noun} {name!r}; there are: {', '.join(names)}")
    return name


def _host(text: str) -> Network:
    try:
        return Network(text)
    except ValueError:
        raise UsageError(
            f"--host {text!r}: an IP address or a network is wanted, such as 10.0.0.7 or 10.0.0.0/8"
        ) from None


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise UsageError(f"--port {text!r}: a port number from 0 to 65535 is wanted")
    return int(text)
