"""What a path does: it loses one direction, reports a host gone, or breaks."""

from __future__ import annotations

from time import sleep

from analyzer.lab.connection import Connection, KeepAlive
from analyzer.lab.lan import Lan
from analyzer.lab.network import CLIENT, ROUTER, SERVER
from analyzer.lab.scenarios.outcomes import PATIENT, gave_up
from analyzer.lab.scenarios.scenario import OverIPv6, scenario
from analyzer.lab.stage import Stage
from analyzer.lab.truth import ANSWER, PROBE, RESET, Side
from analyzer.lab.vantage import CLIENT_PORT, NEAR_CLIENT, NEAR_SERVER, Vantage

ICMP_SENT = {4: "IcmpOutDestUnreachs", 6: "Icmp6OutDestUnreachs"}


@scenario(
    "replies-lost",
    shows="Only the way back is cut: the peer answers every probe, but near the prober it looks dead.",
    duration_s=8,
)
def replies_lost(stage: Stage) -> None:
    connection = lose_replies(stage, NEAR_CLIENT)
    stage.must_give(
        connection.ends,
        "peer_dead",
        client=gave_up(PATIENT, answered=1),
        server=Side(ANSWER, unseen=PATIENT.count * ANSWER),
        findings=("peer_dead",),
    )


@scenario(
    "replies-lost-near-peer",
    shows="Only the way back is cut, as the peer sees it: every probe is answered, yet the prober gives up.",
    duration_s=8,
)
def replies_lost_near_peer(stage: Stage) -> None:
    connection = lose_replies(stage, NEAR_SERVER)
    stage.must_give(
        connection.ends,
        "peer_dead",
        client=gave_up(PATIENT, answered=1),
        server=Side((1 + PATIENT.count) * ANSWER),
        findings=("peer_dead", "replies_lost"),
    )


def lose_replies(stage: Stage, vantage: Vantage) -> Connection:
    """What the server sends gets lost between router and client, until the client gives up."""
    stage.start_capture(vantage)
    connection = stage.connect(client=PATIENT)
    connection.talk()
    stage.let_probe(client=1)
    stage.cut(towards=(CLIENT,))
    stage.let_probe(client=PATIENT.count)  # the server's kernel does answer
    connection.client.wait_for_end("ETIMEDOUT")
    connection.server.wait_for_end("ECONNRESET")
    return connection


@scenario(
    "host-unreachable",
    shows="The server is down, and the router says so by ICMP; TCP keeps probing until it gives up.",
    duration_s=7,
)
def host_unreachable(stage: Stage) -> None:
    stage.tune_neighbours(ROUTER, f"to-{SERVER}", retrans_time_ms=100)  # it asks three times, then reports
    stage.start_capture()
    connection = stage.connect(client=PATIENT)
    connection.talk()
    stage.power_off_server()
    connection.client.wait_for_end("ETIMEDOUT")
    sleep(0.5)
    stage.require_counted(ROUTER, ICMP_SENT[stage.ip_version], PATIENT.count + 1)
    # not EHOSTUNREACH: what ICMP quotes lies outside the window, for a probe repeats an old octet
    stage.require_counted(CLIENT, "OutOfWindowIcmps", PATIENT.count)
    stage.must_give(
        connection.ends,
        "peer_dead",
        client=gave_up(PATIENT),
        server=Side(),
        findings=("peer_dead", "icmp_unreachable"),
    )


@scenario(
    "gone-from-lan",
    shows="The server is gone from the LAN: after some probes, the client sends ARP requests instead.",
    duration_s=10,
    ipv6=OverIPv6.NEVER,
    network=Lan,
)
def gone_from_lan(stage: Stage) -> None:
    keep_alive = KeepAlive(time_s=2, interval_s=1, count=5)
    kept_back = 2 * PROBE + RESET
    # at the first probe the client's kernel begins to ask whether the MAC address still holds: three
    # times the server, and 2.7 s later, with no address to send to any more, three times everybody
    stage.tune_neighbours(
        CLIENT, "eth0", base_reachable_time_ms=500, delay_first_probe_time=0, retrans_time_ms=900
    )
    stage.start_capture(CLIENT_PORT)
    connection = stage.connect(client=keep_alive)
    connection.talk()
    stage.power_off_server()
    connection.client.wait_for_end("ETIMEDOUT")
    sleep(1.2)
    # the kernel tells itself of each packet for which it found no MAC address
    stage.require_counted(CLIENT, "IcmpOutDestUnreachs", len(kept_back))
    stage.must_give(
        connection.ends,
        "peer_dead",
        client=Side(3 * PROBE, unseen=kept_back, keepalive_time_s=2, keepalive_interval_s=1),
        server=Side(),
        findings=("peer_dead", "arp_unanswered"),
    )


@scenario(
    "data-outstanding",
    shows="The path breaks while data is under way: this is sent again and again; no keep-alive, no RST.",
    duration_s=9,
)
def data_outstanding(stage: Stage) -> None:
    stage.tune(CLIENT, "net/ipv4/tcp_retries2", "4")
    break_under_way(stage, PATIENT)


@scenario(
    "user-timeout",
    shows="Data is under way when the path breaks, and TCP_USER_TIMEOUT ends the waiting: no RST either.",
    duration_s=6,
)
def user_timeout(stage: Stage) -> None:
    break_under_way(stage, KeepAlive(time_s=2, interval_s=1, count=3, user_timeout_s=2))


def break_under_way(stage: Stage, keep_alive: KeepAlive) -> None:
    """The client sends where nobody acknowledges any more, until its kernel gives up."""
    stage.start_capture()
    connection = stage.connect(client=keep_alive)
    connection.talk()
    stage.let_probe(client=1)
    stage.cut()
    connection.client.send(10)
    connection.client.wait_for_end("ETIMEDOUT", patience_s=20)
    stage.must_give(
        connection.ends,
        "stalled",
        client=Side(PROBE, retransmissions=stage.counted(CLIENT, "RetransSegs"), keepalive_time_s=2),
        server=Side(ANSWER),
        findings=("data_unacknowledged",),
    )
