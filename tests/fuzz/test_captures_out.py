"""Damaged captures into copies (design 9): no traceback, and no copy that Wireshark finds more wrong.

Settings as in `test_fuzz`.
"""

from __future__ import annotations

import os
import random
import subprocess
import time
from pathlib import Path

import pytest

from analyzer.commands.main import main

from .mutate import mutated, seeds_of

SECONDS = float(os.environ.get("KEEPALIVE_FUZZ_SECONDS") or 4)
SEED = int(os.environ.get("KEEPALIVE_FUZZ_SEED") or 20)
LEAST = 12  # captures, also on a slow machine
WAYS = {
    "annotated": ("annotate", "--all"),
    "extracted": ("extract",),
    "anonymized": ("extract", "--anonymize"),
    "probing": ("extract", "--only", "keepalive"),
}


def asked(program: str, path: Path) -> tuple[list[str], list[str]]:
    """What tshark complains of in a file, and time, lengths and what is malformed of each frame."""
    fields = ("frame.time_epoch", "frame.len", "frame.cap_len", "_ws.malformed")
    command = [
        program,
        "-n",
        "-r",
        str(path),
        "-T",
        "fields",
        *(word for each in fields for word in ("-e", each)),
    ]
    run = subprocess.run(command, capture_output=True, text=True, errors="replace")
    said = [line for line in run.stderr.splitlines() if "Running as user" not in line]
    return said, run.stdout.splitlines()


@pytest.mark.tshark
@pytest.mark.parametrize("way", WAYS)
def test_copies_of_damaged_captures(
    tshark: str, recorded: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], way: str
) -> None:
    paths = sorted(recorded.glob("*.pcapng"))
    folder = os.environ.get("KEEPALIVE_CAPTURES")
    if folder:
        paths += sorted(Path(folder).glob("**/*.pcap*"))
    seeds = seeds_of([str(path) for path in paths])
    chance = random.Random(f"{SEED} {way}")
    command, *options = WAYS[way]
    source, copy = tmp_path / "in", tmp_path / "out"
    tried = written = 0
    end = time.monotonic() + SECONDS
    while tried < LEAST or time.monotonic() < end:
        source.write_bytes(mutated(chance, seeds))
        copy.unlink(missing_ok=True)
        status = main([command, str(source), str(copy), *options])
        tried += 1
        assert status in (0, 2, 3, 4)
        assert copy.exists() == (status in (0, 4))
        if copy.exists():
            written += 1
            check(tshark, source, copy, way)
    assert written > 0
    assert "Traceback" not in capfd.readouterr().err


def check(tshark: str, source: Path, copy: Path, way: str) -> None:
    """Wireshark finds nothing wrong that was right before."""
    complaints, before = asked(tshark, source)
    said, after = asked(tshark, copy)
    if way == "annotated" and not complaints:
        assert after == before
    if way == "anonymized" or not complaints or "cut short" in complaints[0]:
        assert said == []
    if not complaints:
        assert sum("malformed" in line for line in after) <= sum("malformed" in line for line in before)
