"""`keepalive interfaces`."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from analyzer.commands.main import main
from tests.lab.conditions import needs_lab


@needs_lab
def test_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["interfaces"]) == 0
    out, err = capsys.readouterr()
    (line,) = [line for line in out.splitlines() if line.startswith("· lo ")]
    assert "Ethernet" in line and "127.0.0.1" in line
    assert err == ""


@needs_lab
def test_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["interfaces", "--json", "--backend", "scapy"]) == 0
    found = {each["name"]: each for each in json.loads(capsys.readouterr().out)}
    assert set(found["lo"]) == {"name", "description", "addresses", "link_type", "up", "allowed", "why_not"}
    assert found["lo"]["allowed"] is True


@needs_lab
def test_without_permission_it_says_how_to_get_it() -> None:
    command = [
        "setpriv",
        "--bounding-set",
        "-net_raw,-net_admin",
        sys.executable,
        "-m",
        "analyzer",
        "interfaces",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "lo" in done.stdout
    assert done.stdout.count("no permission to capture; run `sudo dpkg-reconfigure wireshark-common`") == 1
    assert done.stderr == ""


def test_a_program_that_nobody_knows(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["interfaces", "--backend", "pyshark"]) == 2
    assert "no backend 'pyshark'; there are: dumpcap, tcpdump, scapy" in capsys.readouterr().err
