"""A connection in words: its head line, its verdict, its probing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from analyzer.lateness import round_setting_ns
from analyzer.present.findings import MARKS, below_reason, doubt, own_finding, told
from analyzer.present.paper import Line, Span
from analyzer.present.words import Clock, cells, source_name, wrapped
from analyzer.wording import counted, duration, endpoint, number, size

Row = dict[str, Any]

SECOND_NS = 1_000_000_000
SO = ", so "
SAID_S = 0.001
"""A setting so near to the measured time says nothing new. Our choice: below what `duration` shows."""


def ends_of(flow: Row) -> tuple[str, str]:
    """Client and server as endpoints."""
    client = endpoint(flow["client"], flow["client_port"])
    return client, endpoint(flow["server"], flow["server_port"])


def mark(flow: Row) -> Span:
    """The sign of a verdict's severity."""
    return MARKS[flow["severity"]], flow["severity"]


def head(flow: Row, path: str, files: int, clock: Clock, width: int) -> Iterator[Line]:
    """What connection this is: number, verdict, ends, when, how much. files: joined into the capture."""
    client, server = ends_of(flow)
    title = f"Connection {flow['flow']}  "
    verdict: list[Span] = [mark(flow), (" " + flow["verdict"], flow["severity"])]
    joined = f", joined of {number(files)} files" if files > 1 else ""
    yield [(title, "title"), *verdict, (f"  {source_name(path)}{joined}", "faint")]
    ends = f"  client {client} → server {server}"
    if cells(ends) <= width:
        yield [(ends, "")]
    else:
        yield [(f"  client {client}", "")]
        yield [(f"  server {server}", "")]
    facts = f"{counted(flow['frames'], 'frame')} in {duration(flow['duration_s'])}"
    facts += f" from {clock.moment(flow['start'])}"
    sent = f"client sent {size(flow['client_bytes'])}, server {size(flow['server_bytes'])}"
    yield from paragraph(f"{facts}; {sent}", width, "faint")


def end(flow: Row, runs: list[Row], findings: list[Row], clock: Clock, width: int) -> Iterator[Line]:
    """The verdict and its reason, the states, the probing, how to see it in Wireshark, what was found."""
    first, *more = wrapped(f"{flow['verdict']}: {reason_of(flow, findings, clock)}", width - 2)
    yield [mark(flow), (" " + first, flow["severity"])]
    for line in more:
        yield [("  " + line, flow["severity"])]
    states = f"at the end: client {flow['client_state']}, server {flow['server_state']}"
    yield from paragraph(states, width, "")
    for sentence in probing(flow):
        yield from paragraph(sentence, width, "")
    yield from run_lines(runs, clock, width)
    yield [("  Wireshark: ", "faint"), (flow["display_filter"], "")]
    yield from below_reason(flow, findings, clock, width, "  ")


def reason_of(flow: Row, findings: Sequence[Row], clock: Clock) -> str:
    """The reason, and how sure the verdict is where its finding has a doubt."""
    own = own_finding(flow, findings)
    return told(flow, "reason", clock) + (doubt(own) if own else "")


def probing(flow: Row) -> Iterator[str]:
    """One sentence for each side that probes, and one on the answers."""
    for who in ("client", "server"):
        timers = timers_of(flow, who)
        if timers:
            yield f"{who} probes {timers}"
    if flow["replies"] or flow["resets"]:  # else the reason has said it
        yield answers_of(flow)


def timers_of(flow: Row, who: str) -> str:
    """after 61.4 s idle, so 60 s; then each 10.2 s, so 10 s; gives up after 3 (what was observed of it)"""
    idle, interval, count = (
        flow[f"{who}_keepalive_time_s"],
        flow[f"{who}_keepalive_interval_s"],
        flow[f"{who}_keepalive_count"],
    )
    parts = []
    if idle is not None:
        parts.append(f"after {duration(idle)} idle{setting_behind(idle)}")
    if interval is not None:
        parts.append(f"{'then ' if parts else ''}each {duration(interval)}{setting_behind(interval)}")
    if count is not None:
        parts.append(f"gives up after {count}")
    return ("; " if any(SO in part for part in parts) else ", ").join(parts)


def setting_behind(measured_s: float) -> str:
    """, so 2 s: the round setting that a timer was given, where that is clear and not what is said already"""
    setting_ns = round_setting_ns([round(measured_s * SECOND_NS)])
    if setting_ns is None or abs(setting_ns / SECOND_NS - measured_s) < SAID_S:
        return ""
    return f"{SO}{setting_ns / SECOND_NS:g} s"


def answers_of(flow: Row) -> str:
    """60 probes: 58 answered, 2 unanswered"""
    parts = [
        f"{number(flow[name])} {word}"
        for name, word in (
            ("replies", "answered" + round_trips(flow)),
            ("unanswered", "unanswered"),
            ("resets", "answered by RST"),
        )
        if flow[name]
    ]
    return f"{counted(flow['probes'], 'probe')}: {', '.join(parts)}"


def round_trips(flow: Row) -> str:
    """after 0.4 ms (0.3 ms to 1.2 ms)"""
    if flow["rtt_median_s"] is None:
        return ""
    least, middle, most = (duration(flow[f"rtt_{name}_s"]) for name in ("min", "median", "max"))
    return f" after {middle}" + ("" if least == most else f" ({least} to {most})")


def run_lines(runs: list[Row], clock: Clock, width: int, most: int = 6) -> Iterator[Line]:
    """The probe runs, the last ones if there are many."""
    if len(runs) > most:
        yield [(f"  {number(len(runs) - most)} earlier probe runs, then:", "faint")]
    for run in runs[-most:]:
        yield from paragraph(run_text(run, clock), width, "")


def run_text(run: Row, clock: Clock) -> str:
    """probe run of the client at 2.008 after 1.999 s idle: 3 probes, 1.024 s apart, none answered"""
    idle = "" if run["idle_s"] is None else f" after {duration(run['idle_s'])} idle"
    apart = "" if run["spacing_median_s"] is None else f", {duration(run['spacing_median_s'])} apart"
    return (
        f"probe run of the {run['prober']} at {clock.time(run['start'])}{idle}: "
        f"{counted(run['probes'], 'probe')}{apart}, {run_outcome(run)}"
    )


def run_outcome(run: Row) -> str:
    """all answered; 3 answered, then gave up"""
    answered, probes = run["answered"], run["probes"]
    word = "all" if answered == probes else "none" if not answered else number(answered)
    if run["outcome"] == "reset":
        return "answered by a RST" if probes == 1 else f"{word} answered, the last by a RST"
    if answered == probes == 1:
        return "answered"
    return f"{word} answered" + (", then gave up" if run["outcome"] == "gave_up" else "")


def paragraph(text: str, width: int, style: str, indent: str = "  ") -> Iterator[Line]:
    """Wrapped and indented lines; the second and later ones hang."""
    for place, line in enumerate(wrapped(text, width - len(indent) - 2)):
        yield [(indent + ("  " if place else "") + line, style)]
