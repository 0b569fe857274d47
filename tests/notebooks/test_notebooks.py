"""The notebooks: run from a clean kernel, and what they say is so."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

import analyzer

from .clean import NOTEBOOKS, cleaned

FOLDER = NOTEBOOKS[0].parent
ALLOWED = {"analyzer", "pandas", "plotly", "pathlib", "tempfile", "threading", "time"}

FACTS: dict[str, dict[str, Any]] = {
    "1-three-outcomes": {
        "[each.flow(0).verdict for each in four.values()]": ["alive", "peer_dead", "peer_rebooted", "closed"],
        "side_by_side[['probes', 'replies', 'unanswered', 'resets']].values.tolist()": [
            [5, 5, 0, 0],
            [3, 0, 3, 0],
            [2, 1, 0, 1],
            [0, 0, 0, 0],
        ],
        "[round(expected_s, 1), round(measured_s, 1)]": [5.1, 5.1],
        "[round(time_s), round(interval_s), int(count)]": [2, 1, 3],
        "bool(asked_and_answered.rtt_s.max() < 0.001)": True,
        "list(states.state)": ["ESTABLISHED", "UNKNOWN"],
        "[dead.flow(0).row['client_state'], closed.flow(0).row['closed_by']]": ["CLOSED", "client"],
        "[hung.flow(0).verdict, *hung.findings.finding]": ["alive", "app_hung", "heartbeat"],
    },
    "2-question-to-answer": {
        "len(a)": 500,
        "by_server.loc['198.51.100.2'].to_dict()": {"alive": 250, "peer_dead": 0},
        "by_server.loc['198.51.100.3'].to_dict()": {"alive": 0, "peer_dead": 250},
        "bool(0 < (first_in_vain - last_heard).total_seconds() < 0.5)": True,
        "bool((by_timers['min'] >= by_timers.expected_s).all())": True,
        "bool((by_timers['max'] < by_timers.expected_s + 0.5).all())": True,
        "answer.split(' between ')[0]": "198.51.100.3 went away",
    },
    "3-middlebox-timeout": {
        "list(a.flows.verdict)": ["peer_dead", "closed"],
        "[round(each, 1) for each in tried.gap_s[:2]]": [2.0, 6.0],
        "[suspect.number, str(finding.confidence)]": [0, "possible"],
        "list(both.connections.outcome)": ["probes_lost", "all_arrived"],
        "str(plan.connections.spared[0])": "perhaps",
        "compared.loc['verdict'].to_list()": ["peer_dead", "alive"],
        "round(kept.packets().query(\"kind == 'data'\").time.diff().max().total_seconds())": 12,
    },
    "4-live": {
        "seen[-1]": "peer_dead",
        "len(seen) > 1": True,
        "watch.running": False,
        "list(a.events.kind)[-4:]": ["keepalive_probe"] * 3 + ["keepalive_timeout"],
        "folder.name in str(growing) and not growing.exists()": True,
    },
    "5-many-captures": {
        "len(captures) == len(list(Path('../captures/recorded').glob('*.pcapng')))": True,
        "set(a.flows.verdict) == {'refused', 'no_answer', 'closed', 'middlebox_reset', 'peer_rebooted', "
        "'peer_dead', 'half_closed', 'reset', 'probing', 'stalled', 'alive', 'open', 'unknown'}": True,
        "set(grave.severity)": ["problem", "warning"],
        "len(dead) == len(again) > 250": True,
        "same.outcomes": {"probes_lost": 1, "all_arrived": 1},
    },
}
"""What each notebook says or shows, as expressions over its variables."""

notebooks = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)

pytestmark = pytest.mark.filterwarnings("ignore")  # Jupyter's own


def cells(path: Path, kind: str) -> list[str]:
    book = json.loads(path.read_text(encoding="utf-8"))
    return ["".join(cell["source"]) for cell in book["cells"] if cell["cell_type"] == kind]


def asking(facts: dict[str, Any]) -> str:
    """Code that prints what the expressions are worth, on one line."""
    values = ", ".join(f"({expression})" for expression in facts)
    return (
        "import json\n"
        "print('FACTS', json.dumps([sorted(each) if isinstance(each, set) else each "
        f"for each in [{values}]], default=str))"
    )


@pytest.mark.slow
@notebooks
def test_it_runs_and_what_it_says_is_so(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    book = nbformat.read(path, as_version=4)
    facts = FACTS[path.stem]
    book.cells.append(nbformat.v4.new_code_cell(asking(facts)))
    before = sorted(FOLDER.iterdir())
    NotebookClient(
        book, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(FOLDER)}}
    ).execute()
    said = "".join(each.text for each in book.cells[-1].outputs)  # comes in pieces if the machine is busy
    assert dict(zip(facts, json.loads(said.removeprefix("FACTS ")), strict=True)) == facts
    assert sorted(FOLDER.iterdir()) == before, "it leaves files behind"
    for cell in book.cells[:-1]:
        if cell.cell_type == "code":
            assert not [each for each in cell.outputs if each.get("name") == "stderr"], cell.source
    shown = [output for cell in book.cells if cell.cell_type == "code" for output in cell.outputs]
    plots = {"application/vnd.plotly.v1+json", "image/svg+xml"}  # the second where Plotly cannot draw
    assert any(plots <= set(each.get("data", {})) for each in shown)
    assert any("<div class='ka'>" in each.get("data", {}).get("text/html", "") for each in shown)


def test_each_is_listed_and_has_facts() -> None:
    said = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"\]\(([\w-]+)\.ipynb\)", said) == [path.stem for path in NOTEBOOKS] == sorted(FACTS)


@notebooks
def test_it_is_kept_without_outputs(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text == cleaned(text), "python -m tests.notebooks.clean"


@notebooks
def test_it_uses_public_names_only(path: Path) -> None:
    for code in cells(path, "code"):
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.Import | ast.ImportFrom):
                named = (
                    [node.module or ""]
                    if isinstance(node, ast.ImportFrom)
                    else [each.name for each in node.names]
                )
                assert set(named) <= ALLOWED, named
            if isinstance(node, ast.Attribute):
                assert not node.attr.startswith("_"), node.attr
                if isinstance(node.value, ast.Name) and node.value.id == "ka":
                    assert node.attr in analyzer.__all__, node.attr


@notebooks
def test_the_captures_it_reads_are_those_of_the_project(path: Path) -> None:
    for code in cells(path, "code"):
        for name in re.findall(r'"([\w./-]+\.pcapng)"', code):
            if name != "growing.pcapng":
                assert (FOLDER.parent / "captures" / "recorded" / Path(name).name).is_file(), name
