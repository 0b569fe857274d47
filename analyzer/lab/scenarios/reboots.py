"""What follows a reboot: the next connection, on the same 4-tuple or on another."""

from __future__ import annotations

from time import sleep

from analyzer.lab.network import CLIENT
from analyzer.lab.scenarios.outcomes import PATIENT, probe_rebooted_server
from analyzer.lab.scenarios.scenario import scenario
from analyzer.lab.stage import Stage
from analyzer.lab.truth import ANSWER, PROBE, RESET, Side
from analyzer.lab.vantage import NEAR_SERVER


@scenario(
    "rebooted-and-reconnected",
    shows="The client crashes and connects again from the same port, which the server still holds for open.",
    duration_s=6,
)
def rebooted_and_reconnected(stage: Stage) -> None:
    stage.start_capture(NEAR_SERVER)
    connection = stage.connect(client=PATIENT)
    connection.talk()
    stage.let_probe(client=1)
    stage.cut()
    stage.reboot_client()
    sleep(0.6)  # the server's kernel challenges at most once per 0.5 s, its last answer included
    stage.restore()
    again = stage.connect(client=PATIENT)  # from the same port
    connection.server.wait_for_end("ECONNRESET")
    again.talk()
    stage.let_probe(client=1)
    stage.must_give(
        connection.ends,
        "peer_rebooted",
        client=Side(PROBE, keepalive_time_s=PATIENT.time_s),
        server=Side(ANSWER),
        findings=("peer_rebooted",),
    )
    stage.must_give(
        again.ends,
        "alive",
        # the RST is for the server's challenge ACK, then the SYN is sent again (RFC 9293 3.10.7.3): no loss
        client=Side(
            RESET + PROBE,
            retransmissions=stage.counted(CLIENT, "RetransSegs"),
            keepalive_time_s=PATIENT.time_s,
        ),
        server=Side(ANSWER),
    )


@scenario(
    "rebooted-then-new-connection",
    shows="The server crashes, its RST ends the old connection; the next one, from another port, just works.",
    duration_s=7,
)
def rebooted_then_new_connection(stage: Stage) -> None:
    stage.start_capture()
    probe_rebooted_server(stage)
    again = stage.connect(client=PATIENT)
    again.talk()
    stage.let_probe(client=1)
    stage.must_give(
        again.ends,
        "alive",
        client=Side(PROBE, keepalive_time_s=PATIENT.time_s),
        server=Side(ANSWER),
    )
