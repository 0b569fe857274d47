"""`keepalive live`: what becomes of every TCP connection, as it happens."""

from __future__ import annotations

import argparse
import gc
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from analyzer import pipeline
from analyzer.commands import choices, outputs
from analyzer.commands.live_outputs import Housekeeping, LiveOutputs, Messages
from analyzer.commands.main import complain
from analyzer.errors import UsageError
from analyzer.live_capture import Live
from analyzer.rules import Options, Rules
from analyzer.sources.live import SNAP_LENGTH, LiveOptions, LiveSource, open_follow, open_live
from analyzer.track import MOST_FLOWS

LEAST_SNAP = 128  # bytes: Ethernet, a VLAN tag, IPv6 and TCP with all its options are 122
WAIT_S = 0.2  # for signals to be looked at
ONLY_ON_INTERFACES = ("backend", "filter", "snap_length")
NEVER_EMPTY = ("backend", "snap_length", "max_flows", "duration", "record", "exec", "webhook", "metrics")
"""Options whose empty value can only be a shell variable that is not set: a recording would be missing."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "source", nargs="?", metavar="SOURCE", help="- for a capture on stdin; a growing FILE with --follow"
    )
    _configure_capture(parser.add_argument_group("what to watch"))
    _configure_forms(
        parser.add_argument_group("what comes out (default: a screen on a terminal, else --plain)")
    )
    _configure_alerts(parser.add_argument_group("whom to tell"))
    reading = parser.add_argument_group("how to read")
    reading.add_argument(
        "--max-flows",
        metavar="N",
        help=f"connections to hold in memory: those that ended leave first (default: {MOST_FLOWS:,})",
    )
    outputs.add_copies(reading)
    outputs.add_profiles(reading)


def _configure_capture(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "-i", "--interface", action="append", default=[], metavar="IFACE", help="watch this one"
    )
    group.add_argument("--follow", action="store_true", help="go on reading FILE, or its ring, as it grows")
    group.add_argument(
        "--backend", metavar="NAME", help="dumpcap, tcpdump or scapy (default: the first there is)"
    )
    group.add_argument("--filter", metavar="EXPR", help="a capture filter of your own, beside ours")
    group.add_argument(
        "--snap-length", metavar="N", help=f"bytes of each frame to look at (default: {SNAP_LENGTH})"
    )
    group.add_argument("--duration", metavar="S", help="end after so many seconds")


def _configure_forms(group: argparse._ArgumentGroup) -> None:
    form = group.add_mutually_exclusive_group()
    form.add_argument("--plain", action="store_true", help="a line for each event, verdict and finding")
    form.add_argument("--json", action="store_true", help="the same as JSON, one object a line")
    group.add_argument(
        "--host", action="append", default=[], metavar="IP,…", help="lines of this address or network only"
    )
    group.add_argument("--port", action="append", default=[], metavar="N,…", help="lines of this port only")
    group.add_argument(
        "--record",
        metavar="DIR",
        help="keep the tables there, and of an interface the frames (a ring of files)",
    )
    outputs.add_times(group)
    group.add_argument(
        "--fail-on",
        action="append",
        default=[],
        metavar="NAME,…",
        help="exit 1 if there was such a verdict or finding",
    )


def _configure_alerts(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--alert-on",
        action="append",
        default=[],
        metavar="NAME,…",
        help="verdicts and findings that are alerts (default: all that are problems)",
    )
    group.add_argument("--exec", metavar="CMD", help="start this for each alert, its JSON on standard input")
    group.add_argument("--webhook", metavar="URL", help="post the JSON of each alert there")
    group.add_argument(
        "--metrics", metavar="[HOST:]PORT", help="serve metrics for Prometheus (default: loopback)"
    )


def check(arguments: argparse.Namespace) -> None:
    """Combinations that make no sense; before anything is captured."""
    interfaces, source = arguments.interface, arguments.source
    if len(interfaces) > 1:
        raise UsageError("-i: one interface at a time; on Linux, any is all of them")
    if bool(interfaces) == (source is not None):
        raise UsageError(
            "live: an interface (-i) or a source is wanted, and not both; see keepalive interfaces"
        )
    if source is None and arguments.follow:
        raise UsageError("--follow is for a file that grows, not for an interface")
    if source not in (None, "-") and not arguments.follow:
        raise UsageError(
            f"live: {source}: with --follow a file is read as it grows; analyze reads it as it is"
        )
    for name in NEVER_EMPTY:
        if getattr(arguments, name) == "":
            raise UsageError(f"--{name.replace('_', '-')}: nothing is given")
    for name in ONLY_ON_INTERFACES:
        if source is not None and getattr(arguments, name) is not None:
            raise UsageError(f"--{name.replace('_', '-')} is for an interface (-i)")
    if (arguments.host or arguments.port) and not (arguments.plain or arguments.json):
        raise UsageError("--host and --port choose lines of --plain and --json; on the screen, press /")
    if arguments.alert_on and not (arguments.exec or arguments.webhook):
        raise UsageError("--alert-on: whom to tell? --exec and --webhook say it")


def run(arguments: argparse.Namespace) -> int:
    """Carry out; returns the exit status."""
    check(arguments)
    gc.enable()  # it may run for months
    options = Options(
        profiles=tuple(arguments.profiles),
        rules=Rules(dedup_window_ns=choices.window_ns(arguments.dedup_window)),
    )
    pipeline.check_profiles(options)
    most_flows = choices.whole(arguments.max_flows, "--max-flows") if arguments.max_flows else MOST_FLOWS
    duration_s = choices.seconds(arguments.duration, "--duration") if arguments.duration else None
    messages = Messages()
    if pipeline.compiles_first():
        complain("compiling the kernels, once; this takes some seconds")
        pipeline.warm_up()
    with ExitStack() as stack:
        told = stack.enter_context(LiveOutputs(arguments, options, messages))
        source = _opened(arguments)
        stack.callback(source.close)
        told.begin_recording(arguments.record)
        capture = Live(
            source, options, most_flows=most_flows, tell=told.tellers, processes=bool(arguments.interface)
        )
        told.serve_metrics(capture.totals)
        with Housekeeping(source, told, messages, duration_s):
            _watch(arguments, capture, told, messages)
    return max(told.status(capture.totals()), _trouble(source))


def _opened(arguments: argparse.Namespace) -> LiveSource:
    if arguments.source is not None:
        return open_follow(arguments.source)
    options = LiveOptions(
        arguments.interface[0],
        backend=arguments.backend or "",
        capture_filter=arguments.filter or "",
        snap_length=_snap_length(arguments.snap_length),
        record=Path(arguments.record) if arguments.record else None,
    )
    return open_live(options)


def _snap_length(text: str | None) -> int:
    length = SNAP_LENGTH if text is None else choices.whole(text, "--snap-length")
    if length < LEAST_SNAP:
        raise UsageError(f"--snap-length {length}: at least {LEAST_SNAP} are wanted, for all headers")
    return length


def _watch(arguments: argparse.Namespace, capture: Live, told: LiveOutputs, messages: Messages) -> None:
    """Until the source ends, or whoever watches has enough; then the last words."""
    with _stopping(capture.source):
        capture.start()
        try:
            if told.on_screen:
                from analyzer.present.screen.app import run_screen

                with messages.kept():
                    clock = outputs.clock_for(arguments).mode
                    run_screen(capture, _title(arguments), clock, _notice(capture.source, messages))
            else:
                while capture.running:
                    time.sleep(WAIT_S)
        finally:
            capture.stop()
    told.end(capture.totals())


def _notice(source: LiveSource, messages: Messages) -> Callable[[], str]:
    """What a screen is to say: what keeps frames from being seen, or else what was said last."""
    return lambda: source.trouble or messages.latest()


def _title(arguments: argparse.Namespace) -> str:
    if arguments.interface:
        return str(arguments.interface[0])
    return "standard input" if arguments.source == "-" else str(arguments.source)


@contextmanager
def _stopping(source: LiveSource) -> Iterator[None]:
    """SIGINT and SIGTERM end the capture; a second one ends us, whatever is left to say."""
    asked = False

    def stop(*_: object) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True
        source.stop()

    before = {each: signal.signal(each, stop) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _trouble(source: LiveSource) -> int:
    """Say why the capture did not go on as it should have; the exit status that follows from it."""
    for damage in source.facts.damages:
        complain(f"{source.facts.path}: {damage}")
    sys.stderr.flush()
    return 4 if source.facts.damages else 0
