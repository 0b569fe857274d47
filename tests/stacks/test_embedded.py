"""Small stacks: lwIP, FreeRTOS+TCP, and uIP (Contiki), which does not answer every probe.

- lwIP: 7200 s, 75 s, 9 probes of no data; a RST with its default window when time is up, at ticks of 0.5 s:
  https://github.com/lwip-tcpip/lwip/blob/master/src/include/lwip/priv/tcp_priv.h
  https://github.com/lwip-tcpip/lwip/blob/master/src/core/tcp.c (tcp_slowtmr), tcp_out.c (tcp_keepalive)
- FreeRTOS+TCP: 20 s (ipconfigTCP_KEEP_ALIVE_INTERVAL in its demos), 3 s while unanswered, no data; after
  four it goes to CLOSE_WAIT and sends nothing:
  https://github.com/FreeRTOS/FreeRTOS-Plus-TCP/blob/main/source/FreeRTOS_TCP_Transmission.c
  It counts from the last segment received (prvTCPTouchSocket in FreeRTOS_TCP_State_Handling.c), and so
  does lwIP (tmr, set in tcp_in.c)
- uIP: answers a probe that has an octet, and none without data:
  https://github.com/contiki-os/contiki/issues/558
"""

from __future__ import annotations

from collections.abc import Callable

from .crafted import Run, Timers, Told

Tell = Callable[..., Told]

OPENING = """
    0.000   c>s  S   0          mss=1460     = syn
    0.010   s>c  SA  0:1        mss=1460     = syn_ack
    0.011   c>s  A   1:1                     = handshake_ack
    0.020   c>s  PA  1+100:1                 = data
    0.030   s>c  PA  1+200:101               = data
    0.250   c>s  A   101:201                 = ack
"""


def test_lwip_gives_up_after_nine_probes(tell: Tell) -> None:
    """lwIP: each is up to a tick of 0.5 s late, all counted from the last segment that came in."""
    told = tell(
        OPENING
        + """
        7200.500  c>s  A   100:201               = keepalive_probe
        7275.500  c>s  A   100:201               = keepalive_probe
        7350.500  c>s  A   100:201               = keepalive_probe
        7425.500  c>s  A   100:201               = keepalive_probe
        7500.500  c>s  A   100:201               = keepalive_probe
        7575.500  c>s  A   100:201               = keepalive_probe
        7650.500  c>s  A   100:201               = keepalive_probe
        7725.500  c>s  A   100:201               = keepalive_probe
        7800.500  c>s  A   100:201               = keepalive_probe
        7875.500  c>s  RA  101:201    win=2144   = keepalive_timeout
        """
    )
    assert told.problems() == []
    assert told.verdict == "peer_dead"
    assert told.timers() == Timers(7200.47, 75.0, 9)  # the setting, and the tick's rest
    assert told.runs() == [Run("client", 9, 0, 7200.47, "gave_up")]


def test_freertos_goes_silent_after_four_probes(tell: Tell) -> None:
    """FreeRTOS+TCP: the first one is answered, four are not, and the socket says nothing more."""
    told = tell(
        OPENING
        + """
        20.030   c>s  A   100:201    = keepalive_probe
        20.040   s>c  A   201:101    = keepalive_reply 7
        40.040   c>s  A   100:201    = keepalive_probe
        43.040   c>s  A   100:201    = keepalive_probe
        46.040   c>s  A   100:201    = keepalive_probe
        49.040   c>s  A   100:201    = keepalive_probe
        """,
        end=120.0,
    )
    assert told.problems() == []
    assert told.verdict == "peer_dead"
    assert told.timers() == Timers(20.0, 3.0, None)
    assert told.runs() == [Run("client", 5, 1, 20.0, "unanswered")]


def test_uip_ignores_probes_without_data_and_is_alive(tell: Tell) -> None:
    """uIP as a sensor: probes of no data go unanswered, readings come all the same."""
    told = tell(
        OPENING
        + """
        10.030   c>s  A   100:201       = keepalive_probe
        15.030   c>s  A   100:201       = keepalive_probe
        20.030   c>s  A   100:201       = keepalive_probe
        22.000   s>c  PA  201+20:101    = data 9
        22.010   c>s  A   101:221       = ack
        32.000   c>s  A   100:221       = keepalive_probe
        37.000   c>s  A   100:221       = keepalive_probe
        42.000   s>c  PA  221+20:101    = data 13
        42.010   c>s  A   101:241       = ack
        """
    )
    assert told.problems() == []
    assert told.verdict == "alive"
    assert told.timers() == Timers(10.0, 5.0, None)
    assert told.runs() == [
        Run("client", 3, 1, 10.0, "answered"),
        Run("client", 2, 1, 10.0, "answered"),
    ]


def test_uip_answers_a_garbage_octet(tell: Tell) -> None:
    """uIP and a Windows prober: the octet is answered, with no D-SACK, for uIP knows no SACK."""
    told = tell(
        OPENING
        + """
        7200.030   c>s  A   100+1:201    = keepalive_probe
        7200.130   s>c  A   201:101      = keepalive_reply 7
        14400.130  c>s  A   100+1:201    = keepalive_probe
        14400.230  s>c  A   201:101      = keepalive_reply 9
        """
    )
    assert told.problems() == []
    assert told.verdict == "alive"
    assert told.timers() == Timers(7200.0, None, None)
