"""FreeBSD, OpenBSD, NetBSD, and what older ones left behind: 7200 s, 75 s, 8 probes.

All count from the last segment received (t_rcvtime, in 4.3BSD t_idle; tcp_input.c beside what follows).

- FreeBSD: timestamps on the probe where they were negotiated (tcp_respond), tcp_drop sends RST+ACK; probes
  on every connection (always_keepalive):
  https://github.com/freebsd/freebsd-src/blob/main/sys/netinet/tcp_timer.c (tcp_timer_keep), tcp_subr.c
- OpenBSD: no more than a state of CLOSING, dropped after 8 times 75 s:
  https://github.com/openbsd/src/blob/master/sys/netinet/tcp_timer.c (tcp_timer_keep)
- NetBSD: no probes in states after CLOSE_WAIT:
  https://github.com/NetBSD/src/blob/trunk/sys/netinet/tcp_timer.c (tcp_timer_keep)
- 4.3BSD with TCP_COMPAT_42: one octet, and the acknowledgment is one too low:
  https://github.com/weiss/original-bsd/blob/master/sys/netinet/tcp_timer.c (TCPT_KEEP), tcp_subr.c

RSTs here have no options: not told for any of them.
"""

from __future__ import annotations

from collections.abc import Callable

from .crafted import Run, Timers, Told

Tell = Callable[..., Told]

OPENING = """
    0.000   c>s  S   0          mss=1460 ws=6     = syn
    0.010   s>c  SA  0:1        mss=1460 ws=7     = syn_ack
    0.011   c>s  A   1:1                          = handshake_ack
    0.020   c>s  PA  1+100:1                      = data
    0.030   s>c  PA  1+200:101                    = data
    0.130   c>s  A   101:201                      = ack
"""


def test_freebsd_gives_up_after_eight_probes(tell: Tell) -> None:
    """FreeBSD: timestamps on each probe, counted in ms, and a RST one interval after the eighth."""
    told = tell(
        """
        0.000     c>s  S   0          mss=1460 ws=6 ts=5000/0 sackok      = syn
        0.010     s>c  SA  0:1        mss=1460 ws=7 ts=90000/5000 sackok  = syn_ack
        0.011     c>s  A   1:1        ts=5011/90000                       = handshake_ack
        0.020     c>s  PA  1+100:1    ts=5020/90000                       = data
        0.030     s>c  PA  1+200:101  ts=90030/5020                       = data
        0.130     c>s  A   101:201    ts=5130/90030                       = ack
        7200.030  c>s  A   100:201    ts=7205030/90030                    = keepalive_probe
        7200.040  s>c  A   201:101    ts=7290040/5130                     = keepalive_reply 7
        14400.040 c>s  A   100:201    ts=14405040/7290040                 = keepalive_probe
        14475.040 c>s  A   100:201    ts=14480040/7290040                 = keepalive_probe
        14550.040 c>s  A   100:201    ts=14555040/7290040                 = keepalive_probe
        14625.040 c>s  A   100:201    ts=14630040/7290040                 = keepalive_probe
        14700.040 c>s  A   100:201    ts=14705040/7290040                 = keepalive_probe
        14775.040 c>s  A   100:201    ts=14780040/7290040                 = keepalive_probe
        14850.040 c>s  A   100:201    ts=14855040/7290040                 = keepalive_probe
        14925.040 c>s  A   100:201    ts=14930040/7290040                 = keepalive_probe
        15000.040 c>s  RA  101:201                                        = keepalive_timeout
        """
    )
    assert told.problems() == []
    assert told.verdict == "peer_dead"
    assert told.timers() == Timers(7200.0, 75.0, 8)
    assert told.runs() == [Run("client", 9, 1, 7200.0, "gave_up")]


def test_openbsd_notices_that_the_peer_rebooted(tell: Tell) -> None:
    """OpenBSD: the second of two probes reaches a host that came back without the connection."""
    told = tell(
        OPENING
        + """
        7200.030  c>s  A   100:201            = keepalive_probe
        7275.030  c>s  A   100:201            = keepalive_probe
        7275.040  s>c  R   201       win=0    = keepalive_reset 8
        """
    )
    assert told.problems() == []
    assert told.verdict == "peer_rebooted"
    assert told.timers() == Timers(7200.0, 75.0, None)
    assert told.runs() == [Run("client", 2, 1, 7200.0, "reset")]


def test_netbsd_probes_in_close_wait(tell: Tell) -> None:
    """NetBSD: the peer closed, our application did not; when the probe comes, the peer has forgotten all."""
    told = tell(
        OPENING
        + """
        5.000     s>c  FA  201:101            = fin
        5.100     c>s  A   101:202            = ack
        7205.000  c>s  A   100:202            = keepalive_probe
        7205.010  s>c  R   202       win=0    = keepalive_reset 9
        """
    )
    assert told.problems() == []
    assert told.verdict == "half_closed"  # the side that answers with a RST had said goodbye
    assert told.timers() == Timers(7200.0, None, None)
    assert told.runs() == [Run("client", 1, 1, 7200.0, "reset")]


def test_netbsd_is_silent_after_its_own_fin(tell: Tell) -> None:
    """NetBSD: FIN_WAIT_2 comes after CLOSE_WAIT, so nobody probes however long the peer takes."""
    told = tell(
        OPENING
        + """
        5.000     c>s  FA  101:201    = fin
        5.010     s>c  A   201:102    = ack
        """,
        end=20_000.0,
    )
    assert told.problems() == []
    assert told.verdict == "half_closed"
    assert told.timers() == Timers(None, None, None)
    assert told.runs() == []


def test_bsd_43_probes_with_an_octet_and_an_old_acknowledgment(tell: Tell) -> None:
    """4.3BSD with TCP_COMPAT_42: SEG.SEQ = SND.UNA - 1, SEG.ACK = RCV.NXT - 1, one octet."""
    told = tell(
        OPENING
        + """
        7200.030   c>s  A   100+1:200   = keepalive_probe
        7200.040   s>c  A   201:101     = keepalive_reply 7
        14400.040  c>s  A   100+1:200   = keepalive_probe
        14475.040  c>s  A   100+1:200   = keepalive_probe
        14475.050  s>c  A   201:101     = keepalive_reply 10
        """
    )
    assert told.problems() == []
    assert told.verdict == "alive"
    assert told.timers() == Timers(7200.0, 75.0, None)
    assert told.runs() == [Run("client", 3, 2, 7200.0, "answered")]
