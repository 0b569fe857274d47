"""How far B's clock is ahead of A's, from what both saw; and which end A is nearer to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analyzer import compare
from analyzer.compared import Clock
from tests.helpers.timeline import IPV4, START_NS, timeline
from tests.helpers.vantages import Way, two_views, write_capture

from .stories import OPENING, PROBED, compared, only


@pytest.mark.parametrize("ahead_s", [0.0, 1.25, -3600.0, 0.000_040])
def test_the_offset_is_within_its_uncertainty(tmp_path: Path, ahead_s: float) -> None:
    found = compared(tmp_path, PROBED, Way(to_b_s=0.004, to_a_s=0.006, ahead_s=ahead_s))
    clock = found.clock.iloc[0]
    assert clock.basis == "both_directions"
    assert clock.uncertainty_s == pytest.approx(0.005)
    assert abs(clock.offset_s - ahead_s) <= clock.uncertainty_s
    assert (clock.forward, clock.backward) == (10, 4)
    assert np.isnan(clock.drift_ppm)
    assert only(found).outcome == "unanswered_beyond"


def test_delays_are_told_by_direction(tmp_path: Path) -> None:
    row = only(compared(tmp_path, PROBED, Way(to_b_s=0.010, to_a_s=0.010, ahead_s=7)))
    assert row.client_delay_median_s == pytest.approx(0.010)
    assert row.server_delay_max_s == pytest.approx(0.010)


LONG = OPENING + "".join(
    f"\n {60 * minute} c>s A 100:201 \n {60 * minute + 0.02} s>c A 201:101" for minute in range(1, 61)
)


@pytest.mark.parametrize("drift", [50e-6, -20e-6])
def test_a_clear_drift_is_told(tmp_path: Path, drift: float) -> None:
    """Over an hour 50 ppm are 180 ms, far more than the round trip of 2 ms leaves open."""
    way = Way(to_b_s=0.001, to_a_s=0.001, ahead_s=2, drift=drift)
    found = compared(tmp_path, LONG, way, not_at_b=(65, 66), ran=(0, 7200))
    clock = found.clock.iloc[0]
    assert clock.drift_ppm == pytest.approx(drift * 1e6, abs=0.5)
    assert clock.offset_s == pytest.approx(2, abs=0.002)
    assert clock.uncertainty_s < 0.002
    row = only(found)
    assert row.client_both + row.server_both == 124
    assert row.client_delay_max_s < 0.003


def test_a_clock_that_is_set_meanwhile_is_followed(tmp_path: Path) -> None:
    """Half-way B's clock jumps by 5 s; everything is still matched, by timestamps."""
    lines = [line for line in LONG.splitlines() if line.strip()]
    story = "\n".join(f"{line} ts={100 + place}/{50 + place}" for place, line in enumerate(lines))
    at_a, at_b = two_views(timeline(story).segments, Way())
    later = [
        replace(each, time_ns=each.time_ns + 5_000_000_000 * (each.time_ns > START_NS + 1_800_000_000_000))
        for each in at_b
    ]
    found = compare(write_capture(tmp_path / "a.pcapng", at_a), write_capture(tmp_path / "b.pcapng", later))
    row = only(found)
    assert (row.client_both, row.server_both, row.client_a_only) == (64, 62, 0)


def test_nothing_to_go_by(tmp_path: Path) -> None:
    """Bare ACKs all alike, without timestamps and IP IDs: clocks are taken to agree, and that is said."""
    probes = "\n".join(
        f"{10 * n} c>s A 100:201 id=0 \n {10 * n + 0.02} s>c A 201:101 id=0" for n in range(1, 7)
    )
    found = compared(tmp_path, probes, Way(ahead_s=0.1), not_at_b=(9, 10))
    assert found.clock.iloc[0].basis == "assumed_equal"
    row = only(found)
    assert (row.client_both, row.client_a_only) == (5, 1)


def test_one_direction_bounds_the_offset(tmp_path: Path) -> None:
    frames = (2, 5, 8, 10)
    found = compared(tmp_path, PROBED, Way(ahead_s=3), not_at_a=frames, not_at_b=frames)
    clock = found.clock.iloc[0]
    assert clock.basis == "one_direction"
    assert np.isnan(clock.uncertainty_s)
    assert clock.offset_s == pytest.approx(3.010)


@pytest.mark.parametrize("hops", [0, 1, -1])
def test_times_tell_which_end_is_nearer(tmp_path: Path, hops: int) -> None:
    """Also against TTLs that something on the way has reset: 20 ms of round trip are clearer."""
    assert only(compared(tmp_path, PROBED, Way(hops=hops))).nearer == "client"


def test_ttls_decide_where_times_are_too_close(tmp_path: Path) -> None:
    assert only(compared(tmp_path, PROBED, Way(to_b_s=1e-6, to_a_s=1e-6))).nearer == "client"


def test_a_translated_client_is_compared_all_the_same(tmp_path: Path) -> None:
    way = Way(ahead_s=-42, translated={IPV4["c"]: ("203.0.113.9", 61000)})
    assert compared(tmp_path, PROBED, way).clock.iloc[0].offset_s == pytest.approx(-42, abs=0.01)


def test_to_a_undoes_ahead() -> None:
    clock = Clock(np.array([START_NS, START_NS + 10**13]), np.array([2e9, 2.5e9]))
    times = START_NS + np.array([0, 10**12, 9 * 10**12])
    assert np.abs(clock.to_a(times + clock.ahead_ns(times)) - times).max() <= 1
