"""Counts of states over time, against counting by hand."""

from __future__ import annotations

import numpy as np

from analyzer import kinds
from analyzer.diagnose import Span, busiest_hosts, state_changes
from analyzer.diagnose.courses import HostStates
from analyzer.rules import Rules
from tests.helpers.timeline import START_NS

from .support import SECOND, Case, tell

ENDS = {"c": ("10.0.0.1", 40000), "d": ("10.0.0.1", 40001), "e": ("10.0.0.3", 9), "s": ("10.0.0.2", 443)}


def open_and_close(client: str, start: float, first: int) -> str:
    """A connection of one second that its client closes."""
    return f"""
        {start:.3f}     {client}>s  S   {first}
        {start + 0.1:.3f}  s>{client}  SA  0:{first + 1}
        {start + 0.2:.3f}  {client}>s  A   {first + 1}:1
        {start + 1:.3f}    {client}>s  FA  {first + 1}:1
        {start + 1.1:.3f}  s>{client}  FA  1:{first + 2}
        {start + 1.2:.3f}  {client}>s  A   {first + 2}:2
    """


def hosts_of(case: Case, at_s: float, steps: int = 5, most: int = 9) -> tuple[list[HostStates], int]:
    result = case.result
    changes = state_changes(result, np.arange(len(result.flows)), Rules().time_wait_ns)
    span = Span(START_NS, result.end_ns, steps)
    return busiest_hosts(result, changes, START_NS + round(at_s * SECOND), span, most)


def test_peaks_and_steps() -> None:
    text = open_and_close("c", 0, 0) + open_and_close("d", 20, 0)
    hosts, count = hosts_of(tell(text, end=100, endpoints=ENDS), at_s=30)
    assert count == 2
    client, server = hosts
    assert (client.ends, len(client.open), len(server.open)) == (2, 2, 0)
    courses = {kinds.STATE_WORDS[each.state]: each for each in client.courses}
    assert list(courses) == ["SYN-SENT", "ESTABLISHED", "FIN-WAIT-1", "TIME-WAIT"]
    waiting = courses["TIME-WAIT"]
    assert (waiting.now, waiting.peak) == (2, 2)
    assert waiting.peak_ns == START_NS + round(21.1 * SECOND)
    assert waiting.highest == (1, 2, 2, 2, 1)  # from 0, 20, 40, 60 (both until 61.2) and 80 s on
    assert courses["ESTABLISHED"].highest == (1, 1, 0, 0, 0)


def test_what_begins_as_another_ends_is_no_peak() -> None:
    """At 5 s one connection leaves ESTABLISHED and another enters it."""
    text = """
        0    c>s  S   0
        0.1  s>c  SA  0:1
        0.2  c>s  A   1:1
        4.8  d>s  S   0
        4.9  s>d  SA  0:1
        5    c>s  R   1
        5    d>s  A   1:1
    """
    hosts, _ = hosts_of(tell(text, end=9, endpoints=ENDS), at_s=9)
    courses = {kinds.STATE_WORDS[each.state]: each for each in hosts[0].courses}
    assert courses["ESTABLISHED"].peak == 1


def test_hosts_with_most_open_connections_come_first() -> None:
    text = "".join(f"{at} {who}>s S 0\n" for at, who in enumerate("ecd"))
    hosts, count = hosts_of(tell(text, end=9, endpoints=ENDS), at_s=9, most=2)
    assert [host.address[1] & 0xFF for host in hosts] == [2, 1]  # the server's three are UNKNOWN
    assert [len(host.open) for host in hosts] == [3, 2]
    assert count == 3


def test_nothing() -> None:
    assert hosts_of(tell("0 c>s S 0"), at_s=0, most=0)[0] == []
