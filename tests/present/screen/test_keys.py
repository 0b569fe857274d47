"""The keys, at the bottom and in the help."""

from __future__ import annotations

import pytest

from analyzer.present.screen.app import LiveApp
from analyzer.present.screen.columns import COLUMNS
from analyzer.present.screen.keys import OPENED_KEYS, TABLE_KEYS, Key, bottom, explained
from analyzer.present.screen.main import Main
from analyzer.present.screen.opened import Opened
from analyzer.present.words import cells

BOTH = [(TABLE_KEYS, Main), (OPENED_KEYS, Opened)]


@pytest.mark.parametrize(("keys", "screen"), BOTH)
def test_every_key_does_something(keys: tuple[Key, ...], screen: type) -> None:
    for key in keys:
        home, name = (LiveApp, key.action[4:]) if key.action.startswith("app.") else (screen, key.action)
        assert callable(getattr(home, f"action_{name}"))


@pytest.mark.parametrize(("keys", "screen"), BOTH)
def test_no_key_does_two_things(keys: tuple[Key, ...], screen: type) -> None:
    names = [name for key in keys for name in key.keys.split(",")]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("keys", [TABLE_KEYS, OPENED_KEYS])
def test_the_bottom_line_fits(keys: tuple[Key, ...]) -> None:
    for width in range(10, 100):
        assert cells("".join(text for text, _ in bottom(keys, width))) <= width
    whole = "".join(text for text, _ in bottom(keys, 80))
    assert all(f"{key.shown} {key.word}" in whole for key in keys if key.word)


def test_the_help_explains_every_key_and_the_columns_that_need_it() -> None:
    told = "\n".join("".join(text for text, _ in line) for line in explained(TABLE_KEYS, 70))
    assert all(key.help in told for key in TABLE_KEYS)
    clear = {"FLOW", "CLIENT", "SERVER", "PROCESS", "PROBER"}
    assert all(column.heading in told for column in COLUMNS if column.heading not in clear)
