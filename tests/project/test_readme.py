"""What the README says is so: set-up commands, output, options, words."""

from __future__ import annotations

import argparse
import re
import shlex
from pathlib import Path

import pytest

from analyzer.commands.main import COMMANDS, build_parser
from analyzer.kinds import VERDICT_WORDS
from analyzer.present import VERDICT_ORDER
from analyzer.tables import TABLES

from . import readme
from .modules import ROOT


def setup_commands() -> list[list[str]]:
    """The parts of each set-up command, split at `&&`."""
    return [block.strip().split(" && ") for block in readme.blocks("sh")]


def options_of(command: str) -> set[str]:
    parser = build_parser(command)
    [commands] = [each for each in parser._actions if isinstance(each, argparse._SubParsersAction)]
    return {name for each in commands.choices[command]._actions for name in each.option_strings}


def test_there_are_two_set_up_commands() -> None:
    first, second = setup_commands()
    assert first[:2] == ["python3 -m venv .venv", ".venv/bin/pip install ."]
    assert second[2:] == [".venv/bin/python -m pytest -n 2"]


def test_the_first_set_up_command_reads_a_capture_of_the_project() -> None:
    program, command, capture = shlex.split(setup_commands()[0][-1])
    assert (program, command) == (".venv/bin/keepalive", "analyze")
    assert (ROOT / capture).is_file()


def test_ci_runs_the_second_set_up_command() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    _, install, test = setup_commands()[1]
    for part in (install, test):
        assert part.replace(".venv/bin/", '"$venv"/bin/') in script


@pytest.mark.parametrize("block", readme.blocks("console"), ids=lambda block: block.splitlines()[0][2:])
def test_the_output_shown_is_what_is_written(block: str) -> None:
    assert block == readme.with_output(block), "python -m tests.project.readme brings it up to date"


def test_the_python_example_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    [example] = readme.blocks("python")
    (tmp_path / "captures").symlink_to(ROOT / "captures", target_is_directory=True)
    monkeypatch.chdir(tmp_path)
    exec(compile(example, "README.md", "exec"), {})
    assert "peer_dead" in capsys.readouterr().out
    assert {"flows.parquet", "events.parquet"} <= {path.name for path in (tmp_path / "tables").iterdir()}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_named(command: str) -> None:
    assert f"`keepalive {command}" in readme.text()


def test_every_option_of_analyze_is_listed_and_no_other() -> None:
    listed = {word for word in readme.first_cells("Options of `keepalive analyze SOURCE…`") if word[0] == "-"}
    assert listed == options_of("analyze") - {"-h", "--help"}


def test_options_in_the_text_exist() -> None:
    ours = {name for command in COMMANDS for name in options_of(command)}
    assert set(re.findall(r"`(--[a-z-]+)", readme.text())) <= ours


def test_every_verdict_is_explained_gravest_first() -> None:
    words = readme.first_cells("What the verdicts mean")
    assert sorted(words) == sorted(VERDICT_WORDS)
    assert words == [VERDICT_WORDS[code] for code in VERDICT_ORDER]


def test_every_table_is_named() -> None:
    assert [name for name in TABLES if f"`{name}`" not in readme.text()] == []


def test_links_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", readme.text())
    assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []


def test_it_is_short_enough_to_be_read() -> None:
    assert len(readme.text().splitlines()) <= 300
