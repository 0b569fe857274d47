"""What must not matter: batches, hash seeds, spilling, compiled or interpreted, bounds checks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.helpers.segment import Record
from tests.helpers.strategies import conversations

from .support import bits, result_bits, track

ROOT = Path(__file__).parents[2]
FEW = 60
"""Conversations of the runs in another interpreter: an interpreted packet costs about half a millisecond."""

examples = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@examples
@given(conversations(icmp=True), st.sets(st.integers(1, 200), max_size=12))
def test_batches_do_not_matter(conversation: list[Record], cuts: set[int]) -> None:
    assert result_bits(track(conversation, cuts=cuts)) == result_bits(track(conversation))


@examples
@given(conversations(icmp=True))
def test_a_batch_for_every_row_does_not_matter(conversation: list[Record]) -> None:
    each = range(1, len(conversation))
    assert result_bits(track(conversation, cuts=each)) == result_bits(track(conversation))


@examples
@given(conversations(icmp=True), st.integers(0, 2**31 - 1), st.integers(0, 2**31 - 1))
def test_the_hash_seed_does_not_matter(conversation: list[Record], one: int, other: int) -> None:
    assert result_bits(track(conversation, seed=one)) == result_bits(track(conversation, seed=other))


@settings(examples, max_examples=40)
@given(conversations(icmp=True), st.sets(st.integers(1, 100), max_size=6), st.integers(0, 40))
def test_spilling_to_disk_does_not_matter(conversation: list[Record], cuts: set[int], held: int) -> None:
    spilled = track(conversation, cuts=cuts, events_in_memory=held)
    assert result_bits(spilled) == result_bits(track(conversation))


@settings(examples, max_examples=80)
@given(conversations(icmp=True))
def test_events_are_the_packets_without_the_common_kinds(conversation: list[Record]) -> None:
    """A tracker that keeps only events has the same ones, and counts the same."""
    all_packets, only_events = track(conversation), track(conversation, all_packets=False)
    assert result_bits(all_packets)[-1] == result_bits(only_events)[-1]
    assert bits(all_packets.flows) == bits(only_events.flows)


def elsewhere(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `digest` in another interpreter: which examples hypothesis draws depends on the modules loaded."""
    return subprocess.run(
        [sys.executable, "-m", "tests.track.digest", *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
    )


def test_interpreted_gives_the_same() -> None:
    run = elsewhere(str(FEW), NUMBA_DISABLE_JIT="1")
    assert run.returncode == 0, run.stderr
    assert run.stdout == elsewhere(str(FEW)).stdout


@pytest.mark.slow
def test_bounds_are_kept_and_checking_them_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """With a cache of its own, for one that was built without checks would check nothing (design 10)."""
    cache = tmp_path_factory.getbasetemp() / "bounds"  # the fuzz tests compile into the same
    run = elsewhere(str(4 * FEW), "--canary", NUMBA_BOUNDSCHECK="1", NUMBA_CACHE_DIR=str(cache))
    assert run.returncode == 0, run.stderr
    assert run.stdout == "canary:IndexError\n" + elsewhere(str(4 * FEW)).stdout
