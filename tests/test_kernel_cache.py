"""Kept kernels are found again, and never after a source or setting that they depend on has changed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from analyzer import kernel_cache

PACKAGE = Path(kernel_cache.__file__).parent


def told(folder: Path, question: str, **settings: str) -> str:
    """What a fresh Python says, with the package from `folder` and a cache of its own."""
    script = f"from analyzer import kernel_cache as cache; print({question})"
    settings = {"NUMBA_CACHE_DIR": str(folder / "kept"), **settings}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, check=True, env=settings
    )
    return done.stdout.strip()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The package in a folder where it may be changed."""
    shutil.copytree(PACKAGE, tmp_path / "analyzer", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


@pytest.mark.parametrize(
    "path",
    ["sequence.py", "kinds.py", "records.py", "track/kernels/update.py", "diagnose/kernels.py"],
)
def test_a_changed_source_gets_another_folder(copy: Path, path: str) -> None:
    before = told(copy, "cache.digest()")
    assert told(copy, "cache.digest()") == before
    with (copy / "analyzer" / path).open("a") as source:
        source.write("# changed\n")
    assert told(copy, "cache.digest()") != before


def test_bounds_checks_get_another_folder(copy: Path) -> None:
    assert told(copy, "cache.digest()") != told(copy, "cache.digest()", NUMBA_BOUNDSCHECK="1")


def test_every_kernel_counts(copy: Path) -> None:
    for source in PACKAGE.rglob("*.py"):
        if "from numba" in source.read_text(encoding="utf-8") and source.name != "kernel_cache.py":
            assert source in kernel_cache.kernel_sources()


def test_kernels_are_kept_in_the_folder(copy: Path) -> None:
    run = "__import__('analyzer.diagnose').diagnose.decide(*[__import__('numpy').zeros(0, d).view("
    run += "__import__('numpy').recarray) for d in (cache_records.FLOW, cache_records.PROBING)], 0, rules)"
    script = (
        "from analyzer import kernel_cache as cache, records as cache_records\n"
        f"from analyzer.rules import Rules; rules = Rules(); {run}\nprint(cache.is_filled())"
    )
    settings = {"NUMBA_CACHE_DIR": str(copy / "kept")}
    assert told(copy, "cache.is_filled()") == "False"
    subprocess.run([sys.executable, "-c", script], cwd=copy, check=True, env=settings, capture_output=True)
    assert told(copy, "cache.is_filled()") == "True"
    assert told(copy, "str(cache.FOLDER)").startswith(str(copy / "kept"))
