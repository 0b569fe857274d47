"""Recorded on this machine, by its kernel, and analyzed: each gives what its sidecar says it must.

The subset that is soon played, so that every run of all tests tries another recording.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from analyzer.commands.lab import JOBS
from analyzer.commands.main import main
from analyzer.lab import SCENARIOS
from analyzer.pipeline import analyze
from analyzer.rules import Options
from tests.helpers.sidecars import CHECKS, Given, read_sidecar

from .conditions import needs_lab

SHORT_S = 6
FAST = [name for name, scenario in SCENARIOS.items() if scenario.duration_s <= SHORT_S]
ALL_TOGETHER_S = 60


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fresh")
    assert main(["lab", "record", *FAST, "--out", str(folder)]) == 0
    return folder


@needs_lab
@pytest.mark.parametrize("name", FAST)
def test_a_fresh_recording_gives_what_it_must(name: str, fresh: Path) -> None:
    sidecar = read_sidecar(fresh / f"{name}.json")
    outcome = analyze([str(fresh / sidecar["capture"])], Options(packets=True))
    (capture,) = outcome.captures
    given = Given(capture, sidecar)
    for check in CHECKS:
        check(given)


def test_they_are_played_while_one_waits() -> None:
    assert sum(SCENARIOS[name].duration_s for name in FAST) / JOBS < ALL_TOGETHER_S / 2


def test_what_is_played_is_more_than_the_outcomes_of_keep_alive() -> None:
    assert {"peer-rebooted", "zero-window", "half-close", "syn-retried"} <= set(FAST)
