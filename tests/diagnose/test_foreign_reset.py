"""What the header of a RST from elsewhere gives away, and how sure that is."""

from __future__ import annotations

import pytest

from analyzer import found
from analyzer.diagnose.foreign_reset import hops_of
from tests.diagnose.support import OPENING, tell


@pytest.mark.parametrize(
    ("ttl", "hops"), [(64, 0), (63, 1), (255, 0), (32, 0), (33, 31), (128, 0), (129, 126), (1, 31)]
)
def test_distance_from_the_next_usual_ttl(ttl: int, hops: int) -> None:
    assert hops_of(ttl) == hops


@pytest.mark.parametrize(
    ("reset", "confidence", "said"),
    [
        ("win=0 ttl=60", found.LIKELY, "its TTL 60 puts it 4 hops away, all else from there 0"),
        ("win=0 ttl=63", found.POSSIBLE, "its TTL 63 puts it 1 hop away, all else from there 0"),
        ("win=0 ttl=254", found.POSSIBLE, "its TTL 254 puts it 1 hop away"),
        ("win=9300 ttl=63", found.LIKELY, "a Citrix NetScaler says of a connection idle for too long"),
    ],
)
def test_by_one_hop_a_route_may_change(reset: str, confidence: int, said: str) -> None:
    case = tell(OPENING + f"9 s>c R 201 {reset}")
    assert case.verdict == "middlebox_reset"
    [finding] = case.findings
    assert said in finding.summary == case.reason
    assert finding.confidence == confidence
