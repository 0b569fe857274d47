"""`keepalive analyze`: what it prints, writes and returns."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from analyzer import found, pipeline
from analyzer.commands.main import main
from analyzer.facts import Findings
from analyzer.kinds import VERDICT_WORDS
from analyzer.tables import TABLES
from analyzer.tables.document import json_schema
from tests.helpers import wire
from tests.helpers.reports import column, document
from tests.helpers.timeline import timeline
from tests.helpers_judge import Judge
from tests.helpers_result import life

TWO = """
    0.000   c>s   S   0
    0.010   s>c   SA  0:1
    0.011   c>s   A   1:1
    1.000   c>s   PA  1+5:1
    1.010   s>c   A   1:6
    5.000   x>y   S   0
    6.000   x>y   S   0
    8.000   x>y   S   0
    11.000  c>s   A   5:1
    11.010  s>c   A   1:6
    12.000  c>s   FA  6:1
    12.010  s>c   FA  1:7
    12.011  c>s   A   7:2
"""
ENDS = {"x": ("2001:db8::1", 40001), "y": ("2001:db8::2", 22)}


class Run:
    """What one run of the command did."""

    def __init__(self, status: int, out: str, err: str) -> None:
        self.status, self.out, self.err = status, out, err

    @property
    def document(self) -> Any:
        return json.loads(self.out)

    @property
    def flows(self) -> list[int]:
        return [flow["flow"] for flow in self.document["flows"]]


@pytest.fixture
def keepalive(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("COLUMNS", "80")

    def run(*words: object) -> Run:
        status = main(["analyze", *map(str, words)])
        return Run(status, *capsys.readouterr())

    return run


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    """Flow 0 was probed and closed, flow 1 got no answer; the clients are 10.0.0.1 and 2001:db8::1."""
    path = tmp_path / "two.pcap"
    path.write_bytes(wire.pcap_bytes(timeline(TWO, endpoints=ENDS).records))
    return path


def test_the_overview_says_what_is_wrong_first(keepalive: Any, capture: Path) -> None:
    run = keepalive(capture)
    assert (run.status, run.err) == (0, "")
    assert run.out.index("no_answer  [2001:db8::1]:40001") < run.out.index("closed   10.0.0.1:40000")
    assert "13 frames, 13 TCP segments, 2 connections" in run.out
    assert "3 SYNs" in run.out and "\x1b" not in run.out


def test_the_timeline(keepalive: Any, capture: Path) -> None:
    run = keepalive(capture, "--flow", 0)
    assert run.status == 0
    assert "keep-alive probe" in run.out and "reply to 9 after 10.0 ms" in run.out
    whole = keepalive(capture, "--flow", 1, "--flow", 0, "--packets").out
    assert whole.index("Connection 0") < whole.index("Connection 1")


def test_the_timeline_of_no_connection(keepalive: Any, capture: Path) -> None:
    run = keepalive(capture, "--flow", 7)
    assert (run.status, run.out) == (2, "")
    assert run.err == "keepalive: --flow: no connection 7; there are 0 to 1\n"
    assert "no connection matches" in keepalive(capture, "--flow", 0, "--port", 22).out


def test_json(keepalive: Any, capture: Path) -> None:
    run = keepalive(capture, "--json")
    assert run.status == 0
    jsonschema.Draft202012Validator(json_schema()).validate(run.document)
    assert "packets" not in run.document
    with_packets = keepalive(capture, "--json", "--packets").document
    assert len(with_packets["packets"]) == 13


def test_json_into_a_file_replaces_it(keepalive: Any, capture: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.json"
    target.write_text("old")
    run = keepalive(capture, "--json", "--output", target)
    assert (run.status, run.out, run.err) == (0, "", "")
    assert json.loads(target.read_text())["flows"]


def test_text_into_a_file(keepalive: Any, capture: Path, tmp_path: Path) -> None:
    assert keepalive(capture, "--output", tmp_path / "out.txt").out == ""
    assert "2 connections" in (tmp_path / "out.txt").read_text(encoding="utf-8")


def test_csv_and_parquet(keepalive: Any, capture: Path, tmp_path: Path) -> None:
    run = keepalive(capture, "--csv", tmp_path / "csv", "--parquet", tmp_path / "pq", "--packets")
    assert (run.status, run.out) == (0, "")
    counts = "captures 1, flows 2, events 10, packets 13, probe_runs 1, handshakes 2, findings 1"
    assert run.err == (
        f"keepalive: {tmp_path / 'csv'}: rows written: {counts}\n"
        f"keepalive: {tmp_path / 'pq'}: rows written: {counts}\n"
    )
    assert {path.name for path in (tmp_path / "csv").iterdir()} == {f"{name}.csv" for name in TABLES}
    assert {path.name for path in (tmp_path / "pq").iterdir()} == {f"{name}.parquet" for name in TABLES}


def test_csv_beside_json(keepalive: Any, capture: Path, tmp_path: Path) -> None:
    run = keepalive(capture, "--csv", tmp_path / "csv", "--json", "--port", 22)
    assert run.flows == [1]
    with open(tmp_path / "csv" / "flows.csv", encoding="utf-8", newline="") as stream:
        assert [row["flow"] for row in csv.DictReader(stream)] == ["1"]


@pytest.mark.parametrize(
    ("words", "flows"),
    [
        ([], [0, 1]),
        (["--verdict", "closed"], [0]),
        (["--verdict", "closed,no_answer"], [0, 1]),
        (["--verdict", "closed", "--verdict", "no_answer"], [0, 1]),
        (["--host", "10.0.0.0/8"], [0]),
        (["--host", "2001:db8::2"], [1]),
        (["--port", "22,40000"], [0, 1]),
        (["--port", "443", "--host", "2001:db8::2"], []),
        (["--since", "9"], [0]),
        (["--until", "4.5"], [0]),
        (["--since", "2023-11-14T22:13:29Z"], [0]),
        (["--since", "2023-11-14T23:13:29+01:00"], [0]),
        (["--flow", "1"], [1]),
        (["--limit", "1"], [0]),
        (["--limit", "0"], [0, 1]),
        (["--sort", "-start"], [1, 0]),
        (["--sort", "-start", "--limit", "1"], [1]),
    ],
)
def test_choosing(keepalive: Any, capture: Path, words: list[str], flows: list[int]) -> None:
    run = keepalive(capture, "--json", *words)
    assert run.status == 0
    assert run.flows == flows
    for name in ("events", "probe_runs", "handshakes"):
        assert {row["flow"] for row in run.document[name]} <= set(flows)


def test_sorting_the_overview_keeps_the_order_given(keepalive: Any, capture: Path) -> None:
    out = keepalive(capture, "--sort", "start").out
    assert out.index("closed") < out.index("[2001:db8::1]:40001")


def test_of_many_connections_only_those_shown_are_judged(
    keepalive: Any, capture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged: list[int] = []

    class Counting(Judge):
        def __init__(self, *settings: object) -> None:
            pass

        def summarize(self, result: Any, which: Any) -> Any:
            judged.extend(which.tolist())
            return super().summarize(result, which)

    many = life()
    many.flows = np.tile(many.flows, 3000).view(np.recarray)
    many.findings = Findings(np.tile(many.findings.marks, 3000), many.findings.wide)
    many.verdicts = [count * 3000 for count in many.verdicts]
    monkeypatch.setattr(pipeline, "analyze", lambda *words: pipeline.Outcome([many]))
    monkeypatch.setattr(pipeline, "Diagnosis", Counting)
    run = keepalive(capture)
    assert "21,000 connections: 3,000 peer_dead, " in run.out
    assert "… and 20,970 connections more" in run.out
    assert len(judged) == 30 and all(row % 7 == 0 for row in judged)


def test_what_is_not_shown_is_said(keepalive: Any, capture: Path) -> None:
    out = keepalive(capture, "--limit", 1).out
    assert "… and 1 connection more, less urgent: --limit 0 shows all" in out
    assert "no_answer" in out and "10.0.0.1" not in out


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["--verdict", "dead"], f"--verdict: no verdict 'dead'; there are: {', '.join(VERDICT_WORDS)}"),
        (["--finding", "dead"], f"--finding: no finding 'dead'; there are: {', '.join(found.WORDS)}"),
        (
            ["--fail-on", "dead"],
            "--fail-on: no verdict or finding 'dead'; there are: "
            + ", ".join(dict.fromkeys((*VERDICT_WORDS, *found.WORDS))),
        ),
        (["--sort", "-size"], f"--sort: no column 'size'; there are: {', '.join(TABLES['flows'].names)}"),
        (
            ["--host", "example.org"],
            "--host 'example.org': an IP address or a network is wanted, such as 10.0.0.7 or 10.0.0.0/8",
        ),
        (["--port", "http"], "--port 'http': a port number from 0 to 65535 is wanted"),
        (["--port", "65536"], "--port '65536': a port number from 0 to 65535 is wanted"),
        (
            ["--until", "noon"],
            "--until 'noon': seconds since the capture's start are wanted, such as 90.5, "
            "or a time such as 12:03:11 or 2026-11-20T12:03:11Z",
        ),
        (["--limit", "-1"], "--limit: a number from 0 is wanted; 0 means all"),
        (
            ["--profiles", "nowhere.toml"],
            "nowhere.toml: cannot be read: No such file or directory",
        ),
        (
            ["--dedup-window", "soon"],
            "--dedup-window 'soon': a number and a unit are wanted, such as 10ms or 0.5s",
        ),
        (
            ["--csv", "x", "--output", "y"],
            "--output is for JSON and text; --csv and --parquet name their own folder",
        ),
        (
            ["--utc", "--local"],
            "argument --local: not allowed with argument --utc (keepalive analyze --help says more)",
        ),
    ],
)
def test_wrong_usage(keepalive: Any, capture: Path, words: list[str], error: str) -> None:
    run = keepalive(capture, *words)
    assert (run.status, run.out, run.err) == (2, "", f"keepalive: {error}\n")


@pytest.mark.parametrize(
    ("names", "status"), [("closed", 1), ("peer_dead", 0), ("peer_dead,no_answer", 1), ("alive", 0)]
)
def test_fail_on(keepalive: Any, capture: Path, names: str, status: int) -> None:
    assert keepalive(capture, "--fail-on", names).status == status


LOST = """
    0.000   c>s   S   0
    0.010   s>c   SA  0:1
    0.011   c>s   A   1:1
    1.000   c>s   PA  1+5:1
    1.010   s>c   A   1:6
    11.000  c>s   A   5:1
    21.000  c>s   A   5:1
    31.000  c>s   A   5:1
    31.010  s>c   A   1:6
    40.000  x>y   S   0
    41.000  x>y   S   0
    42.000  z>y   S   0
    42.010  y>z   SA  0:1
    42.011  z>y   A   1:1
    42.020  z>y   PA  1+5:1
    42.030  y>z   A   1:6
"""


@pytest.fixture
def lost(tmp_path: Path) -> Path:
    """Flow 0 survived an outage, flow 1 got no answer, flow 2 is well."""
    path = tmp_path / "lost.pcap"
    ends = {**ENDS, "z": ("2001:db8::1", 40002)}
    path.write_bytes(wire.pcap_bytes(timeline(LOST, endpoints=ends).records))
    return path


def test_a_living_connection_with_a_finding_moves_up(keepalive: Any, lost: Path) -> None:
    out = keepalive(lost).out
    assert (
        out.index("▲ 1  no_answer") < out.index("▲ 0  alive") < out.index("▲ outage: 2 probes of the client")
    )
    assert out.index("to time 21.000, but the server was heard again at time 31.010") < out.index("FLOW")
    assert out.index("→ Look for what cut the path") < out.index("  2  alive")


def test_times_in_sentences_are_said_as_all_times(keepalive: Any, lost: Path) -> None:
    assert "22:13:41.000" in keepalive(lost, "--utc").out
    timeline = keepalive(lost, "--flow", 0, "--utc").out
    assert "22:13:41.000, but the server" in timeline[timeline.index("▲ outage") :]
    assert "2023-11-14T" not in keepalive(lost).out + timeline


def test_findings_in_json(keepalive: Any, lost: Path) -> None:
    document = keepalive(lost, "--json").document
    assert [flow["findings"] for flow in document["flows"]] == [["outage"], ["no_answer"], []]
    rows = {row["finding"]: row for row in document["findings"]}
    assert rows.keys() == {"outage", "no_answer"}
    assert rows["outage"] | {"summary": "", "advice": ""} == {
        "finding": "outage",
        "severity": "warning",
        "confidence": "certain",
        "scope": "flow",
        "capture": 0,
        "flow": 0,
        "start": "2023-11-14T22:13:31.000000000Z",
        "end": "2023-11-14T22:13:51.010000000Z",
        "frames": [6, 7, 9],
        "summary": "",
        "advice": "",
    }
    assert "from 2023-11-14T22:13:31.000000000Z to" in rows["outage"]["summary"]


def test_finding_chooses_connections_that_have_it(keepalive: Any, lost: Path) -> None:
    assert keepalive(lost, "--json", "--finding", "outage").flows == [0]
    run = keepalive(lost, "--json", "--finding", "outage,no_answer", "--verdict", "no_answer")
    assert run.flows == [1]
    assert [row["finding"] for row in run.document["findings"]] == ["no_answer"]
    assert keepalive(lost, "--json", "--finding", "app_hung").flows == []


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["outage"], 1),
        (["app_hung,outage"], 1),
        (["app_hung"], 0),
        (["outage", "--port", "22"], 0),
        (["alive", "--finding", "app_hung"], 0),
    ],
)
def test_fail_on_findings(keepalive: Any, lost: Path, words: list[str], status: int) -> None:
    assert keepalive(lost, "--fail-on", *words).status == status


def test_findings_in_csv(keepalive: Any, lost: Path, tmp_path: Path) -> None:
    keepalive(lost, "--csv", tmp_path / "csv")
    with open(tmp_path / "csv" / "findings.csv", encoding="utf-8", newline="") as stream:
        assert [row["frames"] for row in csv.DictReader(stream)] == ["6;7;9", "10;11"]


def test_fail_on_looks_at_what_was_chosen(keepalive: Any, capture: Path) -> None:
    assert keepalive(capture, "--fail-on", "no_answer", "--port", 443).status == 0
    assert keepalive(capture, "--fail-on", "closed", "--limit", 1, "--sort", "-start").status == 1


def test_a_damaged_capture_is_status_4_with_results(keepalive: Any, capture: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.pcap"
    content = capture.read_bytes()
    cut.write_bytes(content[:-10])
    run = keepalive(cut, "--fail-on", "no_answer")
    assert run.status == 4
    assert run.err.startswith(f"keepalive: {cut}: ") and run.err.count("\n") == 1
    assert "at byte" in run.err and "12 frames" in run.out


def test_a_missing_file_is_status_3(keepalive: Any, tmp_path: Path) -> None:
    run = keepalive(tmp_path / "none.pcap")
    assert (run.status, run.out) == (3, "")
    assert run.err == f"keepalive: {tmp_path / 'none.pcap'}: no such file\n"


def test_some_unreadable_is_status_4(keepalive: Any, capture: Path, tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("no capture\n")
    run = keepalive(capture, text, "--json")
    assert run.status == 4
    assert run.flows == [0, 1]
    assert run.err.startswith(f"keepalive: {text}: ") and run.err.count("\n") == 1


def test_all_unreadable_is_status_3(keepalive: Any, tmp_path: Path) -> None:
    run = keepalive(tmp_path / "a.pcap", tmp_path / "b.pcap")
    assert run.status == 3
    assert run.err.count("\n") == 2


def test_several_captures(keepalive: Any, capture: Path, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    shutil.copy(capture, folder / "a.pcap")
    shutil.copy(capture, folder / "b.pcap")
    run = keepalive(folder, "--json", "--verdict", "no_answer")
    assert [(flow["flow"], flow["capture"], flow["stream"]) for flow in run.document["flows"]] == [
        (1, 0, 1),
        (3, 1, 1),
    ]
    out = keepalive(folder).out
    assert "in a.pcap" in out and "in b.pcap" in out


def test_times_of_day(keepalive: Any, capture: Path) -> None:
    assert "22:13:25.000" in keepalive(capture, "--utc").out
    assert "time 0 is 2023-11-14 22:13:20.000 UTC" in keepalive(capture).out


def test_no_connection_at_all(keepalive: Any, tmp_path: Path) -> None:
    empty = tmp_path / "empty.pcap"
    empty.write_bytes(wire.pcap_bytes([]))
    run = keepalive(empty)
    assert run.status == 0
    assert "no TCP connection in it" in run.out and "no frames" in run.out
    jsonschema.Draft202012Validator(json_schema()).validate(keepalive(empty, "--json").document)
    assert (
        keepalive(empty, "--flow", 0).err
        == "keepalive: --flow: no connection 0; there is no TCP connection\n"
    )


def test_a_file_that_cannot_be_written(keepalive: Any, capture: Path, tmp_path: Path) -> None:
    target = tmp_path / "no" / "out.json"
    run = keepalive(capture, "--json", "--output", target)
    assert (run.status, run.out) == (3, "")
    assert run.err == f"keepalive: cannot write: No such file or directory: {target}\n"


def test_hostile_names_stay_harmless(keepalive: Any, capture: Path, tmp_path: Path) -> None:
    evil = tmp_path / "a\x1b[2J[bold]b.pcap"
    shutil.copy(capture, evil)
    for words in ([], ["--flow", "0"]):
        out = keepalive(evil, *words).out
        assert "\x1b" not in out and "\\x1b[2J[bold]b.pcap" in out


def test_a_report(keepalive: Any, capture: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    run = keepalive(capture, "--html", report)
    assert (run.status, run.out) == (0, "")
    assert run.err.startswith(f"keepalive: {report}: report written, ") and run.err.endswith(" MB\n")
    held = document(report)
    assert column(held, "verdict") == ["no_answer", "closed"] and held["clock"] == "relative"
    assert (held["flows_of"], held["sorted"], held["packets"]) == (2, False, False)


def test_a_report_obeys_the_choice_the_order_and_the_clock(
    keepalive: Any, capture: Path, tmp_path: Path
) -> None:
    report = tmp_path / "report.html"
    keepalive(capture, "--html", report, "--port", 22, "--utc")
    held = document(report)
    assert column(held, "flow") == [1] and held["chosen"] and held["clock"] == "utc"
    keepalive(capture, "--html", report, "--sort", "flow")
    assert column(document(report), "flow") == [0, 1] and document(report)["sorted"]
    keepalive(capture, "--html", report, "--limit", 1)
    assert column(document(report), "flow") == [1]


def test_a_report_of_every_packet_tells_data_too(keepalive: Any, capture: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    keepalive(capture, "--html", report, "--packets")
    held = document(report)
    assert held["packets"]
    labels = [row[4] for row in held["stories"]["flows"]["0"]["rows"]]
    assert "data, 5 bytes" in labels and "keep-alive probe" in labels


def test_a_report_beside_another_form(keepalive: Any, capture: Path, tmp_path: Path) -> None:
    run = keepalive(capture, "--html", tmp_path / "report.html", "--json")
    assert run.flows == [0, 1] and (tmp_path / "report.html").is_file()


def test_a_report_under_other_names(keepalive: Any, capture: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    keepalive(capture, "--html", report, "--anonymize")
    assert "two.pcap" not in report.read_text(encoding="utf-8")
    assert column(document(report), "client") == ["2001:db8::1", "10.0.0.1"]


def test_that_tables_keep_all_names_is_said(keepalive: Any, capture: Path, tmp_path: Path) -> None:
    report, tables = tmp_path / "report.html", tmp_path / "tables"
    run = keepalive(capture, "--html", report, "--anonymize", "--json", "--csv", tables)
    assert run.status == 0
    assert "keepalive: --anonymize is for the report: --json and --csv keep all names\n" in run.err
    assert "keep all names" not in keepalive(capture, "--html", report, "--json").err


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--anonymize"], "--anonymize is for reports: --html FILE"),
        (["--html", "-"], "--html: a file is wanted, not standard output"),
    ],
)
def test_what_a_report_needs(keepalive: Any, capture: Path, words: list[str], complaint: str) -> None:
    run = keepalive(capture, *words)
    assert (run.status, run.out, run.err) == (2, "", f"keepalive: {complaint}\n")


def test_a_report_that_cannot_be_written(keepalive: Any, capture: Path, tmp_path: Path) -> None:
    run = keepalive(capture, "--html", tmp_path / "nowhere" / "report.html")
    assert run.status != 0 and "Traceback" not in run.err
    assert run.err.count("\n") == 1 and "nowhere" in run.err


@pytest.mark.tshark
def test_tshark_as_reader(tshark: str, recorded: Path, tmp_path: Path, keepalive: Any) -> None:
    wireless = tmp_path / "wlan.pcap"
    content = bytearray(wire.pcap_bytes(timeline(TWO, endpoints=ENDS).records))
    content[20:24] = (105).to_bytes(4, "little")  # the link type
    wireless.write_bytes(content)
    unknown = "link type 105 (IEEE 802.11) is not known here; with --reader tshark it may be"
    assert f"{wireless}: {unknown}" in keepalive(str(wireless)).err
    run = keepalive(str(recorded / "peer-dead.pcapng"), "--reader", "tshark")
    assert "1 connection: 1 peer_dead" in run.out and "read by tshark: 15 frames" in run.out
    assert "reading through tshark, which takes about a hundred times as long" in run.err
    run = keepalive(str(wireless), "--reader", "scapy")
    assert run.status == 2 and "--reader: no reader 'scapy'; there are: tshark" in run.err
