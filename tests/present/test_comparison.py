"""What people see of two captures, to the letter, on narrow and wide paper.

REGENERATE=1 pytest tests/present/test_comparison.py writes the expected files anew; look at them then.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

import analyzer as ka
from analyzer.commands.main import main
from analyzer.present import Clock
from analyzer.present.comparison import clocks, comparison_page, view_of

ROOT = Path(__file__).parents[2]
EXPECTED = ROOT / "tests" / "expected" / "present"
HEADER = "# Do not edit: REGENERATE=1 pytest tests/present/test_comparison.py writes this file\n"
NEAR_CLIENT = "captures/recorded/{}.pcapng"
NEAR_SERVER = "captures/recorded/{}-near-server.pcapng"


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("name", ["two-vantages", "two-vantages-nat"])
@pytest.mark.parametrize("what", ["page", "connection"])
def test_to_the_letter(
    what: str,
    name: str,
    width: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    options = ["--connection", "0"] if what == "connection" else []
    assert main(["compare", NEAR_CLIENT.format(name), NEAR_SERVER.format(name), *options]) == 0
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines()[4:])) <= width  # paths are not cut
    path = EXPECTED / f"{name}-{what}-{width}.txt"
    if os.environ.get("REGENERATE"):
        path.write_text(HEADER + text, encoding="utf-8", newline="\n")
    assert path.read_text(encoding="utf-8") == HEADER + text


def test_a_name_cannot_move_the_cursor(tmp_path: Path) -> None:
    evil = tmp_path / "a\x1b[2Jb.pcapng"
    shutil.copy(ROOT / NEAR_CLIENT.format("two-vantages"), evil)
    page = ka.compare(evil, ROOT / NEAR_SERVER.format("two-vantages")).page()
    assert "\x1b" not in page
    assert "\\x1b[2J" in page


def test_clocks_in_words() -> None:
    known = {"basis": "both_directions", "forward": 9, "backward": 8, "drift_ppm": None}
    assert clocks(known | {"offset_s": 1.25, "uncertainty_s": 0.000_012}) == (
        "clocks: B's is 1.250 s ahead of A's, ± 12 µs (by 9 segments from A to B and 8 back)"
    )
    assert clocks(known | {"offset_s": 0.000_001, "uncertainty_s": 0.000_012}).startswith(
        "clocks: A's and B's agree, ± 12 µs"
    )
    assert clocks(known | {"offset_s": -2, "uncertainty_s": 0.001, "drift_ppm": -50.0}).endswith(
        "; it loses 180 ms an hour"
    )
    one_way = {"basis": "one_direction", "offset_s": 3.0, "uncertainty_s": None, "drift_ppm": None}
    assert "as far as one direction tells" in clocks(one_way)
    assert "taken to agree" in clocks({"basis": "assumed_equal", "offset_s": 0.0, "uncertainty_s": None})


def test_without_a_connection_in_common(tmp_path: Path) -> None:
    found = ka.compare(ROOT / "captures/recorded/alive.pcapng", ROOT / "captures/recorded/abort.pcapng")
    lines = list(comparison_page(view_of(found._tables, Clock()), 80))
    text = "\n".join("".join(piece for piece, _ in line) for line in lines)
    assert "0 connections in both; 1 in A only; 1 in B only" in text
    assert "reset: the other capture has these" in text
