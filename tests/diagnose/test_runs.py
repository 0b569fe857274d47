"""Probe runs (design 3) against an oracle in plain Python, on random conversations and by example."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings

from analyzer import kinds
from analyzer.diagnose import find_runs, probe_events
from tests.helpers.segment import Record
from tests.helpers.strategies import conversations
from tests.track.support import track

from .support import OPENING, Case, tell

ANSWERS = (kinds.KEEPALIVE_REPLY, kinds.ZERO_WINDOW_REPLY, kinds.KEEPALIVE_RESET)
MOST_TENTATIVE = 64


@dataclass
class Run:
    """One probe run, as the oracle sees it."""

    flow: int
    prober: int
    probes: list[Any] = field(default_factory=list)
    gave_up: bool = False


def oracle(rows: list[Any]) -> list[Run]:
    """Runs of labelled rows in frame order."""
    runs: list[Run] = []
    current: dict[tuple[int, int], Run | None] = {}
    for row in rows:
        key = int(row.flow), int(row.sender)
        if row.kind == kinds.DUPLICATE or row.sender == kinds.NO_SENDER:
            continue
        mine = current.get(key)
        if row.kind == kinds.KEEPALIVE_PROBE:
            if mine is None:
                mine = Run(*key)
                runs.append(mine)
            mine.probes.append(row)
            current[key] = mine
        elif row.kind == kinds.ZERO_WINDOW_PROBE:
            current[key] = None
        elif row.kind not in ANSWERS:
            last = next((run for run in reversed(runs) if (run.flow, run.prober) == key), None)
            if row.kind == kinds.KEEPALIVE_TIMEOUT and last is not None:
                last.gave_up = True
            current[key] = None
            if row.kind not in (kinds.RESET, kinds.KEEPALIVE_TIMEOUT):  # else who goes on has not heard it
                current[key[0], 1 - key[1]] = None
    return sorted(runs, key=lambda run: (run.flow, run.probes[0].frame))


def described(run: Run, rows: list[Any]) -> tuple[int, ...]:
    """The fields of a RUN row but its idle time."""
    answered = {int(row.answers): row for row in rows if row.answers and row.sender != kinds.NO_SENDER}
    times = [int(probe.time_ns) for probe in run.probes]
    spacings = [later - earlier for earlier, later in zip(times, times[1:], strict=False)]
    answer = answered.get(int(run.probes[-1].frame))
    outcome = kinds.RUN_UNANSWERED
    if answer is not None:
        outcome = kinds.RUN_RESET if answer.kind == kinds.KEEPALIVE_RESET else kinds.RUN_ANSWERED
    middle = (statistics.median_low(spacings), statistics.median_high(spacings)) if spacings else (0, 0)
    return (
        times[0],
        max(times[-1], int(answer.time_ns) if answer is not None else times[-1]),
        min(spacings, default=kinds.MISSING),
        (middle[0] + middle[1]) // 2 if spacings else kinds.MISSING,
        max(spacings, default=kinds.MISSING),
        int(run.probes[0].frame),
        int(run.probes[-1].frame),
        run.flow,
        len(run.probes),
        sum(int(probe.frame) in answered for probe in run.probes),
        run.prober,
        kinds.RUN_GAVE_UP if run.gave_up else outcome,
    )


def in_time(conversation: list[Record]) -> list[Record]:
    """The same with times that always grow, so that "between" has one meaning."""
    made: list[Record] = []
    for record in conversation:
        earliest = made[-1].time_ns + 1 if made else record.time_ns
        made.append(replace(record, time_ns=max(record.time_ns, earliest)))
    return made


def probes_again(rows: list[Any]) -> bool:
    """Whether a prober goes on after it gave up, which no host does."""
    gone = set()
    for row in rows:
        key = int(row.flow), int(row.sender)
        if row.kind == kinds.KEEPALIVE_TIMEOUT:
            gone.add(key)
        elif row.kind == kinds.KEEPALIVE_PROBE and key in gone:
            return True
    return False


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(conversations(icmp=True))
def test_runs_are_those_of_the_oracle(conversation: list[Record]) -> None:
    assume(len(conversation) < MOST_TENTATIVE)  # beyond, it is not known what was forgotten
    tracker = track(in_time(conversation))
    events = tracker.events(only_events=False)
    rows = [row for batch in events.batches() for row in batch]
    assume(not probes_again(rows))
    runs = find_runs(probe_events(events.batches()))
    names = [name for name in runs.dtype.names if name != "idle_ns"]
    found = [tuple(run[names].tolist()) for run in runs]
    assert found == [described(run, rows) for run in oracle(rows)]
    assert all(run.idle_ns == kinds.MISSING or run.idle_ns in silences(run, rows) for run in runs)


def silences(run: Any, rows: list[Any]) -> set[int]:
    """How long before a run each segment of the prober's peer was."""
    peer = 1 - int(run.prober)
    times = [int(row.time_ns) for row in rows if row.flow == run.flow and row.sender == peer]
    return {int(run.start_ns) - time for time in times if time < run.start_ns}


def runs_of(case: Case) -> list[tuple[int, int, str]]:
    """Probes, answered ones and outcome of each run."""
    return [
        (int(r.probes), int(r.answered), kinds.RUN_WORDS[r.outcome])
        for r in case.result.find_probing(None)[0]
    ]


def test_data_ends_a_run_and_answers_do_not() -> None:
    case = tell(
        OPENING
        + """
        60      c>s  A   100:201
        60.02   s>c  A   201:101
        120     c>s  A   100:201
        120.02  s>c  A   201:101
        130     s>c  PA  201+50:101
        130.01  c>s  A   101:251
        190     c>s  A   100:251
        190.02  s>c  A   251:101
        """
    )
    assert runs_of(case) == [(2, 2, "answered"), (1, 1, "answered")]
    first, second = case.result.find_probing(None)[0]
    assert (first.idle_ns, second.idle_ns) == (59_970_000_000, 60_000_000_000)
    assert (first.spacing_median_ns, second.spacing_median_ns) == (60_000_000_000, kinds.MISSING)


def test_data_as_an_answer_ends_the_run_it_answers() -> None:
    case = tell(
        OPENING
        + "60 c>s A 100:201\n75 c>s A 100:201\n75.1 s>c PA 201+9:101\n75.2 c>s A 101:210\n135.2 c>s A 100:210"
    )
    assert runs_of(case) == [(2, 1, "answered"), (1, 0, "unanswered")]
    assert case.result.find_probing(None)[0][1].idle_ns == 60_100_000_000


@pytest.mark.parametrize(
    ("says", "heard"),
    [
        ("PA 201+9:106", True),
        ("A 201:106 win=500", True),
        ("A 200:106", False),
        ("PA 192+9:106", True),
        ("PA 190+9:106", False),
        ("A 199:106", False),
        ("R 300", False),
    ],
    ids=["data", "window update", "probe", "retransmission", "old one", "overtaken", "RST"],
)
def test_idle_time_is_since_the_peer_was_heard(says: str, heard: bool) -> None:
    """Not what its host drops unread: it lies behind what was acknowledged, or is a RST that was ignored."""
    case = tell(
        OPENING
        + f"""
        5      c>s  A   100:201            # a first probe, so that what follows is looked at
        5.01   s>c  A   201:101
        20     c>s  PA  101+5:201
        20.01  s>c  A   201:106
        30     s>c  {says}
        40     c>s  A   106:201  win=500
        90     c>s  A   105:201
        """
    )
    assert case.result.find_probing(None)[0][-1].idle_ns == (60_000_000_000 if heard else 69_990_000_000)


def test_idle_time_of_a_run_behind_unanswered_probes_is_not_known() -> None:
    """Its first probe came at the interval, whatever the prober said between."""
    case = tell(OPENING + "60 c>s A 100:201\n61 c>s A 101:201 win=9\n75 c>s A 100:201")
    assert [int(run.idle_ns) for run in case.result.find_probing(None)[0]] == [59_970_000_000, kinds.MISSING]


def test_idle_time_is_not_known_where_the_peer_is_not_captured() -> None:
    case = tell("0 c>s PA 0+9:0\n60 c>s A 8:0\n120 c>s A 8:0")
    assert [int(run.idle_ns) for run in case.result.find_probing(None)[0]] == [kinds.MISSING]


def test_both_sides_have_runs_of_their_own() -> None:
    case = tell(
        OPENING
        + "\n".join(
            f"{60 * n} c>s A 100:201\n{60 * n}.01 s>c A 201:101\n"
            f"{60 * n + 20} s>c A 200:101\n{60 * n + 20}.01 c>s A 101:201"
            for n in range(1, 4)
        )
    )
    assert runs_of(case) == [(3, 3, "answered"), (3, 3, "answered")]
    assert [int(run.prober) for run in case.result.find_probing(None)[0]] == [0, 1]


def test_run_across_an_outage() -> None:
    case = tell(OPENING + "60 c>s A 100:201\n70 c>s A 100:201\n80 c>s A 100:201\n80.1 s>c A 201:101")
    assert runs_of(case) == [(3, 1, "answered")]


def test_how_runs_end() -> None:
    assert runs_of(tell(OPENING + "60 c>s A 100:201\n60.1 s>c R 201")) == [(1, 1, "reset")]
    assert runs_of(tell(OPENING + "60 c>s A 100:201\n75 c>s A 100:201")) == [(2, 0, "unanswered")]
    given_up = "60 c>s A 100:201\n75 c>s A 100:201\n90 c>s RA 101:201"
    assert runs_of(tell(OPENING + given_up)) == [(2, 0, "gave_up")]


def test_window_probes_are_no_run() -> None:
    case = tell(OPENING + "1 s>c A 201:101 win=0\n1.2 c>s A 100:201\n1.3 s>c A 201:101 win=0")
    assert runs_of(case) == []
    assert case.summary.probes == 0


def test_first_run_of_a_capture_that_begins_while_idle_has_no_idle_time() -> None:
    case = tell("0 c>s A 100:201\n0.1 s>c A 201:101\n60 c>s A 100:201\n60.1 s>c A 201:101")
    assert runs_of(case) == [(2, 2, "answered")]
    assert case.result.find_probing(None)[0][0].idle_ns == kinds.MISSING


def test_copies_and_icmp_errors_end_no_run() -> None:
    case = tell(OPENING + "60 c>s A 100:201\n60.001 copy 7\n65 icmp c>s 100\n75 c>s A 100:201")
    assert runs_of(case) == [(2, 0, "unanswered")]


def test_prober_that_goes_on_after_a_forged_rst_gave_up_once() -> None:
    case = tell(
        OPENING
        + """
        60      c>s  A   100:201
        75      c>s  A   100:201
        90      c>s  RA  101:201
        100     c>s  PA  101+9:201
        100.1   s>c  A   201:110
        160     c>s  A   109:201
        160.1   s>c  A   201:110
        """
    )
    assert runs_of(case) == [(2, 0, "gave_up"), (1, 1, "answered")]
