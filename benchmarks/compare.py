"""Time this project beside its peers on the same captures, and print the table.

python -m benchmarks.compare                                    2.5 M and 12.5 M frames, made for it
python -m benchmarks.compare FILE...                            on captures you have
python -m benchmarks.compare --show RESULT.json --markdown      print a saved session again
"""

import argparse
import shlex
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from benchmarks import tables, tools
from benchmarks.measure import CommandFailed
from benchmarks.report import Report, load
from benchmarks.session import Capture, Plan, hold, make_capture, open_capture

WIDTH = 150  # of tables that do not go to a terminal
RESULTS = Path(__file__).with_name("results")
SUMMARY = (__doc__ or "").partition("\n")[0]
TINY = ("--frames", "10", "--flows", "1")


@dataclass(frozen=True)
class Options:
    """The command line; names as in the parser."""

    files: list[Path]
    frames: float
    more_frames: float
    flows: float
    keepalive_share: float
    seed: int
    format: str
    connections: float
    runs: int
    startup_runs: int
    slice: float | None
    tools: str
    command: str
    first_compile: bool
    check: bool
    keep: Path | None
    save: str | None
    show: Path | None
    markdown: bool

    def traffic(self, frames: float) -> list[str]:
        words = {
            "--frames": frames,
            "--flows": self.flows,
            "--keepalive-share": self.keepalive_share,
            "--seed": self.seed,
            "--format": self.format,
        }
        return [str(word) for pair in words.items() for word in pair]


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compare", description=SUMMARY)
    add = parser.add_argument
    add("files", nargs="*", type=Path, metavar="FILE", help="captures; without any, two are generated")
    add("--frames", type=float, default=2.5e6)
    add("--more-frames", type=float, default=12.5e6, help="of the second capture; 0 for none")
    add("--flows", type=float, default=20_000)
    add("--keepalive-share", type=float, default=0.05)
    add("--seed", type=int, default=1)
    add("--format", default="pcap-us", help="as in benchmarks.generate")
    add("--connections", type=float, default=0, help="also measure memory on this many short connections")
    add("--runs", type=int, default=5)
    add("--startup-runs", type=int, default=15, help="on a tiny file; 0 for none")
    add("--slice", type=float, help="frames given to the slow tools; 0 for all (default: each its own)")
    add("--tools", default="", help="only these, by the start of their names, with commas")
    add("--command", default="", help="instead of `keepalive analyze`, to compare another build")
    add("--first-compile", action="store_true", help="also time a run with an empty kernel cache")
    add("--check", action="store_true", help="also compare what the project finds with the truth")
    add("--keep", type=Path, metavar="DIR", help="keep generated captures there, and use them again")
    add("--save", nargs="?", const="", metavar="NAME", help="write benchmarks/results/NAME.json")
    add("--show", type=Path, metavar="JSON", help="print saved results, measure nothing")
    add("--markdown", action="store_true")
    return parser


def chosen_tools(options: Options) -> tuple[list[str], list[tools.Tool]]:
    """The project's command, and the tools to run."""
    project = shlex.split(options.command) or tools.project_command()
    wanted = tuple(name.strip() for name in options.tools.split(",") if name.strip())
    return project, [tool for tool in tools.tools(project) if not wanted or tool.name.startswith(wanted)]


def _capture(folder: Path, name: str, arguments: list[str]) -> Capture:
    """A generated capture; one that is there already is used again."""
    words = "-".join(word.removeprefix("--") for word in arguments)
    path = folder / f"{name}-{words}.{_suffix(arguments)}"
    if path.exists() and path.with_name(path.name + ".json").exists():
        return open_capture(path)
    return make_capture(path, arguments, say)


def _suffix(arguments: list[str]) -> str:
    return "pcapng" if any(word.startswith("pcapng") for word in arguments) else "pcap"


def session(options: Options, stack: ExitStack) -> Report:
    """Makes the captures and measures."""
    project, chosen = chosen_tools(options)
    folder = options.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
    folder.mkdir(parents=True, exist_ok=True)
    if options.files:
        captures = [open_capture(path) for path in options.files]
    else:
        sizes = [size for size in (options.frames, options.more_frames) if size]
        captures = [_capture(folder, "traffic", options.traffic(size)) for size in sizes]
    crowd = None
    if options.connections:
        crowd = _capture(folder, "crowd", ["--short-connections", str(options.connections)])
    plan = Plan(
        project,
        chosen,
        options.runs,
        options.startup_runs,
        None if options.slice is None else int(options.slice),
        options.first_compile,
        options.check,
    )
    return hold(plan, captures, _capture(folder, "tiny", list(TINY)), crowd, say)


def show(report: Report, as_markdown: bool) -> None:
    for grid in tables.grids(report):
        if as_markdown:
            print(tables.markdown(grid))
        else:
            tables.draw(grid, Console(width=None if sys.stdout.isatty() else WIDTH))


def main(arguments: list[str] | None = None) -> int:
    options = Options(**vars(_parser().parse_args(arguments)))
    if options.show:
        show(load(options.show), options.markdown)
        return 0
    with ExitStack() as stack:
        try:
            report = session(options, stack)
        except (CommandFailed, OSError, ValueError) as error:
            say(f"error: {error}")
            return 1
    show(report, options.markdown)
    if options.save is not None:
        report.save(RESULTS / f"{options.save or report.machine['date']}.json")
    if options.check and not report.checked:
        say("error: nothing was checked; it takes a generated capture and a project that runs")
        return 1
    wrong = [what for what, (found, true) in report.checked.items() if found != true]
    if wrong:
        say(f"error: the project does not find what the capture holds: {', '.join(wrong)}")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
