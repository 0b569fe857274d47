"""The gravest first."""

from __future__ import annotations

import numpy as np

from analyzer import found
from analyzer.facts import Findings
from analyzer.kinds import SEVERITY_WORDS, VERDICT_WORDS
from analyzer.present.urgency import VERDICT_ORDER, most_urgent, severities
from analyzer.tables import Filters, choose
from tests.helpers_result import life


def test_every_verdict_has_its_place() -> None:
    assert sorted(VERDICT_ORDER) == list(range(len(VERDICT_WORDS)))


def test_by_severity_then_verdict() -> None:
    result = life()
    result.findings = Findings.none(len(result.flows))
    urgent = most_urgent(choose([result], Filters()))
    assert [VERDICT_WORDS[code] for code in urgent.field("verdict").tolist()] == [
        "peer_dead", "peer_rebooted", "probing", "no_answer", "refused", "alive", "closed",
    ]  # fmt: skip


def test_a_finding_can_be_graver_than_the_verdict() -> None:
    result = life()
    marks = np.zeros(len(result.flows), np.uint32)
    closed = int(np.flatnonzero(result.flows["verdict"] == VERDICT_WORDS.index("closed"))[0])
    marks[closed] = 1 << found.APP_HUNG
    result.findings = Findings(marks)
    urgent = most_urgent(choose([result], Filters()))
    assert VERDICT_WORDS[urgent.field("verdict")[2]] == "closed"
    assert [SEVERITY_WORDS[each] for each in severities(urgent).tolist()][:3] == ["problem"] * 3
