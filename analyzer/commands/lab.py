"""`keepalive lab`: record what the outcomes of keep-alive look like, from a real kernel."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from analyzer.errors import UsageError

if TYPE_CHECKING:
    from analyzer.lab import Scenario

DONE = 0
NOTHING_RECORDED = 3
PARTLY_RECORDED = 4

JOBS = 8
"""A scenario mostly waits for timers."""

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
    recording.add_argument(
        "--all", action="store_true", help="record every scenario, and the principal ones over IPv6 too"
    )
    recording.add_argument("--ipv6", action="store_true", help="over IPv6; names then end in -ipv6")
    recording.add_argument(
        "--jobs",
        type=int,
        default=JOBS,
        metavar="N",
        help="how many scenarios to play at a time (default: %(default)s)",
    )
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
    """Record scenarios side by side; one that fails does not keep the others from being recorded."""
    from analyzer.lab import require_lab, run_side_by_side

    chosen = choose(arguments.scenarios, arguments.all, arguments.ipv6)
    if arguments.jobs < 1:
        raise UsageError(f"--jobs: {arguments.jobs} is no number of scenarios")
    require_lab()
    with orderly_end_on_sigterm():
        if len(chosen) == 1:
            ((scenario, ip_version),) = chosen
            record_one(scenario, arguments.out, ip_version)
            return DONE
        # the longest first, so that none is waited for at the end
        chosen.sort(key=lambda each: -each[0].duration_s)
        commands = [record_command(scenario, arguments.out, ip_version) for scenario, ip_version in chosen]
        statuses = run_side_by_side(commands, arguments.jobs)
    failed = sum(status != DONE for status in statuses)
    if not failed:
        return DONE
    return NOTHING_RECORDED if failed == len(chosen) else PARTLY_RECORDED


def record_one(scenario: Scenario, folder: Path, ip_version: int) -> None:
    """Record a scenario, a second time if the first did not go as planned: a busy machine does that."""
    from analyzer.lab import LabError, record

    name = scenario.name + (" over IPv6" if ip_version == 6 else "")
    try:
        print(f"recording {name}, about {scenario.duration_s} s …", file=sys.stderr)
        recording = record(scenario, folder, ip_version)
    except LabError as error:
        print(f"{name}: {error}", file=sys.stderr)
        print(f"recording {name} once more …", file=sys.stderr)
        try:
            recording = record(scenario, folder, ip_version)
        except LabError as again:
            raise LabError(f"{name}: {again}") from None
    print(recording.capture, flush=True)


def record_command(scenario: Scenario, folder: Path, ip_version: int) -> list[str]:
    """The command line that records this scenario alone."""
    ipv6 = ["--ipv6"] if ip_version == 6 else []
    here = [sys.executable, "-m", "analyzer", "lab", "record"]
    return [*here, scenario.name, *ipv6, "--out", str(folder)]


def choose(names: list[str], everything: bool, ipv6: bool) -> list[tuple[Scenario, int]]:
    """The scenarios by name, each once, and the IP version; raise where the call does not make sense."""
    from analyzer.lab import SCENARIOS

    if everything and names:
        raise UsageError("name scenarios or say --all, not both")
    if not everything and not names:
        raise UsageError("name the scenarios to record, or say --all; `keepalive lab list` lists them")
    unknown = [name for name in names if name not in SCENARIOS]
    if unknown:
        raise UsageError(f"no scenario is called {', '.join(unknown)}; `keepalive lab list` lists them")
    chosen = [SCENARIOS[name] for name in dict.fromkeys(names)] or list(SCENARIOS.values())
    if ipv6:
        return [(scenario, 6) for scenario in chosen]
    also = [(scenario, 6) for scenario in chosen if everything and scenario.ipv6_too]
    return [(scenario, 4) for scenario in chosen] + also


@contextmanager
def orderly_end_on_sigterm() -> Iterator[None]:
    """Have SIGTERM leave through the context managers, as Ctrl-C does: they remove what was made."""

    def leave(number: int, frame: object) -> NoReturn:
        signal.signal(number, signal.SIG_IGN)  # a second one must not disturb the tidying
        sys.exit(128 + number)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
