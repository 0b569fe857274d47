"""Segments with the shape of a keep-alive that are something else."""

from __future__ import annotations

from time import sleep

from analyzer.lab.connection import Connection, KeepAlive
from analyzer.lab.network import CLIENT, SERVER
from analyzer.lab.scenarios.outcomes import PATIENT
from analyzer.lab.scenarios.scenario import scenario
from analyzer.lab.stage import Stage
from analyzer.lab.truth import ANSWER, PROBE, WINDOW_ANSWER, WINDOW_PROBE, Side
from analyzer.lab.vantage import NEAR_SERVER

SMALL_BUFFER = 4096
"""Octets; the kernel doubles it, and half of that is a window soon filled."""

FLOOD = 16_000
"""Octets: more than the small buffer takes, less than the sender's."""


def close_window(
    stage: Stage, client: KeepAlive | None = None, server: KeepAlive | None = None
) -> Connection:
    """The server does not read what the client sends, until it takes no more."""
    stage.start_service({"SO_RCVBUF": SMALL_BUFFER})
    connection = stage.connect(client, server)
    connection.talk()
    connection.client.send(FLOOD)
    stage.wait_until_window_closed()
    return connection


@scenario(
    "zero-window",
    shows="The server stops reading, its window closes: window probes, shaped like keep-alives, follow.",
    duration_s=5,
)
def zero_window(stage: Stage) -> None:
    stage.start_capture()
    connection = close_window(stage)
    answers = stage.let_window_probe(client=4)
    connection.server.receive(FLOOD)
    connection.talk()
    stage.must_give(
        connection.ends,
        "alive",
        # a late acknowledgment of the flood can make the client send a segment twice
        client=Side(4 * WINDOW_PROBE, retransmissions=stage.counted(CLIENT, "RetransSegs")),
        server=Side(answers * WINDOW_ANSWER),
        findings=("zero_window_stall", "mistaken_keepalives"),
    )


@scenario(
    "zero-window-with-keep-alive",
    shows="While data waits for a closed window, its sender probes the window only; the reader keeps alive.",
    duration_s=10,
)
def zero_window_with_keep_alive(stage: Stage) -> None:
    stage.start_capture()
    connection = close_window(
        stage,
        client=KeepAlive(time_s=1, interval_s=1, count=3),
        server=KeepAlive(time_s=2, interval_s=1, count=3),
    )
    early = stage.let_window_probe(client=3)  # the last after some 1.5 s, the next after 3.2 s
    stage.let_probe(server=1)
    late = stage.let_window_probe(client=1)
    stage.let_probe(server=1)
    connection.server.receive(FLOOD)
    connection.talk()
    sleep(0.3)  # for a delayed acknowledgment, which is no answer to a probe
    stage.let_probe(client=1)
    stage.must_give(
        connection.ends,
        "alive",
        client=Side(
            3 * WINDOW_PROBE + ANSWER + WINDOW_PROBE + ANSWER + PROBE,
            retransmissions=stage.counted(CLIENT, "RetransSegs"),
            keepalive_time_s=1,
        ),
        server=Side(
            early * WINDOW_ANSWER + PROBE + late * WINDOW_ANSWER + PROBE + ANSWER, keepalive_time_s=2
        ),
        findings=("zero_window_stall", "mistaken_keepalives"),
    )


@scenario(
    "zero-window-reader-dead",
    shows="The reader stops, then its host dies: window probes go unanswered, and no RST ends them.",
    duration_s=13,
)
def zero_window_reader_dead(stage: Stage) -> None:
    stage.tune(CLIENT, "net/ipv4/tcp_retries2", "3")
    stage.start_capture()
    connection = close_window(stage)
    answers = stage.let_window_probe(client=3)
    stage.cut()
    retransmissions = stage.counted(CLIENT, "RetransSegs")
    stage.reboot_server()
    connection.client.wait_for_end("ETIMEDOUT")
    sleep(2)  # the probes were 1.7 s apart: now nobody waits for another
    stage.restore()
    again = stage.connect()
    again.talk()
    stage.must_give(
        connection.ends,
        "peer_dead",
        client=Side(6 * WINDOW_PROBE, retransmissions=retransmissions),
        server=Side(answers * WINDOW_ANSWER),
        findings=("peer_dead", "zero_window_stall", "mistaken_keepalives"),
    )
    stage.must_give(again.ends, "alive", client=Side(), server=Side())


@scenario(
    "single-byte-retransmitted",
    shows="Of three single bytes one is lost and sent again: the shape of a keep-alive with a garbage byte.",
    duration_s=3,
)
def single_byte_retransmitted(stage: Stage) -> None:
    stage.start_capture()
    connection = stage.connect(client=PATIENT)
    connection.talk()
    sleep(0.3)
    send_single_byte(connection)
    stage.cut(towards=(SERVER,))
    connection.client.send(1)
    sleep(0.1)
    stage.restore()
    connection.server.receive(1)  # the second copy, some 0.2 s after the first
    sleep(0.3)
    send_single_byte(connection)
    connection.talk()
    stage.must_give(
        connection.ends,
        "alive",
        client=Side(retransmissions=1),
        server=Side(),
        findings=("mistaken_keepalives",),
    )


@scenario(
    "single-byte-ack-lost",
    shows="The ACK of a single byte is lost behind the capture: an acknowledged byte is sent again.",
    duration_s=3,
)
def single_byte_ack_lost(stage: Stage) -> None:
    stage.start_capture(NEAR_SERVER)
    connection = stage.connect(client=PATIENT)
    connection.talk()
    sleep(0.3)
    stage.cut(towards=(CLIENT,))
    send_single_byte(connection)
    stage.restore()
    sleep(0.5)  # for the second copy, some 0.2 s after the first
    connection.talk()
    stage.must_give(
        connection.ends,
        "alive",
        client=Side(retransmissions=1),
        server=Side(),
        findings=("mistaken_keepalives",),
    )


def send_single_byte(connection: Connection) -> None:
    """A byte of the client's, as when somebody types, and its delayed acknowledgment, after some 0.04 s."""
    connection.client.send(1)
    connection.server.receive(1)
    sleep(0.1)
