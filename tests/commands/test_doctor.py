"""`keepalive doctor`: what is there, what is not, and how to get it."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

import analyzer
from analyzer import kernel_cache, pipeline
from analyzer.commands import doctor
from analyzer.commands.main import main
from tests.lab.conditions import needs_lab

UNUSED_KERNELS = """
from importlib import import_module
from pkgutil import walk_packages
from numba.core.caching import NullCache
from numba.core.registry import CPUDispatcher
import analyzer
from analyzer.commands import doctor

assert doctor.kernels()[1]
for module in walk_packages(analyzer.__path__, "analyzer."):
    if ".kernels" in module.name:
        for name, value in vars(import_module(module.name)).items():
            kept = isinstance(value, CPUDispatcher) and not isinstance(value._cache, NullCache)
            if kept and not value.overloads:
                print(f"{module.name}.{name}")
"""
"""Prints the kernels with a place in the cache that were not called; those that these call have none."""


def text(lines: Any) -> str:
    return "\n".join("".join(piece for piece, _ in line) for line in lines)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kernels that need no compiling."""
    monkeypatch.setattr(pipeline, "warm_up", lambda: None)


def test_it_says_what_is_loaded(quick: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert f"package   {analyzer.__version__} in {Path(analyzer.__file__).parent}" in out
    assert "numba " in out and "kernels " in out


def test_the_libraries_fit_the_width() -> None:
    lines = text(doctor.installed(80)).splitlines()[2:]
    assert len(lines) > 1 and max(map(len, lines)) <= 80
    listed = ", ".join(line[doctor.INDENT :].rstrip(",") for line in lines).split(", ")
    assert [each.split(" ")[0] for each in listed] == list(doctor.LIBRARIES)


def test_it_knows_every_library_that_is_declared() -> None:
    root = Path(__file__).parents[2]
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {re.split(r"[^\w-]", each)[0] for each in project["dependencies"]}
    assert set(doctor.LIBRARIES) - {"llvmlite"} == declared  # numba's, and which one there is matters


def test_missing_tools_come_with_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.shutil, "which", lambda name: None)
    said = text(doctor.tools())
    assert "tshark    not installed (keepalive verify needs it); to get it: apt install tshark" in said
    assert "dumpcap   not installed (capturing is best with it)" in said


@needs_lab
def test_no_permission_comes_with_advice() -> None:
    """Interfaces are listed for everybody: only trying tells."""
    say = "from analyzer.commands.doctor import _capture_permission; print(_capture_permission())"
    command = [sys.executable, "-c", say]
    forbidden = ["setpriv", "--bounding-set", "-net_raw,-net_admin", *command]
    for words, expected in (
        (command, "allowed on "),
        (forbidden, "no permission to capture; to get it: run"),
    ):
        done = subprocess.run(words, capture_output=True, text=True, check=True)
        assert expected in done.stdout


def test_missing_libraries_come_with_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "LIBRARIES", ("numpy", "no-such-library"))
    assert text(doctor.installed(80)).endswith("missing   pip install no-such-library")


def test_it_compiles_every_kernel() -> None:
    """In a process of its own, where nothing else has called one."""
    done = subprocess.run([sys.executable, "-c", UNUSED_KERNELS], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_kernels_that_cannot_be_kept_come_with_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_cache, "NOT_KEPT", "/nowhere: Permission denied")
    line, works = doctor.kernels()
    assert "but every run will compile anew (/nowhere: Permission denied); NUMBA_CACHE_DIR" in text([line])
    assert works


def test_broken_kernels_are_status_3(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> None:
        raise RuntimeError("no compiler")

    monkeypatch.setattr(pipeline, "warm_up", broken)
    assert main(["doctor"]) == 3
    assert "kernels   do not work: RuntimeError: no compiler" in capsys.readouterr().out
