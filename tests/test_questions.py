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


def test_6_a_reset_by_nat_and_not_by_the_application() -> None:
    told = finding(RECORDED / "reset-with-another-ttl.pcapng", "peer_rebooted")
    assert told  # a TTL of the kernel's own is no other host
    told = finding(RECORDED / "middlebox-reset.pcapng", "middlebox_reset")
    assert "RST in frame" in told["summary"]
    assert "bears the server's address, but came from elsewhere: its TTL 255" in told["summary"]
    assert "firewalls, load balancers and NAT devices" in told["advice"]


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


def test_16_a_peer_that_lost_the_connection() -> None:
    path = RECORDED / "peer-rebooted.pcapng"
    told = finding(path, "peer_rebooted")
    assert "answered with RST" in told["summary"]
    assert "the server no longer knows the connection; last sign of life at" in told["summary"]
    assert told["start"] < told["end"]
    assert "journalctl --list-boots" in told["advice"]


def test_17_a_plain_ack_is_no_keep_alive_and_an_idle_connection_is_one(craft: Any) -> None:
    """Tools with a timer of their own cut such a connection into pieces."""
    acks = "".join(f"{3600 * n} c>s A 101:201\n{3600 * n}.1 s>c A 201:101\n" for n in range(1, 6))
    analysis = ka.analyze(craft(OPENING + acks), packets=True)
    assert len(analysis.flows) == 1
    assert analysis.flows.probes[0] == 0
    assert set(analysis.packets().kind[6:]) <= {"ack", "dup_ack"}
