"""`keepalive lab`: record what the outcomes of keep-alive look like, from a real kernel."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import fill
from typing import TYPE_CHECKING, NoReturn

from analyzer.errors import MissingToolError, UsageError

if TYPE_CHECKING:
    from analyzer.lab import Scenario

DONE = 0
NOTHING_RECORDED = 3
PARTLY_RECORDED = 4

JOBS = 8
"""A scenario mostly waits for timers."""

ENDING = ("SIGINT", "SIGTERM", "SIGHUP")
"""Names of the signals that end a recording; not every system has all."""

COLUMNS = 80
INDENT = 6 * " "

NEEDS = (
    "Recording needs Linux, root, iproute2, util-linux, and dumpcap or tcpdump; some scenarios need"
    " more. They are recorded over IPv4, or with --ipv6 over IPv6. With --all, those marked"
    ' "also over IPv6" are recorded over both.'
)

DESCRIPTION = """\
Record what keep-alive looks like, from a real kernel: hosts are network namespaces, so nothing
leaves this machine, no real interface is touched, and nothing stays behind. Beside each capture a
JSON file says what an analysis of it must give. Needs Linux and root."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Give `lab` its two actions; nothing of the lab is imported before it is asked for."""
    parser.description = DESCRIPTION
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")

    actions.add_parser("list", help="the scenarios, what each shows, and what it needs")

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
    """The scenarios by family: name, duration, IP versions, what it needs and what it shows."""
    from analyzer.lab import SCENARIOS

    print(fill(NEEDS, COLUMNS))
    family = ""
    for scenario in SCENARIOS.values():
        if scenario.family != family:
            family = scenario.family
            print(f"\n{family}\n")
        needs = f"needs {scenario.needs[0]}" if scenario.needs else ""
        notes = filter(None, (f"{scenario.duration_s} s", scenario.ipv6.value, needs))
        print(f"  {scenario.name}  ({', '.join(notes)})")
        print(
            fill(
                scenario.shows,
                COLUMNS,
                initial_indent=INDENT,
                subsequent_indent=INDENT,
                break_on_hyphens=False,
            )
        )
    return DONE


def record_scenarios(arguments: argparse.Namespace) -> int:
    """Record scenarios side by side; one that fails does not keep the others from being recorded."""
    from analyzer.lab import require_lab, run_side_by_side

    chosen = choose(arguments.scenarios, arguments.all, arguments.ipv6)
    if arguments.jobs < 1:
        raise UsageError(f"--jobs: {arguments.jobs} is no number of scenarios")
    require_lab()
    make_folder(arguments.out)
    with orderly_end():
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


def make_folder(folder: Path) -> None:
    """Make the folder for the recordings if need be; raise if nothing can be written there."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"--out: {folder} is no folder")
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".recording-", dir=folder):
        pass


def record_one(scenario: Scenario, folder: Path, ip_version: int) -> None:
    """Record a scenario, a second time if the first did not go as planned: a busy machine does that."""
    from analyzer.lab import LabError, NotAsPlannedError, record

    name = scenario.name + (" over IPv6" if ip_version == 6 else "")
    print(f"recording {name}, about {scenario.duration_s} s …", file=sys.stderr)
    try:
        try:
            recording = record(scenario, folder, ip_version)
        except NotAsPlannedError as error:
            print(f"{name}: {error}", file=sys.stderr)
            print(f"recording {name} once more …", file=sys.stderr)
            recording = record(scenario, folder, ip_version)
    except (LabError, MissingToolError) as error:
        raise LabError(f"{name}: {error}") from None
    print(recording.capture, flush=True)


def record_command(scenario: Scenario, folder: Path, ip_version: int) -> list[str]:
    """The command line that records this scenario alone."""
    ipv6 = ["--ipv6"] if ip_version == 6 else []
    here = [sys.executable, "-m", "analyzer", "lab", "record"]
    return [*here, scenario.name, *ipv6, "--out", str(folder)]


def choose(names: list[str], everything: bool, ipv6: bool) -> list[tuple[Scenario, int]]:
    """The scenarios by name, each once, and the IP version; raise where the call does not make sense."""
    from analyzer.lab import SCENARIOS, OverIPv6

    if everything and names:
        raise UsageError("name scenarios or say --all, not both")
    if not everything and not names:
        raise UsageError("name the scenarios to record, or say --all; `keepalive lab list` lists them")
    unknown = [name for name in names if name not in SCENARIOS]
    if unknown:
        raise UsageError(f"no scenario is called {', '.join(unknown)}; `keepalive lab list` lists them")
    chosen = [SCENARIOS[name] for name in dict.fromkeys(names)] or list(SCENARIOS.values())
    if not ipv6:
        also = [each for each in chosen if everything and each.ipv6 is OverIPv6.ALWAYS]
        return [(scenario, 4) for scenario in chosen] + [(scenario, 6) for scenario in also]
    never = [each.name for each in chosen if each.ipv6 is OverIPv6.NEVER]
    if never and not everything:
        raise UsageError(f"{', '.join(never)} cannot be recorded over IPv6")
    return [(scenario, 6) for scenario in chosen if scenario.ipv6 is not OverIPv6.NEVER]


@contextmanager
def orderly_end() -> Iterator[None]:
    """Have Ctrl-C, SIGTERM and a closed terminal leave through the context managers, which tidy up.

    Whatever comes after the first does not disturb the tidying. What was ignored stays so (nohup).
    """

    def leave(number: int, frame: object) -> NoReturn:
        for each in before:
            signal.signal(each, signal.SIG_IGN)
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        sys.exit(128 + number)

    numbers = [getattr(signal, name) for name in ENDING if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    before = {number: handler for number, handler in before.items() if handler is not signal.SIG_IGN}
    for number in before:
        signal.signal(number, leave)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
