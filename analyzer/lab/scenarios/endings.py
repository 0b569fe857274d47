"""Connections that end, or never begin, without any keep-alive."""

from __future__ import annotations

from time import sleep

from analyzer.lab.scenarios.outcomes import PATIENT
from analyzer.lab.scenarios.scenario import scenario
from analyzer.lab.stage import Stage
from analyzer.lab.truth import RESET, Side


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
    connection.client.close()
    connection.server.wait_for_end("EOF")
    connection.server.close()
    stage.must_give(connection.ends, "closed", client=Side(), server=Side())


@scenario(
    "refused",
    shows="Nothing listens on the port: the SYN is answered by a RST.",
    duration_s=2,
)
def refused(stage: Stage) -> None:
    stage.start_capture()
    attempt = stage.connect_in_vain("ECONNREFUSED")
    stage.must_give(attempt, "refused", client=Side(), server=Side(RESET), findings=("refused",))
