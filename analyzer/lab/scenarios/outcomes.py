"""What can become of a keep-alive: answered, unanswered, answered by a RST."""

from __future__ import annotations

from time import sleep

from analyzer.lab.connection import KeepAlive
from analyzer.lab.scenarios.scenario import OverIPv6, scenario
from analyzer.lab.stage import Stage
from analyzer.lab.truth import ANSWER, PROBE, RESET, Side

PATIENT = KeepAlive(time_s=2, interval_s=1, count=3)
"""Time and interval differ, so that a capture tells which is which."""


def gave_up(keep_alive: KeepAlive, answered: int = 0, segments: int | None = None) -> Side:
    """A prober that heard some answers, then none, and gave up: the capture shows all its timers."""
    return Side(
        (answered + keep_alive.count) * PROBE + RESET,
        segments=segments,
        keepalive_time_s=keep_alive.time_s,
        keepalive_interval_s=keep_alive.interval_s,
        keepalive_count=keep_alive.count,
    )


def probe_rebooted_server(stage: Stage) -> None:
    """The server forgets a connection: of two probes the first is answered, the second gets a RST."""
    connection = stage.connect(client=PATIENT)
    connection.talk()
    stage.let_probe(client=1)
    stage.cut()
    stage.reboot_server()
    stage.restore()
    connection.client.wait_for_end("ECONNRESET")
    stage.must_give(
        connection.ends,
        "peer_rebooted",
        client=Side(2 * PROBE, keepalive_time_s=PATIENT.time_s),
        server=Side(ANSWER + RESET),
        findings=("peer_rebooted",),
    )


@scenario(
    "alive",
    shows="Probes are answered, and data between them pushes the next one back by the whole keepalive time.",
    duration_s=13,
    ipv6=OverIPv6.ALWAYS,
)
def alive(stage: Stage) -> None:
    stage.start_capture()
    connection = stage.connect(client=PATIENT)
    connection.talk()
    stage.let_probe(client=3)
    sleep(1)
    connection.talk()  # half-way to the next probe, which now comes 2 s after this
    stage.let_probe(client=2)
    stage.must_give(
        connection.ends,
        "alive",
        client=Side(5 * PROBE, keepalive_time_s=PATIENT.time_s),
        server=Side(5 * ANSWER),
    )


@scenario(
    "peer-dead",
    shows="The path is cut while idle: no probe is answered, and the prober gives up with a RST.",
    duration_s=7,
    ipv6=OverIPv6.ALWAYS,
)
def peer_dead(stage: Stage) -> None:
    stage.start_capture()
    connection = stage.connect(client=PATIENT)
    connection.talk()
    stage.cut()
    connection.client.wait_for_end("ETIMEDOUT")
    stage.must_give(
        connection.ends,
        "peer_dead",
        client=gave_up(PATIENT),
        server=Side(),
        findings=("peer_dead",),
    )


@scenario(
    "peer-rebooted",
    shows="The server crashes and is back with the same address: the next probe is answered by a RST.",
    duration_s=6,
    ipv6=OverIPv6.ALWAYS,
)
def peer_rebooted(stage: Stage) -> None:
    stage.start_capture()
    probe_rebooted_server(stage)


@scenario(
    "outage",
    shows="Two probes are lost while the path is down; the third is answered, and the connection lives on.",
    duration_s=10,
)
def outage(stage: Stage) -> None:
    stage.start_capture()
    connection = stage.connect(client=PATIENT)
    connection.talk()
    stage.let_probe(client=1)
    stage.cut()
    stage.let_probe(client=2, answered=False)
    stage.restore()
    stage.let_probe(client=2)
    stage.must_give(
        connection.ends,
        "alive",
        client=Side(5 * PROBE, keepalive_time_s=PATIENT.time_s, keepalive_interval_s=PATIENT.interval_s),
        server=Side(3 * ANSWER),
        findings=("outage",),
    )


@scenario(
    "capture-ends-while-probing",
    shows="Two of five probes went unanswered when the capture was stopped: what became of it, nobody knows.",
    duration_s=5,
)
def capture_ends_while_probing(stage: Stage) -> None:
    keep_alive = KeepAlive(time_s=2, interval_s=1, count=5)
    stage.start_capture()
    connection = stage.connect(client=keep_alive)
    connection.talk()
    stage.cut()
    stage.let_probe(client=2, answered=False)
    stage.must_give(
        connection.ends,
        "probing",
        client=Side(2 * PROBE, keepalive_time_s=2, keepalive_interval_s=1),
        server=Side(),
    )


@scenario(
    "both-probe",
    shows="Both sides probe, each with a timer of its own that the other's probes do not restart; two cross.",
    duration_s=11,
)
def both_probe(stage: Stage) -> None:
    stage.start_capture()
    connection = stage.connect(
        client=KeepAlive(time_s=2, interval_s=1, count=3),
        server=KeepAlive(time_s=3, interval_s=1, count=3),
    )
    connection.talk()
    stage.let_probe(client=2, server=1)
    stage.let_probes_cross()
    stage.let_probe(client=1, server=1)
    stage.must_give(
        connection.ends,
        "alive",
        # the client after 2, 4, 6, 8 s, the server after 3, 6, 9 s, and a little later each time
        client=Side(PROBE + ANSWER + PROBE + PROBE + ANSWER + PROBE + ANSWER, keepalive_time_s=2),
        server=Side(ANSWER + PROBE + ANSWER + PROBE + ANSWER + ANSWER + PROBE, keepalive_time_s=3),
    )
