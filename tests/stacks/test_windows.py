"""Windows: one garbage octet, and retries one second apart.

- KeepAliveTime 7,200,000 ms and KeepAliveInterval 1,000 ms (Windows 2000):
  https://learn.microsoft.com/previous-versions/windows/it-pro/windows-2000-server/cc957549(v=technet.10)
  https://learn.microsoft.com/previous-versions/windows/it-pro/windows-2000-server/cc957548(v=technet.10)
- TcpMaxDataRetransmissions 5; that it is also the number of keep-alives:
  https://learn.microsoft.com/previous-versions/windows/it-pro/windows-2000-server/cc938210(v=technet.10)
- Windows Vista and later: 10 probes, which cannot be changed:
  https://learn.microsoft.com/windows/win32/winsock/sio-keepalive-vals
- Windows 10: TCP_KEEPCNT since 1703, TCP_KEEPIDLE and TCP_KEEPINTVL since 1709:
  https://github.com/golang/go/pull/65817
- One octet, ACK set (second hand, version unnamed): https://github.com/contiki-os/contiki/issues/558
- Counted from the last segment received: in hislip.pcap of nDPI probes come 30.00 s to 30.02 s after the
  peer's last segment, which is up to 30.24 s after their sender's own last one:
  https://github.com/ntop/nDPI/blob/dev/tests/cfgs/default/pcap/hislip.pcap
- A RST at the end (its options and window are not told): the SQL Server page below.

Whether the first probe is one of the five or ten is not told; "about 35 s" for 30 s and 5 times 1 s fits
either. A SYN without timestamps: https://github.com/xmrig/xmrig/issues/3300 (second hand).
"""

from __future__ import annotations

from collections.abc import Callable

from .crafted import Run, Timers, Told

Tell = Callable[..., Told]

OPENING = """
    0.000   c>s  S   0          mss=1460 ws=8 sackok     = syn
    0.010   s>c  SA  0:1        mss=1460 ws=7 sackok     = syn_ack
    0.011   c>s  A   1:1                                 = handshake_ack
    0.020   c>s  PA  1+100:1                             = data
    0.030   s>c  PA  1+200:101                           = data
    0.230   c>s  A   101:201                             = ack
"""


def test_windows_xp_probes_with_an_octet_that_linux_answers_with_d_sack(tell: Tell) -> None:
    """Windows 2000, XP and 2003: after 7200 s one octet, no PSH. Linux says it had that one (RFC 2883)."""
    told = tell(
        OPENING
        + """
        7200.030   c>s  A   100+1:201                     = keepalive_probe
        7200.040   s>c  A   201:101      sack=100-101     = keepalive_reply 7
        14400.040  c>s  A   100+1:201                     = keepalive_probe
        14400.050  s>c  A   201:101      sack=100-101     = keepalive_reply 9
        """
    )
    assert told.problems() == []
    assert told.verdict == "alive"
    assert told.timers() == Timers(7200.0, None, None)
    assert told.runs() == [Run("client", 2, 2, 7200.0, "answered")]
    assert told.flow.row["client_bytes"] == 100  # garbage is no data


def test_windows_xp_retries_five_times_a_second_apart(tell: Tell) -> None:
    """Windows 2000, XP and 2003: 7200 s, 1 s, TcpMaxDataRetransmissions 5, then a RST (second hand)."""
    told = tell(
        OPENING
        + """
        7200.030   c>s  A   100+1:201             = keepalive_probe
        7201.030   c>s  A   100+1:201             = keepalive_probe
        7202.030   c>s  A   100+1:201             = keepalive_probe
        7203.030   c>s  A   100+1:201             = keepalive_probe
        7204.030   c>s  A   100+1:201             = keepalive_probe
        7205.030   c>s  RA  101:201      win=0    = keepalive_timeout
        """
    )
    assert told.problems() == []
    assert told.verdict == "peer_dead"
    assert told.timers() == Timers(7200.0, 1.0, 5)
    assert told.runs() == [Run("client", 5, 0, 7200.0, "gave_up")]


def test_sql_server_knows_after_35_seconds(tell: Tell) -> None:
    """SQL Server 2005: 30 s, 1 s, 5 times, then it resets the connection, in about 35 s.

    https://learn.microsoft.com/archive/blogs/sql_protocols/understand-special-tcpip-property-keep-alive-in-sql-server-2005
    """
    told = tell(
        OPENING
        + """
        30.230   s>c  A   200+1:101             = keepalive_probe
        30.240   c>s  A   101:201               = keepalive_reply 7
        60.240   s>c  A   200+1:101             = keepalive_probe
        61.240   s>c  A   200+1:101             = keepalive_probe
        62.240   s>c  A   200+1:101             = keepalive_probe
        63.240   s>c  A   200+1:101             = keepalive_probe
        64.240   s>c  A   200+1:101             = keepalive_probe
        65.240   s>c  RA  201:101      win=0    = keepalive_timeout
        """
    )
    assert told.problems() == []
    assert told.verdict == "peer_dead"
    assert told.timers("server") == Timers(30.0, 1.0, 5)
    assert told.runs() == [Run("server", 6, 1, 30.0, "gave_up")]


def test_windows_vista_and_later_retry_ten_times(tell: Tell) -> None:
    """Windows Vista, 7, 2008 and later: 7200 s, 1 s, always 10."""
    told = tell(
        OPENING
        + """
        7200.030   c>s  A   100+1:201             = keepalive_probe
        7201.030   c>s  A   100+1:201             = keepalive_probe
        7202.030   c>s  A   100+1:201             = keepalive_probe
        7203.030   c>s  A   100+1:201             = keepalive_probe
        7204.030   c>s  A   100+1:201             = keepalive_probe
        7205.030   c>s  A   100+1:201             = keepalive_probe
        7206.030   c>s  A   100+1:201             = keepalive_probe
        7207.030   c>s  A   100+1:201             = keepalive_probe
        7208.030   c>s  A   100+1:201             = keepalive_probe
        7209.030   c>s  A   100+1:201             = keepalive_probe
        7210.030   c>s  RA  101:201      win=0    = keepalive_timeout
        """
    )
    assert told.problems() == []
    assert told.verdict == "peer_dead"
    assert told.timers() == Timers(7200.0, 1.0, 10)


def test_windows_10_with_the_settings_of_an_application(tell: Tell) -> None:
    """Windows 10 1709 and later, TCP_KEEPIDLE 15, TCP_KEEPINTVL 5, TCP_KEEPCNT 3 (as Deno sets them).

    https://github.com/denoland/deno/pull/36549
    """
    told = tell(
        OPENING
        + """
        15.030   c>s  A   100+1:201                     = keepalive_probe
        15.040   s>c  A   201:101      sack=100-101     = keepalive_reply 7
        30.040   c>s  A   100+1:201                     = keepalive_probe
        35.040   c>s  A   100+1:201                     = keepalive_probe
        40.040   c>s  A   100+1:201                     = keepalive_probe
        45.040   c>s  RA  101:201      win=0            = keepalive_timeout
        """
    )
    assert told.problems() == []
    assert told.verdict == "peer_dead"
    assert told.timers() == Timers(15.0, 5.0, 3)


def test_a_capture_that_begins_while_windows_is_idle(tell: Tell) -> None:
    """The D-SACK of the answer tells the garbage octet from a lost octet of data (RFC 2883)."""
    told = tell(
        """
        0.000     c>s  A   100+1:201                    = keepalive_probe
        0.010     s>c  A   201:101     sack=100-101     = keepalive_reply 1
        7200.010  c>s  A   100+1:201                    = keepalive_probe
        7200.020  s>c  A   201:101     sack=100-101     = keepalive_reply 3
        """
    )
    assert told.problems() == []
    assert told.verdict == "alive"
    assert told.timers() == Timers(7200.0, None, None)


def test_windows_leaves_out_timestamps_and_illumos_drops_its_probes(tell: Tell) -> None:
    """SQL Server probes a peer that lives, without the connection's timestamps, and resets it.

    illumos of 2015 to 2017 dropped segments that lack timestamps (RFC 7323 3.2):
    https://github.com/openzfs/openzfs/pull/292
    """
    told = tell(
        """
        0.000    c>s  S   0         mss=1460 ws=5 ts=1000/0 sackok   = syn
        0.010    s>c  SA  0:1       mss=1460 ws=8 ts=500/1000 sackok = syn_ack
        0.011    c>s  A   1:1       ts=1001/500                      = handshake_ack
        0.020    c>s  PA  1+100:1   ts=1002/500                      = data
        0.030    s>c  PA  1+200:101 ts=502/1002                      = data
        0.130    c>s  A   101:201   ts=1013/502                      = ack
        30.130   s>c  A   200+1:101                                  = keepalive_probe
        31.130   s>c  A   200+1:101                                  = keepalive_probe
        32.130   s>c  A   200+1:101                                  = keepalive_probe
        33.130   s>c  A   200+1:101                                  = keepalive_probe
        34.130   s>c  A   200+1:101                                  = keepalive_probe
        35.130   s>c  RA  201:101   win=0                            = keepalive_timeout
        """
    )
    assert told.problems() == []
    assert told.verdict == "peer_dead"  # so the prober believed; the capture cannot know better
    assert told.timers("server") == Timers(30.0, 1.0, 5)


def test_windows_a_little_early_and_only_its_direction_captured(tell: Tell) -> None:
    """Windows XP without the answers' direction: its timers fire up to 1 ms early, which is no lost octet.

    The 30 s between probes in hislip.pcap of nDPI, from Windows, are 29.9992 s at the least:
    https://github.com/ntop/nDPI/blob/dev/tests/cfgs/default/pcap/hislip.pcap
    """
    told = tell(
        """
        0.000      c>s  S   0          mss=1460 ws=8 sackok   = syn
        0.011      c>s  A   1:1
        0.020      c>s  PA  1+100:1                           = data
        0.230      c>s  A   101:201
        7200.0300  c>s  A   100+1:201                         = keepalive_probe
        7201.0295  c>s  A   100+1:201                         = keepalive_probe
        7202.0290  c>s  A   100+1:201                         = keepalive_probe
        7203.0285  c>s  A   100+1:201                         = keepalive_probe
        7204.0280  c>s  A   100+1:201                         = keepalive_probe
        7205.0275  c>s  RA  101:201    win=0                  = reset
        """
    )
    assert told.problems() == []
    assert told.verdict == "reset"  # whether answers arrived, nobody knows
    assert [(run.probes, run.outcome) for run in told.runs()] == [(5, "unanswered")]
