"""What a sidecar says about its making, and how it is laid out."""

from __future__ import annotations

import json
import platform

import pytest

from analyzer.lab.sidecar import LINE_COLUMNS, json_text, kernel


def test_the_kernel_s_maker_is_not_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "release", lambda: "6.18.44-ours-7.x86_64")
    assert kernel() == "6.18"


@pytest.mark.parametrize(
    "value",
    [
        {},
        [],
        {"a": [], "b": {}},
        [{"name": "x" * 90, "values": list(range(50))}, {"much": [["y" * 60] * 4] * 2}],
    ],
)
def test_it_is_json_in_lines_of_bounded_length(value: object) -> None:
    text = json_text(value)
    assert json.loads(text) == value
    assert max(map(len, text.splitlines())) <= LINE_COLUMNS


def test_what_fits_into_a_line_stands_in_one() -> None:
    short = {"order": ["probe", "reset"], "probes": 1}
    assert json_text(short) == '{"order": ["probe", "reset"], "probes": 1}'
    assert json_text([short] * 9).splitlines()[1:3] == [f"  {json_text(short)},"] * 2
