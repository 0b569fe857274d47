"""A middlebox forgets idle connections, and how that differs from a reboot."""

from __future__ import annotations

from time import sleep

from analyzer.lab.connection import Connection, KeepAlive
from analyzer.lab.middlebox import Middlebox
from analyzer.lab.scenarios.outcomes import PATIENT, gave_up, probe_rebooted_server
from analyzer.lab.scenarios.scenario import scenario
from analyzer.lab.stage import Stage
from analyzer.lab.truth import ANSWER, PROBE, RESET, Side
from analyzer.lab.vantage import NEAR_SERVER, Vantage

IDLE_TIMEOUT_S = 4
"""After so long the middlebox forgets a connection."""

FIREWALL = ("iptables", "ip6tables")

TOO_SLOW = KeepAlive(time_s=6, interval_s=1, count=3)


@scenario(
    "middlebox-timeout",
    shows="A middlebox forgets the idle connection: no probe gets through, but a new connection does.",
    duration_s=15,
    needs=FIREWALL,
)
def middlebox_timeout(stage: Stage) -> None:
    forgotten_silently(stage, stage.put_middlebox(IDLE_TIMEOUT_S))


def forgotten_silently(stage: Stage, middlebox: Middlebox, second: Vantage | None = None) -> None:
    """No probe gets through, and the client gives up. second: where else it is captured."""
    connection = idle_for_too_long(stage, second)
    connection.client.wait_for_end("ETIMEDOUT")
    middlebox.require_stopped(TOO_SLOW.count + 1)  # the RST too
    stage.must_give(
        connection.ends,
        "peer_dead",
        client=gave_up(TOO_SLOW),
        server=Side(),
        findings=("peer_dead", "middlebox_timeout", "keepalive_too_slow"),
    )
    connect_anew(stage)


@scenario(
    "middlebox-reset",
    shows="The middlebox answers in the server's name: a RST, from nearer than the server is.",
    duration_s=12,
    needs=FIREWALL,
)
def middlebox_reset(stage: Stage) -> None:
    forgotten_and_reset(stage, stage.put_middlebox(IDLE_TIMEOUT_S, resets=True))


def forgotten_and_reset(stage: Stage, middlebox: Middlebox, second: Vantage | None = None) -> None:
    """The middlebox answers the first probe. second: where else it is captured."""
    connection = idle_for_too_long(stage, second)
    connection.client.wait_for_end("ECONNRESET")
    middlebox.require_stopped(1)
    stage.must_give(
        connection.ends,
        "middlebox_reset",
        client=Side(PROBE, keepalive_time_s=TOO_SLOW.time_s),
        server=Side(RESET, router_resets=1),
        findings=("middlebox_reset", "middlebox_timeout", "keepalive_too_slow"),
    )
    connect_anew(stage)


@scenario(
    "reset-with-another-ttl",
    shows="No middlebox: the server's socket sends with TTL 255, after a reboot its kernel's RST has 64.",
    duration_s=6,
)
def reset_with_another_ttl(stage: Stage) -> None:
    stage.start_capture()
    stage.start_service(ttl=255)
    probe_rebooted_server(stage)


@scenario(
    "middlebox-kept-awake",
    shows="Probes come sooner than the middlebox forgets: idle three times as long, yet data flows again.",
    duration_s=13,
    needs=FIREWALL,
)
def middlebox_kept_awake(stage: Stage) -> None:
    middlebox = stage.put_middlebox(IDLE_TIMEOUT_S)
    stage.start_capture()
    connection = stage.connect(client=PATIENT)
    connection.talk()
    stage.let_probe(client=6)  # 12 s
    connection.talk()
    middlebox.require_stopped(0)
    stage.must_give(
        connection.ends,
        "alive",
        client=Side(6 * PROBE, keepalive_time_s=PATIENT.time_s),
        server=Side(6 * ANSWER),
    )


@scenario(
    "two-vantages",
    shows="A middlebox that forgets the idle connection, captured on both sides of it at once.",
    duration_s=15,
    needs=FIREWALL,
)
def two_vantages(stage: Stage) -> None:
    middlebox = stage.put_middlebox(IDLE_TIMEOUT_S)
    forgotten_silently(stage, middlebox, second=NEAR_SERVER)
    stage.second_lacks(client=middlebox.stopped())


@scenario(
    "two-vantages-nat",
    shows="A middlebox that translates addresses and answers by a RST, captured on both sides of it at once.",
    duration_s=12,
    needs=FIREWALL,
)
def two_vantages_nat(stage: Stage) -> None:
    middlebox = stage.put_middlebox(IDLE_TIMEOUT_S, resets=True, translates=True)
    forgotten_and_reset(stage, middlebox, second=NEAR_SERVER)
    stage.second_lacks(client=middlebox.stopped(), server=1)


def idle_for_too_long(stage: Stage, second: Vantage | None) -> Connection:
    """A connection that survives a shorter idle time, and then is left alone for too long."""
    stage.start_capture(second=second)
    connection = stage.connect(client=TOO_SLOW)
    connection.talk()
    sleep(IDLE_TIMEOUT_S - 2)
    connection.talk()
    return connection


def connect_anew(stage: Stage) -> None:
    """The server was there all the time: it takes a new connection at once."""
    connection = stage.connect()
    connection.talk()
    connection.close()
    stage.must_give(connection.ends, "closed", client=Side(), server=Side())
