"""Every threshold in one place, each with its source: an RFC, an operating system, or our choice.

Settings travel as one frozen object, never as global state, so that two analyses in one process
cannot change each other's answers.
"""

from __future__ import annotations

from dataclasses import dataclass

SECOND_NS = 1_000_000_000


@dataclass(frozen=True)
class Rules:
    """Thresholds of tracking and verdicts, in nanoseconds where the name ends in `_ns`."""

    dedup_window_ns: int = 10_000_000
    """Copies of a frame are at most this far apart (design 4, `--dedup-window`)."""

    teardown_ns: int = SECOND_NS
    """Below this, a one-byte segment or an ACK after FIN is traffic in flight, no probe (design 4.1); but
    what repeats a probe at once is one: Windows repeats it after 1 s, and up to 1 ms early."""

    pushed_probe_ns: int = 10 * SECOND_NS
    """An acknowledged octet with PSH this long after its sender's last segment is a probe (design 4.1), as
    Solaris sends (illumos tcp_timers.c, tcp_keepalive_timer). Below it, a lost octet, or one whose
    acknowledgment was lost, is sent again after one retransmission timeout: 1 s before round trips are
    measured, 3 s behind a lost SYN (RFC 6298 2.1, 5.7)."""

    reset_answer_ns: int = 3 * SECOND_NS
    """A RST later than this after a probe is not its answer (design 4.2): above any round trip, and
    SYN retries start at 1 s (RFC 6298)."""

    give_up_slack_ns: int = SECOND_NS
    """A prober's RST comes within 1.5 times the last spacing plus this (design 4.2)."""

    timer_late_ns: int = 10_000_000
    """A timer fires late by at most an eighth (Linux's timer wheel) and this, for scheduling."""

    message_pause_ns: int = 500_000_000
    """New payload after this long without any in the flow begins a message. Our choice: above a delayed
    ACK (RFC 9293 3.8.6.3: under 500 ms), which may hold back the rest of one, and above most round
    trips; below any heartbeat that spares the network."""

    small_octets: int = 128
    """A heartbeat is no longer than this. Our choice: those of MQTT, AMQP and WebSocket have a few octets
    (RFC 6455 5.5: at most 131), to which TLS adds some tens."""

    steady_percent: int = 20
    """Heartbeats come at a period that varies by less than this much of its shortest. Our choice."""

    stalled_retransmissions: int = 3
    """The last data sent again this often without an answer: stalled (design 5)."""

    stalled_ns: int = 5 * SECOND_NS
    """Or sent again for this long (design 5)."""

    time_wait_ns: int = 60 * SECOND_NS
    """How long a side stays in TIME-WAIT: Linux TCP_TIMEWAIT_LEN (RFC 9293 3.4.2 says 4 min)."""

    left_ns: int = 120 * SECOND_NS
    """A connection that ended this long ago leaves a table of bounded size (live). Our choice: twice Linux's
    TIME-WAIT, so that nothing of it is on its way any more."""

    settled_ns: int = SECOND_NS // 2
    """While a capture goes on, a verdict that the next segment may change is believed after it has held for
    this long. Our choice: above most round trips and delayed ACKs (RFC 9293 3.8.6.3: under 500 ms)."""

    hung_replies: int = 5
    """An application that takes this many times its longest time to reply so far is silent. Our choice."""

    hung_ns: int = SECOND_NS
    """And at least so long, however quick it was. Our choice: above retransmissions and short pauses."""

    window_stall_ns: int = SECOND_NS
    """A window closed for at least this long is a stall. Our choice: an application that is merely busy
    reads sooner, and Linux has sent two window probes by then."""

    answer_limit_ns: int = SECOND_NS // 2
    """A probe this soon after an answered one may go without an answer though the peer is there: Linux
    tcp_invalid_ratelimit (docs.kernel.org/networking/ip-sysctl.html)."""

    slow_detection_ns: int = 120 * SECOND_NS
    """From the last sign of life to the verdict: longer is slow. Our choice: what `60 s, then 6 x 10 s`
    takes, which suits every idle timeout of middleboxes.toml but those of 60 s."""

    unprobed_ns: int = 300 * SECOND_NS
    """Idle for longer, a connection wants probes. Our choice: between the defaults that paths into clouds
    have, 240 s (Azure Load Balancer) and 350 s (AWS Network Load Balancer, NAT gateway); sources in
    middleboxes.toml."""

    idle_ns: int = SECOND_NS
    """Silence from here on counts as idle. Our choice: no keepalive time is shorter (TCP_KEEPIDLE is in
    seconds)."""

    close_wait_ns: int = 10 * SECOND_NS
    """A side that neither sends nor closes for this long after its peer's FIN leaks the socket. Our choice:
    above what most requests take to be answered."""

    syn_again_ns: int = SECOND_NS // 2
    """A SYN this long after the one before was sent again. Our choice: half the 1 s that hosts wait
    (RFC 6298 2.1); sooner come copies, and the SYN that follows a challenge ACK (RFC 9293 3.10.7.3)."""

    time_waits: int = 20_000
    """So many connections of a client to one service in TIME-WAIT are a pile-up. Our choice: Linux has 28,232
    ports for them (ip_local_port_range 32768 to 60999, docs.kernel.org/networking/ip-sysctl.html)."""

    ports_reused: int = 10
    """Or so many SYNs from ports that are still in TIME-WAIT. Our choice: ports are taken at random, so few
    come again by chance."""


@dataclass(frozen=True)
class Options:
    """What to analyze and how.

    join: make one capture of all files (design 3). packets: keep every segment, not only events.
    profiles: paths of users' files of stacks and middleboxes, beside our own. reader: who takes frames
    apart: "" our own decoder, "tshark" Wireshark's.
    """

    join: bool = False
    packets: bool = False
    profiles: tuple[str, ...] = ()
    rules: Rules = Rules()
    reader: str = ""
