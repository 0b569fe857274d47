"""Hostile input: random and mutated files raise nothing but UnreadableError, and never hang."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from .files import interface, pcap_header, section
from .fuzz import outcome

TESTS = Path(__file__).parents[1]
PROJECT = TESTS.parent
FUZZ_SECONDS = float(os.environ.get("KEEPALIVE_FUZZ_SECONDS", "10"))

BEGINNINGS = [
    b"",
    pcap_header(),
    pcap_header(order=">"),
    pcap_header(0xA1B23C4D),
    pcap_header(0xA1B2CD34),
    section() + interface(),
    section(">") + interface(">"),
    section()[:12],
    b"\x1f\x8b\x08\0\0\0\0\0\0\0",
    b"\x28\xb5\x2f\xfd",
    b"\x04\x22\x4d\x18",
    b"\xfd7zXZ\0",
    b"BZh9",
]


def child(arguments: list[str], folder: Path, **settings: str) -> str:
    """Run Python with a kernel cache of its own."""
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(folder), **settings}
    environment["PYTHONPATH"] = os.pathsep.join((str(TESTS), str(PROJECT)))
    done = subprocess.run(
        [sys.executable, "-W", "error", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@settings(max_examples=300, deadline=10_000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(BEGINNINGS), st.binary(max_size=400), st.integers(1, 500), st.integers(1, 9))
@example(section() + interface(), bytes(12), 1, 1)
@example(section() + interface(), b"\x06\0\0\0" + b"\xff" * 40, 1, 1)
def test_random_bytes(
    tmp_path: Path, beginning: bytes, rest: bytes, chunk_bytes: int, chunk_frames: int
) -> None:
    """Unreadable in one line, or frames that lie in their buffers, whatever the size of these."""
    path = tmp_path / "random"
    path.write_bytes(beginning + rest)
    assert outcome(path, chunk_bytes, chunk_frames) == outcome(path, 1 << 16, 1000)


def test_mutated_captures_with_bounds_checks(tmp_path: Path) -> None:
    """In a process of its own, which first makes sure that bounds are really checked."""
    files = child(["-m", "sources.fuzz", str(FUZZ_SECONDS), "1"], tmp_path, NUMBA_BOUNDSCHECK="1")
    assert int(files) > 100


def test_the_canary_tells_when_bounds_are_not_checked(tmp_path: Path) -> None:
    for bounds in ("0", "1"):
        said = child(
            ["-c", "from sources.fuzz import bounds_are_checked as b; print(b())"],
            tmp_path,
            NUMBA_BOUNDSCHECK=bounds,
        )
        assert said == str(bounds == "1")


def test_interpreted_kernels_give_the_same(tmp_path: Path) -> None:
    """With NUMBA_DISABLE_JIT=1, on every seed of the fuzz test."""
    script = (
        "import sys, pathlib\n"
        "from sources.fuzz import outcome, seeds\n"
        "path = pathlib.Path('seed')\n"
        "for seed in seeds():\n"
        "    for data in (seed, seed[:-5]):\n"
        "        path.write_bytes(data)\n"
        "        print(outcome(path, 100, 3), outcome(path, 1 << 16, 1000))\n"
    )
    compiled = child(["-c", script], tmp_path)
    assert compiled.count("Read(") > 500
    assert child(["-c", script], tmp_path, NUMBA_DISABLE_JIT="1") == compiled


def test_reading_needs_no_posix_module(tmp_path: Path) -> None:
    """They are missing on Windows."""
    (tmp_path / "header").write_bytes(pcap_header())
    script = (
        "import sys\n"
        "for module in ('fcntl', 'termios', 'pwd', 'grp', 'resource'): sys.modules[module] = None\n"
        "from analyzer.sources import discover, open_source\n"
        "with open_source(discover(['header']).captures[0].path) as source: print(list(source.chunks()))"
    )
    assert child(["-c", script], tmp_path) == "[]"
