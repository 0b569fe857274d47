"""What applications do: they send heartbeats, or hang while their kernel is well."""

from __future__ import annotations

from time import sleep

from analyzer.lab.application import Application, Rhythm
from analyzer.lab.connection import KeepAlive
from analyzer.lab.scenarios.scenario import scenario
from analyzer.lab.stage import Stage
from analyzer.lab.truth import ANSWER, PROBE, Side

BETWEEN_HEARTBEATS = KeepAlive(time_s=1, interval_s=1, count=3)

PERIOD_S = 1.6
"""From heartbeat to heartbeat: one probe fits between, 1 s after the last activity, and no second."""

DELAYED_ACK_S = 0.25
"""Linux acknowledges data after 0.2 s at the latest (`TCP_DELACK_MAX`): no answer to a probe."""


def beat(stage: Stage, application: Application, replied: bool) -> None:
    """A heartbeat, and the keep-alive probe that follows it."""
    application.ask()
    if replied:
        application.reply()
    sleep(DELAYED_ACK_S)
    stage.let_probe(client=1)


@scenario(
    "heartbeat",
    shows="The application sends a small message every second and gets a reply; keep-alive is off.",
    duration_s=6,
)
def heartbeat(stage: Stage) -> None:
    stage.start_capture()
    connection = stage.connect()
    application = stage.serve(connection)
    rhythm = Rhythm(1)
    for _ in range(6):
        rhythm.wait()
        application.ask()
        application.reply()
    stage.must_give(connection.ends, "alive", client=Side(), server=Side(), findings=("heartbeat",))


@scenario(
    "heartbeat-with-keep-alive",
    shows="The heartbeat is slower than the keepalive time: a probe follows each of its messages.",
    duration_s=10,
)
def heartbeat_with_keep_alive(stage: Stage) -> None:
    stage.start_capture()
    connection = stage.connect(client=BETWEEN_HEARTBEATS)
    application = stage.serve(connection)
    rhythm = Rhythm(PERIOD_S)
    for _ in range(5):
        rhythm.wait()
        beat(stage, application, replied=True)
    stage.must_give(
        connection.ends,
        "alive",
        client=Side(5 * PROBE, keepalive_time_s=BETWEEN_HEARTBEATS.time_s),
        server=Side(5 * ANSWER),
        findings=("heartbeat",),
    )


@scenario(
    "application-hung",
    shows="The server's application hangs: its kernel acknowledges probes and heartbeats, nobody replies.",
    duration_s=10,
)
def application_hung(stage: Stage) -> None:
    stage.start_capture()
    connection = stage.connect(client=BETWEEN_HEARTBEATS)
    application = stage.serve(connection)
    rhythm = Rhythm(PERIOD_S)
    for _ in range(3):
        rhythm.wait()
        beat(stage, application, replied=True)
    application.hang()
    for _ in range(3):
        rhythm.wait()
        beat(stage, application, replied=False)
    stage.must_give(
        connection.ends,
        "alive",
        client=Side(6 * PROBE, keepalive_time_s=BETWEEN_HEARTBEATS.time_s),
        server=Side(6 * ANSWER),
        findings=("heartbeat", "app_hung"),
    )
