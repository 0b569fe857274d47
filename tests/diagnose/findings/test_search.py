"""How checks are asked: candidates, events, cases; each form of check comes to the same."""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analyzer import found, kinds
from analyzer.diagnose import Context
from analyzer.diagnose import context as context_module
from analyzer.diagnose.case import Case
from analyzer.diagnose.context import Flows
from analyzer.diagnose.findings import search
from analyzer.diagnose.findings.finding import Check, Mask, Picked, WideCheck, everyone, nobody
from analyzer.diagnose.proof import Proof
from analyzer.facts import CaptureResult, Finding, Findings, Rows
from analyzer.pipeline import analyze
from analyzer.records import TALK_SIDE
from analyzer.rules import Options, Rules
from tests.diagnose.support import ALL_FINDINGS, OPENING
from tests.helpers import wire
from tests.helpers.timeline import timeline

STORY = (
    OPENING
    + """
    1       x>y   S   0
    2       x>y   S   0
    2.1     y>x   SA  0:1
    2.2     x>y   A   1:1
    60      c>s   A   100:201
    60.1    s>c   A   201:101
    61      icmp  c>s  60
    62      x>y   PA  1+9:1
    63      z>y   S   0
    64      z>y   S   0
"""
)
ENDS = {"x": ("10.0.0.7", 41000), "y": ("10.0.0.8", 22), "z": ("10.0.0.7", 41001)}
"""Flow 0 was probed and an ICMP error quotes it, flow 1 retried its SYN, flow 2 got no answer."""


def analyzed(text: str = STORY, drops: int = 0) -> CaptureResult:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "story.pcap"
        path.write_bytes(wire.pcap_bytes(timeline(text, endpoints=ENDS).records))
        (result,) = analyze([str(path)]).captures
    result.facts.interfaces[0].dropped = drops
    return result


@pytest.fixture(scope="module")
def result() -> CaptureResult:
    return analyzed()


def retried(flows: Flows) -> Mask:
    return flows.marked(kinds.FLOW_SYN_RETRIED)


def everything(flows: Flows) -> Mask:
    return np.ones(len(flows), np.bool_)


def tell_retries(case: Case) -> Finding | None:
    again = case.of(kinds.SYN_RETRANSMISSION)
    if not again or not case.of(kinds.SYN_ACK):
        return None
    return case.finding(found.SYN_RETRIES, "the SYN was sent again", "Wait.", Proof.of(again, unseen=True))


def have_retries(context: Context, picked: Picked, rows: Rows) -> Mask:
    assert set(rows.kind.tolist()) <= {kinds.SYN_RETRANSMISSION, kinds.SYN_ACK}
    assert np.isin(rows.flow, picked).all()
    key = rows.flow.astype(np.int64) << 32 | rows.frame
    assert (np.diff(key) > 0).all()
    again, accepted = (rows.flow[rows.kind == kind] for kind in (kinds.SYN_RETRANSMISSION, kinds.SYN_ACK))
    return np.isin(picked, again) & np.isin(picked, accepted)


WANTS = (kinds.SYN_RETRANSMISSION, kinds.SYN_ACK)
TELLING = Check(found.SYN_RETRIES, everything, tell_retries, wants=WANTS)
HOLDING = Check(found.SYN_RETRIES, retried, tell_retries, wants=WANTS, holds=have_retries)


def exactly(flows: Flows) -> Mask:
    return retried(flows) & flows.marked(kinds.FLOW_ESTABLISHED)


EXACT = Check(found.SYN_RETRIES, exactly, tell_retries, wants=WANTS, exact=True)


def searched(
    result: CaptureResult, monkeypatch: pytest.MonkeyPatch, checks: Iterable[Check], wide: Any = ()
) -> tuple[Findings, list[Finding]]:
    """What these checks find, and what is told of all flows."""
    wants = np.zeros(len(found.WORDS), np.uint32)
    for check in checks:
        wants[check.name] = search.bits_of(check.wants)
    monkeypatch.setattr(search, "CHECKS", tuple(checks))
    monkeypatch.setattr(search, "WIDE_CHECKS", tuple(wide))
    monkeypatch.setattr(search, "WANTS", wants)
    findings = search.find(result, Rules())
    context = Context(result, Rules(), wants)
    context.marks = findings.marks
    return findings, search.tell(context, np.arange(len(result.flows)), ALL_FINDINGS)


@pytest.mark.parametrize("stretch", [1, 2, 1 << 13])
@pytest.mark.parametrize("check", [TELLING, HOLDING, EXACT], ids=["told", "held", "exact"])
def test_each_form_of_a_check_finds_the_same(
    result: CaptureResult, monkeypatch: pytest.MonkeyPatch, check: Check, stretch: int
) -> None:
    monkeypatch.setattr(context_module, "STRETCH", stretch)
    monkeypatch.setattr(search, "CASES", stretch)
    findings, told = searched(result, monkeypatch, [check])
    assert findings.marks.tolist() == [0, 1 << found.SYN_RETRIES, 0]
    [finding] = told
    assert (finding.flows.tolist(), finding.frames, finding.confidence) == ([1], (8,), found.CERTAIN)


def test_only_the_names_that_are_wanted_are_told(
    result: CaptureResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched(result, monkeypatch, [EXACT])
    context = Context(result, Rules(), search.WANTS)
    context.marks = np.full(3, ALL_FINDINGS, np.uint32)
    assert search.tell(context, np.array([1]), 1 << found.OUTAGE) == []
    assert [each.name for each in search.tell(context, np.array([1]), 1 << found.SYN_RETRIES)] == [
        found.SYN_RETRIES
    ]


def test_what_rests_on_missing_frames_is_less_sure_where_frames_were_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, [finding] = searched(analyzed(drops=3), monkeypatch, [HOLDING])
    assert finding.confidence == found.LIKELY


def test_wide_findings_mark_the_flows_that_they_explain(
    result: CaptureResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []

    def gather(context: Context, picked: Picked, rows: Rows) -> Iterable[Finding]:
        seen.append((context.marks.tolist(), picked.tolist(), rows.frame.tolist()))
        proof = Proof([3, 9], context.result.start_ns, kinds.MISSING)
        everyone = np.arange(len(context.result.flows))
        yield context.finding(found.SEEN_TWICE, "twice", "", proof, found.OF_CAPTURE, everyone[:0])
        yield context.finding(found.MIDDLEBOX_TIMEOUT, "cut", "", proof, found.OF_PATH, everyone[:2])

    def needed(flows: Flows) -> Mask:
        return flows.probe("probes").any(axis=1)

    names = (found.SEEN_TWICE, found.MIDDLEBOX_TIMEOUT)
    wide = WideCheck(names, gather, needed, wants=(kinds.ICMP, kinds.KEEPALIVE_PROBE))
    findings, told = searched(result, monkeypatch, [EXACT], [wide])
    retries, cut = 1 << found.SYN_RETRIES, 1 << found.MIDDLEBOX_TIMEOUT
    assert seen == [([0, retries, 0], [0], [11, 12, 13])]  # the answer comes with the probe
    assert findings.marks.tolist() == [cut, cut | retries, 0]
    assert [each.name for each in findings.wide] == [found.MIDDLEBOX_TIMEOUT, found.SEEN_TWICE]
    assert [each.name for each in told] == [found.SYN_RETRIES]


def test_a_case_has_what_every_check_gets(result: CaptureResult, monkeypatch: pytest.MonkeyPatch) -> None:
    searched(result, monkeypatch, [EXACT])
    context = Context(result, Rules(), search.WANTS)
    context.marks = np.zeros(3, np.uint32)
    probed, again, _ = context.cases(np.array([0, 1, 2]))
    assert (probed.endpoint(0), probed.endpoint(1)) == ("10.0.0.1:40000", "10.0.0.2:443")
    assert (probed.name(0), probed.name(1)) == ("client", "server")
    assert probed.frames(kinds.KEEPALIVE_PROBE) == [11]
    assert probed.frames(kinds.KEEPALIVE_PROBE, kinds.KEEPALIVE_REPLY, kinds.ICMP) == [11, 12]
    assert [run.probes for run in probed.runs] == [1]
    assert probed.timers(0).times_ns == [59_970_000_000] and not probed.timers(1).times_ns
    assert again.frames(*WANTS) == [8]  # SYN-ACKs only where a finding on it wants them
    assert context.cases(np.array([1]))[0] is again


def test_events_that_a_marked_finding_wants_are_in_its_case(
    result: CaptureResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    findings, _ = searched(result, monkeypatch, [EXACT])
    context = Context(result, Rules(), search.WANTS)
    context.marks = findings.marks
    assert context.cases(np.array([1]))[0].frames(*WANTS) == [8, 9]


def test_columns(result: CaptureResult) -> None:
    (flows,) = Context(result, Rules(), search.WANTS).stretches()
    assert flows.rows.tolist() == [0, 1, 2]
    assert flows.probe("probes").tolist() == [[1, 0], [0, 0], [0, 0]]
    assert (flows.probe("probes") - 2).min() == -2  # counts do not wrap
    assert flows.side("syn_count").tolist() == [[1, 1], [2, 1], [2, 0]]
    assert flows.side_marked(kinds.SIDE_SENT).tolist() == [[True, True], [True, True], [True, False]]
    assert flows.judged(kinds.NO_ANSWER, kinds.REFUSED).tolist() == [False, False, True]
    assert flows.marked(kinds.FLOW_ICMP).tolist() == [True, False, False]
    assert flows.talk(str(TALK_SIDE.names[0]))[[0, 2]].tolist() == [[0, 0]] * 2  # no message twice
    assert not nobody(flows).any()


def test_client_and_server_whoever_was_seen_first() -> None:
    result = analyzed("0 s>c PA 0+9:0\n0.1 c>s A 0:9\n0.2 c>s PA 0+5:9\n0.3 s>c A 9:5")
    (flows,) = Context(result, Rules(), search.WANTS).stretches()
    assert flows.side("bytes").tolist() == [[9, 5]]
    assert flows.ends(flows.side("bytes")).tolist() == [[5, 9]]


def test_what_several_checks_need_is_made_once(result: CaptureResult) -> None:
    context = Context(result, Rules(), search.WANTS)
    assert context.made(object_of) is context.made(object_of)


def object_of(context: Context) -> object:
    return object()


def test_arp_is_there_for_those_who_want_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of no flow come with a case where its check wants ARP, and only there."""
    arp = struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + bytes(6) + bytes([10, 0, 0, 1]) + bytes(10)
    frame = b"\xff" * 6 + bytes(6) + b"\x08\x06" + arp
    content = wire.pcap_bytes(timeline(OPENING).records)
    content += struct.pack("<IIII", 1_700_000_005, 0, len(frame), len(frame)) + frame
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "arp.pcap"
        path.write_bytes(content)
        (result,) = analyze([str(path)], Options(packets=True)).captures
    counts: list[int] = []

    def tell(case: Case) -> Finding | None:
        counts.append(len(case.arp))
        return None

    for wants in ((), (kinds.ARP_ASK,)):
        searched(result, monkeypatch, [Check(found.ARP_UNANSWERED, everything, tell, wants=wants)])
    assert counts == [0, 1]


def test_each_finding_has_one_check() -> None:
    names = [check.name for check in search.CHECKS]
    names += [name for check in search.WIDE_CHECKS for name in check.names]
    assert len(names) == len(set(names))
    assert len(found.WORDS) == len(found.SEVERITY) <= 32
    codes = {word: getattr(found, word.upper()) for word in found.WORDS}
    assert list(codes.values()) == list(range(len(found.WORDS)))


def test_no_candidate_is_left_out_by_where_it_is_looked_for(recorded: Path) -> None:
    narrow = [check for check in search.CHECKS if check.among is not everyone]
    left_out = 0
    for capture in analyze([str(recorded)]).captures:
        context = Context(capture, Rules(), search.WANTS)
        for row in range(min(len(capture.flows), 20)):
            flows = Flows.of(context, np.array([row]))
            for check in narrow:
                if not len(check.among(flows)):
                    assert not check.candidates(flows).any()
                    left_out += 1
    assert left_out > 100


def test_where_few_are_left_candidates_are_the_same() -> None:
    capture = analyzed()
    context = Context(capture, Rules(), search.WANTS)
    (flows,) = context.stretches()
    assert flows.probed().rows.tolist() == [0]
    assert flows.mutual() is flows  # two of three: not worth a copy
    [outage] = [check for check in search.CHECKS if check.name == found.OUTAGE]
    assert search.candidates_of(outage, flows).tolist() == flows.rows[outage.candidates(flows)].tolist()
