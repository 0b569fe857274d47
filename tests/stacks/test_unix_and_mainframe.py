"""AIX, HP-UX, z/VM and z/OS, as far as their timers are told. None tells how it ends, so it ends in silence.

- AIX: tcp_keepidle 14400 and tcp_keepintvl 150 half seconds, tcp_keepcnt 8 (all second hand):
  https://community.progress.com/articles/Knowledge/20017 ; the count: `no -a` in a mailing list
- HP-UX 11: 7200 s, then every 10 s until 600 s are over (second hand):
  https://community.progress.com/articles/Knowledge/P75775
  HP's own paper has it retransmitted as data is, which is the form in `test_solaris`:
  http://www.manualshelf.com/manual/hp/hp-ux-11i-v3-onc-and-nfs-software/hp-ux-tcpip-performance-white-paper-march-2008/page-73.html
- z/VM: INTERVAL 120 minutes, SENDGARBAGE FALSE: no data; TRUE: one octet:
  https://www.ibm.com/docs/SSB27U_7.2.0/com.ibm.zvm.v720.kill0/kaopt.htm
- z/OS: INTERVAL 120 minutes, KEEPALIVEPROBEINTERVAL 75 s, KEEPALIVEPROBES 10, SENDGARBAGE FALSE:
  https://www.ibm.com/docs/en/zos/3.1.0?topic=statements-tcpconfig-statement

z/VM counts from the last packet received, and so do the others here, of which it is not told (RFC 9293
3.8.4, MUST-26). Probes without data where it is not told: RFC 9293 3.8.4 (SHLD-12).
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .crafted import Run, Timers, Told

Tell = Callable[..., Told]

OPENING = """
    0.000   c>s  S   0          mss=1460     = syn
    0.010   s>c  SA  0:1        mss=1460     = syn_ack
    0.011   c>s  A   1:1                     = handshake_ack
    0.020   c>s  PA  1+100:1                 = data
    0.030   s>c  PA  1+200:101               = data
    0.040   c>s  A   101:201                 = ack
"""


def unanswered(count: int, interval_s: int, octets: str = "") -> str:
    """So many probes after two hours, evenly spaced."""
    times = (7200.03 + each * interval_s for each in range(count))
    return "\n".join(f"{time:.3f}  c>s  A  100{octets}:201  = keepalive_probe" for time in times)


@pytest.mark.parametrize(
    ("count", "interval_s", "octets"),
    [
        pytest.param(8, 75, "", id="AIX"),
        pytest.param(60, 10, "", id="HP-UX 11"),
        pytest.param(10, 75, "", id="z/OS"),
        pytest.param(10, 75, "+1", id="z/OS with SENDGARBAGE TRUE"),
    ],
)
def test_nobody_answers(tell: Tell, count: int, interval_s: int, octets: str) -> None:
    """AIX, HP-UX, z/OS: all probes go unanswered, and nothing follows."""
    told = tell(OPENING + unanswered(count, interval_s, octets), end=10_000.0)
    assert told.problems() == []
    assert told.verdict == "peer_dead"
    assert told.timers() == Timers(7200.0, interval_s, None)
    assert told.runs() == [Run("client", count, 0, 7200.0, "unanswered")]


@pytest.mark.parametrize("octets", [pytest.param("", id="FALSE"), pytest.param("+1", id="TRUE")])
def test_zvm_with_and_without_garbage(tell: Tell, octets: str) -> None:
    """z/VM with SENDGARBAGE FALSE and TRUE: what the octet is does not matter, it was acknowledged before."""
    told = tell(
        OPENING
        + f"""
        7200.030   c>s  A  100{octets}:201    = keepalive_probe
        7200.040   s>c  A  201:101            = keepalive_reply 7
        14400.040  c>s  A  100{octets}:201    = keepalive_probe
        14400.050  s>c  A  201:101            = keepalive_reply 9
        """
    )
    assert told.problems() == []
    assert told.verdict == "alive"
    assert told.timers() == Timers(7200.0, None, None)
    assert told.flow.row["client_bytes"] == 100
