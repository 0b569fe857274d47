"""`keepalive plan`: what people see, to the letter, and its tables."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from analyzer.commands.main import main
from analyzer.tables.plan import PLAN
from tests.diagnose.plan.support import opening, written
from tests.diagnose.plan.test_replay import ANSWERED, DEAD, TestOutages, TestSpared


@pytest.fixture
def keepalive(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")

    def run(*words: object) -> tuple[int, str, str]:
        return main(["plan", *map(str, words)]), *capsys.readouterr()

    return run


@pytest.fixture
def dead(tmp_path: Path) -> Path:
    """Its peer answers at 60 s, never again, and is given up at 140 s."""
    return written(tmp_path / "dead.pcap", opening() + ANSWERED + DEAD)


@pytest.fixture
def lost(tmp_path: Path) -> Path:
    """100 s of silence were survived, 300 s were not."""
    return written(tmp_path / "lost.pcap", TestSpared.STORY)


def test_what_people_see_of_a_dead_peer(keepalive: Any, dead: Path) -> None:
    status, out, err = keepalive(dead, "--time", "30", "--interval", "5", "--count", "4")
    assert (status, err) == (0, "")
    assert out.splitlines()[2:14] == [
        "",
        "Planned: keepalive time 30 s, interval 5 s, count 4",
        "  A dead peer is found 50.0 s after its last sign of life.",
        "  Cost: 231 segments an hour for 1 connection, where the capture has 129.",
        "",
        "Peers that died or rebooted: 1, found sooner: 1",
        "  FLOW  CLIENT → SERVER                FOUND AFTER  PLANNED  LAST HEARD",
        "     0  10.0.0.1:40000 → 10.0.0.2:443       80.0 s   50.0 s      60.050",
        "",
        "To paste",
        "  one connection",
        "    setsockopt SO_KEEPALIVE 1, TCP_KEEPIDLE 30, TCP_KEEPINTVL 5, TCP_KEEPCNT 4",
    ]


def test_what_people_see_of_a_lost_connection(keepalive: Any, lost: Path) -> None:
    _, out, _ = keepalive(lost)
    assert out.splitlines()[7:10] == [
        "Lost on the path after a silence: 1, spared: 1 yes, 0 perhaps, 0 no",
        "  FLOW  CLIENT → SERVER                SILENT FOR  SPARED",
        "     0  10.0.0.1:40000 → 10.0.0.2:443     300.0 s     yes",
    ]
    assert "spared: 0 yes, 0 perhaps, 1 no" in keepalive(lost, "--time", "300")[1]
    assert "spared: 0 yes, 1 perhaps, 0 no" in keepalive(lost, "--time", "200")[1]
    assert "spared: 1 yes, 0 perhaps, 0 no" in keepalive(lost, "--time", "200", "--timeout", "290")[1]


def test_what_would_be_given_up_too_soon(keepalive: Any, tmp_path: Path) -> None:
    outage = written(tmp_path / "outage.pcap", TestOutages.STORY)
    _, out, _ = keepalive(outage, "--interval", "3", "--count", "3")
    assert "Perhaps given up too soon: 1, which lived through an outage of 9.000 s or more" in out
    assert "     0  10.0.0.1:40000 → 10.0.0.2:443  10.0 s" in out


def test_recommended(keepalive: Any, lost: Path) -> None:
    _, out, _ = keepalive(lost, "--recommend", "--detect-within", "60s")
    assert out.splitlines()[3:9] == [
        "Recommended: keepalive time 45 s, interval 3 s, count 5",
        "  A dead peer is found 60.0 s after its last sign of life.",
        "  The cheapest that find a dead peer within 60.0 s and repeat a lost probe",
        "    before 150.0 s of silence, half of what lost a connection here.",
        "  Cost: 140 segments an hour for 2 connections, where the capture has 0.",
        "",
    ]
    assert "TCP_KEEPIDLE 45, TCP_KEEPINTVL 3, TCP_KEEPCNT 5" in out
    _, out, _ = keepalive(lost, "--recommend", "--timeout", "100")
    assert "Recommended: keepalive time 90 s, interval 3 s, count 10" in out  # fires by 95.2 s, then 98.2
    assert "repeat a lost probe before the device's timeout of 100.0 s" in " ".join(out.split())


def test_tables(keepalive: Any, dead: Path, lost: Path, tmp_path: Path) -> None:
    status, out, _ = keepalive(dead, lost, "--json")
    document = json.loads(out)
    assert (status, list(document)) == (0, ["schema", "captures", "plan"])
    assert [tuple(row) for row in document["plan"]] == [PLAN.names] * 3
    first, second, _ = document["plan"]
    assert (first["flow"], first["verdict"], first["found"]) == (
        0,
        "peer_dead",
        "2023-11-14T22:15:40.050000000Z",
    )
    assert first["sooner_s"] == -40  # found after 80 s; planned are 120
    assert (second["capture"], second["lost_after_s"], second["spared"]) == (1, 299.99, "yes")
    assert keepalive(lost, "--csv", tmp_path / "csv", "--parquet", tmp_path / "pq", "--port", "443")[0] == 0
    rows = list(csv.DictReader((tmp_path / "csv" / "plan.csv").read_text().splitlines()))
    assert [(row["idle_s"], row["given_up"]) for row in rows] == [("401.95", "false"), ("0.0", "false")]
    assert (tmp_path / "pq" / "plan.parquet").is_file()


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["--time", "0"], "--time '0': a whole number above 0 is wanted"),
        (["--count", "2.5"], "--count '2.5': a whole number above 0 is wanted"),
        (["--timeout", "soon"], "--timeout 'soon': a number of seconds above 0 is wanted"),
        (["--timeout", "nan"], "--timeout 'nan': a number of seconds above 0 is wanted"),
        (["--detect-within", "9"], "--detect-within is for --recommend"),
        (["--recommend", "--time", "9"], "--recommend finds the timers itself: leave --time out"),
        (["--recommend", "--detect-within", "2"], "no timers find a dead peer within 2 s"),
        (
            ["--recommend", "--timeout", "1.5"],
            "no timers find a dead peer within 120 s and repeat a lost probe before 1.5 s of silence",
        ),
    ],
)
def test_wrong_usage(keepalive: Any, dead: Path, words: list[str], error: str) -> None:
    assert keepalive(dead, *words) == (2, "", f"keepalive: {error}\n")
