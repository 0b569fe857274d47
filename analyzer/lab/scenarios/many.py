"""Many connections at once."""

from __future__ import annotations

from dataclasses import dataclass

from analyzer.lab.connection import Connection, KeepAlive
from analyzer.lab.network import SERVER
from analyzer.lab.scenarios.outcomes import gave_up
from analyzer.lab.scenarios.scenario import scenario
from analyzer.lab.stage import Stage
from analyzer.lab.truth import ANSWER, PROBE, Side, require_equal

CONNECTIONS = 500

TIMERS = (
    KeepAlive(time_s=3, interval_s=1, count=3),
    KeepAlive(time_s=4, interval_s=1, count=2),
    KeepAlive(time_s=3, interval_s=2, count=2),
    KeepAlive(time_s=4, interval_s=2, count=2),
)
"""A host takes its turn with each, at either server; after some 9 s the last has given up."""

SYN_ACK = 1
"""Segments that a server's socket does not count, for they were sent before there was one."""


@dataclass(frozen=True)
class Member:
    """One of many connections, and what both sockets had sent when it fell idle."""

    connection: Connection
    keep_alive: KeepAlive
    by_client: int
    by_server: int

    def probes(self) -> int:
        """All that the client sent since then: `TCP_INFO` says how much."""
        return self.connection.client.segments_sent() - self.by_client

    def answers(self) -> int:
        """All that the server sent since then."""
        return self.connection.server.segments_sent() - self.by_server


def join(stage: Stage, keep_alive: KeepAlive, address: str | None) -> Member:
    connection = stage.connect(client=keep_alive, address=address)
    connection.talk()
    return Member(
        connection, keep_alive, connection.client.segments_sent(), connection.server.segments_sent()
    )


@scenario(
    "many-connections",
    shows="Of 500 connections with mixed timers half lose their server at once; the other half is answered.",
    duration_s=14,
)
def many_connections(stage: Stage) -> None:
    stage.start_capture()
    lost = stage.start_other_service()
    members = [
        # each pair of neighbours has the same timers: one goes to either server
        join(stage, TIMERS[number // 2 % len(TIMERS)], lost if number % 2 else None)
        for number in range(CONNECTIONS)
    ]
    stage.cut_off(lost)
    for member in members[1::2]:
        member.connection.client.wait_for_end("ETIMEDOUT")
    stage.stop_probing()
    for number, member in enumerate(members):
        (expect_dead if number % 2 else expect_alive)(stage, member)


def expect_alive(stage: Stage, member: Member) -> None:
    probes = member.probes()
    require_equal("answers of one connection", probes, member.answers())
    stage.note_answers(SERVER, probes)
    stage.must_give(
        member.connection.ends,
        "alive",
        client=Side(
            probes * PROBE, segments=member.by_client + probes, keepalive_time_s=member.keep_alive.time_s
        ),
        server=Side(probes * ANSWER, segments=member.by_server + probes + SYN_ACK),
    )


def expect_dead(stage: Stage, member: Member) -> None:
    keep_alive = member.keep_alive
    require_equal("probes and the RST of one connection", keep_alive.count + 1, member.probes())
    stage.must_give(
        member.connection.ends,
        "peer_dead",
        client=gave_up(keep_alive, segments=member.by_client + keep_alive.count + 1),
        server=Side(segments=member.by_server + SYN_ACK),
        findings=("peer_dead",),
    )
