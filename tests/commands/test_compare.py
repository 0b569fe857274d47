"""`keepalive compare A B`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analyzer.commands.main import main
from tests.diagnose.compare.stories import PROBED, compared
from tests.helpers.timeline import IPV4
from tests.helpers.vantages import Way


@pytest.fixture
def pair(tmp_path: Path) -> list[str]:
    way = Way(ahead_s=-3, translated={IPV4["c"]: ("203.0.113.9", 61000)})
    compared(tmp_path, PROBED, way, not_at_b=(11, 12, 13, 14))
    return [str(tmp_path / "a.pcapng"), str(tmp_path / "b.pcapng")]


def test_the_page(pair: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", *pair]) == 0
    page = capsys.readouterr().out
    assert "clocks: B's is 3.000 s behind A's, ± 10.0 ms" in page
    assert "1 connection in both: 1 probes_lost" in page
    assert "203.0.113.9:61000" in page


def test_one_connection_segment_by_segment(pair: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", *pair, "--connection", "0"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any("──✕" in line and "client keepalive_probe 3" in line for line in lines)
    assert sum("────▶" in line for line in lines) == 6
    assert sum("◀────" in line for line in lines) == 4
    assert main(["compare", *pair, "--connection", "7"]) == 2
    assert "there are 0 to 0" in capsys.readouterr().err


def test_json_goes_to_stdout_and_nothing_else(pair: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", *pair, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [row["outcome"] for row in document["connections"]] == ["probes_lost"]
    assert "ack" not in {row["kind"] for row in document["segments"]}
    assert main(["compare", *pair, "--json", "--packets"]) == 0
    assert "ack" in {row["kind"] for row in json.loads(capsys.readouterr().out)["segments"]}


def test_csv_folder(pair: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", *pair, "--csv", str(tmp_path / "out")]) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "connections 1" in captured.err
    assert (tmp_path / "out" / "segments.csv").is_file()


@pytest.mark.parametrize(
    ("choice", "count"),
    [
        (["--host", "10.0.0.1"], 1),
        (["--host", "203.0.113.0/24"], 1),  # the address that only B knows
        (["--host", "192.0.2.0/24"], 0),
        (["--port", "443"], 1),
        (["--port", "80"], 0),
    ],
)
def test_which_connections(
    choice: list[str], count: int, pair: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", *pair, *choice, "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["connections"]) == count


def test_exit_status(pair: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", *pair, "--fail-on", "probes_lost"]) == 1
    assert main(["compare", *pair, "--fail-on", "answers_lost,made_between"]) == 0
    assert main(["compare", *pair, "--fail-on", "doom"]) == 2
    assert main(["compare", pair[0]]) == 2
    assert main(["compare", pair[0], "-"]) == 2
    assert main(["compare", str(tmp_path), pair[0]]) == 2
    assert main(["compare", pair[0], str(tmp_path / "none.pcap")]) == 3
    cut = tmp_path / "cut.pcapng"
    cut.write_bytes(Path(pair[0]).read_bytes()[:-10])
    assert main(["compare", str(cut), pair[1]]) == 4
    assert "Traceback" not in capsys.readouterr().err
