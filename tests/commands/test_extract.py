"""`keepalive extract`: which frames it takes, and that they tell the same story as before."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from analyzer.commands.main import main
from tests.conftest import HAS_SHARED, ROOT, SHARED
from tests.sources.files import damages, read
from tests.write.story import differences, story

RECORDED = sorted((ROOT / "captures" / "recorded").glob("*.pcapng"))
PUBLIC = sorted(SHARED.rglob("*.pcap*")) if HAS_SHARED else []


@pytest.fixture
def keepalive(capfd: pytest.CaptureFixture[str]) -> Any:
    def run(*words: object) -> tuple[int, str, str]:
        return main(["extract", *map(str, words)]), *capfd.readouterr()

    return run


def capture(name: str) -> Path:
    return ROOT / "captures" / "recorded" / f"{name}.pcapng"


def analyzed(path: Path, capfd: pytest.CaptureFixture[str]) -> dict[str, Any]:
    main(["analyze", "--json", str(path)])
    document: dict[str, Any] = json.loads(capfd.readouterr().out)
    return document


@pytest.mark.parametrize("anonymize", [[], ["--anonymize"]], ids=["plain", "anonymized"])
@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_the_whole_story_of_a_recording(
    keepalive: Any, tmp_path: Path, path: Path, anonymize: list[str]
) -> None:
    """Every column of every table, but numbers of frames and addresses."""
    out = tmp_path / path.name
    assert keepalive(path, out, *anonymize)[0] == 0
    assert differences(story(path), story(out)) == []


@pytest.mark.captures
@pytest.mark.parametrize("path", PUBLIC, ids=lambda path: path.name)
def test_the_whole_story_of_a_public_capture(keepalive: Any, tmp_path: Path, path: Path) -> None:
    before = story(path)
    for anonymize in ([], ["--anonymize"]):
        out = tmp_path / f"{len(anonymize)}{path.suffix}"
        assert keepalive(path, out, *anonymize)[0] == 0
        assert differences(before, story(out)) == []


SOME = (
    "both-links-merged",
    "middlebox-timeout",
    "rebooted-and-reconnected",
    "many-connections",
    "two-vantages",
)


@pytest.mark.parametrize("name", SOME)
def test_the_story_of_one_connection(keepalive: Any, tmp_path: Path, name: str) -> None:
    """It stays the same also where it rests on other connections, or on when the capture ended."""
    path, out = capture(name), tmp_path / "out.pcapng"
    before = story(path)
    for flow in before["flows"][:: max(1, len(before["flows"]) // 4)]:
        assert keepalive(path, out, "--flow", flow["flow"], "--anonymize")[0] == 0
        ends = ("start", "client_port", "server_port")
        [after] = [each for each in story(out)["flows"] if all(each[name] == flow[name] for name in ends)]
        assert after | {"flow": flow["flow"], "stream": flow["stream"]} == flow


def test_which_connections(keepalive: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path, out = capture("many-connections"), tmp_path / "out.pcapng"
    flows = analyzed(path, capfd)["flows"]
    dead = [flow for flow in flows if flow["verdict"] == "peer_dead"]
    assert 0 < len(dead) < len(flows)
    for words, chosen in (
        (["--verdict", "peer_dead"], dead),
        (["--finding", "peer_dead"], dead),
        (["--flow", 1, "--flow", 2], flows[1:3]),
        (["--port", flows[3]["client_port"]], [flows[3]]),
        (["--host", flows[0]["server"]], [each for each in flows if each["server"] == flows[0]["server"]]),
    ):
        assert keepalive(path, out, *words)[0] == 0
        found = [
            (each["client"], each["client_port"], each["verdict"]) for each in analyzed(out, capfd)["flows"]
        ]
        assert found == [(each["client"], each["client_port"], each["verdict"]) for each in chosen], words


def test_only_keepalives(keepalive: Any, tmp_path: Path) -> None:
    path, out = capture("peer-dead"), tmp_path / "out.pcapng"
    assert keepalive(path, out, "--only", "keepalive") == (0, "", f"keepalive: {out}: 4 of 15 frames\n")
    before, after = read(path)[0], read(out)[0]
    assert after[1:] == [before[place - 1] for place in (10, 11, 12, 15)]
    assert (after[0].time_ns, len(after[0].data)) == (before[0].time_ns, 34)  # when the capture began


def test_arp_and_icmp_come_along(keepalive: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.pcapng"
    for name, finding in (("gone-from-lan", "arp_unanswered"), ("host-unreachable", "icmp_unreachable")):
        assert keepalive(capture(name), out, "--flow", 0)[0] == 0
        assert finding in [each["finding"] for each in analyzed(out, capfd)["findings"]]


def test_damaged_input(keepalive: Any, tmp_path: Path) -> None:
    damaged, out = tmp_path / "in.pcapng", tmp_path / "out.pcapng"
    damaged.write_bytes(capture("peer-dead").read_bytes()[:-300])
    status, _, said = keepalive(damaged, out)
    assert status == 4
    assert [line.split(": ", 2)[2][:12] for line in said.splitlines()] == ["cut short in", "12 of 12 fra"]
    assert damages(read(out)[1]) == []


def test_what_cannot_be_done(keepalive: Any, tmp_path: Path) -> None:
    path, out = capture("peer-dead"), tmp_path / "out.pcapng"
    for words, error in (
        (["--flow", 7], "--flow: no connection 7; there are 0 to 0"),
        (["--verdict", "closed"], f"{path}: nothing to extract: no such connection"),
        (["--verdict", "gone"], "--verdict: no verdict 'gone'; there are: "),
    ):
        status, _, said = keepalive(path, out, *words)
        assert status == 2
        assert said.startswith(f"keepalive: {error}")
    assert keepalive("-", out)[0] == 2
    own = tmp_path / "own.pcapng"
    os.link(path, own) if os.stat(path).st_dev == os.stat(tmp_path).st_dev else own.symlink_to(path)
    assert keepalive(path, own)[0] == 2
    assert not out.exists()
