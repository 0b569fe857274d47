"""Keep-alive works, yet the connection is ended a known time after the last payload. Crafted."""

from __future__ import annotations

import pytest

from analyzer import found
from tests.diagnose.support import OPENING, tell

PROBED = OPENING + "20 c>s A 100:201\n20.1 s>c A 201:101\n40 c>s A 100:201\n40.1 s>c A 201:101\n"


@pytest.mark.parametrize(
    ("end", "word"),
    [
        ("60.03 s>c FA 201:101\n60.1 c>s FA 101:202\n60.2 s>c A 202:102", "FIN"),
        ("60.3 s>c FA 201:101\n60.4 c>s A 101:202", "FIN"),
        ("60.1 s>c RA 201:101", "RST"),
    ],
)
def test_ended_a_minute_after_the_last_payload(end: str, word: str) -> None:
    case = tell(PROBED + end)
    [finding] = [each for each in case.findings if each.name == found.LB_COUNTS_PAYLOAD_ONLY]
    assert finding.frames == (8, 10, 11)
    assert finding.summary.startswith(f"{word} with the server's address in frame 11, 60.")
    assert "though 2 probes in between were answered (frames 8, 10)" in finding.summary
    assert "AWS Application Load Balancer, AWS Classic Load Balancer does after 60 s" in finding.summary
    assert finding.confidence == found.POSSIBLE  # the server's own idle timeout may be the same
    assert "heartbeat each 30 s" in finding.advice
    assert "idle_timeout.timeout_seconds,Value=120" in finding.advice


@pytest.mark.parametrize(
    "story",
    [
        PROBED + "50 s>c FA 201:101\n50.1 c>s FA 101:202",  # nobody's time
        PROBED + "61 s>c FA 201:101\n61.1 c>s FA 101:202",
        PROBED + "60.05 c>s FA 101:201\n60.1 s>c FA 201:102",  # the prober said goodbye
        OPENING + "60.05 s>c FA 201:101\n60.1 c>s FA 101:202",  # unprobed: it may count segments
        PROBED
        + "45 c>s A 100:201\n50 c>s A 100:201\n60.05 s>c FA 201:101\n60.1 c>s FA 101:202",  # a probe was lost
        PROBED + "50 s>c PA 201+9:101\n50.1 c>s A 101:210\n60.05 s>c FA 210:101\n60.1 c>s FA 101:211",
        OPENING + "20 s>c A 200:101\n20.1 c>s A 101:201\n60.05 s>c FA 201:101\n60.1 c>s FA 101:202",
    ],
)
def test_what_else_ends_connections(story: str) -> None:
    assert "lb_counts_payload_only" not in tell(story).found
