"""What users ask of a capture, one test for each question: the output has to give the answer in a line.

From recordings where the lab can record it, else from captures that are crafted and say so.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import analyzer as ka
from analyzer.commands.main import main
from tests.stacks import crafted

RECORDED = Path(__file__).parents[1] / "captures" / "recorded"
OPENING = """
    0.000   c>s  S   0
    0.010   s>c  SA  0:1
    0.011   c>s  A   1:1
    0.020   c>s  PA  1+100:1
    0.030   s>c  PA  1+200:101
    0.040   c>s  A   101:201
"""
"""Frames 1 to 6."""


@pytest.fixture
def craft(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """Craft a timeline into a file; its path."""

    def craft(text: str, end: float | None = None) -> Path:
        path = tmp_path / "crafted.pcapng"
        crafted.tell(path, request.node.nodeid, text, end=end)
        return path

    return craft


def finding(path: Path, name: str) -> dict[str, Any]:
    """The one finding of this name."""
    findings = ka.analyze(path).findings
    [row] = findings[findings.finding == name].to_dict("records")
    return {str(key): value for key, value in row.items()}


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What a command prints, as one line."""
    assert main(list(arguments)) == 0
    return " ".join(capsys.readouterr().out.split())


SURVIVED = "340.04 c>s PA 101+9:201\n340.05 s>c PA 201+9:110\n340.06 c>s A 110:210\n"
"""Frames 7 to 9: 340 s of silence are survived."""


def test_1_a_cloud_load_balancer_forgets_after_350_s(craft: Any) -> None:
    """AWS NLB: a RST of its own to the end that sends next, nothing to the other."""
    gone = "700.06 c>s PA 110+9:210\n700.07 s>c R 210 win=0 ttl=250"
    told = finding(craft(OPENING + SURVIVED + gone), "middlebox_timeout")
    assert "RST from elsewhere in frame 11" in told["summary"]
    assert "forgets idle connections after 340.0 s to 360.0 s" in told["summary"]
    assert "AWS Network Load Balancer" in told["summary"]
    assert "after 350 s" in told["summary"]
    assert "Probe sooner, at either end; 340.0 s of silence were survived" in told["advice"]
    assert "TCP_KEEPIDLE 60" in told["advice"]


def test_2_a_load_balancer_that_counts_payload_only(craft: Any) -> None:
    """AWS Classic LB: 60 s after the last payload, whatever the probes."""
    probes = "".join(f"{15 * n}.03 c>s A 100:201\n{15 * n}.04 s>c A 201:101\n" for n in (1, 2, 3))
    told = finding(
        craft(OPENING + probes + "60.03 s>c FA 201:101\n60.04 c>s FA 101:202\n60.05 s>c A 202:102"),
        "lb_counts_payload_only",
    )
    assert "60.0 s after the last payload" in told["summary"]
    assert "though 3 probes in between were answered" in told["summary"]
    assert "counts payload only, as AWS" in told["summary"]
    assert "send a heartbeat each 30 s, or raise the timeout" in told["advice"]


def test_3_ipvs_forgets_after_900_s(craft: Any) -> None:
    """The RST is made on the client's own node, so its TTL is whole (kube-router issue 521)."""
    survived = "880.04 c>s PA 101+9:201\n880.05 s>c PA 201+9:110 ttl=61\n880.06 c>s A 110:210\n"
    gone = "1782.06 c>s PA 110+9:210\n1782.061 s>c R 210 win=0 ttl=64"
    far = "\n".join(line + " ttl=61" if "s>c" in line else line for line in OPENING.splitlines())
    told = finding(craft(far + "\n" + survived + gone), "middlebox_timeout")
    assert "forgets idle connections after 14 min 40 s to 15 min 2 s" in told["summary"]
    assert "Linux IPVS" in told["summary"]
    assert "after 900 s" in told["summary"]


def test_4_fifteen_minutes_of_hanging_though_keep_alive_is_on(craft: Any) -> None:
    """Retransmissions that back off to 120 s, as Linux sends them with tcp_retries2 = 15: 924.6 s in all."""
    at, wait, lines = 10.0, 0.2, ["10 c>s PA 101+100:201"]
    for _ in range(15):
        at += wait
        lines.append(f"{at:.1f} c>s PA 101+100:201")
        wait = min(2 * wait, 120)
    told = finding(craft(OPENING + "\n".join(lines), end=at + 120), "data_unacknowledged")
    assert "100 bytes of the client not acknowledged" in told["summary"]
    assert "sent again 15 times over 13 min 25 s" in told["summary"]
    assert (
        "keep-alive cannot help, for it does not run while data is outstanding; that needs TCP_USER_TIMEOUT"
    ) in told["summary"]
    assert "setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT" in told["advice"]
    assert "about 15 min" in told["advice"]


def test_4_as_recorded() -> None:
    assert (
        "needs TCP_USER_TIMEOUT"
        in finding(RECORDED / "data-outstanding.pcapng", "data_unacknowledged")["summary"]
    )


def test_5_a_pooled_connection_hangs_for_2_h_11_min(craft: Any) -> None:
    """Linux' defaults: 7200 s, then 9 probes 75 s apart."""
    probes = "".join(f"{7200.04 + 75 * n:.2f} c>s A 100:201\n" for n in range(9))
    told = finding(craft(OPENING + probes + "7875.04 c>s RA 101:201"), "hang_explained")
    assert "the client waited 2 h 11 min" in told["summary"]
    assert "7200 s + 9 x 75 s = 7875 s, the default of Linux" in told["summary"]
    assert "net.ipv4.tcp_keepalive_time=" in told["advice"]


def test_6_a_reset_by_nat_and_not_by_the_application() -> None:
    told = finding(RECORDED / "reset-with-another-ttl.pcapng", "peer_rebooted")
    assert told  # a TTL of the kernel's own is no other host
    told = finding(RECORDED / "middlebox-reset.pcapng", "middlebox_reset")
    assert (
        "bears the server's address, but came from elsewhere: its TTL 255 puts it 0 hops away"
        in told["summary"]
    )
    assert "firewalls, load balancers and NAT devices" in told["advice"]
    assert "what its conntrack takes for INVALID passes untranslated" in told["advice"]
    assert "No application closed" in told["advice"]
    assert "`sysctl -w net.netfilter.nf_conntrack_tcp_be_liberal=1`" in told["advice"]


def test_7_a_heartbeat_of_the_application_and_not_tcp_keep_alive(craft: Any) -> None:
    """ssh with ServerAliveInterval 15: 52 octets there and back, encrypted."""
    lines = [
        f"{15 * n + 15} c>s PA {101 + 52 * n}+52:{201 + 52 * n}\n"
        f"{15 * n + 15.05} s>c PA {201 + 52 * n}+52:{153 + 52 * n}\n"
        f"{15 * n + 15.06} c>s A {153 + 52 * n}:{253 + 52 * n}"
        for n in range(12)
    ]
    told = finding(craft(OPENING + "\n".join(lines)), "heartbeat")
    assert "12 messages of the client of 52 bytes" in told["summary"]
    assert "one every 15.0 s" in told["summary"]
    assert "each replied to by the server" in told["summary"]
    assert "an application heartbeat, no TCP keep-alive" in told["summary"]
    assert told["confidence"] == "certain"


def test_8_probes_that_leave_one_end_and_never_reach_the_other(capsys: pytest.CaptureFixture[str]) -> None:
    near, far = RECORDED / "two-vantages.pcapng", RECORDED / "two-vantages-near-server.pcapng"
    told = shown(capsys, "compare", str(near), str(far))
    assert "left A and never reached B: lost between the two; the first after 6." in told
    assert "s in which nothing passed, 2." in told


def test_9_the_longest_period_that_spares_the_battery(craft: Any) -> None:
    """A carrier that forgets after 6 min (uWebSockets.js issue 395): bounds, and what was survived."""
    text = OPENING + "300.04 c>s PA 101+9:201\n300.05 s>c PA 201+9:110\n300.06 c>s A 110:210\n"
    text += "720.06 c>s PA 110+9:210\n" + "".join(f"{at} c>s PA 110+9:210\n" for at in (720.3, 720.9, 722))
    text += "728 d>s S 0\n728.1 s>d SA 0:1\n728.2 d>s A 1:1\n728.3 d>s PA 1+9:1\n728.4 s>d PA 1+9:10\n"
    path = craft(text, end=740)
    told = finding(path, "middlebox_timeout")
    assert "forgets idle connections after 300.0 s to 420.0 s" in told["summary"]
    assert "300.0 s of silence were survived" in told["advice"]


def test_10_a_socket_that_is_never_closed() -> None:
    told = finding(RECORDED / "close-wait-leak.pcapng", "close_wait_leak")
    assert "the client acknowledged the FIN of the server" in told["summary"]
    assert "neither sent data nor closed for" in told["summary"]
    assert "its application leaves the socket in CLOSE-WAIT" in told["summary"]
    assert "ss -tanp state close-wait" in told["advice"]


def test_11_the_kernel_is_alive_and_the_application_is_silent() -> None:
    told = finding(RECORDED / "application-hung.pcapng", "app_hung")
    assert "the server, which had replied within" in told["summary"]
    assert "has sent nothing of its own since" in told["summary"]
    assert "keep-alive probes got an answer (RTT" in told["summary"]
    assert "its kernel is alive, or a proxy before it, but the application is silent" in told["summary"]
    assert "ss -tinp" in told["advice"]


def test_12_keep_alives_counted_as_retransmissions(craft: Any, capsys: pytest.CaptureFixture[str]) -> None:
    probes = "".join(
        f"{60 * n} c>s A 149+1:201\n{60 * n}.01 s>c A 201:150 sack=149-150\n" for n in range(1, 11)
    )
    path = craft(OPENING + "1 c>s PA 101+49:201\n1.3 c>s PA 101+49:201\n1.4 s>c A 201:150\n" + probes)
    assert (
        "10 of 11 segments below the next sequence number, which some tools all count as retransmissions, "
        "are keep-alive probes; 1 is data sent again"
    ) in shown(capsys, "analyze", str(path), "--flow", "0")


def test_13_a_garbage_byte_in_the_stream(craft: Any, capsys: pytest.CaptureFixture[str]) -> None:
    path = craft(OPENING + "60 c>s A 100+1:201\n60.01 s>c A 201:101 sack=100-101")
    assert ka.analyze(path).flows.client_bytes[0] == 100
    assert (
        "1 probe of the client (frame 7) with a byte of garbage at offset 99 of its stream: to be dropped"
    ) in shown(capsys, "analyze", str(path), "--flow", "0")


def test_14_window_probes_are_no_keep_alives() -> None:
    path = RECORDED / "zero-window.pcapng"
    told = finding(path, "zero_window_stall")
    assert "the server closed its window at" in told["summary"]
    assert "and opened it 3." in told["summary"]
    assert "did not read, but its kernel was there; a closed window is no dead peer" in told["summary"]
    told = finding(path, "mistaken_keepalives")
    assert "are none: 4 window probes" in told["summary"]


def test_15_a_peer_that_does_not_answer_probes(craft: Any) -> None:
    """Contiki's uIP ignores probes without an octet (github.com/contiki-os/contiki/issues/558)."""
    lost = "60 c>s A 100:201\n75 c>s A 100:201\n90 c>s A 100:201\n"
    told = finding(craft(OPENING + lost + "95 s>c PA 201+10:101\n95.1 c>s A 101:211"), "outage")
    assert "2 probes of the client (frames 7, 8) unanswered" in told["summary"]
    assert "or alive with a stack that does not answer probes: it answered none" in told["summary"]
    assert told["confidence"] == "possible"


def test_15_a_stack_that_limits_its_answers(craft: Any) -> None:
    """Linux answers one such segment in 500 ms: of five probes 100 ms apart, the first."""
    probes = "60 c>s A 100:201\n60.01 s>c A 201:101\n" + "".join(
        f"60.{n} c>s A 100:201\n" for n in (1, 2, 3, 4)
    )
    told = finding(craft(OPENING + probes + "61 c>s A 100:201\n61.01 s>c A 201:101"), "rate_limited")
    assert "4 probes of the client (frames 9, 10, 11, 12) unanswered" in told["summary"]
    assert "these are no sign of loss" in told["summary"]


def test_16_a_peer_that_lost_the_connection() -> None:
    path = RECORDED / "peer-rebooted.pcapng"
    told = finding(path, "peer_rebooted")
    assert "answered with RST" in told["summary"]
    assert "the server no longer knows the connection; last sign of life at" in told["summary"]
    assert told["start"] < told["end"]
    assert "journalctl --list-boots" in told["advice"]


def test_16_half_open_until_somebody_sends_data(craft: Any) -> None:
    """As after a restart that nobody probed for: the next request is answered by a bare RST."""
    told = finding(craft(OPENING + "60 c>s PA 101+9:201\n60.01 s>c R 201 win=0"), "half_open")
    assert "answered with a bare RST in frame 8" in told["summary"]
    assert "the server does not know the connection that the client takes to be open" in told["summary"]


def test_17_a_plain_ack_is_no_keep_alive_and_an_idle_connection_is_one(craft: Any) -> None:
    """Tools with a timer of their own cut such a connection into pieces."""
    acks = "".join(f"{3600 * n} c>s A 101:201\n{3600 * n}.1 s>c A 201:101\n" for n in range(1, 6))
    analysis = ka.analyze(craft(OPENING + acks), packets=True)
    assert len(analysis.flows) == 1
    assert analysis.flows.probes[0] == 0
    assert set(analysis.packets().kind[6:]) <= {"ack", "dup_ack"}


def test_17_one_connection_of_a_ring_of_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As `dumpcap -b` writes them: the connection goes on from file to file."""
    parts = (OPENING, SURVIVED, "700.06 c>s PA 110+9:210\n700.07 s>c PA 210+9:119\n700.08 c>s A 119:219\n")
    for number, part in enumerate(parts, 1):
        crafted.tell(tmp_path / f"office_0000{number}_2026112012{number}000.pcapng", "a ring", part)
    path = str(tmp_path)
    whole = shown(capsys, "analyze", path)
    assert "joined of 3 files: " in whole
    assert "12 frames, 12 TCP segments, 1 connection" in whole
    assert "office_*.pcapng, joined of 3 files" in shown(capsys, "analyze", path, "--flow", "0")
