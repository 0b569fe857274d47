"""Columns that several families share."""

from __future__ import annotations

import numpy as np
import pytest

from analyzer.diagnose.context import Context, Flows
from analyzer.diagnose.findings import WANTS
from analyzer.diagnose.findings.columns import heard_until, pending_octets
from analyzer.rules import Rules
from tests.diagnose.support import OPENING, SECOND, Case, tell
from tests.helpers.timeline import START_NS


def flows_of(case: Case) -> Flows:
    return Flows.of(Context(case.result, Rules(), WANTS), np.array([0]))


@pytest.mark.parametrize(
    ("story", "octets"),
    [
        ("", (0, 0)),
        ("1 c>s PA 101+90:201", (90, 0)),
        ("1 c>s PA 101+90:201\n1.1 s>c A 201:131", (60, 0)),
        ("1 c>s FA 101:201", (0, 0)),
        ("1 c>s FPA 101+5:201\n1.1 s>c PA 201+7:101", (5, 7)),
        ("1 c>s FA 101:201\n1.1 s>c A 201:102", (0, 0)),
    ],
)
def test_pending_octets_are_payload(story: str, octets: tuple[int, int]) -> None:
    assert pending_octets(flows_of(tell(OPENING + story)))[0].tolist() == list(octets)


def test_pending_octets_across_the_end_of_the_numbers() -> None:
    case = tell(OPENING + "1 c>s PA 101+90:201", initial={"c": 2**32 - 120})
    assert pending_octets(flows_of(case))[0].tolist() == [90, 0]


def test_nothing_is_known_to_be_pending_where_nothing_was_acknowledged() -> None:
    assert pending_octets(flows_of(tell("1 c>s PA 101+90:201\n2 c>s PA 191+9:201")))[0].tolist() == [0, 0]


def test_a_rst_that_ends_a_connection_is_not_hearing_its_sender() -> None:
    """It may come from anybody; the side was last heard before."""
    until_ns = heard_until(flows_of(tell(OPENING + "9 s>c RA 201:101")))[0].tolist()
    assert until_ns == [START_NS + 40_000_000, START_NS + 30_000_000]
    until_ns = heard_until(flows_of(tell(OPENING + "9 s>c A 201:101")))[0].tolist()
    assert until_ns == [START_NS + 40_000_000, START_NS + 9 * SECOND]
