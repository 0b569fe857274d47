"""Claims are held against counters."""

from __future__ import annotations

import pytest

from analyzer.lab.failures import LabError
from analyzer.lab.truth import (
    ANSWER,
    PRINCIPAL_COUNTERS,
    PROBE,
    RESET,
    WINDOW_ANSWER,
    Expected,
    Side,
    confirm,
    noted,
    rise,
    total,
)

CLIENT = ("192.0.2.2", 50001)
SERVER = ("198.51.100.2", 7777)


def test_claims_that_the_kernel_confirms_pass() -> None:
    counters = {"TCPKeepAlive": 3, "OutRsts": 1, "OutSegs": 9}
    confirm("client", [Side(2 * ANSWER + 3 * PROBE, unseen=RESET)], counters, answers=2)


def test_claims_about_several_connections_are_taken_together() -> None:
    confirm("client", [Side(3 * PROBE), Side(PROBE)], {"TCPKeepAlive": 4}, answers=0)


@pytest.mark.parametrize(
    ("side", "counters", "answers", "complaint"),
    [
        (Side(3 * PROBE), {"TCPKeepAlive": 4}, 0, "probes of the client: 3 planned, 4 counted"),
        (Side(), {"TCPWinProbe": 1}, 0, "window_probes of the client: 0 planned, 1 counted"),
        (Side(RESET), {}, 0, "resets of the client: 1 planned, 0 counted"),
        (Side(), {"RetransSegs": 1}, 0, "retransmissions of the client: 0 planned, 1 counted"),
        (Side(ANSWER + WINDOW_ANSWER), {}, 3, "answers of the client: 2 planned, 3 counted"),
    ],
)
def test_a_recording_that_went_otherwise_is_thrown_away(side, counters, answers, complaint) -> None:
    with pytest.raises(LabError, match=f"record it again .{complaint}"):
        confirm("client", [side], counters, answers)


def test_resets_in_a_host_s_name_are_not_its_kernel_s() -> None:
    side = Side(RESET + RESET, router_resets=1)
    confirm("server", [side], {"OutRsts": 1}, answers=0)
    assert side.as_dict()["resets"] == 2
    assert side.as_dict()["router_resets"] == 1
    assert "router_resets" not in Side(RESET).as_dict()


def test_what_is_not_claimed_does_not_stand_in_the_sidecar_and_what_is_unseen_stands_apart() -> None:
    claimed = Side(2 * PROBE, unseen=RESET, keepalive_time_s=2).as_dict()
    assert claimed["order"] == ["probe", "probe"]
    assert claimed["resets"] == 0
    assert claimed["probes"] == claimed["keepalive_time_s"] == 2
    assert claimed["answers"] == 0
    assert claimed["unseen"] == ["reset"]
    assert "segments" not in claimed
    assert "keepalive_count" not in claimed


def test_a_connection_is_described_in_the_words_of_the_flow_table() -> None:
    described = Expected(CLIENT, SERVER, "alive", {"client": Side(), "server": Side()}).as_dict()
    assert (described["client"], described["client_port"]) == CLIENT
    assert (described["server"], described["server_port"]) == SERVER
    assert described["verdict"] == "alive"


def test_principal_counters_are_always_noted_and_others_where_they_rose() -> None:
    listed = noted({"OutSegs": 4, "TCPTimeouts": 0, "TCPLossProbes": 1, "TCPPureAcks": 9})
    assert set(listed) == {*PRINCIPAL_COUNTERS, "TCPLossProbes"}


def test_counters_add_up_over_two_lives() -> None:
    first = rise({"OutSegs": 7, "OutRsts": 0}, {"OutSegs": 3})
    assert total(first, {"OutSegs": 1, "TCPKeepAlive": 2}) == {"OutSegs": 5, "OutRsts": 0, "TCPKeepAlive": 2}
