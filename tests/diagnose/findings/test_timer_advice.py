"""What to paste: for the connection, and in the words of the stack that probed."""

from __future__ import annotations

import pytest

from tests.diagnose.support import OPENING, tell

WINDOWS = "".join(f"{7200.03 + n} c>s A 100+1:201\n" for n in range(10)) + "7210.03 c>s RA 101:201"


@pytest.mark.parametrize(
    ("story", "setting"),
    [
        # Linux, and its like: seven probes 75 s apart
        (
            "".join(f"{7200.04 + 75 * n} c>s A 100:201\n" for n in range(9)) + "7875.04 c>s RA 101:201",
            "for all of Linux `sysctl -w net.ipv4.tcp_keepalive_time=60 net.ipv4.tcp_keepalive_intvl=10",
        ),
        # Windows: one octet, each second
        (
            WINDOWS,
            "`setsockopt SO_KEEPALIVE 1, TCP_KEEPIDLE 60, TCP_KEEPINTVL 10, TCP_KEEPCNT 6`",
        ),
    ],
)
def test_a_setting_for_who_probes_too_slowly(story: str, setting: str) -> None:
    case = tell(OPENING + story)
    [slow] = [each for each, name in zip(case.findings, case.found, strict=True) if name == "slow_detection"]
    assert slow.advice.startswith("On 10.0.0.1: ")
    assert setting in slow.advice


def test_windows_gets_its_own_words() -> None:
    case = tell((OPENING + WINDOWS).replace("c>s", "c>s ttl=128"))
    [slow] = [each for each, name in zip(case.findings, case.found, strict=True) if name == "slow_detection"]
    assert "Windows" in slow.advice and "sysctl" not in slow.advice
