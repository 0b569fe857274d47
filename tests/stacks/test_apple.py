"""macOS, iOS and tvOS (xnu): 7200 s, 75 s, 8 probes, no data, no timestamps.

- Defaults: https://github.com/apple-oss-distributions/xnu/blob/main/bsd/netinet/tcp_timer.h
- Counted from the last segment received (t_rcvtime): tcp_input.c and tcp_timer.c beside it
- Probes without the timestamps that were negotiated (one capture, system not named):
  https://github.com/firezone/firezone/issues/6778
- The same from an Apple TV, which sends a RST when illumos did not answer:
  https://github.com/TritonDataCenter/smartos-live/issues/535
"""

from __future__ import annotations

from collections.abc import Callable

from .crafted import Run, Timers, Told

Tell = Callable[..., Told]

OPENING = """
    0.000     c>s  S   0          mss=1460 ws=6 ts=700/0 sackok      = syn
    0.010     s>c  SA  0:1        mss=1460 ws=7 ts=90000/700 sackok  = syn_ack
    0.011     c>s  A   1:1        ts=711/90000                       = handshake_ack
    0.020     c>s  PA  1+100:1    ts=720/90000                       = data
    0.030     s>c  PA  1+200:101  ts=90030/720                       = data
    0.040     c>s  A   101:201    ts=740/90030                       = ack
"""


def test_xnu_probes_without_timestamps_and_linux_answers_with_them(tell: Tell) -> None:
    """macOS and iOS: the answer echoes the last timestamp that Linux took in, not one of the probe."""
    told = tell(
        OPENING
        + """
        7200.030   c>s  A   100:201                     = keepalive_probe
        7200.040   s>c  A   201:101   ts=7290040/740    = keepalive_reply 7
        14400.040  c>s  A   100:201                     = keepalive_probe
        14400.050  s>c  A   201:101   ts=14490050/740   = keepalive_reply 9
        """
    )
    assert told.problems() == []
    assert told.verdict == "alive"
    assert told.timers() == Timers(7200.0, None, None)
    assert told.runs() == [Run("client", 2, 2, 7200.0, "answered")]


def test_xnu_gives_up_on_a_peer_that_wants_timestamps(tell: Tell) -> None:
    """Apple TV: illumos of 2015 to 2017 drops probes without timestamps; after the eighth a RST."""
    told = tell(
        OPENING
        + """
        7200.030  c>s  A   100:201                = keepalive_probe
        7275.030  c>s  A   100:201                = keepalive_probe
        7350.030  c>s  A   100:201                = keepalive_probe
        7425.030  c>s  A   100:201                = keepalive_probe
        7500.030  c>s  A   100:201                = keepalive_probe
        7575.030  c>s  A   100:201                = keepalive_probe
        7650.030  c>s  A   100:201                = keepalive_probe
        7725.030  c>s  A   100:201                = keepalive_probe
        7800.030  c>s  RA  101:201                = keepalive_timeout
        """
    )
    assert told.problems() == []
    assert told.verdict == "peer_dead"  # so the prober believed; the capture cannot know better
    assert told.timers() == Timers(7200.0, 75.0, 8)
    assert told.runs() == [Run("client", 8, 0, 7200.0, "gave_up")]
