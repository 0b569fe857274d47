"""Whatever the bytes are: nothing outside a frame is read, every field is written, JIT on or off."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer import kinds, records
from analyzer.decode import Decoder
from analyzer.decode.links import LINKS, NAMED_ONLY

from . import fuzzing
from .support import Frame, lay_out

DECODED = sorted(number for number, (_, layer) in LINKS.items() if layer != NAMED_ONLY)
RANDOM_FRAMES = st.builds(
    Frame,
    data=st.binary(max_size=120),
    link_type=st.sampled_from(DECODED),
    original=st.none() | st.integers(0, 2**32 - 1),
    fcs=st.sampled_from([0, 4]),
)
SEEDS = st.integers(0, 2**32)


def poisoned(frames: list[Frame], poison: int) -> tuple[Any, Any]:
    """Rows and counts of a decoder whose row array, cursor and gaps between frames hold `poison`."""
    decoder = Decoder(len(frames))
    buffer, table = lay_out(frames)
    outside = np.ones(len(buffer), bool)
    for row in table:
        outside[int(row.offset) : int(row.offset) + int(row.captured)] = False
    buffer[outside] = poison
    out = records.rows(len(frames), records.SEGMENT)
    out.view(np.uint8)[:] = poison
    decoder._cursor.view(np.uint8)[:] = poison
    return decoder.decode(buffer, table, 1, out), decoder.counts


def check(frames: list[Frame]) -> None:
    rows, counts = poisoned(frames, 0xFF)
    others, _ = poisoned(frames, 0x46)
    for name in records.SEGMENT.names or ():
        assert np.array_equal(rows[name], others[name]), name
    assert counts.sum() == len(frames)
    assert counts[: kinds.NOT_TCP].sum() == len(rows)
    assert np.bincount(rows.status, minlength=5)[:5].tolist() == counts[: kinds.NOT_TCP].tolist()
    assert np.all(np.diff(rows.frame) > 0)
    quoted = rows.status == kinds.ICMP_ERROR
    assert not rows.reporter_low[~quoted].any()
    has_header = (rows.status == kinds.SEGMENT) | (rows.status == kinds.MALFORMED)
    assert not rows.length[~has_header].any()


@given(st.lists(RANDOM_FRAMES, min_size=1, max_size=20))
@settings(deadline=None)
def test_random_octets_give_defined_rows(frames: list[Frame]) -> None:
    check(frames)


@given(SEEDS)
@settings(deadline=None)
def test_damaged_frames_give_defined_rows(seed: int) -> None:
    check(fuzzing.damaged_frames(seed, 60))


@given(SEEDS, st.integers(1, 30))
@settings(deadline=None, max_examples=30)
def test_how_frames_are_cut_into_chunks_does_not_matter(seed: int, size: int) -> None:
    frames = fuzzing.damaged_frames(seed, 60)
    whole, _ = poisoned(frames, 0)
    decoder, parts = Decoder(size), []
    for start in range(0, len(frames), size):
        buffer, table = lay_out(frames[start : start + size])
        parts.append(decoder.decode(buffer, table, 1 + start).copy())
    assert np.concatenate(parts).tolist() == whole.tolist()


def run_fuzzing(folder: Path, seed: int, count: int, **settings: str) -> Any:
    """What `fuzzing` gives in a process with other numba settings, warnings being errors."""
    module = fuzzing.__name__
    home = Path(fuzzing.__file__).parents[module.count(".")]
    environment = os.environ | settings | {"PYTHONPATH": os.pathsep.join([str(home), *sys.path])}
    command = [sys.executable, "-W", "error", "-m", module, str(seed), str(count), str(folder / "rows.npz")]
    subprocess.run(command, env=environment, check=True, timeout=300)
    return np.load(folder / "rows.npz")


def expected_rows(seed: int, count: int) -> Any:
    buffer, table = lay_out(fuzzing.damaged_frames(seed, count))
    table.time_ns = np.arange(1, count + 1)
    decoder = Decoder(count)
    rows = decoder.decode(buffer, table, 1).copy()
    return rows, decoder.counts


def assert_same(found: Any, seed: int, count: int) -> None:
    rows, counts = expected_rows(seed, count)
    assert found["counts"].tolist() == counts.tolist()
    for name in records.SEGMENT.names or ():
        assert np.array_equal(found["rows"][name], rows[name]), name


def test_interpreted_equals_compiled(tmp_path: Path) -> None:
    found = run_fuzzing(tmp_path, 7, 2000, NUMBA_DISABLE_JIT="1")
    assert_same(found, 7, 2000)


@pytest.mark.slow
def test_no_read_is_out_of_bounds(tmp_path: Path) -> None:
    """With a cache folder of its own: kernels compiled without checks would check nothing."""
    folder = str(tmp_path / "cache")
    found = run_fuzzing(tmp_path, 8, 40_000, NUMBA_BOUNDSCHECK="1", NUMBA_CACHE_DIR=folder)
    assert found["checked"], "the canary survived: bounds are not checked"
    assert_same(found, 8, 40_000)


def test_every_status_occurs_in_the_damaged_frames() -> None:
    _, counts = expected_rows(9, 20_000)
    assert {kinds.STATUS_WORDS[status] for status in np.flatnonzero(counts == 0)} == set()
