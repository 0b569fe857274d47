"""What a report holds: the words of the tables, within bounds, and under other names where asked."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import analyzer as ka
from analyzer.commands.main import main
from analyzer.kinds import VERDICT_WORDS
from analyzer.present.report import Wish
from analyzer.present.report import document as module
from analyzer.present.report.document import document as document_of
from analyzer.present.report.stories import stories, worth_telling
from analyzer.tables import Filters, Tables, choose
from tests.helpers.reports import column, document, named_capture
from tests.helpers.segment import Record
from tests.helpers.timeline import START_NS, timeline
from tests.helpers_judge import Judge
from tests.helpers_result import life
from tests.project.modules import ROOT

RECORDED = ROOT / "captures" / "recorded"
SECOND_NS = 1_000_000_000
IPV4 = {"c": ("203.0.113.7", 40000), "s": ("203.0.113.8", 443)}
IPV6 = {"c": ("2a00:1450::7", 40000), "s": ("2a00:1450::8", 443)}
ONE_WAY = """
    0.000   c>s   S   0
    0.020   c>s   A   1:1
    1.000   c>s   PA  1+5:1
    2.000   c>s   PA  6+5:1
"""
DEAD = """
    0.000   c>s   S   0
    0.020   s>c   SA  0:1
    0.021   c>s   A   1:1
    1.000   c>s   PA  1+5:1
    1.010   s>c   A   1:6
    61.000  c>s   A   5:1
    71.000  c>s   A   5:1
    81.000  c>s   A   5:1
    91.000  c>s   RA  6:1
"""


def tables() -> Tables:
    return Tables(choose([life()], Filters()), Judge())


def test_columns_are_those_of_the_table(many: Path) -> None:
    held, analysis = document(many), ka.analyze(RECORDED)
    flows = analysis.flows.set_index("flow").loc[column(held, "flow")].reset_index()
    assert list(held["flows"]["columns"]) == analysis.flows.columns.tolist()
    for name in ("client", "server_port", "frames", "client_bytes", "reason", "client_state", "probes"):
        assert column(held, name) == flows[name].tolist(), name
    starts = dict(zip(analysis.captures.capture, analysis.captures.start, strict=True))
    since_us = [(each.start - starts[each.capture]).value // 1000 for each in flows.itertuples()]
    assert column(held, "start") == since_us
    rtts = flows.rtt_median_s
    assert column(held, "rtt_median_s") == [None if np.isnan(each) else round(each, 7) for each in rtts]


def test_the_gravest_come_first(many: Path) -> None:
    held = document(many)
    severities = ["problem", "warning", "note"]
    attention = held["flows"]["attention"]
    order = [severities.index(attention["words"][code]) for code in attention["codes"]]
    assert order == sorted(order)
    told = [severities.index(each["severity"]) for each in held["findings"]["rows"]]
    assert told == sorted(told) and len(told) == len(ka.analyze(RECORDED).findings)


def test_findings_about_many_name_those_that_they_explain(many: Path) -> None:
    held = document(many)
    wide = [each for each in held["findings"]["rows"] if each["scope"] == "path"]
    assert wide and all(each["flows"] and each["flows_of"] >= len(each["flows"]) for each in wide)
    own = [each for each in held["findings"]["rows"] if each["scope"] == "flow"]
    assert own and all(len(each["flows"]) == 1 for each in own)


def test_every_finding_of_a_kind_has_frames_for_its_first_connection(many: Path) -> None:
    held = document(many)
    told = set(map(int, held["stories"]["flows"]))
    first = {}
    for finding in held["findings"]["rows"]:
        if finding["flows"]:
            first.setdefault(finding["finding"], finding["flows"][0])
    assert set(first.values()) <= told


def test_the_first_of_each_kind_of_trouble_are_told_first() -> None:
    result = life()
    order = worth_telling(choose([result, replace(result, capture=1, first_flow=7)], Filters()))
    verdicts = [VERDICT_WORDS[result.flows["verdict"][place % 7]] for place in order.tolist()]
    assert len(set(verdicts[:5])) == 5 and set(verdicts) == {
        VERDICT_WORDS[code] for code in result.flows["verdict"]
    }


def test_with_little_room_the_rest_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("MOST_FLOWS", 3), ("ROOM", 0), ("LEAST_ROOM", 900)):
        monkeypatch.setattr(module, name, value)
    held = document_of(tables(), Wish())
    assert held["flows"]["count"] == 3 and held["flows_of"] == 7
    assert sum(each["count"] for each in held["verdicts"]) == 7
    assert 0 < len(held["stories"]["flows"]) < held["stories"]["wanted"]
    assert len(json.dumps(held["stories"]["flows"])) < 1200


def test_a_connection_too_long_to_tell_hides_no_other() -> None:
    everything = stories(tables(), np.zeros(7, np.int64), str, 1_000_000).rows
    sizes = {flow: len(json.dumps(story, separators=(",", ":"))) for flow, story in everything.items()}
    room = min(sizes.values())
    assert room < sizes[next(iter(sizes))]
    [told] = stories(tables(), np.zeros(7, np.int64), str, room).rows
    assert sizes[told] == room


def test_times_in_sentences_stay_exact_for_the_page(outage: Path) -> None:
    [finding] = document(outage)["findings"]["rows"]
    assert finding["summary"].count("Z") >= 2 and "2026-11-23T" in finding["summary"]


@pytest.mark.parametrize("ends", [IPV4, IPV6])
def test_under_other_names(tmp_path: Path, ends: dict[str, tuple[str, int]]) -> None:
    capture, report = tmp_path / "customer.pcapng", tmp_path / "report.html"
    records = timeline(DEAD, endpoints=ends).records
    capture.write_bytes(named_capture(records, "host db.example.org"))
    ka.analyze(capture).report(report, anonymize=True)
    text = report.read_text(encoding="utf-8")
    for secret in ("customer", "example.org", "203.0.113", "2a00:1450", str(tmp_path)):
        assert secret not in text
    held = document(report)
    assert held["captures"][0]["name"] == "capture-1.pcapng" and held["anonymous"]
    assert held["captures"][0]["interfaces"] == ["interface 1"] and held["captures"][0]["comments"] == []
    [client], [server] = column(held, "client"), column(held, "server")
    assert {client, server} == ({"2001:db8::1", "2001:db8::2"} if ends == IPV6 else {"10.0.0.1", "10.0.0.2"})
    [dead] = [each for each in held["findings"]["rows"] if each["finding"] == "peer_dead"]
    assert f"host {client} and tcp port 40000" in dead["advice"]
    plain = tmp_path / "plain.html"
    ka.analyze(capture).report(plain)
    assert "example.org" in plain.read_text(encoding="utf-8") and "customer" in plain.read_text(
        encoding="utf-8"
    )


def one_after_the_other(*told: tuple[str, dict[str, tuple[str, int]]]) -> list[Record]:
    """Timelines with their ends, 100 s apart."""
    starts = (START_NS + 100 * SECOND_NS * place for place in range(len(told)))
    records = [
        record
        for (text, ends), start_ns in zip(told, starts, strict=True)
        for record in timeline(text, endpoints=ends, start_ns=start_ns).records
    ]
    return [replace(record, frame=place) for place, record in enumerate(records, 1)]


def test_names_of_files_within_sentences_are_hidden(tmp_path: Path) -> None:
    """What is said of a damaged file of several names it."""
    folder = tmp_path / "customer"
    folder.mkdir()
    whole = named_capture(timeline(DEAD, endpoints=IPV4).records, "")
    folder.joinpath("berlin.pcapng").write_bytes(whole[:-7])
    folder.joinpath("munich.pcapng").write_bytes(whole[:-9])
    plain, hidden = tmp_path / "plain.html", tmp_path / "hidden.html"
    analysis = ka.analyze(folder, join=True)
    analysis.report(plain)
    analysis.report(hidden, anonymize=True)
    for held, name in ((document(plain), str(folder / "berlin.pcapng")), (document(hidden), "file 1")):
        [incomplete] = [each for each in held["findings"]["rows"] if each["finding"] == "capture_incomplete"]
        assert f"incomplete: {name}: cut short" in incomplete["summary"]
        assert any(each.startswith(f"{name}: cut short") for each in held["captures"][0]["troubles"])
    text = hidden.read_text(encoding="utf-8")
    assert not [secret for secret in ("customer", "berlin", "munich", str(tmp_path)) if secret in text]


def test_a_capture_filter_is_hidden_where_it_is_one(tmp_path: Path) -> None:
    """The word tcp is a filter, and stands in many sentences."""
    capture, report = tmp_path / "c.pcapng", tmp_path / "r.html"
    capture.write_bytes(named_capture(one_after_the_other((DEAD, IPV4), (ONE_WAY, IPV6)), "tcp"))
    ka.analyze(capture).report(report, anonymize=True)
    rows = {each["finding"]: each for each in document(report)["findings"]["rows"]}
    assert "and tcp port 40000'" in rows["peer_dead"]["advice"]
    assert "(capture filter: (left out))" in rows["capture_incomplete"]["summary"]


@pytest.mark.parametrize("flow", [0, 1, 2])
def test_a_host_is_called_the_same_in_an_extract(tmp_path: Path, flow: int) -> None:
    """Whichever connections either holds."""
    capture, extract, report = (tmp_path / name for name in ("c.pcapng", "extract.pcapng", "r.html"))
    others = {"c": ("203.0.113.8", 40001), "s": ("198.51.100.9", 443)}
    capture.write_bytes(named_capture(one_after_the_other((DEAD, IPV4), (DEAD, IPV6), (DEAD, others)), ""))
    assert main(["extract", str(capture), str(extract), "--flow", str(flow), "--anonymize"]) == 0
    [row] = ka.analyze(extract).flows.itertuples()
    ka.analyze(capture).report(report, anonymize=True)
    held = document(report)
    place = column(held, "flow").index(flow)
    ends = [column(held, name)[place] for name in ("client", "server")]
    assert ends == [row.client, row.server]
    assert ends == [["10.0.0.1", "10.0.0.2"], ["2001:db8::1", "2001:db8::2"], ["10.0.0.2", "10.0.0.3"]][flow]
    chosen = tmp_path / "chosen.html"
    ka.analyze(capture).where(host=others["s"][0]).report(chosen, anonymize=True)
    assert column(document(chosen), "server") == ["10.0.0.3"]


def test_names_that_would_move_the_text_are_written_out(tmp_path: Path) -> None:
    capture, report = tmp_path / "c.pcapng", tmp_path / "r.html"
    capture.write_bytes(named_capture(timeline(DEAD).records, "a\u202eb\x1b[31m"))
    ka.analyze(capture).report(report)
    assert document(report)["captures"][0]["comments"] == [r"a\u202eb\x1b[31m"] * 2


def test_no_kind_of_finding_takes_all_the_room(monkeypatch: pytest.MonkeyPatch, many: Path) -> None:
    """250 dead peers leave room for what else was found, and the page knows that some are missing."""
    monkeypatch.setattr(module, "ROOM", 0)
    monkeypatch.setattr(module, "LEAST_ROOM", 80_000)
    held = document_of(ka.analyze(RECORDED)._tables(), Wish())["findings"]
    everything = document(many)["findings"]
    assert {each["finding"] for each in held["rows"]} == {each["finding"] for each in everything["rows"]}
    assert held["cut"] and not everything["cut"] and held["totals"] == everything["totals"]
    dead = [each for each in held["rows"] if each["finding"] == "peer_dead"]
    assert 0 < len(dead) < held["totals"]["peer_dead"]
    assert len(json.dumps(dead)) < 22_000 and len(json.dumps(held["rows"])) < 85_000
