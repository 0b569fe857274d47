"""After which silence a connection was gone, and what broke it."""

from __future__ import annotations

import numpy as np
import pytest

from analyzer import kinds
from analyzer.diagnose import Context
from analyzer.diagnose.evidence import Evidence, bits_of
from analyzer.diagnose.findings.idle_timeouts import WIDE_CHECKS
from analyzer.diagnose.findings.search import WANTS
from analyzer.diagnose.findings.silent_deaths import Death, deaths_of
from analyzer.rules import Rules
from tests.diagnose.support import OPENING, tell
from tests.helpers.timeline import START_NS

PROBED = OPENING + "60 c>s A 100:201\n60.1 s>c A 201:101\n"


def deaths(text: str, end: float | None = None) -> list[Death]:
    result = tell(text, end=end).result
    context = Context(result, Rules(), WANTS)
    [check] = WIDE_CHECKS
    wants = bits_of(check.wants)
    evidence = Evidence(result.labelled, np.full(len(result.flows) + 1, wants, np.uint32), wants)
    (flows,) = context.stretches()
    picked = flows.rows[check.candidates(flows)]
    return [Death._make(row) for row in deaths_of(context, picked, evidence.of(picked, check.wants)).tolist()]


@pytest.mark.parametrize(
    ("story", "idle_s", "frame"),
    [
        ("120 c>s A 100:201\n130 c>s A 100:201\n140 c>s RA 101:201", 59.9, 9),
        # the peer's own probe, answered, broke the silence before
        (
            "100 s>c A 200:101\n100.1 c>s A 101:201\n"
            "120 c>s A 100:201\n130 c>s A 100:201\n140 c>s RA 101:201",
            19.9,
            11,
        ),
        ("120 c>s A 100:201\n120.1 s>c R 201 win=0 ttl=250", 59.9, 9),
        ("120 s>c R 201 win=0 ttl=250", 59.9, 9),
        ("120 c>s PA 101+9:201\n120.1 s>c R 201 win=0 ttl=250", 59.9, 9),
        ("120 c>s PA 101+9:201\n121 c>s PA 101+9:201\n125 c>s PA 101+9:201\n133 c>s PA 101+9:201", 59.9, 9),
    ],
)
def test_silence_before_the_segment_that_broke_it(story: str, idle_s: float, frame: int) -> None:
    [death] = deaths(PROBED + story, end=200)
    assert (death.peer, death.frame) == (1, frame)
    assert death.idle_ns / 1e9 == pytest.approx(idle_s, abs=0.2)
    assert START_NS < death.tried_ns <= death.end_ns


def test_what_was_answered_is_no_death() -> None:
    assert deaths(PROBED + "120 c>s A 100:201\n120.1 s>c R 201 win=0") == []  # rebooted
    assert deaths(PROBED) == []


def test_a_reset_amid_traffic_is_no_death_after_a_silence() -> None:
    assert deaths(OPENING + "0.1 c>s PA 101+9:201\n0.2 s>c R 201 win=0 ttl=250") == []


def test_window_probes_tell_of_no_silence() -> None:
    closed = (
        OPENING
        + "1 s>c A 201:101 win=0\n2 c>s A 100:201\n4 c>s A 100:201\n8 c>s A 100:201\n12 c>s RA 101:201"
    )
    assert [death for death in deaths(closed) if death.idle_ns > 2_000_000_000] == []
    assert kinds.ZERO_WINDOW_PROBE not in WIDE_CHECKS[0].wants
