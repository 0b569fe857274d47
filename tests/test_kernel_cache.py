"""Kept kernels are found again, and never after a source or setting that they depend on has changed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from analyzer import kernel_cache
from tests.project.modules import modules

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


def test_whoever_has_kernels_to_keep_says_where_first() -> None:
    """Else numba keeps them beside the source, where it misses changes in other modules."""
    keeping = [module for module in modules("analyzer") if "cache=True" in module.text]
    assert len(keeping) > 5
    for module in keeping:
        assert "analyzer.kernel_cache" in {each.target for each in module.imports}, module.place


RUN = (
    "from analyzer import kernel_cache as cache, records as cache_records\n"
    "from analyzer.rules import Rules; rules = Rules()\n"
    "__import__('analyzer.diagnose').diagnose.decide(*[__import__('numpy').zeros(0, d).view("
    "__import__('numpy').recarray) for d in (cache_records.FLOW, cache_records.PROBING)], 0, rules)\n"
    "print(cache.is_filled())"
)
"""Compiles one kernel."""


def run(folder: Path, **settings: str) -> str:
    """What RUN says in a fresh Python."""
    done = subprocess.run(
        [sys.executable, "-c", RUN], cwd=folder, check=True, env=settings, capture_output=True, text=True
    )
    return done.stdout.strip()


def test_kernels_are_kept_in_the_folder(copy: Path) -> None:
    kept = str(copy / "kept")
    assert told(copy, "cache.is_filled()") == "False"
    assert run(copy, NUMBA_CACHE_DIR=kept) == "True"
    assert told(copy, "cache.is_filled()") == "True"
    assert told(copy, "str(cache.FOLDER)").startswith(kept)
    assert told(copy, "repr(cache.NOT_KEPT)") == "''"


@pytest.fixture
def nowhere(copy: Path) -> dict[str, str]:
    """Settings where kernels cannot be kept, also for root: the cache folder would be in a file."""
    (copy / "file").touch()
    (copy / "temporary").mkdir()
    return {"NUMBA_CACHE_DIR": str(copy / "file" / "kept"), "TMPDIR": str(copy / "temporary")}


@pytest.mark.skipif(sys.platform == "win32", reason="its errors have other words")
def test_kernels_that_cannot_be_kept_go_with_the_process(copy: Path, nowhere: dict[str, str]) -> None:
    assert told(copy, "cache.NOT_KEPT", **nowhere) == f"{nowhere['NUMBA_CACHE_DIR']}: Not a directory"
    assert run(copy, **nowhere) == "True"
    assert list((copy / "temporary").iterdir()) == []
    assert list((copy / "analyzer").rglob("*.nbc")) == []


@pytest.mark.skipif(sys.platform == "win32", reason="its home folder is found otherwise")
def test_a_user_without_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container that runs under a number."""
    for name in ("HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("numba.config.CACHE_DIR", "")
    monkeypatch.setattr("os.getuid", lambda: 4_242_424_242)
    folder, why = kernel_cache.folder()
    assert why == "Could not determine home directory"
    assert folder.name == kernel_cache.FOLDER.name
    folder.parent.rmdir()


def test_commands_say_so_in_a_line(copy: Path, nowhere: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "analyzer", "analyze", "missing.pcap"],
        cwd=copy,
        env=nowhere,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    first, second = done.stderr.splitlines()
    assert first.startswith("keepalive: compiling the kernels in each run (")
    assert first.endswith("; NUMBA_CACHE_DIR names a folder to keep them")
    assert second == "keepalive: missing.pcap: no such file"
