"""The program inside a host, driven without a host: over the loopback interface."""

from __future__ import annotations

import errno
import io
import json
import os
import socket
import sys
from collections.abc import Iterator

import pytest

from analyzer.lab import agent as program
from analyzer.lab.agent import Agent, answer, option_code

LOOPBACK = "127.0.0.1"
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="reads what only Linux tells")


@pytest.fixture
def agent() -> Iterator[Agent]:
    agent = Agent()
    yield agent
    for held in agent._sockets.values():
        held.close()


@pytest.fixture
def pair(agent: Agent) -> tuple[int, int]:
    """Numbers of the client's and the server's socket of one connection."""
    listener = agent.listen((LOOPBACK, 0), {})
    address = agent._sockets[listener].getsockname()
    near = agent.connect((LOOPBACK, 0), address, {"SO_KEEPALIVE": 1})
    return near, agent.accept(listener, {})


def test_what_one_end_sends_the_other_receives(agent: Agent, pair: tuple[int, int]) -> None:
    near, far = pair
    agent.send(near, 40)
    assert agent.receive(far, 40) == 40


def test_the_end_of_the_stream_is_seen(agent: Agent, pair: tuple[int, int]) -> None:
    near, far = pair
    agent.close(near)
    assert agent.receive(far, 1) == 0
    assert agent.wait_for_end(far, 1.0) == "EOF"


def test_an_abort_is_seen_as_what_the_application_gets(agent: Agent, pair: tuple[int, int]) -> None:
    near, far = pair
    agent.abort(near)
    assert agent.wait_for_end(far, 1.0) == "ECONNRESET"


def test_after_a_shutdown_data_still_flow_the_other_way(agent: Agent, pair: tuple[int, int]) -> None:
    near, far = pair
    agent.shut_down(far)
    assert agent.receive(near, 1) == 0
    agent.send(near, 40)
    assert agent.receive(far, 40) == 40


def test_a_port_of_the_kernel_s_choice_can_be_asked_for(agent: Agent, pair: tuple[int, int]) -> None:
    near, far = pair
    assert agent.own_port(near) == agent._sockets[far].getpeername()[1]


def test_patience_that_runs_out_is_no_error_of_the_connection(agent: Agent, pair: tuple[int, int]) -> None:
    reply = answer(agent, {"do": "wait_for_end", "with": {"number": pair[0], "patience_s": 0.01}})
    assert reply["errno"] == "no answer in time"


def test_options_are_read_back_by_name(agent: Agent, pair: tuple[int, int]) -> None:
    assert agent.options(pair[0], ["SO_KEEPALIVE"])["SO_KEEPALIVE"] != 0
    agent.stop_probing()
    assert agent.options(pair[0], ["SO_KEEPALIVE"]) == {"SO_KEEPALIVE": 0}


def test_option_names_tell_their_level() -> None:
    assert option_code("SO_KEEPALIVE") == (socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    assert option_code("TCP_NODELAY") == (socket.IPPROTO_TCP, socket.TCP_NODELAY)
    assert option_code("IP_TTL") == (socket.IPPROTO_IP, socket.IP_TTL)
    assert option_code("IPV6_UNICAST_HOPS") == (socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS)


def test_a_refused_connection_is_an_answer_with_the_error_s_name(agent: Agent) -> None:
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))  # bound but not listening: nobody else can take the port meanwhile
        address = taken.getsockname()
        reply = answer(
            agent, {"do": "connect", "with": {"own": (LOOPBACK, 0), "peer": address, "options": {}}}
        )
    assert reply["errno"] == errno.errorcode[errno.ECONNREFUSED]


@linux_only
def test_the_kernel_tells_how_many_connections_are_in_each_state(agent: Agent, pair: tuple[int, int]) -> None:
    held = agent.states()  # other programs' here too, so only the least is known
    assert held["LISTEN"] >= 1
    assert held["ESTABLISHED"] >= 2


@linux_only
def test_the_kernel_tells_state_and_counters(agent: Agent, pair: tuple[int, int]) -> None:
    assert agent.tcp_info(pair[0]) == {"state": "ESTABLISHED", "retransmits": 0, "probes": 0}
    assert {"TCPKeepAlive", "TCPWinProbe", "OutSegs", "OutRsts"} <= agent.counters().keys()
    assert {"IcmpOutDestUnreachs", "IcmpInDestUnreachs"} <= agent.counters().keys()


@linux_only
def test_a_socket_counts_the_segments_that_were_sent_on_it(agent: Agent, pair: tuple[int, int]) -> None:
    near, far = pair
    assert agent.segments_sent(near) == 2  # SYN, and the acknowledgment that completes the handshake
    before = agent.segments_sent(far)
    for _ in range(3):
        agent.send(far, 40)
        agent.receive(near, 40)
    assert agent.segments_sent(far) == before + 3


@linux_only
def test_an_application_of_its_own_serves_a_connection(agent: Agent, pair: tuple[int, int]) -> None:
    near, far = pair
    pid = agent.serve(far, request_octets=12, reply_octets=20)
    try:
        assert pid != os.getpid()
        agent.send(near, 24)
        assert agent.receive(near, 40) == 40
        assert agent.tcp_info(far)["state"] == "ESTABLISHED"  # the socket is still the agent's too
    finally:
        (program,) = agent._responders
        program.kill()
        program.communicate()


def test_requests_are_lines_and_so_are_replies(monkeypatch: pytest.MonkeyPatch) -> None:
    request = json.dumps({"do": "stop_probing", "with": {}})
    said = io.StringIO()
    monkeypatch.setattr(sys, "stdin", io.StringIO(request + "\n"))
    monkeypatch.setattr(sys, "stdout", said)
    program.main()  # ends with its input
    assert [json.loads(line) for line in said.getvalue().splitlines()] == [
        {"result": "ready"},
        {"result": None},
    ]
