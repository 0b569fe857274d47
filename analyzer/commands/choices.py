"""What options of `keepalive analyze` may say, and what they then mean."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Sequence
from typing import cast

from analyzer import found
from analyzer.compared import OUTCOME_WORDS
from analyzer.errors import UsageError
from analyzer.kinds import VERDICT_WORDS
from analyzer.tables import TABLES, Filters
from analyzer.tables.wanted import Wanted, filters_of, known

UNITS_NS = {"ns": 1, "us": 1_000, "µs": 1_000, "ms": 1_000_000, "s": 1_000_000_000, "": 1_000_000_000}


def filters(arguments: argparse.Namespace) -> Filters:
    """The connections that the options choose."""
    wanted = Wanted(
        flow=arguments.flow,
        verdict=_split(arguments.verdict),
        finding=_split(arguments.finding),
        host=_split(arguments.host),
        port=_split(arguments.port),
        since=arguments.since,
        until=arguments.until,
    )
    return filters_of(_asked(wanted), local=arguments.local)


def check_flows(numbers: Sequence[int], count: int) -> None:
    """Whether there are connections of these numbers among `count`."""
    for number in numbers:
        if not 0 <= number < count:
            there = f"there are 0 to {count - 1}" if count else "there is no TCP connection"
            raise UsageError(f"--flow: no connection {number}; {there}")


def ends(arguments: argparse.Namespace) -> Filters:
    """The connections that `--host` and `--port` choose."""
    return filters_of(_asked(Wanted(host=_split(arguments.host), port=_split(arguments.port))))


def fail_on(texts: Sequence[str], option: str = "--fail-on") -> tuple[list[int], list[int]]:
    """Codes of verdicts and of findings; some names are both."""
    every = list(dict.fromkeys((*VERDICT_WORDS, *found.WORDS)))
    names = [known(name, every, option, "verdict or finding") for name in _split(texts)]
    return (
        [VERDICT_WORDS.index(name) for name in names if name in VERDICT_WORDS],
        [found.WORDS.index(name) for name in names if name in found.WORDS],
    )


def outcomes(texts: Sequence[str], option: str) -> list[str]:
    """Names of what a comparison may come to."""
    return [known(name, OUTCOME_WORDS, option, "outcome") for name in _split(texts)]


def sort_column(text: str) -> tuple[str, bool]:
    """A column of the flows table, and whether descending."""
    name = text.removeprefix("-")
    return known(name, TABLES["flows"].names, "--sort", "column"), text.startswith("-")


def window_ns(text: str) -> int:
    """A duration with its unit: 10ms, 0.5s."""
    match = re.fullmatch(r"(\d{1,9}(?:\.\d+)?)\s*(ns|us|µs|ms|s|)", text.strip())
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


def _asked(wanted: Wanted) -> Wanted:
    """Without the options that were not given."""
    return cast(Wanted, {name: value for name, value in wanted.items() if value != []})


def _split(texts: Iterable[str]) -> list[str]:
    return [part.strip() for text in texts for part in text.split(",") if part.strip()]
