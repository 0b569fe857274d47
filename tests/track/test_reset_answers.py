"""Which RST answers a probe: one that can be made without knowing the connection (RFC 9293 3.5.2)."""

from __future__ import annotations

import pytest

from .support import OPENING, tell

PROBE = OPENING + "60 c>s A 0:1 = keepalive_probe\n"


@pytest.mark.parametrize(
    "answer",
    ["R 1 win=0", "RA 1:0 win=0", "RA 0:1 win=0"],
    ids=["bare", "with ACK of the probe", "with ACK, without a sequence number"],
)
def test_made_from_the_probe(answer: str) -> None:
    told = tell(PROBE + f"60.02 s>c {answer} = keepalive_reset 4")
    assert told.verdicts == ["peer_rebooted"]


@pytest.mark.parametrize("window", [0, 501])
def test_abort_of_an_application_is_none(window: int) -> None:
    """It has both next sequence numbers (windows-smb3.pcap, frame 1433: with window 0)."""
    told = tell(PROBE + f"60.02 s>c RA 1:1 win={window} = reset")
    assert told.verdicts == ["reset"]
    assert told.tracker.probings[0].side[told.flow.client].waiting == 1


def test_bare_one_at_another_place_is_none() -> None:
    told = tell(PROBE + "60.02 s>c R 901 win=0 = reset")
    assert told.verdicts == ["reset"]


def test_place_is_that_of_the_probe_not_of_what_was_sent_since() -> None:
    tell(PROBE + "60.01 s>c PA 1+9:0 = data\n60.02 s>c R 1 win=0 = keepalive_reset 4")
