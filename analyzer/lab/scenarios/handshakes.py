"""How connections begin, or do not."""

from __future__ import annotations

from time import sleep

from analyzer.lab.network import CLIENT, SERVER
from analyzer.lab.scenarios.scenario import scenario
from analyzer.lab.stage import Stage
from analyzer.lab.truth import RESET, Side

PORTS = 20
"""As many as the client may use."""

ROUNDS = 3
"""How often it uses each."""

REUSE_AFTER_S = 1.2
"""Linux takes a port out of TIME-WAIT after 1 s (`tcp_tw_reuse_delay`; earlier a constant)."""


@scenario(
    "refused",
    shows="Nothing listens on the port: the SYN is answered by a RST.",
    duration_s=2,
)
def refused(stage: Stage) -> None:
    stage.start_capture()
    attempt = stage.connect_in_vain("ECONNREFUSED")
    stage.must_give(attempt, "refused", client=Side(), server=Side(RESET), findings=("refused",))


@scenario(
    "syn-never-answered",
    shows="Packets to the server vanish: the SYN is sent again and again until the client gives up.",
    duration_s=6,
)
def syn_never_answered(stage: Stage) -> None:
    stage.tune(CLIENT, "net/ipv4/tcp_syn_retries", "1")
    stage.start_capture()
    stage.cut()
    attempt = stage.connect_in_vain("ETIMEDOUT")
    stage.must_give(
        attempt,
        "no_answer",
        # Linux 6.5 and later try some more times, at a constant interval (`tcp_syn_linear_timeouts`)
        client=Side(retransmissions=stage.counted(CLIENT, "RetransSegs")),
        server=Side(),
        findings=("no_answer",),
    )


@scenario(
    "syn-retried",
    shows="The first SYN is lost; the second, a second later, is answered.",
    duration_s=3,
)
def syn_retried(stage: Stage) -> None:
    def lose_the_first() -> None:
        sleep(0.5)
        stage.restore()

    stage.start_capture()
    stage.cut(towards=(SERVER,))
    connection = stage.connect(meanwhile=lose_the_first)
    connection.talk()
    connection.close()
    stage.must_give(
        connection.ends, "closed", client=Side(retransmissions=1), server=Side(), findings=("syn_retries",)
    )


@scenario(
    "port-reuse",
    shows="More short connections than the client has ports: each port is used again, still in TIME-WAIT.",
    duration_s=6,
)
def port_reuse(stage: Stage) -> None:
    stage.tune(CLIENT, "net/ipv4/ip_local_port_range", f"50001 {50000 + PORTS}")
    stage.tune(CLIENT, "net/ipv4/tcp_tw_reuse", "1")
    stage.start_capture()
    for turn in range(ROUNDS):
        if turn:
            sleep(REUSE_AFTER_S)
        for _ in range(PORTS):
            connection = stage.connect(from_any_port=True)
            connection.talk()
            connection.close()
            stage.must_give(
                connection.ends, "closed", client=Side(), server=Side(), findings=("time_wait_pileup",)
            )
    stage.require_states(CLIENT, TIME_WAIT=PORTS)
    stage.require_counted(CLIENT, "TWRecycled", PORTS * (ROUNDS - 1))
