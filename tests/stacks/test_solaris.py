"""Solaris and illumos: one octet with PSH, sent again after twice as long each time, given up in silence.

- 7200 s of idleness, abort after 8 minutes more (tcp_keepalive_interval, tcp_keepalive_abort_interval):
  https://docs.oracle.com/cd/E19082-01/819-2724/fsvdg/index.html
  https://docs.oracle.com/cd/E19082-01/819-2724/fsvdh/index.html
- Counted from the last segment received (tcp_last_recv_time, in tcp_timers.c as below). The first pause
  is the retransmission timeout, each further one twice the last, up to the longest timeout;
  or a fixed pause and number (TCP_KEEPINTVL, TCP_KEEPCNT). The octet is zero and has the number of the
  last acknowledged one. Aborting tells the application and sends nothing:
  https://github.com/illumos/illumos-gate, usr/src/uts/common/inet/tcp: tcp_timers.c (tcp_keepalive_timer),
  tcp.c (tcp_clean_death)
- A segment with data has PSH when nothing else waits to be sent, which is so for a probe:
  the same, tcp_output.c (tcp_xmit_mp)

The numbers for both timeouts (0.4 s here and 60 s) are illumos's tcp_rexmit_interval_min and _max.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .crafted import Run, Timers, Told

Tell = Callable[..., Told]

OPENING = """
    0.000   c>s  S   0          mss=1460 ws=5     = syn
    0.010   s>c  SA  0:1        mss=1460 ws=7     = syn_ack
    0.011   c>s  A   1:1                          = handshake_ack
    0.020   c>s  PA  1+100:1                      = data
    0.030   s>c  PA  1+200:101                    = data
    0.040   c>s  A   101:201                      = ack
"""

BACKOFF = """
    7200.030   c>s  {flags}  100+1:201   = keepalive_probe
    7200.430   c>s  {flags}  100+1:201   = keepalive_probe
    7201.230   c>s  {flags}  100+1:201   = keepalive_probe
    7202.830   c>s  {flags}  100+1:201   = keepalive_probe
    7206.030   c>s  {flags}  100+1:201   = keepalive_probe
    7212.430   c>s  {flags}  100+1:201   = keepalive_probe
    7225.230   c>s  {flags}  100+1:201   = keepalive_probe
    7250.830   c>s  {flags}  100+1:201   = keepalive_probe
    7302.030   c>s  {flags}  100+1:201   = keepalive_probe
    7362.030   c>s  {flags}  100+1:201   = keepalive_probe
    7422.030   c>s  {flags}  100+1:201   = keepalive_probe
    7482.030   c>s  {flags}  100+1:201   = keepalive_probe
    7542.030   c>s  {flags}  100+1:201   = keepalive_probe
    7602.030   c>s  {flags}  100+1:201   = keepalive_probe
    7662.030   c>s  {flags}  100+1:201   = keepalive_probe
"""
"""Up to 480 s, and then nothing at 7722.03 s, when the timer finds that they are over."""

PUSHED = pytest.param("PA", id="with PSH, as the source has it")
UNPUSHED = pytest.param("A", id="without PSH")
each_form = pytest.mark.parametrize("flags", [PUSHED, UNPUSHED])


@each_form
def test_probes_are_answered(tell: Tell, flags: str) -> None:
    """The peer lives: one probe every two hours."""
    told = tell(
        OPENING
        + f"""
        7200.030   c>s  {flags}  100+1:201                  = keepalive_probe
        7200.040   s>c  A        201:101    sack=100-101    = keepalive_reply 7
        14400.040  c>s  {flags}  100+1:201                  = keepalive_probe
        14400.050  s>c  A        201:101    sack=100-101    = keepalive_reply 9
        """
    )
    assert told.problems() == []
    assert told.verdict == "alive"
    assert told.timers() == Timers(7200.0, None, None)


@each_form
def test_the_pause_doubles_and_the_end_is_silence(tell: Tell, flags: str) -> None:
    """The peer is gone: probes back off like window probes, but the window is open."""
    told = tell(OPENING + BACKOFF.format(flags=flags), end=9000.0)
    assert told.problems() == []
    assert told.verdict == "peer_dead"
    assert told.timers().time_s == 7200.0
    assert told.timers().count is None
    assert told.runs() == [Run("client", 15, 0, 7200.0, "unanswered")]


def test_backing_off_has_no_interval(tell: Tell) -> None:
    """No setting of the prober is 38.4 s, the median of pauses from 0.4 s to 60 s."""
    told = tell(OPENING + BACKOFF.format(flags="A"), end=9000.0)
    assert told.timers().interval_s is None


@each_form
def test_fixed_interval_and_count(tell: Tell, flags: str) -> None:
    """TCP_KEEPIDLE 60, TCP_KEEPINTVL 10, TCP_KEEPCNT 3: regular, and silent at the end."""
    told = tell(
        OPENING
        + f"""
        60.030   c>s  {flags}  100+1:201   = keepalive_probe
        70.030   c>s  {flags}  100+1:201   = keepalive_probe
        80.030   c>s  {flags}  100+1:201   = keepalive_probe
        """,
        end=200.0,
    )
    assert told.problems() == []
    assert told.verdict == "peer_dead"
    assert told.timers() == Timers(60.0, 10.0, None)


def test_window_probes_are_new_data(tell: Tell) -> None:
    """A closed window is probed with the next octet (RFC 9293 3.8.6.1), backing off the same way."""
    told = tell(
        OPENING
        + """
        1.000   c>s  PA  101+100:201               = data
        1.010   s>c  A   201:201       win=0       = zero_window
        1.410   c>s  A   201+1:201                 = zero_window_probe
        1.420   s>c  A   201:201       win=0       = zero_window_reply 9
        2.210   c>s  A   201+1:201                 = zero_window_probe
        2.220   s>c  A   201:201       win=0       = zero_window_reply 11
        3.810   c>s  A   201+1:201                 = zero_window_probe
        3.820   s>c  A   201:201       win=0       = zero_window_reply 13
        """
    )
    assert told.problems() == []
    assert told.verdict == "alive"
    assert told.runs() == []
