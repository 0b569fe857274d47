"""Segments with the shape of a keep-alive that are something else."""

from __future__ import annotations

from time import sleep

from analyzer.lab.network import CLIENT, SERVER
from analyzer.lab.scenarios.outcomes import PATIENT
from analyzer.lab.scenarios.scenario import scenario
from analyzer.lab.stage import Stage
from analyzer.lab.truth import WINDOW_ANSWER, WINDOW_PROBE, Side

SMALL_BUFFER = 4096
"""Octets; the kernel doubles it, and half of that is a window soon filled."""

FLOOD = 16_000
"""Octets: more than the small buffer takes, less than the sender's."""


@scenario(
    "zero-window",
    shows="The server stops reading, its window closes: window probes, shaped like keep-alives, follow.",
    duration_s=5,
)
def zero_window(stage: Stage) -> None:
    stage.start_capture()
    stage.start_service({"SO_RCVBUF": SMALL_BUFFER})
    connection = stage.connect()
    connection.talk()
    connection.client.send(FLOOD)
    stage.wait_until_window_closed()
    answers = stage.let_window_probe(client=4)
    connection.server.receive(FLOOD)
    connection.talk()
    stage.must_give(
        connection.ends,
        "alive",
        # a late acknowledgment of the flood can make the client send a segment twice
        client=Side(4 * WINDOW_PROBE, retransmissions=stage.counted(CLIENT, "RetransSegs")),
        server=Side(answers * WINDOW_ANSWER),
    )


@scenario(
    "single-byte-retransmitted",
    shows="A single byte of data is lost and sent again: the same shape as a keep-alive with a garbage byte.",
    duration_s=3,
)
def single_byte_retransmitted(stage: Stage) -> None:
    stage.start_capture()
    connection = stage.connect(client=PATIENT)
    connection.talk()
    sleep(0.3)
    stage.cut(towards=(SERVER,))
    connection.client.send(1)
    sleep(0.1)
    stage.restore()
    connection.server.receive(1)  # the second copy, some 0.2 s after the first
    sleep(0.3)
    connection.talk()
    stage.must_give(connection.ends, "alive", client=Side(retransmissions=1), server=Side())
