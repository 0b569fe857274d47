"""The same traffic, captured in ways that mislead."""

from __future__ import annotations

from time import sleep

from analyzer.lab.lan import Lan
from analyzer.lab.scenarios.outcomes import PATIENT
from analyzer.lab.scenarios.scenario import scenario
from analyzer.lab.stage import Stage
from analyzer.lab.trunk import ON_TRUNK, TrunkedNetwork
from analyzer.lab.truth import ANSWER, PROBE, Side
from analyzer.lab.vantage import (
    BOTH_PORTS,
    ON_CLIENT,
    ONLY_CLIENT,
    SHORT_FRAMES,
    WHOLE_ROUTER,
    Vantage,
)

LARGE_REPLY = 4000
"""Octets: three segments, two of them as large as a frame may be."""

LARGE_REQUEST = 40_000
"""Octets: several segments at once, which segmentation offload leaves in one frame."""


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
        findings=("idle_before_capture",),
    )


@scenario(
    "duplicated-frames",
    shows="Captured on all of a router's interfaces at once, every frame stands twice; it counts once.",
    duration_s=8,
)
def duplicated_frames(stage: Stage) -> None:
    idle_and_answered(stage, WHOLE_ROUTER, findings=("seen_twice",))


@scenario(
    "both-links-merged",
    shows="Captured at both ends of a switch into one file, every frame stands twice, not in order of time.",
    duration_s=8,
    network=Lan,
    needs=("dumpcap",),
)
def both_links_merged(stage: Stage) -> None:
    idle_and_answered(stage, BOTH_PORTS, findings=("seen_twice",))


@scenario(
    "one-direction",
    shows="Only what the client sends is captured: whether its probes were answered, nobody knows.",
    duration_s=8,
)
def one_direction(stage: Stage) -> None:
    stage.start_capture(ONLY_CLIENT)
    connection = stage.connect(client=PATIENT)
    connection.talk()
    stage.let_probe(client=3)
    stage.must_give(
        connection.ends,
        "unknown",
        client=Side(3 * PROBE, keepalive_time_s=PATIENT.time_s),
        server=Side(unseen=3 * ANSWER),
        findings=("capture_incomplete",),
    )


@scenario(
    "short-snap-length",
    shows="Frames were cut off in the TCP options, amid the timestamps: sequence numbers are enough.",
    duration_s=8,
)
def short_snap_length(stage: Stage) -> None:
    idle_and_answered(stage, SHORT_FRAMES)


@scenario(
    "vlan-tagged",
    shows="Captured on a trunk between two switches, each frame carries a VLAN tag.",
    duration_s=8,
    network=TrunkedNetwork,
)
def vlan_tagged(stage: Stage) -> None:
    idle_and_answered(stage, ON_TRUNK)


@scenario(
    "segmentation-offload",
    shows="Captured where it is sent, data stands in frames larger than the MTU, their checksums unfilled.",
    duration_s=8,
)
def segmentation_offload(stage: Stage) -> None:
    stage.leave_work_to_link()
    idle_and_answered(stage, ON_CLIENT, request_octets=LARGE_REQUEST)


def idle_and_answered(
    stage: Stage, vantage: Vantage, request_octets: int = 10, findings: tuple[str, ...] = ()
) -> None:
    """The same short story for each vantage point: some data, three probes, each answered."""
    stage.start_capture(vantage)
    connection = stage.connect(client=PATIENT)
    connection.talk(request_octets, LARGE_REPLY)
    stage.let_probe(client=3)
    stage.must_give(
        connection.ends,
        "alive",
        client=Side(3 * PROBE, keepalive_time_s=PATIENT.time_s),
        server=Side(3 * ANSWER),
        findings=findings,
    )
