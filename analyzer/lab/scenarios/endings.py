"""How connections end: with a FIN, with a RST, or on one side only."""

from __future__ import annotations

from time import sleep

from analyzer.lab.connection import KeepAlive
from analyzer.lab.network import CLIENT, SERVER
from analyzer.lab.scenarios.outcomes import PATIENT
from analyzer.lab.scenarios.scenario import scenario
from analyzer.lab.setting import ANSWER_S
from analyzer.lab.stage import Stage
from analyzer.lab.truth import ANSWER, PROBE, RESET, Side

LEAK_S = 12
"""A leak is one after 10 s."""

FIN_TIMEOUT_S = 11
"""Between the third and the fourth probe of the leaking side, however late they are."""


@scenario(
    "graceful-close",
    shows="Both sides say goodbye with a FIN before keep-alive, though switched on, has anything to do.",
    duration_s=3,
)
def graceful_close(stage: Stage) -> None:
    stage.start_capture()
    connection = stage.connect(client=PATIENT)
    connection.talk()
    sleep(1)
    connection.talk()
    connection.close()
    stage.must_give(connection.ends, "closed", client=Side(), server=Side())


@scenario(
    "half-close",
    shows="The server has said all it had to say and sends a FIN; data of the client follow before its own.",
    duration_s=3,
)
def half_close(stage: Stage) -> None:
    stage.start_capture()
    connection = stage.connect()
    connection.talk()
    connection.server.shut_down()
    connection.client.wait_for_end("EOF")
    for _ in range(3):
        sleep(0.5)
        connection.client.send(1000)
        connection.server.receive(1000)
    connection.client.require_state("CLOSE_WAIT")
    connection.server.require_state("FIN_WAIT2")
    connection.close()
    stage.must_give(connection.ends, "closed", client=Side(), server=Side())


@scenario(
    "simultaneous-close",
    shows="Both sides close at once: their FINs cross, and both end up in TIME-WAIT.",
    duration_s=2,
)
def simultaneous_close(stage: Stage) -> None:
    stage.start_capture()
    connection = stage.connect()
    connection.talk()
    sleep(0.3)
    stage.hold_back()
    for socket in (connection.client, connection.server):
        socket.shut_down()
        socket.require_state("FIN_WAIT1")
    stage.release(CLIENT)
    connection.client.require_state("CLOSING")
    stage.release(SERVER)
    for end in (CLIENT, SERVER):
        stage.require_states(end, TIME_WAIT=1)
    for socket in (connection.client, connection.server):
        socket.wait_for_end("EOF")
        socket.close()
    stage.must_give(connection.ends, "closed", client=Side(), server=Side())


@scenario(
    "close-wait-leak",
    shows="The server closes, the client's application never does: its socket leaks in CLOSE-WAIT, unprobed.",
    duration_s=15,
)
def close_wait_leak(stage: Stage) -> None:
    stage.start_capture()
    leaking = stage.connect()
    leaking.talk()
    leaking.server.close()
    leaking.client.wait_for_end("EOF")
    sleep(LEAK_S)
    leaking.client.require_state("CLOSE_WAIT")
    stage.require_states(SERVER, FIN_WAIT2=1)
    graceful = stage.connect()  # so that the capture is long enough to show the leak
    graceful.talk()
    graceful.close()
    stage.must_give(leaking.ends, "half_closed", client=Side(), server=Side(), findings=("close_wait_leak",))
    stage.must_give(graceful.ends, "closed", client=Side(), server=Side())


@scenario(
    "close-wait-leak-probed",
    shows="A leak with keep-alive: probes are answered until the server's kernel forgets the connection.",
    duration_s=15,
)
def close_wait_leak_probed(stage: Stage) -> None:
    stage.tune(SERVER, "net/ipv4/tcp_fin_timeout", str(FIN_TIMEOUT_S))
    stage.start_capture()
    connection = stage.connect(client=KeepAlive(time_s=3, interval_s=1, count=3))
    connection.talk()
    connection.server.close()
    connection.client.wait_for_end("EOF")
    sleep(ANSWER_S)  # the acknowledgment of the FIN may be a delayed one
    stage.let_probe(client=3)
    connection.client.require_state("CLOSE_WAIT")
    stage.require_states(SERVER, FIN_WAIT2=1)
    stage.wait_until_reset(CLIENT)
    stage.must_give(
        connection.ends,
        "half_closed",
        client=Side(4 * PROBE, keepalive_time_s=3),
        server=Side(3 * ANSWER + RESET),
        findings=("close_wait_leak", "fin_wait_2"),
    )


@scenario(
    "abort",
    shows="The client's application wants no TIME-WAIT (SO_LINGER 0): it closes with a RST, not a FIN.",
    duration_s=2,
)
def abort(stage: Stage) -> None:
    stage.start_capture()
    connection = stage.connect(client=PATIENT)
    connection.talk()
    sleep(0.5)
    connection.talk()
    sleep(0.5)
    connection.client.abort()
    connection.server.wait_for_end("ECONNRESET")
    stage.must_give(connection.ends, "reset", client=Side(RESET), server=Side())


@scenario(
    "abort-with-unread-request",
    shows="The server closes without having read the last request, so its kernel sends a RST.",
    duration_s=2,
)
def abort_with_unread_request(stage: Stage) -> None:
    stage.start_capture()
    connection = stage.connect(client=PATIENT)
    connection.talk()
    sleep(0.6)  # a request: what comes within 0.5 s of other data need be none
    connection.talk()
    sleep(0.6)
    connection.client.send(10)
    sleep(ANSWER_S)
    connection.server.close()
    connection.client.wait_for_end("ECONNRESET")
    stage.require_counted(SERVER, "TCPAbortOnClose", 1)
    stage.must_give(
        connection.ends, "reset", client=Side(), server=Side(RESET), findings=("abort_with_unread_data",)
    )
