"""The same traffic, captured in ways that mislead."""

from __future__ import annotations

from time import sleep

from analyzer.lab.scenarios.outcomes import PATIENT
from analyzer.lab.scenarios.scenario import scenario
from analyzer.lab.stage import Stage
from analyzer.lab.truth import ANSWER, PROBE, Side
from analyzer.lab.vantage import WHOLE_ROUTER


@scenario(
    "mid-connection",
    shows="The capture begins while the connection is idle: its first frame is a probe.",
    duration_s=8,
)
def mid_connection(stage: Stage) -> None:
    connection = stage.connect(client=PATIENT)
    connection.talk()
    sleep(0.5)
    stage.start_capture()
    stage.let_probe(client=3)
    stage.must_give(
        connection.ends,
        "alive",
        client=Side(3 * PROBE, keepalive_time_s=PATIENT.time_s),
        server=Side(3 * ANSWER),
    )


@scenario(
    "duplicated-frames",
    shows="Captured on all of a router's interfaces at once, every frame stands twice; it counts once.",
    duration_s=8,
)
def duplicated_frames(stage: Stage) -> None:
    stage.start_capture(WHOLE_ROUTER)
    connection = stage.connect(client=PATIENT)
    connection.talk()
    stage.let_probe(client=3)
    stage.must_give(
        connection.ends,
        "alive",
        client=Side(3 * PROBE, keepalive_time_s=PATIENT.time_s),
        server=Side(3 * ANSWER),
    )
