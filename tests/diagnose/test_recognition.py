"""Who probes like that: the best candidates by what was observed, and nobody where that tells nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analyzer import kinds, pipeline
from analyzer.diagnose.profiles import Stack, load, names
from analyzer.diagnose.recognition import (
    Observed,
    candidates,
    heartbeats,
    hop_limit_of,
    observe,
    spacing_of,
    stack_of,
)
from analyzer.diagnose.summary import stories_of
from analyzer.diagnose.timers import Timers
from analyzer.rules import SECOND_NS, Rules
from tests.diagnose.support import OPENING, Case, tell

PROFILES = load()


def seen(time_s: float | None = None, interval_s: float | None = None, **others: Any) -> Observed:
    times = {"time_ns": time_s, "interval_ns": interval_s}
    given = {name: round(value * SECOND_NS) for name, value in times.items() if value is not None}
    return Observed(**given, **others)


def who(observed: Observed) -> str:
    return names(candidates(observed, PROFILES.stacks))


@pytest.mark.parametrize(
    ("observed", "expected"),
    [
        (seen(7200.04, 75.02, count=9), "Linux, lwIP, Zephyr"),
        (seen(7209, 75.8, count=9, octets=0, hop_limit=64, gives_up="rst"), "Linux"),
        (seen(7200, 75, count=8), "macOS/iOS, FreeBSD, OpenBSD, NetBSD, AIX"),
        (seen(7200, 75, count=8, timestamps=False), "macOS/iOS"),
        (seen(7200, 75, count=10), "z/OS"),
        (seen(7200, 1, count=5, octets=1), "Windows 2000/XP/2003"),
        (seen(7200, 1, count=10, octets=1), "Windows"),
        (seen(7200, 1, octets=1, hop_limit=128), "Windows"),
        (seen(7200, spacing="back-off", octets=1, gives_up="silent"), "Solaris/illumos"),
        (seen(20.005, 3, octets=0), "FreeRTOS+TCP"),
        (seen(15.1, 15.2, count=9), "Go"),
        (seen(15.1), "Go, Deno"),
        (seen(15.1, 5.0, count=3), "Deno"),
        (seen(30.1, 30.2), "Kubernetes client-go"),
        (seen(45.03), "Chrome"),
        (seen(60.2, 60.4), "curl"),
        (seen(300.4, 100.2, count=3), "Redis"),
        (seen(120.4, 40.2, count=3), "Redis"),
        (seen(600.3, 6.1, count=10), "Oracle Database (DCD)"),
        (seen(33.1, 1.02, count=10, octets=0), "Node.js"),
        (seen(10.1, 1.02, count=4, octets=0), "Firefox, first minute"),
        (seen(30.1, 1.0, count=5, octets=1, gives_up="rst"), "SQL Server"),
        (seen(300.4, port=6379), "Redis"),
        (seen(120.2, port=5432), "PostgreSQL at Azure"),
        (seen(60.2, 75.02, count=9), "Linux, lwIP, Zephyr"),  # only the time was set
    ],
)
def test_known_stacks_are_named(observed: Observed, expected: str) -> None:
    assert who(observed) == expected


@pytest.mark.parametrize(
    "observed",
    [
        seen(),
        seen(octets=0, hop_limit=64, gives_up="rst"),  # fits half the world
        seen(2.016, 1.024, count=3, octets=0, hop_limit=64, gives_up="rst"),  # set by an application
        seen(2.016, 1.024),
        seen(14.9),  # never early
        seen(60.2),  # set by anybody
        seen(300.4, port=443),
        seen(20.005, octets=0, hop_limit=64),
        seen(30.0, octets=1, hop_limit=128),
        seen(52.0),  # too late for 45 s
    ],
)
def test_nobody_is_named_where_nothing_tells(observed: Observed) -> None:
    assert who(observed) == ""


def test_what_is_not_observed_or_not_told_does_not_count_against() -> None:
    bare = Stack(name="bare", source=("x",), time_s=91)
    other = Stack(name="other", source=("x",), time_s=91, octets=1)
    assert candidates(seen(91.1), [bare, other]) == [bare, other]
    assert candidates(seen(91.1, octets=0), [bare, other]) == [bare]
    assert candidates(seen(91.1, octets=1), [bare, other]) == [other]


def test_silence_at_the_end_excludes_nobody() -> None:
    """The prober's host may be gone itself."""
    assert who(seen(7209, 75.8, count=9, hop_limit=64, gives_up="silent")) == "Linux"
    assert "Solaris/illumos" not in who(seen(7200, spacing="back-off", gives_up="rst"))


@pytest.mark.parametrize(
    ("intervals_s", "expected"),
    [
        ([], None),
        ([75], None),
        ([75, 76.5], "constant"),
        ([0.4, 0.8, 1.6, 3.2], "back-off"),
        ([25.6, 51.2, 60, 60], None),
        ([1, 3], None),
    ],
)
def test_spacing(intervals_s: list[float], expected: str | None) -> None:
    assert spacing_of([round(each * SECOND_NS) for each in intervals_s]) == expected


def timers_of(case: Case, client: bool = True) -> Timers:
    who = kinds.CLIENT if client else kinds.SERVER
    summary = case.summary
    measured = [int(summary[f"keepalive_{name}_ns"][who]) for name in ("time", "interval")]
    times, intervals = ([value] if value != kinds.MISSING else [] for value in measured)
    return Timers(times, intervals, int(summary.keepalive_count[who]))


WINDOWS = """
    30.030  s>c  A   200+1:101           = keepalive_probe
    30.040  c>s  A   101:201             = keepalive_reply 7
    60.040  s>c  A   200+1:101           = keepalive_probe
    61.040  s>c  A   200+1:101           = keepalive_probe
    62.040  s>c  A   200+1:101           = keepalive_probe
    63.040  s>c  A   200+1:101           = keepalive_probe
    64.040  s>c  A   200+1:101           = keepalive_probe
    65.040  s>c  RA  201:101             = keepalive_timeout
"""


def test_what_a_capture_shows_of_a_prober() -> None:
    case = tell(OPENING + WINDOWS)
    (story,) = stories_of(case.result, np.array([0]), case.result.find_probing)
    server = 1 - story.flow.client
    observed = observe(story, server, timers_of(case, client=False))
    assert (observed.octets, observed.count, observed.gives_up) == (1, 5, "rst")
    assert observed.hop_limit == 64 and observed.timestamps is None
    facts = Observed(observed.time_ns, observed.interval_ns, observed.count, octets=1)
    assert who(facts) == "SQL Server"
    assert stack_of(story, server, timers_of(case, client=False), PROFILES) == "SQL Server"
    assert stack_of(story, story.flow.client, Timers(), PROFILES) == ""


def test_many_candidates_are_counted() -> None:
    case = tell(OPENING + "    7200.040  c>s  A  100:201  = keepalive_probe")
    (story,) = stories_of(case.result, np.array([0]), case.result.find_probing)
    text = stack_of(story, story.flow.client, Timers([7200 * SECOND_NS]), PROFILES)
    assert text == "Linux, FreeBSD"  # of which the hop limit is told
    assert stack_of(story, story.flow.client, Timers([7210 * SECOND_NS]), PROFILES) == "Linux"
    untold = story._replace(probed=[], flow=story.flow._replace(address_high=(1, 1)))  # IPv6
    text = stack_of(untold, story.flow.client, Timers([7200 * SECOND_NS]), PROFILES)
    assert text == "Linux, Windows, macOS/iOS, FreeBSD, OpenBSD and 9 more"


def test_a_hop_limit_is_that_of_one_path() -> None:
    case = tell(OPENING)
    (story,) = stories_of(case.result, np.array([0]), case.result.find_probing)
    side = story.flow.side[0]
    assert hop_limit_of(side, is_ipv4=True) == 64
    assert hop_limit_of(side._replace(ttl=120), is_ipv4=True) == 128
    assert hop_limit_of(side._replace(ttl=255), is_ipv4=True) == 255
    assert hop_limit_of(side._replace(hops=0x0101), is_ipv4=True) is None
    assert hop_limit_of(side, is_ipv4=False) is None


def test_recordings_of_the_lab_name_nobody(recorded: Path) -> None:
    """Their sockets were set to seconds that are nobody's defaults."""
    for name in (
        "alive",
        "peer-dead",
        "peer-dead-ipv6",
        "both-probe",
        "capture-ends-while-probing",
        "outage",
    ):
        (result,) = pipeline.analyze([str(recorded / f"{name}.pcapng")]).captures
        chosen = np.arange(len(result.flows))
        summary = pipeline.Diagnosis(Rules()).summarize(result, chosen)
        for row, story in enumerate(stories_of(result, chosen, result.find_probing)):
            case = Case(result, summary[row:], [], [])
            for client in (True, False):
                side = story.flow.client if client else 1 - story.flow.client
                assert stack_of(story, side, timers_of(case, client), PROFILES) == "", name


@pytest.mark.parametrize(
    ("period_s", "length", "port", "expected"),
    [
        (30.0, 8, 5672, ["AMQP 0-9-1 (RabbitMQ)"]),
        (60.2, 19, 179, ["BGP KEEPALIVE"]),
        (30.1, 19, 179, ["BGP KEEPALIVE by the RFC's hold time"]),
        (45.0, 52, 22, ["SSH ServerAliveInterval or ClientAliveInterval"]),
        (30.0, 33, 443, ["WebSocket ping of a .NET client"]),
        (3600.5, 4, 139, ["NetBIOS session keep-alive"]),
        (20.0, 2, 1883, ["MQTT PINGREQ"]),
        (7200.0, 17, 50051, ["gRPC server (HTTP/2 PING)"]),
        (10.0, 12, 4711, []),
    ],
)
def test_heartbeats_are_named(period_s: float, length: int, port: int, expected: list[str]) -> None:
    assert [row.name for row in heartbeats(period_s, length, port, PROFILES.heartbeats)] == expected
