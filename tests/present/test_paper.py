"""Terminals, pipes and files; and that nothing from a capture reaches them raw."""

from __future__ import annotations

import io
from typing import Any

import pytest

from analyzer.errors import Damage
from analyzer.facts import Interface
from analyzer.present import Clock, Overview, Paper, overview, paper_for, write
from analyzer.present.paper import STYLES
from analyzer.tables import Filters, Tables, choose
from analyzer.tables.about import about, plain_rows
from tests.helpers_judge import Judge
from tests.helpers_result import life


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


class Pipe(Terminal):
    def isatty(self) -> bool:
        return False


UTF8 = {"LANG": "en_US.UTF-8", "COLUMNS": "80", "TERM": "xterm-256color"}


@pytest.mark.parametrize(
    ("stream", "environment", "colour"),
    [
        (Terminal(), {}, True),
        (Terminal(), {"NO_COLOR": "1"}, False),
        (Terminal(), {"NO_COLOR": ""}, True),
        (Terminal(), {"TERM": "dumb"}, False),
        (Pipe(), {}, False),
    ],
)
def test_colour_only_on_a_terminal_that_wants_it(
    stream: Any, environment: dict[str, str], colour: bool
) -> None:
    assert paper_for(stream, UTF8 | environment).colour is colour


@pytest.mark.parametrize("variable", ["LC_ALL", "LC_CTYPE", "LANG"])
def test_the_c_locale_gets_ascii(variable: str) -> None:
    assert paper_for(Terminal(), {"COLUMNS": "80", variable: "C"}).unicode is False


def test_an_encoding_without_arrows_gets_ascii() -> None:
    stream = Terminal()
    stream.encoding = "latin-1"
    paper = paper_for(stream, UTF8)
    assert paper.unicode is False
    assert paper.plain([("a → b │ 3 µs, 東 …", "")]) == "a > b | 3 us, \\u6771 ..."


def test_width() -> None:
    assert paper_for(Pipe(), UTF8 | {"COLUMNS": "132"}).width == 132
    assert paper_for(Pipe(), UTF8 | {"COLUMNS": "5"}).width == 60


def hostile() -> Any:
    result = life()
    evil = "\x1b]0;owned\x07\x1b[2J[bold red]x[/bold red]\u202e\r\n"
    result.facts.path = evil + ".pcap"
    result.facts.interfaces = [Interface(1, name=evil)]
    result.facts.format = evil
    result.facts.damages = [Damage(5, evil)]
    result.facts.files = [evil, evil]
    result.skipped = {evil: 3}
    return result


class Gossip(Judge):
    def reasons(self, result: Any, which: Any) -> list[str]:
        return ["quotes \x1b[5m[blink]a name[/blink]\x07" for _ in which]


def page(colour: bool) -> str:
    result = hostile()
    tables = Tables(choose([result], Filters()), Gossip())
    facts = Overview([about(result)], plain_rows(tables, "flows"), result.verdicts, Clock())
    out = Terminal()
    write(overview(facts, 80), out, Paper(80, colour=colour))
    return out.getvalue()


def test_control_characters_are_written_out_in_plain_text() -> None:
    text = page(colour=False)
    assert all(character.isprintable() or character == "\n" for character in text)
    assert "\\x1b[2J[bold red]x[/bold red]\\u202e" in text.replace("\n", "").replace("    ", "")


def test_colours_are_the_only_escapes_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    import re

    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    text = page(colour=True)
    assert "\x1b[" in text
    bare = re.sub(r"\x1b\[[0-9;]*m", "", text)
    assert all(character.isprintable() or character == "\n" for character in bare)
    assert "[blink]a name[/blink]" in bare
    assert bare.replace(" ", "") == page(colour=False).replace(" ", "")


def test_no_style_needs_a_dark_or_a_light_ground() -> None:
    assert not any("white" in style or "black" in style for style in STYLES.values())
