"""`keepalive live`: a capture on standard input or in a growing file, told in every form, ended as asked."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import jsonschema
import pandas as pd
import pytest

from analyzer.commands.main import main
from analyzer.tables.document import live_schema

ROOT = Path(__file__).parents[2]
WAIT_S = 60.0


class Run:
    """A command that runs. feed: its standard input."""

    def __init__(self, process: subprocess.Popen[bytes], errors: Path) -> None:
        assert process.stdin is not None and process.stdout is not None
        self.process = process
        self.feed: IO[bytes] = process.stdin
        self.out: IO[bytes] = process.stdout
        self.errors = errors

    def lines(self) -> Iterator[str]:
        return (line.decode().rstrip("\n") for line in self.out)

    def until(self, holds: Callable[[str], bool]) -> str:
        return next(line for line in self.lines() if holds(line))

    def end(self, *sent: signal.Signals) -> tuple[int, list[str], str]:
        """Status, the remaining lines, and standard error."""
        for each in sent:
            self.process.send_signal(each)
        if not sent:
            self.feed.close()
        rest = list(self.lines())
        return self.process.wait(WAIT_S), rest, self.errors.read_text()


@contextmanager
def live(folder: Path, *words: object) -> Iterator[Run]:
    errors = folder / "errors"
    with errors.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "analyzer", "live", *map(str, words)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stream,
            cwd=ROOT,
            env=os.environ | {"LANG": "en_US.UTF-8", "LC_ALL": "C.UTF-8"},
        )
    run = Run(process, errors)
    try:
        yield run
    finally:
        process.kill()
        process.wait()
        run.out.close()
        with suppress_broken_pipe():
            run.feed.close()


@contextmanager
def suppress_broken_pipe() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        pass


def capture(name: str) -> bytes:
    return (ROOT / "captures" / "recorded" / f"{name}.pcapng").read_bytes()


def of_type(lines: list[str], line: str) -> list[dict[str, Any]]:
    return [row for row in map(json.loads, lines) if row["type"] == line]


def test_json_lines_of_a_pipe(tmp_path: Path) -> None:
    with live(tmp_path, "-", "--json") as run:
        run.feed.write(capture("peer-dead"))
        status, lines, errors = run.end()
    assert (status, errors) == (0, "")
    validator = jsonschema.Draft202012Validator(live_schema())
    for line in lines:
        validator.validate(json.loads(line))
    assert [row["kind"] for row in of_type(lines, "event")].count("keepalive_probe") == 3
    assert of_type(lines, "verdict")[-1]["verdict"] == "peer_dead"
    assert [row["finding"] for row in of_type(lines, "finding")] == ["peer_dead"]
    assert json.loads(lines[-1])["type"] == "summary" and json.loads(lines[-1])["frames"] == 15


def test_lines_come_while_the_capture_goes_on(tmp_path: Path) -> None:
    octets = capture("peer-dead")
    with live(tmp_path, "-", "--plain") as run:
        run.feed.write(octets)
        run.feed.flush()
        assert "✖ peer_dead: 3 probes" in run.until(lambda line: "peer_dead" in line)
        status, lines, errors = run.end()
    assert (status, errors) == (0, "")
    assert lines[-4:] == [
        "  15 frames, 11 TCP segments, 1 connection",
        "  verdicts: 1 peer_dead",
        "  findings: 1 peer_dead",
        "  3 keep-alive probes, 3 unanswered",
    ]


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_with_the_summary(tmp_path: Path, ending: signal.Signals) -> None:
    path = tmp_path / "growing.pcapng"
    path.write_bytes(capture("peer-rebooted"))
    with live(tmp_path, path, "--follow", "--json", "--fail-on", "peer_rebooted") as run:
        run.until(lambda line: '"verdict": "peer_rebooted"' in line)
        status, lines, errors = run.end(ending)
    assert (status, errors) == (1, "")
    assert json.loads(lines[-1])["verdicts"] == {"peer_rebooted": 1}


def test_it_ends_after_a_while_if_wished(tmp_path: Path) -> None:
    path = tmp_path / "growing.pcapng"
    path.write_bytes(capture("alive"))
    with live(tmp_path, path, "--follow", "--plain", "--duration", 2, "--fail-on", "peer_dead") as run:
        lines = list(run.lines())
        assert run.process.wait(WAIT_S) == 0
    assert "  verdicts: 1 alive" in lines


def test_a_reader_that_goes_away_ends_it(tmp_path: Path) -> None:
    path = tmp_path / "growing.pcapng"
    path.write_bytes(capture("many-connections"))
    with live(tmp_path, path, "--follow", "--json") as run:
        next(run.lines())
        run.out.close()
        path.write_bytes(path.read_bytes() + capture("peer-dead"))
        assert run.process.wait(WAIT_S) == 141
    assert run.errors.read_text() == ""


def test_damage_keeps_what_came_before(tmp_path: Path) -> None:
    with live(tmp_path, "-", "--json") as run:
        run.feed.write(capture("peer-dead")[:-400])
        status, lines, errors = run.end()
    assert status == 4 and errors.startswith("keepalive: -: ") and len(errors.splitlines()) == 1
    assert of_type(lines, "summary")[0]["frames"] in (11, 12, 13, 14)


def test_alerts_metrics_and_tables(tmp_path: Path) -> None:
    told = tmp_path / "told"
    code = f"import os, sys; open({str(told)!r}, 'w').write(os.environ['KEEPALIVE_NAME'] + sys.stdin.read())"
    program = tmp_path / "program.py"
    program.write_text(code)
    options = [
        "--exec",
        f"{sys.executable} {program}",
        "--metrics",
        free_port(),
        "--record",
        tmp_path / "kept",
    ]
    with live(tmp_path, "-", "--json", *options) as run:
        run.feed.write(capture("peer-dead"))
        run.feed.flush()
        run.until(lambda line: '"finding": "peer_dead"' in line)
        url = f"http://127.0.0.1:{options[3]}/metrics"
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=10) as answer:
            assert 'keepalive_connections{verdict="peer_dead"} 1.0' in answer.read().decode()
        status, _, errors = run.end()
    assert status == 0
    assert re.fullmatch(r"keepalive: --exec python[\d.]*: 1 alert sent\n", errors)
    assert told.read_text().startswith('peer_dead{"type": "alert", "name": "peer_dead"')
    [tables] = (tmp_path / "kept").iterdir()
    assert pd.read_parquet(tables / "flows")["verdict"].tolist()[-1] == "peer_dead"
    assert len(pd.read_parquet(tables / "events")) == 7


def free_port() -> int:
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@pytest.mark.slow
def test_after_sigkill_the_tables_can_be_read(tmp_path: Path) -> None:
    with live(tmp_path, "-", "--json", "--record", tmp_path / "kept") as run:
        run.feed.write(capture("peer-dead"))
        run.feed.flush()
        end = time.monotonic() + WAIT_S
        while not events_in(tmp_path / "kept"):
            assert time.monotonic() < end
            time.sleep(0.2)
        run.process.kill()
        run.process.wait()
    assert events_in(tmp_path / "kept") == 7


def events_in(folder: Path) -> int:
    tables = [path for path in folder.glob("*/events") if list(path.glob("*.parquet"))]
    return len(pd.read_parquet(tables[0])) if tables else 0


def test_only_the_lines_of_some_connections(tmp_path: Path) -> None:
    with live(tmp_path, "-", "--json", "--port", "50002") as run:
        run.feed.write(capture("middlebox-timeout"))
        _, lines, _ = run.end()
    assert {row["flow"] for row in of_type(lines, "event")} == {1}
    assert of_type(lines, "summary")[0]["connections"] == 2


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ([], "an interface (-i) or a source is wanted"),
        (["-i", "lo", "-"], "an interface (-i) or a source is wanted, and not both"),
        (["-i", "lo", "-i", "eth0"], "one interface at a time"),
        (["-i", "lo", "--follow"], "--follow is for a file that grows"),
        (["trace.pcap"], "with --follow a file is read as it grows; analyze reads it as it is"),
        (["-", "--filter", "port 80"], "--filter is for an interface"),
        (["-", "--backend", "tcpdump"], "--backend is for an interface"),
        (["-", "--snap-length", "99"], "--snap-length is for an interface"),
        (["-i", "lo", "--snap-length", "99"], "--snap-length 99: at least 128"),
        (["-", "--host", "10.0.0.1"], "--host and --port choose lines of --plain and --json"),
        (["-", "--alert-on", "peer_dead"], "--alert-on: whom to tell?"),
        (["-", "--alert-on", "dead", "--exec", "true"], "--alert-on: no verdict or finding 'dead'"),
        (["-", "--exec", "no-such-program"], "there is no such program"),
        (["-", "--webhook", "example.org"], "--webhook 'example.org'"),
        (["-", "--metrics", "everywhere"], "--metrics 'everywhere': a port is wanted"),
        (["-", "--fail-on", "dead"], "--fail-on: no verdict or finding 'dead'"),
        (["-", "--max-flows", "0"], "--max-flows '0': a whole number"),
        (["-", "--duration", "0"], "--duration '0': a number of seconds above 0"),
        (["-", "--record", ""], "--record: nothing is given"),
        (["-", "--max-flows="], "--max-flows: nothing is given"),
        (["-", "--plain", "--json"], "not allowed with argument"),
        (["-", "--dedup-window", "soon"], "--dedup-window 'soon'"),
        (["-", "--dedup-window", "99999999999999s"], "--dedup-window '99999999999999s'"),
        (["-", "--profiles", "/none.toml"], "/none.toml: cannot be read: No such file"),
    ],
)
def test_what_makes_no_sense_is_said_before_capturing(
    words: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["live", *words]) == 2
    out, err = capsys.readouterr()
    assert out == "" and complaint in err and len(err.splitlines()) == 1


def test_a_file_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["live", str(tmp_path / "none"), "--follow", "--plain"]) == 3
    assert "none: " in capsys.readouterr().err


def test_a_folder_that_cannot_be_recorded_into(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    path = tmp_path / "growing.pcapng"
    path.write_bytes(capture("alive"))
    assert main(["live", str(path), "--follow", "--plain", "--record", str(tmp_path / "file")]) == 3
    assert "cannot write" in capsys.readouterr().err
