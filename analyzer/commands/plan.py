"""`keepalive plan SOURCE…`: other keep-alive timers, and what they would have made of it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from typing import TextIO

from analyzer import pipeline
from analyzer.commands import choices, outputs
from analyzer.commands.analyze import read, report_trouble
from analyzer.errors import UsageError
from analyzer.kinds import MISSING, SPARED_WORDS
from analyzer.plan import Plan, planned, recommended
from analyzer.present import paper_for, write
from analyzer.present.plan import PlanView, plan_page
from analyzer.rules import SECOND_NS, Options
from analyzer.tables import Selection, choose
from analyzer.tables.about import about

DETECT_WITHIN = "120"
TIMERS = {
    "--time": ("60", "SECONDS", "idle time before the first probe (TCP_KEEPIDLE)"),
    "--interval": ("10", "SECONDS", "between unanswered probes (TCP_KEEPINTVL)"),
    "--count": ("6", "N", "unanswered probes until giving up (TCP_KEEPCNT)"),
}
"""Option to default, unit and what it is."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    outputs.add_sources(parser)
    timers = parser.add_argument_group("which timers")
    for option, (default, metavar, text) in TIMERS.items():
        timers.add_argument(option, metavar=metavar, help=f"{text}; default: {default}")
    timers.add_argument("--recommend", action="store_true", help="find the cheapest timers instead")
    timers.add_argument(
        "--detect-within",
        metavar="SECONDS",
        help=f"with --recommend: find a dead peer by then (default: {DETECT_WITHIN})",
    )
    timers.add_argument(
        "--timeout",
        metavar="SECONDS",
        help="a device on the path forgets idle connections after this (default: what the capture shows)",
    )
    group = parser.add_argument_group("what comes out (default: a summary for people)")
    outputs.add_files(group)
    outputs.add_times(group)
    outputs.add_ends(parser.add_argument_group("which connections (every output obeys)"))
    reading = parser.add_argument_group("how to read")
    outputs.add_reading(reading)
    outputs.add_profiles(reading)


def run(arguments: argparse.Namespace) -> int:
    """Carry out; returns the exit status."""
    outputs.check(arguments)
    make = asked(arguments)
    filters = choices.ends(arguments)
    options = outputs.options(arguments, packets=True)
    outcome = read(arguments.sources, options)
    status = report_trouble(outcome)
    if not outcome.captures:
        return status
    plan = make(choose(outcome.captures, filters), options)
    if not outputs.write_files(arguments, plan.tables):
        with outputs.opened(arguments.output) as stream:
            write_text(arguments, plan, stream)
    return status


def asked(arguments: argparse.Namespace) -> Callable[[Selection, Options], Plan]:
    """What makes the plan that the options ask for; wrong ones are said before the long part."""
    said = {option: getattr(arguments, option[2:]) for option in TIMERS}
    timeout_s = None if arguments.timeout is None else choices.seconds(arguments.timeout, "--timeout")
    if arguments.recommend:
        given = [option for option, text in said.items() if text is not None]
        if given:
            raise UsageError(f"--recommend finds the timers itself: leave {', '.join(given)} out")
        within_s = choices.seconds(arguments.detect_within or DETECT_WITHIN, "--detect-within")
        return partial(recommended, detect_within_s=within_s, timeout_s=timeout_s)
    if arguments.detect_within is not None:
        raise UsageError("--detect-within is for --recommend")
    time_s, interval_s, count = (
        choices.whole(said[option] or default, option) for option, (default, *_) in TIMERS.items()
    )
    timers = pipeline.Timers(time_s * SECOND_NS, interval_s * SECOND_NS, count)
    return partial(planned, timers=timers, timeout_s=timeout_s)


def write_text(arguments: argparse.Namespace, plan: Plan, stream: TextIO) -> None:
    """The summary for people."""
    paper = paper_for(stream)
    clock = outputs.clock_for(arguments)
    selection = plan.tables.tables.selection
    room = outputs.room(arguments)
    view = PlanView(
        captures=[about(result) for result in selection.results],
        clock=clock,
        clocks={result.capture: clock.starting(result.start_ns) for result in selection.results},
        plan=plan,
        dead=plan.tables.listed(lambda records: records["planned_ns"] != MISSING, room),
        lost=plan.tables.listed(lambda records: records["spared"] < len(SPARED_WORDS), room),
        given_up=plan.tables.listed(lambda records: records["given_up"] == 1, room),
    )
    write(plan_page(view, paper.width), stream, paper)
