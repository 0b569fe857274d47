"""`keepalive lab`: record what the outcomes of keep-alive look like, from a real kernel."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from analyzer.errors import KeepaliveError, UsageError

if TYPE_CHECKING:
    from analyzer.lab import Scenario

DONE = 0
NOTHING_RECORDED = 3
PARTLY_RECORDED = 4

DESCRIPTION = """\
Record what keep-alive looks like, from a real kernel: hosts are network namespaces, so nothing
leaves this machine, no real interface is touched, and nothing stays behind. Beside each capture a
JSON file says what an analysis of it must give. Needs Linux and root."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Give `lab` its two actions; nothing of the lab is imported before it is asked for."""
    parser.description = DESCRIPTION
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")

    actions.add_parser("list", help="the scenarios, and what each shows")

    recording = actions.add_parser("record", help="play scenarios and record them", description=DESCRIPTION)
    recording.add_argument("scenarios", nargs="*", metavar="SCENARIO", help="see `keepalive lab list`")
    recording.add_argument("--all", action="store_true", help="record every scenario")
    recording.add_argument("--ipv6", action="store_true", help="over IPv6; names then end in -ipv6")
    recording.add_argument(
        "--out",
        type=Path,
        default=Path("recordings"),
        metavar="DIR",
        help="where to put the recordings (default: %(default)s)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Carry out `lab list` or `lab record`; the exit status."""
    if arguments.action == "list":
        return list_scenarios()
    return record_scenarios(arguments)


def list_scenarios() -> int:
    """One line per scenario: name, duration, what it shows."""
    from analyzer.lab import SCENARIOS

    width = max(map(len, SCENARIOS))
    for scenario in SCENARIOS.values():
        print(f"{scenario.name:<{width}}  {scenario.duration_s:>3} s  {scenario.shows}")
    return DONE


def record_scenarios(arguments: argparse.Namespace) -> int:
    """Record one scenario after the other; one that fails does not keep the others from being recorded."""
    from analyzer.lab import record, require_lab

    chosen = choose(arguments.scenarios, arguments.all)
    require_lab()
    failed = 0
    with orderly_end_on_sigterm():
        for scenario in chosen:
            print(f"recording {scenario.name}, about {scenario.duration_s} s …", file=sys.stderr)
            try:
                recording = record(scenario, arguments.out, ip_version=6 if arguments.ipv6 else 4)
            except KeepaliveError as error:
                print(f"{scenario.name}: {error}", file=sys.stderr)
                failed += 1
            else:
                print(recording.capture, flush=True)
    if not failed:
        return DONE
    return NOTHING_RECORDED if failed == len(chosen) else PARTLY_RECORDED


def choose(names: list[str], everything: bool) -> list[Scenario]:
    """The scenarios by name, each once; raise where the call does not make sense."""
    from analyzer.lab import SCENARIOS

    if everything and names:
        raise UsageError("name scenarios or say --all, not both")
    if everything:
        return list(SCENARIOS.values())
    if not names:
        raise UsageError("name the scenarios to record, or say --all; `keepalive lab list` lists them")
    unknown = [name for name in names if name not in SCENARIOS]
    if unknown:
        raise UsageError(f"no scenario is called {', '.join(unknown)}; `keepalive lab list` lists them")
    return [SCENARIOS[name] for name in dict.fromkeys(names)]


@contextmanager
def orderly_end_on_sigterm() -> Iterator[None]:
    """Have SIGTERM leave through the context managers, as Ctrl-C does: they remove what was made."""

    def leave(number: int, frame: object) -> NoReturn:
        sys.exit(128 + number)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
