"""The stage's own rules; what it does on a real network, `test_recording.py` plays."""

from __future__ import annotations

from pathlib import Path

import pytest

from analyzer.lab.capture import DUMPCAP
from analyzer.lab.connection import KeepAlive, view
from analyzer.lab.failures import LabError
from analyzer.lab.hosts import Socket
from analyzer.lab.stage import Stage
from analyzer.lab.truth import ANSWER, PROBE, RESET, Side
from analyzer.lab.vantage import NEAR_SERVER, ON_CLIENT

from .pretend import PretendHost, PretendNetwork

ENDS = (("192.0.2.2", 50001), ("198.51.100.2", 7777))


class PretendCapture:
    def finish(self) -> None:
        pass


def stage_on(network: PretendNetwork) -> Stage:
    """A stage whose capture is running already."""
    stage = Stage(network, DUMPCAP, Path("nowhere.pcapng"))
    stage._capture = PretendCapture()
    stage._tally.begin()
    return stage


def test_keep_alive_settings_by_the_names_of_the_socket_options() -> None:
    assert KeepAlive(time_s=2, interval_s=1, count=3).options() == {
        "SO_KEEPALIVE": 1,
        "TCP_KEEPIDLE": 2,
        "TCP_KEEPINTVL": 1,
        "TCP_KEEPCNT": 3,
    }


def test_a_scenario_must_record_and_say_what_that_must_give() -> None:
    with pytest.raises(LabError, match="records nothing"), Stage(PretendNetwork(), DUMPCAP, Path("x")):
        pass


def test_a_failing_scenario_fails_with_its_own_error() -> None:
    with pytest.raises(ZeroDivisionError), stage_on(PretendNetwork()):
        raise ZeroDivisionError


def test_segments_are_those_that_the_kernel_counted() -> None:
    network = PretendNetwork()
    with stage_on(network) as stage:
        network.hosts["client"].counted.update(OutSegs=6, RetransSegs=1, TCPKeepAlive=2)
        stage.must_give(ENDS, "probing", client=Side(2 * PROBE, retransmissions=1), server=Side())
    assert stage.expected[0].sides["client"].segments == 7
    assert stage.counters["client"]["TCPKeepAlive"] == 2


def test_segments_that_could_not_reach_the_capture_are_not_claimed() -> None:
    network = PretendNetwork()
    with stage_on(network) as stage:
        stage.cut()
        network.hosts["server"].counted.update(OutSegs=1)
        stage.restore()
        stage.must_give(ENDS, "alive", client=Side(), server=Side())
    sides = stage.expected[0].sides
    assert (sides["client"].segments, sides["server"].segments) == (0, None)


def test_several_connections_share_the_count_of_segments() -> None:
    network = PretendNetwork()
    with stage_on(network) as stage:
        network.hosts["client"].counted.update(OutSegs=12)
        for port in (50001, 50002):
            stage.must_give((("192.0.2.2", port), ENDS[1]), "closed", client=Side(), server=Side())
    assert stage.segments["client"] == {"segments": 12, "duplicates": 0}
    assert [each.sides["client"].segments for each in stage.expected] == [None, None]


def test_kernel_parameters_and_states_are_noted() -> None:
    with stage_on(PretendNetwork()) as stage:
        stage.tune("client", "net/ipv4/tcp_tw_reuse", "1")
        stage.must_give(ENDS, "closed", client=Side(), server=Side())
    assert stage.parameters["client"] == {"net.ipv4.tcp_tw_reuse": "1"}
    assert stage.states["client"] == {"TIME_WAIT": 2}


def test_states_and_counts_that_were_not_planned_end_the_recording() -> None:
    stage = stage_on(PretendNetwork())
    stage.require_states("client", TIME_WAIT=2, CLOSING=0)
    with pytest.raises(LabError, match="connections of the client in CLOSING: 1 planned, 0 counted"):
        stage.require_states("client", CLOSING=1)
    stage.require_counted("client", "OutSegs", 0)
    with pytest.raises(LabError, match="OutSegs of the client: 1 planned, 0 counted"):
        stage.require_counted("client", "OutSegs", 1)


def test_near_the_server_it_is_the_client_that_a_cut_path_hides() -> None:
    network = PretendNetwork()
    with stage_on(network) as stage:
        stage.vantage = NEAR_SERVER
        stage.cut()
        for host in network.hosts.values():
            host.counted.update(OutSegs=1)
        stage.restore()
        stage.must_give(ENDS, "alive", client=Side(), server=Side())
    sides = stage.expected[0].sides
    assert (sides["client"].segments, sides["server"].segments) == (None, 1)


def test_segments_that_share_a_frame_are_not_claimed() -> None:
    network = PretendNetwork()
    with stage_on(network) as stage:
        stage.vantage = ON_CLIENT
        stage.must_give(ENDS, "alive", client=Side(), server=Side())
    sides = stage.expected[0].sides
    assert (sides["client"].segments, sides["server"].segments) == (None, 0)


def test_answers_that_sockets_tell_are_claimed_like_those_that_were_waited_for() -> None:
    network = PretendNetwork()
    with stage_on(network) as stage:
        stage.note_answers("server", 2)
        stage.must_give(ENDS, "alive", client=Side(), server=Side(2 * ANSWER))
    with pytest.raises(LabError, match="answers of the server: 2 planned, 0 counted"):
        with stage_on(network) as stage:
            stage.must_give(ENDS, "alive", client=Side(), server=Side(2 * ANSWER))


def test_a_side_with_unseen_segments_claims_no_number_of_all() -> None:
    network = PretendNetwork()
    with stage_on(network) as stage:
        network.hosts["client"].counted.update(OutSegs=9, TCPKeepAlive=2)
        stage.must_give(ENDS, "peer_dead", client=Side(PROBE, unseen=PROBE), server=Side())
    assert stage.expected[0].sides["client"].segments is None


def test_a_middlebox_must_have_sent_its_resets() -> None:
    with (
        pytest.raises(LabError, match="resets of the middlebox: 1 planned, 0 counted"),
        stage_on(PretendNetwork()) as stage,
    ):
        stage.must_give(ENDS, "middlebox_reset", client=Side(), server=Side(RESET, router_resets=1))


def test_what_the_kernel_does_not_confirm_is_not_recorded() -> None:
    network = PretendNetwork()
    with (
        pytest.raises(LabError, match="probes of the client: 2 planned, 1 counted"),
        stage_on(network) as stage,
    ):
        network.hosts["client"].counted.update(OutSegs=6, TCPKeepAlive=1)
        stage.must_give(ENDS, "probing", client=Side(2 * PROBE), server=Side())


def test_what_is_sent_while_the_capture_ends_spoils_it() -> None:
    network = PretendNetwork()
    with pytest.raises(LabError, match="OutSegs of the client at the end: 0 planned, 1 counted"):
        with stage_on(network) as stage:
            stage._capture.finish = lambda: network.hosts["client"].counted.update(OutSegs=1)
            stage.must_give(ENDS, "alive", client=Side(), server=Side())


class Held(PretendHost):
    name = "client"

    def ask(self, action: str, **arguments: object) -> dict[str, object]:
        return {"state": "ESTABLISHED"} if action == "tcp_info" else {}


def test_a_socket_that_the_application_closed_has_no_state_left_to_tell() -> None:
    socket = Socket(Held(), 1, {})
    seen = {"client_port": None, "options": {}, "ended_with": None}
    assert view(socket) == seen | {"tcp_info": {"state": "ESTABLISHED"}}
    socket.close()
    assert view(socket) == seen | {"ended_with": "closed"}


def test_states_that_a_connection_had_to_pass_are_noted() -> None:
    socket = Socket(Held(), 1, {})
    socket.require_state("ESTABLISHED")
    assert view(socket)["states"] == ["ESTABLISHED"]
    with pytest.raises(LabError, match="client's connection is in ESTABLISHED where CLOSING was planned"):
        socket.require_state("CLOSING")
