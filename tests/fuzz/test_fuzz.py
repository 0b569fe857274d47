"""Captures are untrusted (design 9): whatever the bytes, there are results or a one-line error.

`KEEPALIVE_FUZZ_SECONDS` sets how long each test tries, `KEEPALIVE_FUZZ_SEED` where chance begins.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from .mutate import digest, mutated, seeds_of, try_for

ROOT = Path(__file__).parents[2]
SECONDS = float(os.environ.get("KEEPALIVE_FUZZ_SECONDS") or 4)
SEED = int(os.environ.get("KEEPALIVE_FUZZ_SEED") or 20)
PATIENCE_S = 300
"""Beyond this, a run hangs: compiling all kernels with bounds checks takes a minute of it."""


@pytest.fixture(scope="module")
def real_captures(recorded: Path) -> list[str]:
    """Real captures: the project's, and the shared ones of many formats where they are at hand."""
    found = sorted(recorded.glob("*.pcapng"))
    folder = os.environ.get("KEEPALIVE_CAPTURES")
    if folder:
        found += sorted(Path(folder).glob("**/*.pcap*"))
    return [str(path) for path in found]


def test_damaged_captures(real_captures: list[str]) -> None:
    count = try_for(SECONDS, SEED, real_captures)
    assert count["read"] > 20
    assert count["refused"] > 0


@pytest.mark.slow
def test_damaged_captures_with_bounds_checks(
    real_captures: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """In a process and with a kernel cache of its own, else nothing would be checked (design 10)."""
    cache = tmp_path_factory.getbasetemp() / "bounds"
    run = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.mutate", str(SEED + 1), str(SECONDS), *real_captures],
        cwd=ROOT,
        env=os.environ | {"NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(cache)},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S + SECONDS,
    )
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["read"] > 0


def test_interpreted_gives_the_same(real_captures: list[str]) -> None:
    """Numbers that no real capture holds are where compiled and interpreted arithmetic differ (design 10)."""
    run = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.mutate", str(SEED + 3), "--digest", "200", *real_captures],
        cwd=ROOT,
        env=os.environ | {"NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.split() == [digest(SEED + 3, 200, real_captures)]


@pytest.mark.parametrize("option", [["--json"], ["--flow", "0"], []], ids=["json", "flow", "overview"])
def test_the_command_ends_with_a_known_status(
    real_captures: list[str], tmp_path: Path, option: list[str]
) -> None:
    """Nor is there a traceback where results are shown. One call with many files, for it starts slowly."""
    chance = random.Random(SEED + 2)
    seeds = seeds_of(real_captures)
    for number in range(60):
        (tmp_path / f"{number}.pcap").write_bytes(mutated(chance, seeds))
    run = subprocess.run(
        [sys.executable, "-m", "analyzer", "analyze", *option, *map(str, sorted(tmp_path.iterdir()))],
        cwd=ROOT,
        capture_output=True,
        timeout=PATIENCE_S,
    )
    said = run.stderr.decode()
    assert run.returncode == 4, said
    assert "Traceback" not in said
    printed = run.stdout.decode()
    if option == ["--json"]:
        json.loads(printed)
    assert not any(ord(letter) < 32 and letter not in "\n\t" for letter in printed)
